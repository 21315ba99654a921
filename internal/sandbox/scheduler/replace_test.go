package scheduler

import (
	"slices"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func TestOldInstanceThatEndsInARollIsNotRelaunched(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","cpus":3,"instances":3}`)
	w.deployed()
	old := w.get("/a").Tasks
	r := w.mustPut("/a", `{"env":{"V":"2"}}`) // no room: nothing moves
	w.quiet()
	w.driver.end(old[0].ID, agent.Failed, "Command exited with status 1")
	w.until("a new one in its place", func() bool {
		return slices.ContainsFunc(w.get("/a").Tasks, func(x Task) bool { return x.Version.Equal(r.Version) && x.State == agent.Running })
	})
	w.deployed() // each new one frees an old one
	for _, l := range w.driver.launches[3:] {
		if !l.App.Version.Equal(r.Version) {
			t.Errorf("the old configuration was launched again: %s", l.ID)
		}
	}
}

func TestSurplusOfAStoppedPlanGoesWithTheNextLook(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":2,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]}`)
	w.running("/a", 2)
	for _, id := range w.driver.alive() {
		w.driver.verdict(id, true)
	}
	w.deployed()
	d := w.mustPut("/a", `{"env":{"V":"2"}}`)
	w.running("/a", 4)
	if _, err := w.core.CancelDeployment(d.DeploymentID, true); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute)
	w.quiet()
	if a := w.get("/a"); a.Counts.Running != 4 {
		t.Errorf("stopping a plan ended tasks: %+v", a.Counts)
	}
	w.advance(5 * time.Minute)
	w.quiet()
	if a := w.get("/a"); a.Counts.Running != 2 {
		t.Errorf("%+v", a.Counts)
	}
}

// TestRollingRestart replays the strategies recorded from a real server: the fewest that ran and were healthy, the most
// tasks there were.
func TestRollingRestart(t *testing.T) {
	for name, c := range map[string]struct {
		app                              string
		change                           string
		runningMin, tasksMax, healthyMin int
	}{
		"1-1":              {`"instances":4,"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":1}`, `{"env":{"V":"2"}}`, 4, 8, 4},
		"1-0":              {`"instances":3,"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 3, 4, 3},
		"05-0":             {`"instances":4,"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 2, 4, 2},
		"05-05":            {`"instances":4,"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0.5}`, `{"env":{"V":"2"}}`, 2, 6, 2},
		"0-0":              {`"instances":3,"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 0, 3, 0},
		"067-0":            {`"instances":3,"upgradeStrategy":{"minimumHealthCapacity":0.67,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 3, 4, 3},
		"066-0":            {`"instances":3,"upgradeStrategy":{"minimumHealthCapacity":0.66,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 2, 3, 2},
		"1-025":            {`"instances":4,"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":0.25}`, `{"env":{"V":"2"}}`, 4, 5, 4},
		"single":           {`"instances":1,"labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"},"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 0, 1, 0},
		"resident-default": {`"instances":3,"role":"r","container":{"type":"MESOS","volumes":[{"containerPath":"data","mode":"RW","persistent":{"size":16}}]}`, `{"env":{"V":"2"}}`, 2, 3, 2},
		"resident-1-0":     {`"instances":3,"role":"r","upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":0},"container":{"type":"MESOS","volumes":[{"containerPath":"data","mode":"RW","persistent":{"size":16}}]}`, `{"env":{"V":"2"}}`, 2, 3, 2},
		"unique":           {`"instances":3,"constraints":[["hostname","UNIQUE"]],"upgradeStrategy":{"minimumHealthCapacity":0.66,"maximumOverCapacity":0}`, `{"env":{"V":"2"}}`, 2, 3, 2},
		"label-only":       {`"instances":2,"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0}`, `{"labels":{"x":"1"}}`, 1, 2, 1},
		"scale-and-config": {`"instances":2`, `{"env":{"V":"2"},"instances":4}`, 2, 6, 2},
		"unique-1-1":       {`"instances":3,"constraints":[["hostname","UNIQUE"]]`, `{"env":{"V":"2"}}`, 3, 6, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(`{"id":"/r/a","cmd":"run","cpus":0.1,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}],` + c.app + `}`)
			healthyAll := func() {
				for _, id := range w.driver.alive() {
					w.driver.verdict(id, true)
				}
			}
			w.until("the first deployment", func() bool { healthyAll(); return len(w.core.Deployments()) == 0 })
			w.quiet()
			before := map[string]bool{}
			for _, task := range w.get("/r/a").Tasks {
				before[task.ID] = true
			}
			runningMin, healthyMin, tasksMax := 99, 99, 0
			w.core.mu.Lock()
			w.core.watch = func() {
				var n Counts
				tasks := 0
				for _, i := range w.core.instancesOf("/r/a") {
					i.addTo(&n)
					if i.Incarnation > 0 {
						tasks++
					}
				}
				runningMin, healthyMin, tasksMax = min(runningMin, n.Running), min(healthyMin, n.Healthy), max(tasksMax, tasks)
			}
			w.core.mu.Unlock()
			r := w.mustPut("/r/a", c.change)
			w.until("the roll", func() bool {
				w.quiet()
				healthyAll()
				return len(w.core.Deployments()) == 0
			})
			w.core.mu.Lock()
			defer w.core.mu.Unlock()
			w.core.watch = nil
			if runningMin != c.runningMin || tasksMax != c.tasksMax || healthyMin != c.healthyMin {
				t.Errorf("running at least %d (want %d), healthy %d (%d), tasks at most %d (%d)", runningMin, c.runningMin, healthyMin, c.healthyMin, tasksMax, c.tasksMax)
			}
			for _, i := range w.core.instancesOf("/r/a") {
				if before[i.taskID()] || !i.Spec.Version.Equal(r.Version) {
					t.Errorf("an old task is left: %s", i.taskID())
				}
			}
		})
	}
}

