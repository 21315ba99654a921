package scheduler

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// draft is a wanted tree on its way through the checks.
type draft struct {
	to      *tree
	restart map[string]bool     // apps that get a new configuration version though equal
	kill    map[string][]string // instances to go first when an app is scaled down
}

// mutate is the one way to change the tree (in the order of the original, which decides what error wins): limit of deployments,
// change, service ports, versions, validation, versions stored, lock, tree stored, deployment started.
// It holds writeMu; change runs without mu, so it may read through the public methods.
func (c *Core) mutate(groupID string, force bool, change func(from *tree) (draft, error)) (Result, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	return c.mutateLocked(groupID, force, change)
}

func (c *Core) mutateLocked(groupID string, force bool, change func(from *tree) (draft, error)) (Result, error) {
	c.mu.Lock()
	from := c.root
	version := c.nextVersion()
	running := len(c.deployments)
	c.mu.Unlock()
	if running >= c.opts.MaxDeployments && !force {
		return Result{}, &TooManyDeploymentsError{Message: fmt.Sprintf("Max number (%d) of running deployments is achieved. Wait for existing deployments to complete or cancel one using force=true parameter. You can increase max deployment number by using --max_running_deployments parameter.", c.opts.MaxDeployments)}
	}
	d, err := change(from)
	if err != nil {
		if !ofBody(err) {
			c.publishGroupFailed(groupID, version, err.Error())
		}
		return Result{}, err
	}
	d.to.version = version
	steps, err := c.complete(from, d, version)
	if err != nil {
		c.publishGroupFailed(groupID, version, err.Error())
		return Result{}, err
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	plan := &deployment{ID: uuid.NewString(), Version: version, original: from, target: d.to, steps: steps, kill: d.kill}
	c.storeVersions(from, d.to)
	held := c.conflicts(plan)
	if len(held) > 0 && !force {
		locked := &LockedError{}
		for _, h := range held {
			locked.Deployments = append(locked.Deployments, h.ID)
		}
		c.publishGroupFailed(groupID, version, locked.Error())
		c.publishDeploymentFailed(plan, locked.Error())
		c.settle()
		return Result{}, locked
	}
	c.setRoot(d.to)
	c.deployments = append(c.deployments, plan)
	c.dirtyRun = true
	if err := c.save(); err != nil {
		c.deployments = slices.DeleteFunc(c.deployments, func(o *deployment) bool { return o == plan })
		c.history = c.history[:len(c.history)-1]
		c.root, c.dirtyTree = from, true
		return Result{}, &spec.ServerError{Message: "The sandbox cannot store its state, so nothing was changed: " + err.Error()}
	}
	for _, h := range held {
		c.cancelDeployment(h)
	}
	for id := range d.restart {
		c.resetDelays(id)
	}
	c.forgetDeleted(from, d.to)
	if c.started {
		c.advanceDeployment(plan)
	}
	c.publish("group_change_success", map[string]any{"groupId": groupID, "version": stamp(version)})
	c.settle()
	return Result{DeploymentID: plan.ID, Version: version}, nil
}

// ofBody tells refusals of the request itself, which never reach Marathon's group manager.
func ofBody(err error) bool {
	var invalid *spec.InvalidError
	var syntax *spec.SyntaxError
	return errors.As(err, &invalid) || errors.As(err, &syntax)
}

// nextVersion is now, or the least time after the last version: versions of the tree are ordered and unique.
func (c *Core) nextVersion() time.Time {
	v := c.now()
	if last := c.lastVersion(); !v.After(last) {
		v = last.Add(time.Millisecond)
	}
	return v
}

// lastVersion looks at stored definitions too: a refused change leaves its version there.
func (c *Core) lastVersion() time.Time {
	last := c.root.version
	for _, list := range c.versions {
		if n := len(list); n > 0 && list[n-1].Version.After(last) {
			last = list[n-1].Version
		}
	}
	return last
}

// complete assigns service ports and versions in the draft and validates the whole; it answers the plan's steps.
func (c *Core) complete(from *tree, d draft, version time.Time) ([][]Action, error) {
	used := map[int]bool{}
	for _, t := range []*tree{from, d.to} {
		for _, a := range t.apps() {
			for _, p := range a.ServicePorts() {
				used[p] = p != 0
			}
		}
	}
	violations := []spec.Violation{}
	for n, a := range d.to.apps() {
		old := from.app(a.ID)
		if a == old && !d.restart[a.ID] {
			continue
		}
		a = a.Clone()
		if err := spec.AssignServicePorts(a, old, func(p int) bool { return used[p] }); err != nil {
			return nil, err
		}
		for _, p := range a.ServicePorts() {
			used[p] = true
		}
		setVersions(a, old, d.restart[a.ID], version)
		if old != nil {
			for _, v := range spec.ResidentViolations(old, a) {
				path := fmt.Sprintf("/app(%d)", n)
				if v.Path != "/" {
					path += v.Path
				}
				violations = append(violations, spec.Violation{Path: path, Errors: v.Errors})
			}
		}
		d.to.putApp(a)
	}
	if err := spec.ValidateTree(d.to.root.forValidation(), c.opts.SpecOptions); err != nil {
		return nil, err
	}
	steps, err := planSteps(from, d.to, nil)
	if err != nil {
		return nil, err
	}
	if len(violations) > 0 {
		return nil, &spec.InvalidError{Message: "Object is not valid", Details: violations}
	}
	return steps, nil
}

// setVersions keeps the book of versions: any change of the configuration resets everything, a change of instances only
// the scaling, a restart only the configuration; an unchanged definition keeps its version.
func setVersions(a, old *spec.App, restart bool, version time.Time) {
	switch {
	case old == nil || spec.IsUpgrade(old, a):
		a.Version, a.LastScalingAt, a.LastConfigChangeAt = version, version, version
	case restart:
		a.Version, a.LastScalingAt, a.LastConfigChangeAt = version, old.LastScalingAt, version
	case old.Instances != a.Instances:
		a.Version, a.LastScalingAt, a.LastConfigChangeAt = version, version, old.LastConfigChangeAt
	default:
		a.Version, a.LastScalingAt, a.LastConfigChangeAt = old.Version, old.LastScalingAt, old.LastConfigChangeAt
	}
}

// storeVersions remembers every definition that is new in to, even if the change is refused for a lock after this.
func (c *Core) storeVersions(from, to *tree) {
	for _, a := range to.apps() {
		if from.app(a.ID) == a {
			continue
		}
		list := c.versions[a.ID]
		at := slices.IndexFunc(list, func(o *spec.App) bool { return o.Version.Equal(a.Version) })
		if at >= 0 {
			list = slices.Clone(list)
			list[at] = a // executorResources change without a version
		} else {
			list = append(slices.Clone(list), a)
		}
		c.versions[a.ID] = c.bounded(a.ID, list)
		c.dirtyTree = true
	}
}

// bounded drops the oldest definitions beyond the limit, but none that the present tree or a running plan names: refused
// changes leave versions too, and a restart has to find these.
func (c *Core) bounded(id string, list []*spec.App) []*spec.App {
	excess := len(list) - historyLimit
	if excess <= 0 {
		return list
	}
	var kept []time.Time
	keep := func(t *tree) {
		if a := t.app(id); a != nil {
			kept = append(kept, a.Version)
		}
	}
	keep(c.root)
	for _, d := range c.deployments {
		keep(d.original)
		keep(d.target)
	}
	return slices.DeleteFunc(list, func(a *spec.App) bool {
		if excess == 0 || slices.ContainsFunc(kept, a.Version.Equal) {
			return false
		}
		excess--
		return true
	})
}

func (c *Core) setRoot(t *tree) {
	c.root = t
	c.history = append(slices.Clone(c.history), t)
	if len(c.history) > historyLimit {
		c.history = c.history[len(c.history)-historyLimit:]
	}
	c.dirtyTree = true
}

// forgetDeleted drops what is kept per app for those that are gone.
func (c *Core) forgetDeleted(from, to *tree) {
	for _, a := range from.apps() {
		if to.app(a.ID) == nil {
			delete(c.failures, a.ID)
			delete(c.stats, a.ID)
			c.resetDelays(a.ID)
		}
	}
}
