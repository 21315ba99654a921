package scheduler

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// doubleBooked answers what is wrong with the books: every agent's resources and ports are held at most once, running
// tasks are known to the driver's side of the books, and instances are where their constraints allow.
func (c *Core) doubleBooked() string {
	for _, ag := range c.opts.Agents {
		used, ports := resources{}, map[int]string{}
		hold := func(who string, r resources, taken []int) string {
			used.CPUs += r.CPUs
			used.Mem += r.Mem
			used.Disk += r.Disk
			for _, p := range taken {
				if by, has := ports[p]; has {
					return fmt.Sprintf("port %d of %s is held by %s and %s", p, ag.ID, by, who)
				}
				if !ranges(ag.PortRanges).has(p) {
					return fmt.Sprintf("port %d is not one of %s", p, ag.ID)
				}
				ports[p] = who
			}
			return ""
		}
		for _, i := range c.instances {
			if i.Agent == ag.ID && (i.Alive || i.Reserved) {
				if bad := hold(i.taskID(), i.Resources, i.Ports); bad != "" {
					return bad
				}
			}
		}
		for _, o := range c.orphans {
			if o.Agent == ag.ID {
				if bad := hold(o.TaskID, o.Resources, o.Ports); bad != "" {
					return bad
				}
			}
		}
		if used.CPUs > ag.CPUs+slack || used.Mem > ag.Mem+slack || used.Disk > ag.Disk+slack {
			return fmt.Sprintf("%s holds %+v", ag.ID, used)
		}
	}
	for _, i := range c.instances {
		for _, con := range i.Spec.Constraints {
			for _, o := range c.instances {
				same := o != i && o.AppID == i.AppID && o.Spec.LastConfigChangeAt.Equal(i.Spec.LastConfigChangeAt) && o.Agent == i.Agent
				if con[1] == "UNIQUE" && same && i.Alive && o.Alive && i.Goal != goalDecommissioned && o.Goal != goalDecommissioned {
					return fmt.Sprintf("%s and %s share %s", i.taskID(), o.taskID(), i.Agent)
				}
			}
		}
	}
	return ""
}

// reasonFor says why a plan has not ended: something waits for offers, for a delay, for a kill or for an agent.
func (w *world) reasonFor(d Deployment) string {
	w.core.mu.Lock()
	defer w.core.mu.Unlock()
	for _, i := range w.core.instances {
		if !slices.Contains(d.AffectedApps, i.AppID) {
			continue
		}
		switch {
		case i.waits() && w.core.delayed(i.Spec) > 0:
			return "backoff"
		case i.waits() && len(w.core.statsOf(i.AppID).last) > 0:
			return "offers rejected"
		case i.waits() && len(w.core.down) > 0:
			return "agents down"
		case i.Alive && i.Killing:
			return "kill not answered"
		case i.Condition == condUnreachable:
			return "unreachable"
		case i.Alive && i.Condition != condRunning:
			return "staging"
		}
	}
	return ""
}

func TestRandomOperations(t *testing.T) {
	kinds := []string{
		`"cmd":"run"`,
		`"cmd":"run","cpus":1.5,"constraints":[["hostname","UNIQUE"]]`,
		`"cmd":"run","constraints":[["rack","GROUP_BY","3"]],"cpus":0.3`,
		`"cmd":"run","portDefinitions":[{"port":9092}],"requirePorts":true,"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}`,
		`"cmd":"crash 1","backoffSeconds":2`,
		`"cmd":"stubborn"`,
		`"cmd":"run","mem":3000,` + resident,
		`"cmd":"run","cpus":3,"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0}`,
	}
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.core.mu.Lock()
		bad := ""
		watch := func() {
			if b := w.core.doubleBooked(); b != "" && bad == "" {
				bad = b
			}
		}
		w.core.watch = watch
		w.core.mu.Unlock()
		id := func() string { return fmt.Sprintf("/r/a%d", rapid.IntRange(0, 3).Draw(r, "app")) }
		check := func(what string) {
			w.core.mu.Lock()
			defer w.core.mu.Unlock()
			if bad == "" {
				bad = w.core.doubleBooked()
			}
			if bad != "" {
				r.Fatalf("after %s: %s", what, bad)
			}
		}
		for range rapid.IntRange(3, 15).Draw(r, "operations") {
			force := rapid.Bool().Draw(r, "force")
			op := rapid.IntRange(0, 11).Draw(r, "operation")
			switch op {
			case 0, 1, 2:
				kind := rapid.SampledFrom(kinds).Draw(r, "kind")
				def := fmt.Sprintf(`{"id":%q,"instances":%d,%s}`, id(), rapid.IntRange(0, 4).Draw(r, "instances"), kind)
				_, _ = w.core.CreateApp(w.app(def), force) // may be taken
			case 3:
				_, _ = w.put(id(), fmt.Sprintf(`{"instances":%d}`, rapid.IntRange(0, 4).Draw(r, "instances")), force)
			case 4:
				_, _ = w.put(id(), fmt.Sprintf(`{"env":{"V":"%d"}}`, rapid.IntRange(0, 99).Draw(r, "v")), force)
			case 5:
				_, _ = w.core.RestartApp(id(), force)
			case 6:
				_, _ = w.core.DeleteApp(id(), force)
			case 7:
				if a, err := w.core.App(id()); err == nil && len(a.Tasks) > 0 {
					task := rapid.SampledFrom(a.Tasks).Draw(r, "task")
					scale := rapid.Bool().Draw(r, "scale")
					_, _, _ = w.core.KillTasks([]string{task.ID}, scale, !scale && rapid.Bool().Draw(r, "wipe"), force)
				}
			case 8:
				if alive := w.driver.alive(); len(alive) > 0 {
					w.driver.end(rapid.SampledFrom(alive).Draw(r, "victim"), agent.Failed, "Command exited with status 9")
				}
			case 9:
				w.core.SetAgentDown(rapid.SampledFrom(w.agents).Draw(r, "agent").ID, rapid.Bool().Draw(r, "down"))
			case 10:
				if d := w.core.Deployments(); len(d) > 0 {
					_, _ = w.core.CancelDeployment(rapid.SampledFrom(d).Draw(r, "deployment").ID, force)
				}
			case 11:
				w.reopen(rapid.Bool().Draw(r, "keep"))
				w.core.mu.Lock()
				w.core.watch = watch
				w.core.mu.Unlock()
			}
			w.quiet()
			check(fmt.Sprintf("operation %d", op))
			w.advance(time.Duration(rapid.IntRange(0, 3000).Draw(r, "ms")) * time.Millisecond)
			w.quiet()
			check("time passed")
		}
		for _, a := range w.agents {
			w.core.SetAgentDown(a.ID, false)
		}
		for range 30 {
			w.advance(time.Second)
			w.quiet()
		}
		check("the end")
		for _, d := range w.core.Deployments() {
			if w.reasonFor(d) == "" {
				r.Fatalf("plan %s is stuck without a reason: %s\n%s", d.ID, asJSON(d), w.dump())
			}
		}
		// Every living task of the agents belongs to somebody, and to nobody twice.
		w.core.mu.Lock()
		known := map[string]bool{}
		for _, i := range w.core.instances {
			if i.Alive {
				known[i.taskID()] = true
			}
		}
		for id := range w.core.orphans {
			known[id] = true
		}
		w.core.mu.Unlock()
		for _, id := range w.driver.alive() {
			if !known[id] {
				r.Fatalf("task %s runs and nobody knows it\n%s", id, w.dump())
			}
		}
		_ = w.core.Close(t.Context(), true)
	})
}
