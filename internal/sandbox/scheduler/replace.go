package scheduler

import (
	"math"
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// replaceWorker is RestartApplication: the rolling replacement of Marathon's TaskReplaceActor.
type replaceWorker struct {
	app       *spec.App
	readiness *readiness
	capacity  int             // most instances at one time
	old       map[string]bool // not gone yet; true = it has run since the beginning
	toKill    []string        // old ones not yet told to go, in order
	credited  map[string]bool // new ones that have freed an old one
}

// rollingArithmetic answers how many old instances go at once and how many may run in all, for n wanted and have present.
// Where nothing could move a stateless app gets one extra instance, a resident one loses one first.
func rollingArithmetic(n, have int, s spec.UpgradeStrategy, resident bool) (killNow, capacity int) {
	minHealthy := int(math.Ceil(float64(n) * s.MinimumHealthCapacity))
	capacity = int(float64(n) * (1 + s.MaximumOverCapacity))
	killNow = max(0, have-minHealthy)
	if minHealthy == capacity && capacity <= have {
		if resident {
			killNow = have - minHealthy + 1
		} else {
			capacity++
		}
	}
	return killNow, capacity
}

func (w *replaceWorker) begin(c *Core) {
	c.publishHealthChecks(w.app)
	c.resetDelays(w.app.ID)
	w.old, w.credited = map[string]bool{}, map[string]bool{}
	var old []*instance
	have := 0
	for _, i := range c.instancesOf(w.app.ID) {
		switch {
		case i.Goal == goalDecommissioned || i.suspended():
		case i.Goal == goalRunning && i.Spec.Version.Equal(w.app.Version):
			have++
		default:
			have++
			old = append(old, i)
			w.old[i.ID] = i.Alive
		}
	}
	slices.SortStableFunc(old, byKillOrder(w.app.KillSelection))
	for _, i := range old {
		w.toKill = append(w.toKill, i.ID)
	}
	killNow, capacity := rollingArithmetic(w.app.Instances, have, w.app.UpgradeStrategy, w.app.Resident())
	w.capacity = capacity
	for range killNow {
		w.killNext(c)
	}
	w.launch(c)
}

func (w *replaceWorker) killNext(c *Core) {
	if len(w.toKill) == 0 {
		return
	}
	id := w.toKill[0]
	w.toKill = w.toKill[1:]
	if i := c.instance(id); i != nil {
		c.stopInstance(i, goalStopped)
	}
}

// launch starts new instances as far as the capacity allows.
func (w *replaceWorker) launch(c *Core) {
	started := len(w.fresh(c))
	c.startInstances(w.app, max(0, min(w.app.Instances-started, w.capacity-len(w.old)-started)))
}

// fresh are the instances of the new configuration.
func (w *replaceWorker) fresh(c *Core) []*instance {
	return slices.DeleteFunc(c.counting(w.app.ID), func(i *instance) bool { _, old := w.old[i.ID]; return old })
}

func (w *replaceWorker) advance(c *Core) bool {
	for id := range w.old {
		i := c.instance(id)
		switch {
		case i == nil || i.suspended():
			delete(w.old, id)
		case i.Alive:
			w.old[id] = true
		case i.waits() && w.old[id]:
			// It ended by itself: it does not come back with the old configuration.
			delete(w.old, id)
			w.toKill = slices.DeleteFunc(w.toKill, func(k string) bool { return k == id })
			c.stopInstance(i, goalStopped)
		}
	}
	good := 0
	for _, i := range w.fresh(c) {
		if !w.readiness.passed(c, i) {
			continue
		}
		good++
		if !w.credited[i.ID] {
			w.credited[i.ID] = true
			w.killNext(c)
		}
	}
	w.launch(c)
	return good >= w.app.Instances && len(w.old) == 0
}