func TestRollingArithmetic(t *testing.T) {
	for _, c := range []struct {
		n, have        int
		min, over      float64
		resident       bool
		kill, capacity int
	}{
		{3, 3, 1, 1, false, 0, 6}, {3, 3, 1, 0, false, 0, 4}, {3, 3, 1, 0, true, 1, 3}, {3, 3, 0.5, 0, true, 1, 3}, {4, 4, 0.5, 0, true, 2, 4}, {6, 6, 0.5, 0, true, 3, 6},
		{3, 3, 0.67, 0, false, 0, 4}, {3, 3, 0.66, 0, false, 1, 3}, {1, 1, 0, 0, false, 1, 1}, {3, 6, 0.5, 0, false, 4, 3}, {2, 1, 1, 0, true, 0, 2},
	} {
		kill, capacity := rollingArithmetic(c.n, c.have, spec.UpgradeStrategy{MinimumHealthCapacity: c.min, MaximumOverCapacity: c.over}, c.resident)
		if kill != c.kill || capacity != c.capacity {
			t.Errorf("%+v: kill %d, capacity %d", c, kill, capacity)
		}
	}
}

func TestRollWithoutRoomIsStuckUntilForced(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","cpus":3,"instances":3}`)
	w.deployed()
	w.mustPut("/a", `{"env":{"V":"2"}}`)
	w.advance(time.Minute)
	if a := w.get("/a"); a.Counts.Running != 3 || len(a.Deployments) != 1 {
		t.Fatalf("%+v", a.Counts)
	}
	q := w.core.Queue()
	if len(q) != 1 || q[0].Count != 3 || !q[0].Overdue || q[0].RejectLastOffers[4].Declined != 3 {
		t.Fatalf("queue %s", asJSON(q))
	}
	r, err := w.put("/a", `{"upgradeStrategy":{"minimumHealthCapacity":0.5,"maximumOverCapacity":0}}`, true)
	if err != nil {
		t.Fatal(err)
	}
	w.deployed()
	a := w.get("/a")
	if a.Counts.Running != 3 {
		t.Fatalf("%+v", a.Counts)
	}
	for _, task := range a.Tasks {
		if !task.Version.Equal(r.Version) {
			t.Errorf("%s is of version %s", task.ID, stamp(task.Version))
		}
	}
}
