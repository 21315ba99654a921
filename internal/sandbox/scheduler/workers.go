package scheduler

import (
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// startWorker is StartApplication: it scales to 0, so there is nothing to wait for.
type startWorker struct{ app *spec.App }

func (w *startWorker) begin(c *Core)       { c.publishHealthChecks(w.app) }
func (w *startWorker) advance(*Core) bool  { return true }
func (w *startWorker) ready() *readiness   { return nil }
func (w *stopWorker) ready() *readiness    { return nil }
func (w *scaleWorker) ready() *readiness   { return w.readiness }
func (w *replaceWorker) ready() *readiness { return w.readiness }

// stopWorker is StopApplication: done when every instance is gone, its volumes too.
type stopWorker struct {
	appID string
	app   *spec.App // nil when the definition is not known any more
}

func (w *stopWorker) begin(c *Core) {
	for _, i := range c.instancesOf(w.appID) {
		c.stopInstance(i, goalDecommissioned)
	}
	if w.app != nil {
		for range w.app.HealthChecks {
			c.publish("remove_health_check_event", map[string]any{"appId": w.appID})
		}
	}
	c.publish("app_terminated_event", map[string]any{"appId": w.appID})
}

func (w *stopWorker) advance(c *Core) bool {
	return !slices.ContainsFunc(c.instances, func(i *instance) bool { return i.AppID == w.appID })
}

// scaleWorker is ScaleApplication. Up: done when as many as were missing at its begin have been running, healthy and ready
// at one time. Down: done when the surplus is gone.
type scaleWorker struct {
	app       *spec.App
	first     []string // instances to kill first
	readiness *readiness
	before    map[string]bool
	need      int
	victims   []string
}

func (w *scaleWorker) begin(c *Core) {
	have := c.counting(w.app.ID)
	w.before = map[string]bool{}
	for _, i := range have {
		w.before[i.ID] = true
	}
	w.need = max(0, w.app.Instances-len(have))
	surplus := len(have) - w.app.Instances
	if surplus <= 0 {
		c.startInstances(w.app, w.need)
		return
	}
	for _, i := range chooseVictims(c, w.app, have, w.first, surplus) {
		w.victims = append(w.victims, i.ID)
		c.stopInstance(i, goalStopped)
	}
}

func (w *scaleWorker) advance(c *Core) bool {
	for _, id := range w.victims {
		if i := c.instance(id); i != nil && !i.suspended() {
			return false
		}
	}
	have := c.counting(w.app.ID)
	if w.need > 0 && len(have) < w.app.Instances {
		c.startInstances(w.app, w.app.Instances-len(have)) // one was given up meanwhile
		have = c.counting(w.app.ID)
	}
	good := 0
	for _, i := range have {
		if !w.before[i.ID] && w.readiness.passed(c, i) {
			good++
		}
	}
	if good < w.need {
		return false
	}
	w.need = 0
	return true
}

// chooseVictims picks n to kill: those asked for, then unreachable, staging, starting, running ones; waiting ones last
// (Marathon's weights, recorded). Among equals killSelection decides, and the balance of GROUP_BY is kept.
func chooseVictims(c *Core, app *spec.App, have []*instance, first []string, n int) []*instance {
	var out []*instance
	rest := slices.Clone(have)
	take := func(i *instance) {
		out = append(out, i)
		rest = slices.DeleteFunc(rest, func(o *instance) bool { return o == i })
	}
	for _, id := range first {
		if at := slices.IndexFunc(rest, func(i *instance) bool { return i.ID == id }); at >= 0 && len(out) < n {
			take(rest[at])
		}
	}
	slices.SortStableFunc(rest, byKillOrder(app.KillSelection))
	for len(out) < n && len(rest) > 0 {
		take(c.leastNeeded(app, rest))
	}
	return out
}

// leastNeeded is the first of the sorted candidates, or with GROUP_BY the first of the fullest group among those that run.
func (c *Core) leastNeeded(app *spec.App, sorted []*instance) *instance {
	best := sorted[0]
	for _, con := range app.Constraints {
		if len(con) < 2 || con[1] != "GROUP_BY" || killWeight(best) != killWeight(sorted[len(sorted)-1]) {
			continue
		}
		sizes := map[string]int{}
		value := func(i *instance) string { v, _ := c.fieldOf(i.Agent, con[0]); return v }
		for _, i := range sorted {
			sizes[value(i)]++
		}
		for _, i := range sorted {
			if sizes[value(i)] > sizes[value(best)] {
				best = i
			}
		}
		break
	}
	return best
}

func killWeight(i *instance) int {
	if !i.Alive {
		return 5
	}
	switch i.Condition {
	case condUnreachable:
		return 1
	case condProvisioned, condStaging:
		return 2
	case condStarting:
		return 3
	case condRunning:
		return 4
	}
	return 5
}

func byKillOrder(selection string) func(a, b *instance) int {
	return func(a, b *instance) int {
		if d := killWeight(a) - killWeight(b); d != 0 {
			return d
		}
		d := a.StagedAt.Compare(b.StagedAt)
		if selection != "OLDEST_FIRST" {
			d = -d
		}
		return d
	}
}
