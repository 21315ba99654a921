package scheduler

import (
	"fmt"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// deployment is a running plan. It ends when its last step is done and by no other way: what cannot finish stays.
type deployment struct {
	ID               string
	Version          time.Time
	original, target *tree
	steps            [][]Action
	kill             map[string][]string
	current          int // 1-based; 0 before the start
	actions          []*actionRun
}

// actionRun is an action of the current step at work.
type actionRun struct {
	Action
	app    *spec.App // the target definition; nil when stopping
	done   bool
	worker worker
}

// worker drives one action. begin is called once; advance after every change of anything until it answers true.
type worker interface {
	begin(c *Core)
	advance(c *Core) bool
	ready() *readiness // nil when the action has no readiness checks
}

// cancelledReason is what Marathon says of a plan that was stopped or overtaken by force.
const cancelledReason = "The upgrade has been cancelled"

// advanceDeployments moves every plan as far as it goes now and says whether any ended.
func (c *Core) advanceDeployments() bool {
	moved := false
	for _, d := range slices.Clone(c.deployments) {
		moved = c.advanceDeployment(d) || moved
	}
	return moved
}

func (c *Core) advanceDeployment(d *deployment) bool {
	for slices.Contains(c.deployments, d) {
		if d.current > 0 {
			for _, a := range d.actions {
				if !a.done {
					a.done = a.worker.advance(c)
				}
			}
			if slices.ContainsFunc(d.actions, func(a *actionRun) bool { return !a.done }) {
				return false
			}
			c.publishStep("deployment_step_success", d)
			d.stopReadiness()
		}
		if d.current == len(d.steps) {
			c.deployments = slices.DeleteFunc(c.deployments, func(o *deployment) bool { return o == d })
			c.publish("deployment_success", map[string]any{"id": d.ID, "plan": d.planEvent()})
			c.dirtyRun = true
			return true
		}
		d.current++
		c.dirtyRun = true
		c.publishStep("deployment_info", d)
		d.actions = nil
		for _, a := range d.steps[d.current-1] {
			d.actions = append(d.actions, c.newAction(d, a))
		}
		for _, a := range d.actions {
			a.worker.begin(c)
		}
	}
	return true
}

func (c *Core) newAction(d *deployment, a Action) *actionRun {
	run := &actionRun{Action: a, app: d.target.app(a.App)}
	switch {
	case a.Kind == actionStop || run.app == nil:
		run.worker = &stopWorker{appID: a.App, app: d.original.app(a.App)}
	case a.Kind == actionStart:
		run.worker = &startWorker{app: run.app}
	case a.Kind == actionRestart:
		run.worker = &replaceWorker{app: run.app, readiness: newReadiness(run.app)}
	default:
		run.worker = &scaleWorker{app: run.app, first: d.kill[a.App], readiness: newReadiness(run.app)}
	}
	return run
}

func (d *deployment) stopReadiness() {
	for _, a := range d.actions {
		if r := a.worker.ready(); r != nil {
			r.stop()
		}
	}
}

// conflicts are the running plans that touch an app of plan.
func (c *Core) conflicts(plan *deployment) []*deployment {
	mine := affectedApps(plan.steps)
	var out []*deployment
	for _, d := range c.deployments {
		if slices.ContainsFunc(affectedApps(d.steps), func(id string) bool { return slices.Contains(mine, id) }) {
			out = append(out, d)
		}
	}
	return out
}

// locked says whether a running plan touches the app.
func (c *Core) lockedApp(id string) bool { return len(c.deploymentsOf(id)) > 0 }

func (c *Core) deploymentsOf(appID string) []string {
	out := []string{}
	for _, d := range c.deployments {
		if slices.Contains(affectedApps(d.steps), appID) {
			out = append(out, d.ID)
		}
	}
	return out
}

// cancelDeployment stops a plan where it is; what it started stays.
func (c *Core) cancelDeployment(d *deployment) {
	c.deployments = slices.DeleteFunc(c.deployments, func(o *deployment) bool { return o == d })
	d.stopReadiness()
	c.publishDeploymentFailed(d, cancelledReason)
	c.dirtyRun = true
}

// resumeDeployments takes plans of an earlier process up from their first step, under their ids. As with Marathon a scale
// action counts instances that wait as started, so a plan that was scaling up ends at once.
func (c *Core) resumeDeployments() {
	for _, d := range c.deployments {
		d.current = 0
	}
}

// Deployments implements Scheduler, in the order of their start.
func (c *Core) Deployments() []Deployment {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []Deployment{}
	for _, d := range c.deployments {
		v := Deployment{ID: d.ID, Version: d.Version, AffectedApps: affectedApps(d.steps), Steps: slices.Clone(d.steps), CurrentStep: d.current,
			CurrentActions: []Action{}, Readiness: map[string][]ReadinessResult{}}
		for _, a := range d.actions {
			v.CurrentActions = append(v.CurrentActions, a.Action)
			if r := a.worker.ready(); r != nil {
				v.Readiness[a.App] = r.results()
			}
		}
		out = append(out, v)
	}
	return out
}

// CancelDeployment implements Scheduler.
func (c *Core) CancelDeployment(id string, force bool) (*Result, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.mu.Lock()
	n := slices.IndexFunc(c.deployments, func(d *deployment) bool { return d.ID == id })
	if n < 0 {
		c.mu.Unlock()
		return nil, &NotFoundError{Message: fmt.Sprintf("DeploymentPlan %s does not exist", id)}
	}
	d := c.deployments[n]
	if force {
		c.cancelDeployment(d)
		c.settle()
		c.mu.Unlock()
		return nil, nil
	}
	c.mu.Unlock()
	r, err := c.mutateLocked("/", true, func(from *tree) (draft, error) { return draft{to: revert(from, d)}, nil })
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// revert undoes what a plan changed, in the present tree: apps and groups that it added go (groups only when empty),
// others get their former definition back.
func revert(from *tree, d *deployment) *tree {
	to := from.clone()
	for _, a := range d.target.apps() {
		was := d.original.app(a.ID)
		switch {
		case was == nil:
			to.removeApp(a.ID)
		case was != a:
			to.putApp(was.Clone())
		}
	}
	for _, a := range d.original.apps() {
		if d.target.app(a.ID) == nil && to.app(a.ID) == nil {
			to.putApp(a.Clone())
		}
	}
	var added []string
	d.target.root.walk(func(g *group) {
		was, now := d.original.group(g.id), to.group(g.id)
		switch {
		case now == nil:
		case was == nil:
			added = append(added, g.id)
		case !slices.Equal(was.deps, g.deps) || was.enforceRole != g.enforceRole:
			now.deps, now.enforceRole = slices.Clone(was.deps), was.enforceRole
		}
	})
	slices.Reverse(added) // the walk is from the top, empty ones go from below
	for _, id := range added {
		if to.group(id).empty() {
			to.removeGroup(id)
		}
	}
	d.original.root.walk(func(g *group) {
		if d.target.group(g.id) == nil {
			again := to.ensureGroup(g.id)
			again.deps, again.enforceRole = slices.Clone(g.deps), g.enforceRole
		}
	})
	return to
}
