package scheduler

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// launch starts the next incarnation of an instance on an agent.
func (c *Core) launch(i *instance, ag Agent, ports []int) {
	now := c.now()
	i.Incarnation++
	i.Alive, i.State, i.Killing, i.HealthKill = true, agent.Staging, false, ""
	i.Agent, i.Host, i.Ports = ag.ID, ag.Hostname, ports
	i.StagedAt, i.StartedAt, i.WaitsSince = now, time.Time{}, time.Time{}
	i.ended = nil
	i.Resources = needs(i.Spec)
	if i.Spec.Resident() && !i.Reserved {
		c.reserve(i)
	}
	c.setCondition(i, condProvisioned)

	task := agent.Task{
		ID: i.taskID(), InstanceID: i.ID, App: i.Spec.Clone(), AgentID: ag.ID, Hostname: ag.Hostname, Ports: slices.Clone(ports),
		Volumes: c.volumeDirs(i), Env: c.environment(i),
	}
	c.ops = append(c.ops, func() {
		if problem := c.prepare(i, task); problem != "" {
			c.statuses.push(agent.Status{TaskID: task.ID, State: agent.Errored, Message: problem, Time: now})
			return
		}
		c.driver.Launch(task)
	})
}

// prepare makes the volumes' directories. It answers what stands against the launch.
func (c *Core) prepare(i *instance, t agent.Task) string {
	for _, name := range slices.Sorted(maps.Keys(i.Spec.Env)) {
		if s := i.Spec.Env[name].Secret; s != "" {
			return fmt.Sprintf("The sandbox has no secret store: variable %s asks for the secret %q", name, s)
		}
	}
	if err := makeVolumes(t.Volumes); err != nil {
		return "Failed to create the persistent volume: " + err.Error()
	}
	return ""
}

// recoverTasks hands the tasks that were alive to the driver, which reports what became of them.
func (c *Core) recoverTasks() {
	var tasks []agent.Task
	for _, i := range c.instances {
		if !i.Alive {
			continue
		}
		if i.Condition == condUnreachable || i.Condition == condUnreachableInactive {
			c.setCondition(i, condStaging) // whoever cut the agent off is gone; the driver says how the task fares
		}
		tasks = append(tasks, agent.Task{
			ID: i.taskID(), InstanceID: i.ID, App: i.Spec.Clone(), AgentID: i.Agent, Hostname: i.Host, Ports: slices.Clone(i.Ports),
			Volumes: c.volumeDirs(i), Env: c.environment(i),
		})
		if i.Condition == condRunning {
			c.startHealth(i)
		}
	}
	for _, o := range c.orphans {
		tasks = append(tasks, agent.Task{ID: o.TaskID, InstanceID: instanceOf(o.TaskID), App: o.Spec.Clone(), AgentID: o.Agent, Ports: o.Ports})
	}
	c.ops = append(c.ops, func() { c.driver.Recover(tasks) })
	for _, i := range c.instances {
		if i.Alive && (i.Goal != goalRunning || i.Killing) {
			i.Killing = false
			c.kill(i)
		}
	}
	for id := range c.orphans {
		c.killOrphan(id)
	}
}

// reconcileApp starts what an app lacks or ends what it has too much, unless a plan is at it. It says whether it did
// anything.
func (c *Core) reconcileApp(id string) bool {
	app := c.root.app(id)
	if app == nil || c.lockedApp(id) {
		return false
	}
	have := c.counting(id)
	switch {
	case len(have) < app.Instances:
		c.startInstances(app, app.Instances-len(have))
	case len(have) > app.Instances:
		for _, i := range chooseVictims(c, app, have, nil, len(have)-app.Instances) {
			c.stopInstance(i, goalStopped)
		}
	default:
		return false
	}
	return true
}

// sweepScale is Marathon's periodic look at every app.
func (c *Core) sweepScale(now time.Time) {
	if now.Sub(c.lastScale) < scaleInterval {
		return
	}
	c.lastScale = now
	for _, a := range c.root.apps() {
		c.reconcile[a.ID] = true
	}
}
