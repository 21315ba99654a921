package scheduler

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func noGroup(id string) error {
	return &NotFoundError{Message: fmt.Sprintf("Group '%s' does not exist", id)}
}

// Group implements Scheduler.
func (c *Core) Group(id string) (Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.root.group(id)
	if g == nil {
		return Group{}, noGroup(id)
	}
	return g.view(c.root.version, c.appView), nil
}

// GroupVersions implements Scheduler: the versions of the tree in which the group existed, oldest first.
func (c *Core) GroupVersions(id string) ([]time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root.group(id) == nil {
		return nil, noGroup(id)
	}
	out := []time.Time{}
	for _, t := range c.history {
		if t.group(id) != nil {
			out = append(out, t.version)
		}
	}
	return out, nil
}

// GroupVersion implements Scheduler. Apps of an earlier version carry no runtime state.
func (c *Core) GroupVersion(id string, version time.Time) (Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g, t := c.historic(id, version); g != nil {
		return g.view(t.version, func(a *spec.App) App { return App{Spec: a.Clone()} }), nil
	}
	return Group{}, noGroup(id)
}

func (c *Core) historic(id string, version time.Time) (*group, *tree) {
	for _, t := range c.history {
		if t.version.Equal(version) {
			return t.group(id), t
		}
	}
	return nil, nil
}

func (g *group) view(version time.Time, app func(*spec.App) App) Group {
	out := Group{ID: g.id, Apps: []App{}, Groups: []Group{}, Dependencies: append([]string{}, g.deps...), Version: version, EnforceRole: g.enforceRole}
	for _, id := range slices.Sorted(maps.Keys(g.apps)) {
		out.Apps = append(out.Apps, app(g.apps[id]))
	}
	for _, id := range slices.Sorted(maps.Keys(g.groups)) {
		out.Groups = append(out.Groups, g.groups[id].view(version, app))
	}
	return out
}

// UpdateGroup implements Scheduler.
func (c *Core) UpdateGroup(id string, u GroupUpdate, create, force bool) (Result, error) {
	parent := parentOf(id)
	if create {
		parent = "/" // a POST goes to the root, whatever the id in its body
	}
	return c.mutate(parent, force, func(from *tree) (draft, error) {
		if create {
			if from.group(id) != nil {
				return draft{}, &ExistsError{Message: fmt.Sprintf("Group %s is already created. Use PUT to change this group.", id)}
			}
			if from.app(id) != nil {
				return draft{}, &ExistsError{Message: fmt.Sprintf("An app with the path %s already exists.", id)}
			}
		}
		to := from.clone()
		_, err := c.applyGroup(to, id, u)
		return draft{to: to}, err
	})
}

// PlanGroup implements Scheduler. As a real server it lists a restart of every app that the update names, changed or not.
func (c *Core) PlanGroup(id string, u GroupUpdate) ([][]Action, error) {
	c.mu.Lock()
	from, version := c.root, c.nextVersion()
	c.mu.Unlock()
	to := from.clone()
	named, err := c.applyGroup(to, id, u)
	if err != nil {
		return nil, err
	}
	if _, err := dependencyLayers(to); err != nil {
		return nil, &spec.ServerError{Message: "Boxed Exception"}
	}
	d := draft{to: to}
	if _, err := c.complete(from, d, version); err != nil {
		return nil, err
	}
	return planSteps(from, d.to, named)
}

// DeleteGroup implements Scheduler. That of the root empties it.
func (c *Core) DeleteGroup(id string, force bool) (Result, error) {
	return c.mutate(parentOf(id), force, func(from *tree) (draft, error) {
		if from.group(id) == nil {
			return draft{}, noGroup(id)
		}
		to := from.clone()
		to.removeGroup(id)
		return draft{to: to}, nil
	})
}

// applyGroup changes the tree as the update says. It answers the ids of the apps that the update speaks of.
func (c *Core) applyGroup(to *tree, id string, u GroupUpdate) (map[string]bool, error) {
	named := map[string]bool{}
	switch {
	case u.Version != nil:
		c.mu.Lock()
		g, _ := c.historic(id, *u.Version)
		c.mu.Unlock()
		if g == nil {
			return nil, &spec.InvalidError{Message: fmt.Sprintf("Group %s not available in version %s", id, stamp(*u.Version))}
		}
		if id == "/" {
			to.root = g.clone()
		} else {
			to.ensureGroup(parentOf(id)).groups[id] = g.clone()
		}
	case u.ScaleBy != nil:
		for _, a := range to.ensureGroup(id).allApps() {
			a = a.Clone()
			a.Instances = int(math.Ceil(float64(a.Instances) * *u.ScaleBy))
			to.putApp(a)
		}
	default:
		return named, u.applyTo(to.ensureGroup(id), named)
	}
	return named, nil
}

func (u GroupUpdate) applyTo(g *group, named map[string]bool) error {
	if u.AppsSet {
		g.apps = map[string]*spec.App{}
		for n, a := range u.Apps {
			if parentOf(a.ID) != g.id {
				return &spec.InvalidError{Message: "Object is not valid", Details: []spec.Violation{{
					Path: fmt.Sprintf("/apps(%d)/id", n), Errors: []string{fmt.Sprintf("Identifier is not child of '%s'", g.id)},
				}}}
			}
			g.apps[a.ID] = a.Clone()
		}
	}
	for id := range g.apps {
		named[id] = true
	}
	if u.GroupsSet {
		kept := map[string]*group{}
		for n, id := range slices.Sorted(maps.Keys(u.Groups)) {
			if parentOf(id) != g.id {
				return &spec.InvalidError{Message: "Object is not valid", Details: []spec.Violation{{
					Path: fmt.Sprintf("/groups(%d)", n), Errors: []string{"Group has to be child of groups with parent id"},
				}}}
			}
			sub := g.groups[id]
			if sub == nil {
				sub = newGroup(id)
			}
			if err := u.Groups[id].applyTo(sub, named); err != nil {
				return err
			}
			kept[id] = sub
		}
		g.groups = kept
	}
	if u.DepsSet {
		g.deps = slices.Clone(u.Dependencies)
	}
	if u.EnforceRole != nil {
		g.enforceRole = *u.EnforceRole
	}
	return nil
}
