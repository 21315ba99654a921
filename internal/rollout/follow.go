package rollout

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Wait returns nil when the app runs as the target says and has done so for the settle time. Answers that do not come are
// waited for until ctx ends, which is then a *TimeoutError with what is known; a cancelled ctx gives an error that is context.Canceled.
func (w *Waiter) Wait(ctx context.Context, t Target) error {
	start := w.opts.clock.Now()
	j := newJudge(t, w.opts, start)
	f := w.follow(ctx)
	defer f.stop()
	for {
		o, err := w.look(ctx, t.AppID)
		switch {
		case ctx.Err() != nil:
			return w.outOfTime(ctx, j, start, f.trouble)
		case err != nil:
			if !transient(err, j.last != nil) {
				return err
			}
			f.trouble = err
			f.report(t.AppID + ": Marathon does not answer at the moment, still waiting")
		default:
			f.trouble = nil
			before := j.fingerprint
			v := j.observe(o)
			if v.done {
				f.report(summary(o, t) + ": ready")
				return nil
			}
			if v.err != nil {
				return w.withLastLines(ctx, v.err)
			}
			if v.settling || j.fingerprint != before {
				f.hurry()
			}
			if !o.gone {
				f.report(summary(o, t))
			}
		}
		if f.pause(ctx) != nil {
			return w.outOfTime(ctx, j, start, f.trouble)
		}
	}
}

// look reads the deployments first: what is not in that list has ended before the app was read.
func (w *Waiter) look(ctx context.Context, appID string) (observation, error) {
	var o observation
	var err error
	if o.deployments, err = w.marathon.Deployments(ctx); err != nil {
		return o, err
	}
	o.status, err = w.marathon.Status(ctx, appID)
	if errors.Is(err, marathon.ErrNotFound) {
		o.gone = true
	} else if err != nil {
		return o, err
	}
	queue, err := w.marathon.Queue(ctx)
	if err != nil {
		return o, err
	}
	for i := range queue {
		if queue[i].AppID == appID {
			o.queue = &queue[i]
		}
	}
	o.at = w.opts.clock.Now()
	return o, nil
}

// transient says whether the next look may work. Once Marathon has answered, a page of something else is a proxy's bad moment.
func transient(err error, answeredBefore bool) bool {
	return errors.Is(err, marathon.ErrUnreachable) || errors.Is(err, marathon.ErrServer) || (answeredBefore && errors.Is(err, marathon.ErrNotMarathon))
}

// pace spaces the looks of one wait and passes progress on when it is news.
type pace struct {
	w        *Waiter
	stop     context.CancelFunc
	wake     <-chan struct{}
	interval time.Duration
	said     string
	trouble  error
}

func (w *Waiter) follow(ctx context.Context) *pace {
	ctx, stop := context.WithCancel(ctx)
	return &pace{w: w, stop: stop, wake: w.marathon.WakeOnEvents(ctx), interval: w.opts.pollMin}
}

func (p *pace) hurry() { p.interval = p.w.opts.pollMin }

func (p *pace) report(line string) {
	if line != p.said {
		p.said = line
		p.w.opts.progress(line)
	}
}

// pause waits for the next look. An event shortens it, but never below a quarter of the smallest pause: events come in swarms.
func (p *pace) pause(ctx context.Context) error {
	shortest := p.w.opts.pollMin / 4
	rest := p.interval
	p.interval = min(p.w.opts.pollMax, p.interval*3/2)
	if err := p.sleep(ctx, min(shortest, rest), nil); err != nil {
		return err
	}
	return p.sleep(ctx, rest-shortest, p.wake)
}

func (p *pace) sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := p.w.opts.clock.NewTimer(d, "rollout")
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
	case <-wake:
	}
	return nil
}

// summary is one line on where things stand.
func summary(o observation, t Target) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", t.AppID)
	if d := o.own(t.DeploymentID); d != nil {
		var actions []string
		for _, a := range d.CurrentActions {
			if a.App == t.AppID {
				actions = append(actions, a.Action)
			}
		}
		fmt.Fprintf(&b, "deployment step %d of %d %s, ", d.CurrentStep, d.TotalSteps, strings.Join(actions, " "))
	}
	s := o.status
	fmt.Fprintf(&b, "%d of %d running", s.Running, s.Instances)
	if s.Staged > 0 {
		fmt.Fprintf(&b, ", %d staged", s.Staged)
	}
	if s.HasHealthChecks {
		fmt.Fprintf(&b, ", %d healthy", s.Healthy)
	}
	if s.Unhealthy > 0 {
		fmt.Fprintf(&b, ", %d unhealthy", s.Unhealthy)
	}
	if old := outdated(s); old > 0 {
		fmt.Fprintf(&b, ", %d of the old configuration", old)
	}
	if q := o.queue; q != nil && q.Overdue {
		fmt.Fprintf(&b, ", %d waiting for an offer", q.Count)
	} else if q != nil {
		fmt.Fprintf(&b, ", %d held back after failures", q.Count)
	}
	return b.String()
}

func outdated(s marathon.Status) int {
	n := 0
	for _, t := range activeTasks(s) {
		if compareVersions(t.Version, s.LastConfigChangeAt) < 0 {
			n++
		}
	}
	return n
}

func sortedTasks(s marathon.Status) []marathon.Task {
	tasks := activeTasks(s)
	sort.Slice(tasks, func(i, k int) bool { return tasks[i].ID < tasks[k].ID })
	return tasks
}
