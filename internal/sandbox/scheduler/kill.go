package scheduler

import (
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// kill asks the agent to end the task of an instance; it is asked again until the task is gone.
func (c *Core) kill(i *instance) {
	if !i.Alive || i.Killing {
		return
	}
	i.Killing, i.KillAsked = true, c.now()
	c.dirtyRun = true
	c.askKill(i.Agent, i.taskID(), c.graceOf(i))
}

func (c *Core) askKill(agentID, taskID string, grace time.Duration) {
	if !c.down[agentID] {
		c.ops = append(c.ops, func() { c.driver.Kill(taskID, grace) })
	}
}

func (c *Core) graceOf(i *instance) time.Duration {
	if g := i.Spec.TaskKillGracePeriodSeconds; g != nil {
		return seconds(*g)
	}
	return c.opts.KillGrace
}

// retryKills repeats kills that were not answered.
func (c *Core) retryKills(now time.Time) {
	for _, i := range c.instances {
		if i.Alive && i.Killing && now.Sub(i.KillAsked) >= killRetryInterval {
			i.KillAsked = now
			c.askKill(i.Agent, i.taskID(), c.graceOf(i))
		}
	}
	for id, o := range c.orphans {
		if now.Sub(o.KillAsked) >= killRetryInterval {
			c.killOrphan(id)
		}
	}
}

func (c *Core) killOrphan(taskID string) {
	o := c.orphans[taskID]
	o.KillAsked = c.now()
	c.askKill(o.Agent, taskID, c.opts.KillGrace)
}

// killOverdue ends tasks that stage for too long; they are launched anew.
func (c *Core) killOverdue(now time.Time) {
	for _, i := range c.instances {
		if i.Alive && i.StartedAt.IsZero() && i.State != agent.Running && now.Sub(i.StagedAt) > taskLaunchTimeout {
			c.kill(i)
		}
	}
}
