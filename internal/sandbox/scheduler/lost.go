package scheduler

import (
	"fmt"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// SetAgentDown is a fault for tests: the agent is cut off (its processes run on), or comes back and tells what happened.
func (c *Core) SetAgentDown(agentID string, down bool) {
	c.locked(func() {
		if c.down[agentID] == down {
			return
		}
		if down {
			c.down[agentID] = true
			c.agentLost(agentID)
			return
		}
		delete(c.down, agentID)
		c.agentBack(agentID)
	})
}

func (c *Core) agentLost(agentID string) {
	for _, i := range append([]*instance(nil), c.instances...) {
		if i.Agent != agentID || !i.Alive {
			continue
		}
		i.State, i.LostAt = stateUnreachable, c.now()
		c.publishStatus(i, stateUnreachable, fmt.Sprintf("Agent %s is unreachable", agentID))
		if s := i.Spec.UnreachableStrategy; !s.Disabled && s.InactiveAfterSeconds == 0 {
			c.setInactive(i)
		} else {
			c.setCondition(i, condUnreachable)
		}
		if i.Goal == goalDecommissioned {
			c.forget(i)
		}
	}
}

// setInactive gives an unreachable instance up: it is replaced, and forgotten when its time is over.
func (c *Core) setInactive(i *instance) {
	c.setCondition(i, condUnreachableInactive)
	c.reconcile[i.AppID] = true
	if i.Spec.UnreachableStrategy.ExpungeAfterSeconds == 0 {
		c.forget(i)
	}
}

// agentBack lets held messages in, finds the tasks that were only unreachable and ends those nobody wants any more.
func (c *Core) agentBack(agentID string) {
	told := map[string]bool{}
	held := c.held[agentID]
	delete(c.held, agentID)
	for _, s := range held {
		if terminal(s.State) {
			told[s.TaskID] = true
		}
	}
	for _, i := range append([]*instance(nil), c.instances...) {
		if i.Agent != agentID || !i.Alive || told[i.taskID()] {
			continue
		}
		i.LostAt = time.Time{}
		c.applyStatus(agent.Status{TaskID: i.taskID(), State: agent.Running, Time: c.now()})
		if i.Killing || i.Goal != goalRunning {
			i.Killing = false
			c.kill(i)
		}
		c.reconcile[i.AppID] = true
	}
	for _, s := range held {
		c.applyStatus(s)
	}
	for id, o := range c.orphans {
		if o.Agent == agentID {
			c.killOrphan(id)
		}
	}
	c.wantOffer = true
}

// sweepLost looks at unreachable instances: rarely, and not soon after the start, as Marathon does.
func (c *Core) sweepLost(now time.Time) {
	if now.Before(c.nextLost) {
		return
	}
	c.nextLost = now.Add(lostSweepInterval)
	for _, i := range append([]*instance(nil), c.instances...) {
		s := i.Spec.UnreachableStrategy
		if !i.Alive || i.LostAt.IsZero() || s.Disabled {
			continue
		}
		lost := now.Sub(i.LostAt)
		if i.Condition == condUnreachable && lost >= seconds(s.InactiveAfterSeconds) {
			c.setInactive(i)
		}
		if i.Condition == condUnreachableInactive && lost >= seconds(s.ExpungeAfterSeconds) && i.Alive {
			c.forget(i)
		}
	}
}
