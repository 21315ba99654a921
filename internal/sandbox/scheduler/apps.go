package scheduler

import (
	"fmt"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func noApp(id string) error {
	return &NotFoundError{Message: fmt.Sprintf("App '%s' does not exist", id)}
}

// App implements Scheduler.
func (c *Core) App(id string) (App, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.root.app(id)
	if a == nil {
		return App{}, noApp(id)
	}
	return c.appView(a), nil
}

// Apps implements Scheduler.
func (c *Core) Apps(prefix string) []App {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []App{}
	for _, a := range c.root.apps() {
		if under(a.ID, prefix) {
			out = append(out, c.appView(a))
		}
	}
	return out
}

// CreateApp implements Scheduler.
func (c *Core) CreateApp(app *spec.App, force bool) (Result, error) {
	return c.mutate(parentOf(app.ID), force, func(from *tree) (draft, error) {
		if from.app(app.ID) != nil {
			return draft{}, &ExistsError{Message: fmt.Sprintf("An app with id [%s] already exists.", app.ID)}
		}
		to := from.clone()
		to.putApp(app.Clone())
		return draft{to: to}, nil
	})
}

// UpdateApps implements Scheduler. change runs while other changes wait, but may read through the public methods.
func (c *Core) UpdateApps(ids []string, change func(id string, current *spec.App) (*spec.App, error), force bool) (Result, error) {
	groupID := "/"
	if len(ids) == 1 {
		groupID = parentOf(ids[0])
	}
	return c.mutate(groupID, force, func(from *tree) (draft, error) {
		to := from.clone()
		for _, id := range ids {
			current := to.app(id)
			if current != nil {
				current = current.Clone()
			}
			wanted, err := change(id, current)
			if err != nil {
				return draft{}, err
			}
			if wanted != nil {
				wanted = wanted.Clone()
				wanted.ID = id
				to.putApp(wanted)
			}
		}
		return draft{to: to}, nil
	})
}

// DeleteApp implements Scheduler.
func (c *Core) DeleteApp(id string, force bool) (Result, error) {
	return c.mutate(parentOf(id), force, func(from *tree) (draft, error) {
		if from.app(id) == nil {
			return draft{}, noApp(id)
		}
		to := from.clone()
		to.removeApp(id)
		return draft{to: to}, nil
	})
}

// RestartApp implements Scheduler.
func (c *Core) RestartApp(id string, force bool) (Result, error) {
	return c.mutate(parentOf(id), force, func(from *tree) (draft, error) {
		if from.app(id) == nil {
			return draft{}, noApp(id)
		}
		return draft{to: from.clone(), restart: map[string]bool{id: true}}, nil
	})
}

// Versions implements Scheduler: oldest first, those of an earlier app of the same id and those of refused changes too.
func (c *Core) Versions(id string) ([]time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root.app(id) == nil {
		return nil, noApp(id)
	}
	out := []time.Time{}
	for _, a := range c.versions[id] {
		out = append(out, a.Version)
	}
	return out, nil
}

// AppVersion implements Scheduler.
func (c *Core) AppVersion(id string, version time.Time) (*spec.App, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.root.app(id) == nil {
		return nil, noApp(id)
	}
	for _, a := range c.versions[id] {
		if a.Version.Equal(version) {
			return a.Clone(), nil
		}
	}
	return nil, &NotFoundError{Message: fmt.Sprintf("App '%s' does not exist in version %s", id, stamp(version))}
}

// KillTasks implements Scheduler. An id is looked up by its instance, so that of an earlier incarnation does as well;
// unknown ones are skipped. With scale the answer holds no tasks.
func (c *Core) KillTasks(ids []string, scale, wipe, force bool) ([]Task, *Result, error) {
	if scale {
		return c.killAndScale(ids, force)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	killed := []Task{}
	for _, i := range c.namedInstances(ids) {
		killed = append(killed, i.view())
		if wipe {
			c.stopInstance(i, goalDecommissioned)
		} else {
			c.kill(i)
		}
	}
	c.settle()
	return killed, nil, nil
}

func (c *Core) namedInstances(taskIDs []string) []*instance {
	var out []*instance
	for _, id := range taskIDs {
		if i := c.instance(instanceOf(id)); i != nil && i.Incarnation > 0 && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

func (c *Core) killAndScale(ids []string, force bool) ([]Task, *Result, error) {
	r, err := c.mutate("/", force, func(from *tree) (draft, error) {
		kill := map[string][]string{}
		c.mu.Lock()
		for _, i := range c.namedInstances(ids) {
			kill[i.AppID] = append(kill[i.AppID], i.ID)
		}
		c.mu.Unlock()
		to := from.clone()
		for appID, victims := range kill {
			if a := to.app(appID); a != nil {
				a = a.Clone()
				a.Instances = max(0, a.Instances-len(victims))
				to.putApp(a)
			}
		}
		return draft{to: to, kill: kill}, nil
	})
	if err != nil {
		return nil, nil, err
	}
	return nil, &r, nil
}
