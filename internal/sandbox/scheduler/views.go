package scheduler

import (
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// stamp is Marathon's way to write a time.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// appView is an app with its runtime state.
func (c *Core) appView(a *spec.App) App {
	out := App{Spec: a.Clone(), Tasks: []Task{}, Deployments: c.deploymentsOf(a.ID), Readiness: []ReadinessResult{}}
	if f := c.failures[a.ID]; f != nil {
		failure := *f
		out.LastTaskFailure = &failure
	}
	for _, i := range c.instancesOf(a.ID) {
		if i.Incarnation > 0 {
			out.Tasks = append(out.Tasks, i.view())
		}
		i.addTo(&out.Counts)
	}
	for _, d := range c.deployments {
		for _, run := range d.actions {
			if r := run.worker.ready(); run.App == a.ID && r != nil {
				out.Readiness = append(out.Readiness, r.results()...)
			}
		}
	}
	return out
}

// view is the last incarnation as the API shows it. Of one without a living task neither ports, times nor version show.
func (i *instance) view() Task {
	t := Task{
		ID: i.taskID(), InstanceID: i.ID, AppID: i.AppID, AgentID: i.Agent, Host: i.Host, State: i.State, Role: i.Spec.Role,
		LocalVolumes: append([]LocalVolume{}, i.Volumes...), Ports: []int{}, Health: []HealthResult{},
	}
	t.Suspended = i.suspended()
	if !i.Alive {
		return t
	}
	t.Ports = append(t.Ports, i.Ports...)
	t.StagedAt, t.StartedAt, t.Version = i.StagedAt, i.StartedAt, i.Spec.Version
	t.Health = i.results()
	return t
}

func (i *instance) addTo(n *Counts) {
	if !i.Alive {
		return
	}
	switch i.Condition {
	case condProvisioned, condStaging, condStarting:
		n.Staged++
	case condRunning:
		n.Running++
		if i.health == nil {
			return
		}
		reported := slices.ContainsFunc(i.health.checks, func(s *checkState) bool { return s.reported })
		bad := slices.ContainsFunc(i.health.checks, func(s *checkState) bool { return s.reported && !s.result.Alive })
		switch {
		case bad:
			n.Unhealthy++
		case reported && i.healthy():
			n.Healthy++
		}
	}
}

// ipAddresses are those of a task: in host mode its agent's, none while the agent is out of reach.
func (i *instance) ipAddresses(state agent.State) []map[string]any {
	if state == stateUnreachable || i.Host == "" {
		return []map[string]any{}
	}
	return []map[string]any{{"ipAddress": i.Host, "protocol": "IPv4"}}
}
