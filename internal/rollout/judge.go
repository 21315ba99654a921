package rollout

import (
	"fmt"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// observation is one look at Marathon.
type observation struct {
	at          time.Time
	gone        bool // the app does not exist
	status      marathon.Status
	deployments []marathon.Deployment
	queue       *marathon.QueueItem // nil: nothing of the app waits for launch
}

// own is our deployment while it is listed.
func (o observation) own(id string) *marathon.Deployment {
	for i := range o.deployments {
		if id != "" && o.deployments[i].ID == id {
			return &o.deployments[i]
		}
	}
	return nil
}

// verdict is what to make of an observation: go on, done, or an error.
type verdict struct {
	done     bool
	err      error
	settling bool
}

// confirmations is how many looks in a row must agree before something surprising is believed.
const confirmations = 2

// judge decides from what it was shown alone; it does no I/O and knows no clock but the observations'.
type judge struct {
	target Target
	opts   options
	start  time.Time

	last         *observation
	want         string // version waited for
	surprises    int    // observations in a row in which the app was missing or older than want
	oldFailure   string // task of a failure that is older than the wait
	crashes      []marathon.TaskFailure
	kills        []marathon.TaskFailure // for failing health checks
	counted      map[string]bool        // task ids in crashes and kills
	sick         map[string]string      // cause by task id, of tasks that were seen to fail their health checks
	heldSince    time.Time
	held         string
	movedAt      time.Time
	fingerprint  string
	overdueSince time.Time
}

func newJudge(t Target, o options, start time.Time) *judge {
	return &judge{target: t, opts: o, start: start, want: t.Version, counted: map[string]bool{}, sick: map[string]string{}, movedAt: start}
}

func (j *judge) observe(o observation) verdict {
	if o.gone {
		return j.missing(o)
	}
	first := j.last == nil
	if j.want == "" {
		j.want = o.status.Version
	}
	if v, ended := j.version(o); ended {
		return v
	}
	j.countFailures(o, first)
	j.countVanished(o)
	j.noteMovement(o)
	j.last = &o

	if complete(o, j.target.DeploymentID) {
		key := j.holdKey(o)
		if j.heldSince.IsZero() || key != j.held {
			j.heldSince, j.held = o.at, key
		}
		if o.status.Instances == 0 || o.at.Sub(j.heldSince) >= j.opts.settle {
			return verdict{done: true}
		}
		return verdict{settling: true}
	}
	j.heldSince = time.Time{}
	if err := j.failed(o); err != nil {
		return verdict{err: err}
	}
	return verdict{}
}

func (j *judge) missing(o observation) verdict {
	j.surprises++
	if j.surprises < confirmations || o.own(j.target.DeploymentID) != nil {
		return verdict{}
	}
	reason := "the app does not exist any more: it was deleted, or its creation undone, by somebody else"
	return verdict{err: &RolledBackError{AppID: j.target.AppID, DeploymentID: j.target.DeploymentID, Gone: true, Reason: reason}}
}

func (j *judge) version(o observation) (verdict, bool) {
	switch c := compareVersions(o.status.Version, j.want); {
	case c > 0:
		return verdict{err: &OvertakenError{
			AppID: j.target.AppID, DeploymentID: j.target.DeploymentID, WantVersion: j.want, Version: o.status.Version, Deployments: o.status.Deployments,
		}}, true
	case c < 0:
		j.surprises++
		if j.surprises < confirmations || o.own(j.target.DeploymentID) != nil {
			return verdict{}, true
		}
		return verdict{err: &RolledBackError{
			AppID: j.target.AppID, DeploymentID: j.target.DeploymentID, Version: o.status.Version,
			Reason: fmt.Sprintf("the app is back at version %s (%s was asked for): the change was undone by somebody else", o.status.Version, j.want),
		}}, true
	}
	j.surprises = 0
	return verdict{}, false
}

// complete is marathon.md §3.1.3: absence of the deployment proves nothing, the app must be as it was asked for.
func complete(o observation, deploymentID string) bool {
	s := o.status
	if o.own(deploymentID) != nil || len(s.Deployments) > 0 || o.queue != nil {
		return false
	}
	if s.Running != s.Instances || s.Staged != 0 || (s.HasHealthChecks && s.Healthy != s.Instances) {
		return false
	}
	active := activeTasks(s)
	for _, t := range active {
		if compareVersions(t.Version, s.LastConfigChangeAt) < 0 || t.State != "TASK_RUNNING" {
			return false
		}
	}
	return len(active) == s.Instances
}

// activeTasks leaves out what has ended and what is only a reservation of a stopped stateful instance.
func activeTasks(s marathon.Status) []marathon.Task {
	var out []marathon.Task
	for _, t := range s.Tasks {
		if terminal[t.State] || (t.Version == "" && t.StagedAt.IsZero()) {
			continue
		}
		out = append(out, t)
	}
	return out
}

var terminal = map[string]bool{
	"TASK_FINISHED": true, "TASK_FAILED": true, "TASK_KILLED": true, "TASK_ERROR": true, "TASK_LOST": true,
	"TASK_DROPPED": true, "TASK_GONE": true, "TASK_GONE_BY_OPERATOR": true,
}

func (j *judge) holdKey(o observation) string {
	var b strings.Builder
	for _, t := range sortedTasks(o.status) {
		b.WriteString(t.ID + " ")
	}
	if f := o.status.LastTaskFailure; f != nil {
		b.WriteString(f.TaskID)
	}
	return b.String()
}

func (j *judge) noteMovement(o observation) {
	if fp := fingerprint(o); fp != j.fingerprint {
		j.fingerprint, j.movedAt = fp, o.at
	}
	switch {
	case o.queue == nil || !o.queue.Overdue:
		j.overdueSince = time.Time{}
	case j.overdueSince.IsZero():
		j.overdueSince = o.at
	}
}

func fingerprint(o observation) string {
	var b strings.Builder
	s := o.status
	fmt.Fprint(&b, s.Version, s.Instances, s.Staged, s.Running, s.Healthy, s.Unhealthy, s.Deployments)
	for _, t := range sortedTasks(s) {
		fmt.Fprint(&b, t.ID, t.State, t.Alive, t.Dead)
	}
	for _, d := range o.deployments {
		for _, app := range d.AffectedApps {
			if app == s.ID {
				fmt.Fprint(&b, d.ID, d.CurrentStep)
			}
		}
	}
	if o.queue != nil {
		fmt.Fprint(&b, o.queue.Count, o.queue.Overdue)
	}
	return b.String()
}

// failed finds the reasons to end the wait early.
func (j *judge) failed(o observation) error {
	if len(j.crashes) >= j.opts.crashLimit {
		return j.crashLoop()
	}
	if len(j.kills) >= j.opts.crashLimit {
		return j.unhealthy(o)
	}
	q := o.queue
	if q == nil || !q.Overdue || stirring(o) {
		return nil
	}
	since := j.overdueSince
	if j.movedAt.After(since) {
		since = j.movedAt
	}
	if declined(q.RejectLastOffers) && o.at.Sub(since) >= j.opts.unschedulableAfter {
		return unschedulable(j.target.AppID, q)
	}
	return nil
}

// stirring says that a task is still on its way: what waits in the queue may wait for it.
func stirring(o observation) bool {
	if o.status.Staged > 0 {
		return true
	}
	ready := map[string]bool{}
	for _, r := range o.status.Readiness {
		ready[r.TaskID] = r.Ready
	}
	for _, t := range activeTasks(o.status) {
		if t.State != "TASK_RUNNING" {
			return true
		}
		if compareVersions(t.Version, o.status.LastConfigChangeAt) < 0 {
			continue
		}
		if o.status.HasHealthChecks && !t.Alive {
			return true
		}
		if is, probed := ready[t.ID]; probed && !is {
			return true
		}
	}
	return false
}

func declined(list []marathon.Reject) bool {
	for _, r := range list {
		if r.Declined > 0 {
			return true
		}
	}
	return false
}

// compareVersions orders versions as instants; what is no instant is compared as text, and an absent one equals all.
func compareVersions(a, b string) int {
	if a == "" || b == "" || a == b {
		return 0
	}
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	if errX != nil || errY != nil {
		return strings.Compare(a, b)
	}
	return x.Compare(y)
}
