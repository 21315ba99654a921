package rollout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

const (
	afterwards = 8 * time.Second // for reading evidence when the time is already over
	tailBytes  = 4 << 10
	tailLines  = 20
)

// outOfTime is the end of a wait by its context.
func (w *Waiter) outOfTime(ctx context.Context, j *judge, start time.Time, trouble error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("waiting for app %s was interrupted: %w", j.target.AppID, ctx.Err())
	}
	e := &TimeoutError{AppID: j.target.AppID, DeploymentID: j.target.DeploymentID, Waited: w.opts.clock.Now().Sub(start), Err: ctx.Err()}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	if o, err := w.look(after, j.target.AppID); err == nil && !o.gone {
		j.observe(o)
	} else if err != nil && trouble == nil {
		trouble = err
	}
	if j.last == nil {
		e.Evidence = append(e.Evidence, "Marathon gave no view of the app in all that time")
	} else {
		e.Evidence, e.Cause = j.evidence(*j.last)
		e.Cause = w.withLastLines(after, e.Cause)
		if lines := lastLines(e.Cause); lines != "" {
			e.Evidence = append(e.Evidence, "last lines of its output:\n"+lines)
		}
	}
	if trouble != nil {
		e.Evidence = append(e.Evidence, "the last look failed: "+trouble.Error())
	}
	return e
}

// evidence reads the signs of a stuck deployment in the order in which they tell most.
func (j *judge) evidence(o observation) (list []string, cause error) {
	s := o.status
	add := func(err error, format string, args ...any) {
		list = append(list, fmt.Sprintf(format, args...))
		if cause == nil && err != nil {
			cause = err
		}
	}
	if n := len(j.crashes); n > 0 {
		f := j.crashes[n-1]
		add(j.crashLoop(), "%d tasks of this version ended, the last one (%s on %s) with: %s", n, f.TaskID, f.Host, f.Message)
	}
	if s.Unhealthy > 0 || len(j.kills) > 0 {
		e := j.unhealthy(o)
		text := fmt.Sprintf("%d of %d instances are unhealthy", s.Unhealthy, s.Instances)
		if e.Kills > 0 {
			text += fmt.Sprintf(", Marathon killed %d tasks for it", e.Kills)
		}
		if e.Cause != "" {
			text += ": " + e.Cause
		}
		add(e, "%s", text)
	} else if s.HasHealthChecks && s.Healthy < s.Running {
		add(&UnhealthyError{AppID: j.target.AppID, Cause: "no health check has passed yet"}, "%d of %d running instances have no passed health check yet", s.Running-s.Healthy, s.Running)
	}
	for _, r := range readiness(o) {
		text := fmt.Sprintf("readiness check %s of task %s has not passed", r.Name, r.TaskID)
		if r.Status != 0 {
			text += fmt.Sprintf(", last answer %d %s", r.Status, oneLine(r.Body))
		}
		add(nil, "%s", text)
	}
	switch q := o.queue; {
	case q != nil && !q.Overdue:
		add(nil, "%d instances are held back after failures for another %s", q.Count, q.TimeLeft)
	case q != nil:
		if why := reasons(q); len(why) > 0 {
			add(unschedulable(j.target.AppID, q), "%d instances wait for an offer that fits: %s", q.Count, strings.Join(why, "; "))
		} else {
			add(nil, "%d instances wait for an offer", q.Count)
		}
	case s.Staged > 0:
		add(nil, "%d tasks are staged: the agent is still fetching artifacts or pulling the image", s.Staged)
	}
	if n := outdated(s); n > 0 {
		add(nil, "%d tasks of the old configuration are still there", n)
	}
	if d := o.own(j.target.DeploymentID); d != nil {
		add(nil, "deployment %s is at step %d of %d", d.ID, d.CurrentStep, d.TotalSteps)
	} else if j.target.DeploymentID != "" && !complete(o, j.target.DeploymentID) {
		text := fmt.Sprintf("deployment %s is no longer listed although the app is not complete: it was stopped, or Marathon's leader changed", j.target.DeploymentID)
		if len(s.Deployments) > 0 {
			text += "; now running: " + strings.Join(s.Deployments, ", ")
		}
		add(nil, "%s", text)
	}
	add(nil, "%d of %d instances run, %d staged, %d healthy", s.Running, s.Instances, s.Staged, s.Healthy)
	return list, cause
}

// readiness gives the checks that have not passed, of the app and of the deployment's current actions.
func readiness(o observation) []marathon.ReadinessResult {
	all := append([]marathon.ReadinessResult(nil), o.status.Readiness...)
	for _, d := range o.deployments {
		for _, a := range d.CurrentActions {
			if a.App == o.status.ID {
				all = append(all, a.Readiness...)
			}
		}
	}
	seen := map[string]bool{}
	var out []marathon.ReadinessResult
	for _, r := range all {
		if !r.Ready && !seen[r.Name+r.TaskID] {
			seen[r.Name+r.TaskID] = true
			out = append(out, r)
		}
	}
	return out
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}

// withLastLines adds what the task itself said last. Logs are a help: what cannot be had is left out.
func (w *Waiter) withLastLines(ctx context.Context, err error) error {
	var crash *CrashLoopError
	var sick *UnhealthyError
	switch {
	case errors.As(err, &crash):
		crash.LastLines = w.tail(ctx, crash.agentID, crash.TaskID)
	case errors.As(err, &sick):
		sick.LastLines = w.tail(ctx, sick.agentID, sick.TaskID)
	}
	return err
}

func (w *Waiter) tail(ctx context.Context, agentID, taskID string) string {
	if w.logs == nil || agentID == "" || taskID == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards)
	defer cancel()
	for _, file := range []string{"stderr", "stdout"} {
		text, err := w.logs.Tail(ctx, agentID, taskID, file, tailBytes)
		if text = strings.TrimRight(text, " \n"); err == nil && text != "" {
			lines := strings.Split(text, "\n")
			return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
		}
	}
	return ""
}

func lastLines(err error) string {
	var crash *CrashLoopError
	var sick *UnhealthyError
	switch {
	case errors.As(err, &crash):
		return crash.LastLines
	case errors.As(err, &sick):
		return sick.LastLines
	}
	return ""
}
