package scheduler

import (
	"sync"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// subscriberLimit is how far a reader may lag before it is cut.
const subscriberLimit = 1024

// hub hands events to all subscribers in one order.
type hub struct {
	mu     sync.Mutex
	subs   map[chan Event]bool
	closed bool
}

func newHub() *hub { return &hub{subs: map[chan Event]bool{}} }

func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs {
		select {
		case ch <- e:
		default:
			delete(h.subs, ch)
			close(ch)
		}
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for ch := range h.subs {
		delete(h.subs, ch)
		close(ch)
	}
}

// Subscribe implements Scheduler. After Close the channel is closed at once.
func (c *Core) Subscribe() (events <-chan Event, cancel func()) {
	ch := make(chan Event, subscriberLimit)
	c.hub.mu.Lock()
	defer c.hub.mu.Unlock()
	if c.hub.closed {
		close(ch)
		return ch, func() {}
	}
	c.hub.subs[ch] = true
	return ch, func() {
		c.hub.mu.Lock()
		defer c.hub.mu.Unlock()
		if c.hub.subs[ch] {
			delete(c.hub.subs, ch)
			close(ch)
		}
	}
}

// Publish implements Scheduler. A zero time becomes now.
func (c *Core) Publish(e Event) {
	if e.Time.IsZero() {
		e.Time = c.now()
	}
	c.hub.publish(e)
}

func (c *Core) publish(kind string, fields map[string]any) {
	c.hub.publish(Event{Type: kind, Time: c.now(), Fields: fields})
}

func (c *Core) publishInstance(i *instance) {
	var agentID, host any
	if i.Agent != "" && i.Incarnation > 0 {
		agentID, host = i.Agent, i.Host
	}
	c.publish("instance_changed_event", map[string]any{
		"instanceId": i.ID, "condition": i.Condition, "runSpecId": i.AppID, "agentId": agentID, "host": host, "runSpecVersion": stamp(i.Spec.Version),
	})
}

func (c *Core) publishInstanceHealth(i *instance, healthy bool) {
	c.publish("instance_health_changed_event", map[string]any{
		"instanceId": i.ID, "runSpecId": i.AppID, "healthy": healthy, "runSpecVersion": stamp(i.Spec.Version),
	})
}

func (c *Core) publishStatus(i *instance, state agent.State, message string) {
	c.publish("status_update_event", map[string]any{
		"slaveId": i.Agent, "taskId": i.taskID(), "taskStatus": string(state), "message": message, "appId": i.AppID, "host": i.Host,
		"ipAddresses": i.ipAddresses(state), "ports": append([]int{}, i.Ports...), "version": stamp(i.Spec.Version),
	})
}

func (c *Core) publishHealthChecks(a *spec.App) {
	for _, hc := range a.HealthChecks {
		c.publish("add_health_check_event", map[string]any{"appId": a.ID, "healthCheck": hc, "version": stamp(a.Version)})
	}
}

func (c *Core) publishGroupFailed(groupID string, version time.Time, reason string) {
	c.publish("group_change_failed", map[string]any{"groupId": groupID, "version": stamp(version), "reason": reason})
}

func (c *Core) publishDeploymentFailed(d *deployment, reason string) {
	c.publish("deployment_failed", map[string]any{"id": d.ID, "plan": d.planEvent(), "reason": reason})
}

func (c *Core) publishStep(kind string, d *deployment) {
	c.publish(kind, map[string]any{"plan": d.planEvent(), "currentStep": stepEvent(d.steps[d.current-1])})
}

func (d *deployment) planEvent() map[string]any {
	steps := []any{}
	for _, s := range d.steps {
		steps = append(steps, stepEvent(s))
	}
	return map[string]any{"id": d.ID, "steps": steps, "version": stamp(d.Version)}
}

func stepEvent(step []Action) map[string]any {
	actions := []any{}
	for _, a := range step {
		actions = append(actions, map[string]any{"action": a.Kind, "app": a.App})
	}
	return map[string]any{"actions": actions}
}
