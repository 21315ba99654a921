package scheduler

import (
	"slices"
	"strings"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// instanceHealth is what the checks of a running task say.
type instanceHealth struct {
	checks  []*checkState
	overall *bool // nil until every check has said something
}

// checkState is one health check of one running task.
type checkState struct {
	check    spec.HealthCheck
	result   HealthResult
	reported bool
	timer    *quartz.Timer // of the checks that Marathon runs itself
}

// agentRun tells checks that the agent runs from those of Marathon.
func agentRun(protocol string) bool {
	return protocol == "COMMAND" || strings.HasPrefix(protocol, "MESOS_")
}

// startHealth begins the checks of an instance whose task came to run.
func (c *Core) startHealth(i *instance) {
	if i.health != nil || len(i.Spec.HealthChecks) == 0 {
		return
	}
	i.health = &instanceHealth{}
	for _, hc := range i.Spec.HealthChecks {
		s := &checkState{check: hc, result: HealthResult{InstanceID: i.ID}}
		i.health.checks = append(i.health.checks, s)
		if !agentRun(hc.Protocol) {
			c.scheduleCheck(i, s, min(time.Second, seconds(hc.IntervalSeconds)))
		}
	}
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// stopProbes ends the checks; results are gone with the task.
func (i *instance) stopProbes() {
	if i.health == nil {
		return
	}
	for _, s := range i.health.checks {
		if s.timer != nil {
			s.timer.Stop()
		}
	}
	i.health = nil
}

// leastInterval is between two probes of a check whose interval is 0, which is legal: it must not keep a processor busy.
const leastInterval = 10 * time.Millisecond

// scheduleCheck probes after d and then every interval, as long as this task runs.
func (c *Core) scheduleCheck(i *instance, s *checkState, d time.Duration) {
	d = max(d, leastInterval)
	incarnation := i.Incarnation
	current := func() bool { return !c.closing && i.Alive && i.Incarnation == incarnation && i.health != nil }
	s.timer = c.clock.AfterFunc(d, func() {
		c.mu.Lock()
		if !current() || c.down[i.Agent] {
			if current() {
				c.scheduleCheck(i, s, seconds(s.check.IntervalSeconds))
			}
			c.mu.Unlock()
			return
		}
		target := checkTarget(i, s.check)
		c.probing++
		c.wg.Go(func() {
			cause := target.probe(c.ctx)
			c.locked(func() {
				c.probing--
				if current() {
					c.recordCheck(i, s, cause)
					c.scheduleCheck(i, s, seconds(s.check.IntervalSeconds))
				}
			})
		})
		c.mu.Unlock()
	}, "health")
}

// recordCheck is Marathon's arithmetic for its own checks. cause is "" for a success.
func (c *Core) recordCheck(i *instance, s *checkState, cause string) {
	now := c.now()
	before := s.result.Alive
	switch {
	case cause == "":
		s.succeed(now)
	case s.result.FirstSuccess.IsZero() && now.Before(i.StartedAt.Add(seconds(s.check.GracePeriodSeconds))):
		// Not counted, but known: such a task shows as unhealthy.
	default:
		c.publish("failed_health_check_event", map[string]any{"appId": i.AppID, "healthCheck": s.check, "taskId": i.ID})
		if limit := s.check.MaxConsecutiveFailures; limit > 0 && s.result.ConsecutiveFailures >= limit && !i.Killing {
			c.killUnhealthy(i, cause)
		}
		s.fail(now, cause)
	}
	s.reported = true
	c.healthChanged(i, s, before)
}

// killUnhealthy ends a task for its health; it comes back without a delay.
func (c *Core) killUnhealthy(i *instance, cause string) {
	if i.Condition != condRunning {
		return
	}
	i.HealthKill = cause
	c.publish("unhealthy_instance_kill_event", map[string]any{
		"appId": i.AppID, "taskId": i.taskID(), "instanceId": i.ID, "version": stamp(i.Spec.Version), "reason": cause, "host": i.Host, "slaveId": i.Agent,
	})
	c.failures[i.AppID] = &TaskFailure{
		AppID: i.AppID, Host: i.Host, AgentID: i.Agent, TaskID: i.taskID(), State: agent.Killed, Timestamp: c.now(), Version: i.Spec.Version,
		Message: "Task was killed since health check failed. Reason: " + cause,
	}
	c.kill(i)
}

// agentVerdict takes in what the agent's checks say of a task.
func (c *Core) agentVerdict(i *instance, healthy bool) {
	if i.health == nil {
		return
	}
	now := c.now()
	any := false
	for _, s := range i.health.checks {
		if !agentRun(s.check.Protocol) {
			continue
		}
		any = true
		before := s.result.Alive
		if healthy {
			s.succeed(now)
		} else {
			s.fail(now, "")
		}
		s.reported = true
		c.healthChanged(i, s, before)
	}
	if any { // the instance's own state changes as well, which is one more event
		c.publishInstanceHealth(i, healthy)
	}
}

func (s *checkState) succeed(now time.Time) {
	s.result.Alive, s.result.ConsecutiveFailures, s.result.LastSuccess = true, 0, now
	if s.result.FirstSuccess.IsZero() {
		s.result.FirstSuccess = now
	}
}

func (s *checkState) fail(now time.Time, cause string) {
	s.result.Alive = false
	s.result.ConsecutiveFailures++
	s.result.LastFailure, s.result.LastFailureCause = now, cause
}

// healthChanged tells of a check that turned and of an instance that did.
func (c *Core) healthChanged(i *instance, s *checkState, before bool) {
	if s.result.Alive != before {
		c.publish("health_status_changed_event", map[string]any{"appId": i.AppID, "instanceId": i.ID, "version": stamp(i.Spec.Version), "alive": s.result.Alive})
	}
	alive := true
	for _, o := range i.health.checks {
		if !o.reported {
			return
		}
		alive = alive && o.result.Alive
	}
	if i.health.overall == nil || *i.health.overall != alive {
		i.health.overall = &alive
		c.publishInstanceHealth(i, alive)
	}
}

// healthy says whether every check of the instance is good; without checks it always is.
func (i *instance) healthy() bool {
	if len(i.Spec.HealthChecks) == 0 {
		return true
	}
	return i.health != nil && i.health.overall != nil && *i.health.overall
}

// results are the results so far, those of an earlier configuration after them.
func (i *instance) results() []HealthResult {
	out := []HealthResult{}
	if i.health != nil {
		for _, s := range i.health.checks {
			if s.reported {
				out = append(out, s.result)
			}
		}
	}
	return append(out, i.stale...)
}

// goodResults are those worth showing when the task is followed by one of a new configuration.
func (i *instance) goodResults() []HealthResult {
	return slices.DeleteFunc(i.results(), func(r HealthResult) bool { return !r.Alive })
}
