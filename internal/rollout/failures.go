package rollout

import (
	"context"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// countFailures takes each lastTaskFailure of the new configuration once. One that was there when the wait began is
// history, unless it can only have come from our own change.
func (j *judge) countFailures(o observation, first bool) {
	f := o.status.LastTaskFailure
	if f == nil {
		return
	}
	if first && (j.target.DeploymentID == "" || compareVersions(f.Version, j.want) < 0) {
		j.oldFailure = f.TaskID
	}
	if f.TaskID != j.oldFailure {
		j.take(*f, o.status)
	}
}

// take counts a failure of the present configuration.
func (j *judge) take(f marathon.TaskFailure, s marathon.Status) {
	if compareVersions(f.Version, s.LastConfigChangeAt) >= 0 {
		j.count(f, f.State == "TASK_KILLED") // Marathon records a kill for bad health as TASK_KILLED
	}
}

func (j *judge) count(f marathon.TaskFailure, unhealthy bool) {
	if j.counted[f.TaskID] {
		return
	}
	j.counted[f.TaskID] = true
	if unhealthy {
		j.kills = append(j.kills, f)
		return
	}
	j.crashes = append(j.crashes, f)
}

// countVanished takes tasks of the new configuration that are gone without a lastTaskFailure: exit 0 leaves none, nor does
// a kill by an agent-run health check.
func (j *judge) countVanished(o observation) {
	if j.last == nil || compareVersions(j.last.status.Version, o.status.Version) != 0 {
		return
	}
	before := activeTasks(j.last.status)
	if len(before) > o.status.Instances {
		return // surplus ones end on purpose
	}
	now := map[string]bool{}
	for _, t := range activeTasks(o.status) {
		now[t.ID] = true
	}
	for _, t := range before {
		if t.Dead {
			j.sick[t.ID] = t.FailureCause
		}
		cause, sick := j.sick[t.ID]
		// Killed on purpose, unless it was sick before: events wake us in the very moment in which a check has its task killed.
		if now[t.ID] || t.State == "TASK_KILLING" && !sick || strings.HasPrefix(t.State, "TASK_UNREACHABLE") || compareVersions(t.Version, o.status.LastConfigChangeAt) < 0 {
			continue
		}
		f := marathon.TaskFailure{TaskID: t.ID, Host: t.Host, SlaveID: t.SlaveID, Version: t.Version, Timestamp: o.at, Message: endedByItself}
		if sick {
			f.Message = cause
		}
		j.count(f, sick)
	}
}

// Crashed judges failures that the caller has gathered over several looks at an app, as status shows it now. It answers as Wait
// does (*CrashLoopError or *UnhealthyError, with the last lines of the task's output) once those of the present configuration
// reach the crash limit, and nil before. A Wait forgets what it has counted when the app becomes ready, so one that starts well
// and dies later never reaches the limit there.
func (w *Waiter) Crashed(ctx context.Context, status marathon.Status, failures []marathon.TaskFailure) error {
	j := newJudge(Target{AppID: status.ID}, w.opts, w.opts.clock.Now())
	for _, f := range failures {
		j.take(f, status)
	}
	return w.withLastLines(ctx, j.failed(observation{status: status}))
}

// endedByItself is said of a task that left no failure. Of several that crash at once Marathon keeps but the last one's, so
// it is a guess where another failure was kept.
const endedByItself = "the task ended by itself, without an error"

func (j *judge) crashLoop() *CrashLoopError {
	f := j.crashes[len(j.crashes)-1]
	for i := len(j.crashes) - 1; i >= 0; i-- {
		if j.crashes[i].Message != endedByItself {
			f = j.crashes[i]
			break
		}
	}
	return &CrashLoopError{AppID: j.target.AppID, Failures: len(j.crashes), Message: f.Message, Host: f.Host, TaskID: f.TaskID, agentID: f.SlaveID}
}

func (j *judge) unhealthy(o observation) *UnhealthyError {
	e := &UnhealthyError{AppID: j.target.AppID, Kills: len(j.kills)}
	if n := len(j.kills); n > 0 {
		f := j.kills[n-1]
		e.Host, e.TaskID, e.Cause, e.agentID = f.Host, f.TaskID, f.Message, f.SlaveID
	}
	for _, t := range activeTasks(o.status) {
		if t.Dead && t.FailureCause != "" {
			e.Host, e.TaskID, e.Cause, e.agentID = t.Host, t.ID, t.FailureCause, t.SlaveID
		} else if t.Dead && e.TaskID == "" {
			e.Host, e.TaskID, e.agentID = t.Host, t.ID, t.SlaveID
		}
	}
	return e
}
