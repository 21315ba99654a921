package scheduler

import (
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// SetEnforceRole implements Scheduler. It touches no app and makes no deployment; the tree keeps its version.
func (c *Core) SetEnforceRole(id string, enforce bool) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	from, history := c.root, c.history
	to := from.clone()
	g := to.group(id)
	if g == nil {
		return noGroup(id)
	}
	g.enforceRole = enforce
	c.root = to
	c.history = append(slices.Clone(history[:len(history)-1]), to)
	c.dirtyTree = true
	if err := c.save(); err != nil {
		c.root, c.history, c.dirtyTree = from, history, true
		return &spec.ServerError{Message: "The sandbox cannot store its state, so nothing was changed: " + err.Error()}
	}
	return nil
}
