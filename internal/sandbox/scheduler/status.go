package scheduler

import (
	"sync"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// statusQueue takes in what the driver reports without ever blocking it.
type statusQueue struct {
	mu     sync.Mutex
	items  []agent.Status
	wake   chan struct{}
	busy   bool // what was taken last is being applied
	closed bool
}

func (q *statusQueue) push(s agent.Status) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.items = append(q.items, s)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *statusQueue) take() (items []agent.Status, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	items, q.items = q.items, nil
	q.busy = len(items) > 0
	return items, q.closed
}

func (q *statusQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// statusLoop applies reports in their order; on Close it empties the queue first.
func (c *Core) statusLoop() {
	for {
		items, closed := c.statuses.take()
		for _, s := range items {
			c.locked(func() { c.applyStatus(s) })
		}
		if closed {
			return
		}
		if len(items) == 0 {
			<-c.statuses.wake
		}
	}
}

// applyStatus is what Marathon does with a status update of Mesos.
func (c *Core) applyStatus(s agent.Status) {
	if o := c.orphans[s.TaskID]; o != nil {
		c.orphanStatus(o, s)
		return
	}
	i := c.instance(instanceOf(s.TaskID))
	if i == nil || i.taskID() != s.TaskID || !i.Alive {
		if i == nil && !terminal(s.State) {
			c.ops = append(c.ops, func() { c.driver.Kill(s.TaskID, c.opts.KillGrace) }) // nobody's task
		}
		return
	}
	if c.down[i.Agent] {
		c.held[i.Agent] = append(c.held[i.Agent], s)
		return
	}
	c.dirtyRun = true
	if s.Reason == agent.ReasonHealth && s.Healthy != nil {
		c.publishStatus(i, agent.Running, s.Message)
		c.agentVerdict(i, *s.Healthy)
		return
	}
	i.State = s.State
	c.publishStatus(i, s.State, s.Message)
	switch {
	case terminal(s.State):
		c.taskEnded(i, s)
		return
	case s.State == agent.Running:
		if i.StartedAt.IsZero() {
			i.StartedAt = c.now()
		}
		if i.Killing && i.Condition == condKilling {
			return
		}
		c.startHealth(i)
	}
	if cond := conditionOf[s.State]; cond != i.Condition {
		c.setCondition(i, cond)
	}
}

// taskEnded does the book of an ended task and what its instance's goal asks for.
func (c *Core) taskEnded(i *instance, s agent.Status) {
	i.ended = i.goodResults()
	i.stopProbes()
	i.Alive, i.Killing, i.LostAt = false, false, time.Time{}
	c.freedAt[i.Agent] = c.now()
	switch s.State {
	case agent.Failed, agent.Lost, agent.Errored:
		c.failures[i.AppID] = &TaskFailure{
			AppID: i.AppID, Host: i.Host, Message: s.Message, TaskID: i.taskID(), AgentID: i.Agent, State: s.State, Timestamp: c.now(), Version: i.Spec.Version,
		}
	}
	if s.State != agent.Killed && i.Goal == goalRunning {
		c.addDelay(i.Spec) // exit 0 counts as well
	}
	c.setCondition(i, conditionOf[s.State])
	if i.Goal == goalRunning {
		i.WaitsSince = c.now()
		c.wantOffer = true
		return
	}
	c.finishStop(i)
}

// orphanStatus hears of a task that Marathon has forgotten.
func (c *Core) orphanStatus(o *orphan, s agent.Status) {
	if c.down[o.Agent] {
		c.held[o.Agent] = append(c.held[o.Agent], s)
		return
	}
	if !terminal(s.State) {
		if o.KillAsked.IsZero() {
			c.killOrphan(o.TaskID)
		}
		return
	}
	delete(c.orphans, o.TaskID)
	c.dirtyRun = true
	c.freedAt[o.Agent] = c.now()
	c.destroyVolumes(&instance{Volumes: o.Volumes})
	c.publish("unknown_instance_terminated_event", map[string]any{
		"instanceId": instanceOf(o.TaskID), "runSpecId": o.AppID, "condition": conditionOf[s.State],
	})
}
