package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// goal is what shall become of an instance.
type goal string

const (
	goalRunning        goal = "Running"
	goalStopped        goal = "Stopped"        // keeps its reservation and volumes
	goalDecommissioned goal = "Decommissioned" // gives everything up
)

// The conditions of an instance, as events name them.
const (
	condScheduled           = "Scheduled"
	condProvisioned         = "Provisioned"
	condStaging             = "Staging"
	condStarting            = "Starting"
	condRunning             = "Running"
	condKilling             = "Killing"
	condUnreachable         = "Unreachable"
	condUnreachableInactive = "UnreachableInactive"
)

// stateUnreachable is what Marathon shows of a task on a lost agent; no driver reports it.
const stateUnreachable agent.State = "TASK_UNREACHABLE"

var conditionOf = map[agent.State]string{
	agent.Staging: condStaging, agent.Starting: condStarting, agent.Running: condRunning, agent.Killing: condKilling,
	agent.Finished: "Finished", agent.Failed: "Failed", agent.Killed: "Killed", agent.Lost: "Gone", agent.Errored: "Error",
}

func terminal(s agent.State) bool {
	switch s {
	case agent.Finished, agent.Failed, agent.Killed, agent.Lost, agent.Errored:
		return true
	}
	return false
}

// instance outlives its tasks: each launch is a new incarnation.
type instance struct {
	ID          string
	AppID       string
	Spec        *spec.App // what it is, or will be, launched from
	Goal        goal
	Condition   string
	Incarnation int         // of the last launch; 0 before the first
	Alive       bool        // the last incarnation has a task that is not terminal
	State       agent.State // of the last incarnation
	Agent       string
	Host        string
	Ports       []int
	StagedAt    time.Time
	StartedAt   time.Time
	Since       time.Time // of the condition
	WaitsSince  time.Time // zero unless it waits for a launch
	Volumes     []LocalVolume
	Reserved    bool // resources stay with it on its agent
	LostAt      time.Time
	Killing     bool // a kill was asked for
	KillAsked   time.Time
	HealthKill  string // cause, when the kill is for failed health checks
	Resources   resources

	health *instanceHealth // nil unless it runs; not kept over a restart
	ended  []HealthResult  // of the incarnation before, good ones
	stale  []HealthResult  // of an earlier configuration, which Marathon goes on showing
}

// waits says whether the instance is to be launched.
func (i *instance) waits() bool { return i.Goal == goalRunning && !i.Alive }

// suspended says whether it only holds its reservation.
func (i *instance) suspended() bool { return i.Goal == goalStopped && !i.Alive }

// counts says whether it counts towards the wanted number.
func (i *instance) counts() bool {
	return i.Goal == goalRunning && i.Condition != condUnreachableInactive
}

func (i *instance) taskID() string { return fmt.Sprintf("%s._app.%d", i.ID, i.Incarnation) }

// instanceOf cuts the instance out of a task id; "" when it is none.
func instanceOf(taskID string) string {
	id, _, ok := strings.Cut(taskID, "._app.")
	if !ok {
		return ""
	}
	return id
}

func newInstanceID(appID string) string {
	u, err := uuid.NewUUID() // version 1, as Marathon's
	if err != nil {
		u = uuid.New()
	}
	return strings.ReplaceAll(strings.TrimPrefix(appID, "/"), "/", "_") + ".instance-" + u.String()
}

func (c *Core) instance(id string) *instance {
	for _, i := range c.instances {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// instancesOf are all of an app, dying ones too, in the order of their creation.
func (c *Core) instancesOf(appID string) []*instance {
	var out []*instance
	for _, i := range c.instances {
		if i.AppID == appID {
			out = append(out, i)
		}
	}
	return out
}

// counting are those of an app that count towards the wanted number.
func (c *Core) counting(appID string) []*instance {
	return slices.DeleteFunc(c.instancesOf(appID), func(i *instance) bool { return !i.counts() })
}

// setCondition changes the condition and tells of it.
func (c *Core) setCondition(i *instance, cond string) {
	i.Condition = cond
	i.Since = c.now()
	c.dirtyRun = true
	c.publishInstance(i)
}

// startInstances makes n more instances of app wait for a launch: suspended ones first, then new ones.
func (c *Core) startInstances(app *spec.App, n int) {
	for _, i := range c.instancesOf(app.ID) {
		if n == 0 {
			return
		}
		if i.suspended() {
			n--
			c.reuse(i, app)
		}
	}
	for ; n > 0; n-- {
		i := &instance{ID: newInstanceID(app.ID), AppID: app.ID, Spec: app, Goal: goalRunning, WaitsSince: c.now()}
		c.instances = append(c.instances, i)
		c.setCondition(i, condScheduled)
		c.wantOffer = true
	}
}

// reuse lets a suspended instance wait for a launch from app.
func (c *Core) reuse(i *instance, app *spec.App) {
	if !i.Spec.LastConfigChangeAt.Equal(app.LastConfigChangeAt) {
		i.stale = i.ended
	}
	i.Goal, i.Spec = goalRunning, app
	i.WaitsSince = c.now()
	c.setCondition(i, condScheduled)
	c.wantOffer = true
}

// stopInstance sets a new goal and kills what runs. An instance without a task, or one that cannot be reached, is done
// with at once.
func (c *Core) stopInstance(i *instance, g goal) {
	if g == goalStopped && !i.Reserved {
		g = goalDecommissioned
	}
	if i.Goal == goalDecommissioned {
		return
	}
	i.Goal = g
	i.WaitsSince = time.Time{}
	c.dirtyRun = true
	c.publishInstance(i) // a changed goal is an event with the condition as it is
	switch {
	case !i.Alive:
		c.finishStop(i)
	case i.Condition == condUnreachable || i.Condition == condUnreachableInactive:
		if g == goalDecommissioned {
			c.forget(i)
		}
	default:
		c.kill(i)
	}
}

// finishStop ends what is left of an instance without a task whose goal is not to run.
func (c *Core) finishStop(i *instance) {
	if i.Goal == goalDecommissioned {
		c.remove(i)
	}
}

// remove forgets an instance without a task and frees what it held.
func (c *Core) remove(i *instance) {
	c.instances = slices.DeleteFunc(c.instances, func(o *instance) bool { return o == i })
	i.stopProbes()
	c.destroyVolumes(i)
	if i.Agent != "" {
		c.freedAt[i.Agent] = c.now()
	}
	c.dirtyRun = true
	c.reconcile[i.AppID] = true
}

// forget drops an instance whose task still runs somewhere out of reach; the task becomes an orphan.
func (c *Core) forget(i *instance) {
	c.orphans[i.taskID()] = &orphan{TaskID: i.taskID(), AppID: i.AppID, Spec: i.Spec, Agent: i.Agent, Ports: i.Ports, Resources: i.Resources, Volumes: i.Volumes}
	i.Volumes = nil
	i.Alive = false
	c.remove(i)
}

// orphan is a running task that no instance stands for any more.
type orphan struct {
	TaskID    string
	AppID     string
	Spec      *spec.App
	Agent     string
	Ports     []int
	Resources resources
	Volumes   []LocalVolume
	KillAsked time.Time
}
