package scheduler

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func TestCreateRunsAndTells(t *testing.T) {
	w := newWorld(t)
	events := w.record()
	r := w.create(`{"id":"/r/a","cmd":"run"}`)
	w.deployed()
	a := w.get("/r/a")
	if a.Counts != (Counts{Running: 1}) || len(a.Tasks) != 1 || len(a.Deployments) != 0 {
		t.Fatalf("got %+v", a)
	}
	task := a.Tasks[0]
	if task.ID != task.InstanceID+"._app.1" || task.State != "TASK_RUNNING" || !task.Version.Equal(r.Version) || len(task.Ports) != 1 || task.Role != "*" {
		t.Fatalf("task %+v", task)
	}
	if p := a.Spec.PortDefinitions[0].Port; p < 10000 || p > 20000 {
		t.Errorf("service port %d", p)
	}
	got := events()
	want := []string{"deployment_info", "deployment_step_success", "deployment_info", "deployment_step_success", "deployment_success"}
	if d := cmp.Diff(want, types(got, "deployment_info", "deployment_step_success", "deployment_success", "deployment_failed")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Scheduled", "Provisioned", "Starting", "Running"}, conditions(got, task.InstanceID)); d != "" {
		t.Error(d)
	}
	for _, e := range got {
		if e.Type == "group_change_success" && (e.Fields["groupId"] != "/r" || e.Fields["version"] != stamp(r.Version)) {
			t.Errorf("group event %+v", e)
		}
	}
}

func TestAnswerHasPortZeroAndCallersKeepTheirDefinition(t *testing.T) {
	w := newWorld(t)
	a := w.app(`{"id":"/a","cmd":"run","instances":0}`)
	if _, err := w.core.CreateApp(a, false); err != nil {
		t.Fatal(err)
	}
	if a.PortDefinitions[0].Port != 0 || !a.Version.IsZero() {
		t.Errorf("the caller's definition was changed: %+v", a)
	}
	got := w.get("/a")
	got.Spec.Labels["x"] = "1"
	if _, has := w.get("/a").Spec.Labels["x"]; has {
		t.Error("a read gave away the stored definition")
	}
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/stuck","cmd":"run","constraints":[["rack","LIKE","none"]]}`)
	id := w.core.Deployments()[0].ID
	events := w.record()

	if _, err := w.core.CreateApp(w.app(`{"id":"/r/stuck","cmd":"run"}`), true); err == nil || err.Error() != "An app with id [/r/stuck] already exists." {
		t.Errorf("duplicate: %v", err)
	}
	var locked *LockedError
	if _, err := w.put("/r/stuck", `{"instances":2}`, false); !errors.As(err, &locked) || !slices.Equal(locked.Deployments, []string{id}) {
		t.Errorf("locked: %v", err)
	}
	var invalid *spec.InvalidError
	if _, err := w.put("/r/stuck", `{"dependencies":["/r"]}`, false); !errors.As(err, &invalid) || invalid.Details[0].Errors[0] != "Dependency graph has cyclic dependencies." {
		t.Errorf("cycle: %v", err)
	}
	var missing *NotFoundError
	if _, err := w.core.RestartApp("/nope", false); !errors.As(err, &missing) || missing.Message != "App '/nope' does not exist" {
		t.Errorf("restart: %v", err)
	}
	if _, err := w.put("/r/stuck", `{"instances":1}`, false); err != nil {
		t.Errorf("no change is no conflict: %v", err)
	}
	got := types(events(), "group_change_failed", "deployment_failed", "deployment_success", "group_change_success")
	want := []string{"group_change_failed", "group_change_failed", "deployment_failed", "group_change_failed", "group_change_failed", "deployment_success", "group_change_success"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// A change refused for the lock leaves its version, one refused for a rule does not.
	if v, _ := w.core.Versions("/r/stuck"); len(v) != 2 {
		t.Errorf("versions %v", v)
	}
}

func TestTooManyDeployments(t *testing.T) {
	w := newWorld(t)
	w.core.opts.MaxDeployments = 1
	w.create(`{"id":"/a","cmd":"run","constraints":[["rack","LIKE","none"]]}`)
	var many *TooManyDeploymentsError
	if _, err := w.core.CreateApp(w.app(`{"id":"/b","cmd":"run"}`), false); !errors.As(err, &many) {
		t.Fatalf("got %v", err)
	}
}

func TestVersionBook(t *testing.T) {
	w := newWorld(t)
	v1 := w.create(`{"id":"/a","cmd":"run"}`).Version
	w.deployed()
	check := func(what string, version, scaling, config time.Time) {
		t.Helper()
		s := w.get("/a").Spec
		if !s.Version.Equal(version) || !s.LastScalingAt.Equal(scaling) || !s.LastConfigChangeAt.Equal(config) {
			t.Errorf("%s: version %s scaling %s config %s", what, stamp(s.Version), stamp(s.LastScalingAt), stamp(s.LastConfigChangeAt))
		}
	}
	check("created", v1, v1, v1)
	if r := w.mustPut("/a", `{}`); !r.Version.After(v1) {
		t.Errorf("an empty change answers the tree's version, got %s", stamp(r.Version))
	}
	check("unchanged", v1, v1, v1)
	v2 := w.mustPut("/a", `{"instances":2}`).Version
	check("scaled", v2, v2, v1)
	w.deployed()
	if tasks := w.get("/a").Tasks; !tasks[0].Version.Equal(v1) || !tasks[1].Version.Equal(v2) {
		t.Errorf("scaling replaced tasks: %+v", tasks)
	}
	v3 := w.mustPut("/a", `{"env":{"A":"1"},"instances":1}`).Version
	check("configured", v3, v3, v3)
	w.deployed()
	r, err := w.core.RestartApp("/a", false)
	if err != nil {
		t.Fatal(err)
	}
	check("restarted", r.Version, v3, r.Version)
	w.deployed()
	if tasks := w.get("/a").Tasks; len(tasks) != 1 || !tasks[0].Version.Equal(r.Version) {
		t.Errorf("restart kept %+v", tasks)
	}
	if v, _ := w.core.Versions("/a"); len(v) != 4 {
		t.Errorf("versions %v", v)
	}
	old, err := w.core.AppVersion("/a", v2)
	if err != nil || old.Instances != 2 {
		t.Errorf("version 2: %+v %v", old, err)
	}
	if _, err := w.core.AppVersion("/a", v1.Add(-time.Hour)); err == nil {
		t.Error("an unknown version was found")
	}
}

func TestDependenciesMakeLayers(t *testing.T) {
	w := newWorld(t)
	apps := func(defs ...string) GroupUpdate {
		u := GroupUpdate{AppsSet: true}
		for _, d := range defs {
			u.Apps = append(u.Apps, w.app(d))
		}
		return u
	}
	u := apps(`{"id":"/g/a","cmd":"run"}`, `{"id":"/g/b","cmd":"run","dependencies":["/g/a"]}`, `{"id":"/g/c","cmd":"run","dependencies":["/g/b"]}`, `{"id":"/g/d","cmd":"run"}`)
	steps, err := w.core.PlanGroup("/g", u)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Action{
		{{actionStart, "/g/a"}, {actionStart, "/g/b"}, {actionStart, "/g/c"}, {actionStart, "/g/d"}},
		{{actionScale, "/g/a"}, {actionScale, "/g/d"}},
		{{actionScale, "/g/b"}},
		{{actionScale, "/g/c"}},
	}
	if d := cmp.Diff(want, steps); d != "" {
		t.Error(d)
	}
	var boxed *spec.ServerError
	if _, err := w.core.PlanGroup("/g", apps(`{"id":"/g/a","cmd":"run","dependencies":["/g/b"]}`, `{"id":"/g/b","cmd":"run","dependencies":["/g/a"]}`)); !errors.As(err, &boxed) || boxed.Message != "Boxed Exception" {
		t.Errorf("dry run of a cycle: %v", err)
	}
	one, two := apps(`{"id":"/g/one/a","cmd":"run"}`), apps(`{"id":"/g/two/b","cmd":"run"}`)
	two.Dependencies, two.DepsSet = []string{"/g/one"}, true
	steps, err = w.core.PlanGroup("/g", GroupUpdate{GroupsSet: true, Groups: map[string]GroupUpdate{"/g/one": one, "/g/two": two}})
	if err != nil || len(steps) != 3 || steps[2][0].App != "/g/two/b" {
		t.Errorf("group on group: %v %v", steps, err)
	}
	if _, err := w.core.UpdateGroup("/g", u, true, false); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	var order []string
	for _, l := range w.driver.launches {
		order = append(order, l.App.ID)
	}
	if slices.Index(order, "/g/b") < slices.Index(order, "/g/a") || slices.Index(order, "/g/c") < slices.Index(order, "/g/b") {
		t.Errorf("launched in the order %v", order)
	}
	// Removed, changed and new at once; a dry run of nothing lists restarts that a real change does not do.
	steps, err = w.core.PlanGroup("/g", apps(`{"id":"/g/a","cmd":"run","cpus":0.2}`, `{"id":"/g/n","cmd":"run"}`))
	if err != nil {
		t.Fatal(err)
	}
	want = [][]Action{
		{{actionStop, "/g/b"}, {actionStop, "/g/c"}, {actionStop, "/g/d"}}, {{actionStart, "/g/n"}}, {{actionRestart, "/g/a"}, {actionScale, "/g/n"}},
	}
	if d := cmp.Diff(want, steps); d != "" {
		t.Error(d)
	}
	steps, err = w.core.PlanGroup("/g", GroupUpdate{})
	if err != nil || len(affectedApps(steps)) != 4 {
		t.Errorf("dry run of nothing: %v %v", steps, err)
	}
	n := w.driver.launchCount()
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{}, false, false); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	if w.driver.launchCount() != n {
		t.Error("an empty group change restarted something")
	}
}

func TestStuckPlanStaysAndIsUndone(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/x/a","cmd":"run","constraints":[["rack","LIKE","none"]]}`)
	w.advance(10 * time.Minute)
	d := w.core.Deployments()
	if len(d) != 1 || d[0].CurrentStep != 2 || d[0].CurrentActions[0].Kind != actionScale {
		t.Fatalf("got %+v", d)
	}
	r, err := w.core.CancelDeployment(d[0].ID, false)
	if err != nil || r == nil || r.DeploymentID == d[0].ID {
		t.Fatalf("undo: %v %v", r, err)
	}
	w.deployed()
	if _, err := w.core.App("/r/x/a"); err == nil {
		t.Error("undoing a create left the app")
	}
	if _, err := w.core.Group("/r"); err == nil {
		t.Error("undoing a create left its empty groups")
	}
	if _, err := w.core.CancelDeployment(d[0].ID, false); err == nil || err.Error() != "DeploymentPlan "+d[0].ID+" does not exist" {
		t.Errorf("undo twice: %v", err)
	}
}

func TestStoppedPlanLeavesTheDefinition(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	v1 := w.get("/a").Spec.Version
	w.mustPut("/a", `{"env":{"V":"2"},"constraints":[["rack","LIKE","none"]]}`)
	id := w.core.Deployments()[0].ID
	w.quiet()
	if a := w.get("/a"); a.Counts.Running != 1 || !a.Tasks[0].Version.Equal(v1) {
		t.Fatalf("the old task went: %+v", a.Tasks)
	}
	if r, err := w.core.CancelDeployment(id, true); r != nil || err != nil {
		t.Fatalf("stop: %v %v", r, err)
	}
	if a := w.get("/a"); len(a.Deployments) != 0 || a.Spec.Env["V"].Value != "2" {
		t.Errorf("after stopping: %+v", a.Spec)
	}
	r, err := w.put("/a", `{"constraints":[]}`, false)
	if err != nil {
		t.Fatal(err)
	}
	w.deployed()
	if a := w.get("/a"); len(a.Tasks) != 1 || !a.Tasks[0].Version.Equal(r.Version) {
		t.Errorf("tasks %+v", a.Tasks)
	}
}

func TestUndoneUpdateBringsTheOldConfigurationBack(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","env":{"V":"1"}}`)
	w.deployed()
	first := w.get("/a").Tasks[0].ID
	w.mustPut("/a", `{"env":{"V":"2"},"constraints":[["rack","LIKE","none"]]}`)
	events := w.record()
	r, err := w.core.CancelDeployment(w.core.Deployments()[0].ID, false)
	if err != nil {
		t.Fatal(err)
	}
	w.deployed()
	a := w.get("/a")
	if a.Spec.Env["V"].Value != "1" || !a.Spec.Version.Equal(r.Version) || len(a.Tasks) != 1 || a.Tasks[0].ID == first {
		t.Errorf("after undoing: %+v %+v", a.Spec, a.Tasks)
	}
	for _, e := range events() {
		if e.Type == "deployment_failed" && e.Fields["reason"] != cancelledReason {
			t.Errorf("reason %v", e.Fields["reason"])
		}
	}
}

func TestForceOverStuckPlan(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","constraints":[["rack","LIKE","none"]]}`)
	w.quiet()
	waiting := w.core.instances[0].ID
	events := w.record()
	if _, err := w.put("/a", `{"constraints":[]}`, true); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	got := events()
	want := []string{"deployment_failed", "deployment_info", "deployment_step_success", "deployment_success"}
	if d := cmp.Diff(want, types(got, "deployment_failed", "deployment_info", "deployment_step_success", "deployment_success")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Scheduled"}, conditions(got, waiting)); d != "" {
		t.Error(d)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/a","cmd":"stubborn","instances":2}`)
	w.deployed()
	if _, err := w.core.DeleteApp("/r/a", false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.core.App("/r/a"); err == nil {
		t.Error("the app is there after its deletion")
	}
	w.quiet()
	if d := w.core.Deployments(); len(d) != 1 {
		t.Fatalf("the plan ended before the tasks: %v", d)
	}
	if g, err := w.core.Group("/r"); err != nil || len(g.Apps) != 0 {
		t.Errorf("group %+v %v", g, err)
	}
	for _, id := range w.driver.alive() {
		w.driver.end(id, "TASK_KILLED", "")
	}
	w.deployed()
	if len(w.core.instances) != 0 {
		t.Error(w.dump())
	}
	w.create(`{"id":"/r/a","cmd":"run","instances":0}`)
	if v, _ := w.core.Versions("/r/a"); len(v) != 2 {
		t.Errorf("versions of the deleted app are not remembered: %v", v)
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

func TestScaleDownPicksVictims(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	oldest := w.get("/a").Tasks[0].ID
	w.advance(time.Second)
	w.mustPut("/a", `{"instances":3}`)
	w.deployed()
	w.mustPut("/a", `{"instances":1}`)
	w.deployed()
	if tasks := w.get("/a").Tasks; len(tasks) != 1 || tasks[0].ID != oldest {
		t.Errorf("the youngest stayed: %+v", tasks)
	}
	w.mustPut("/a", `{"killSelection":"OLDEST_FIRST"}`)
	w.deployed()
	oldest = w.get("/a").Tasks[0].ID
	w.advance(time.Second)
	w.mustPut("/a", `{"instances":2}`)
	w.deployed()
	w.mustPut("/a", `{"instances":1}`)
	w.deployed()
	if tasks := w.get("/a").Tasks; len(tasks) != 1 || tasks[0].ID == oldest {
		t.Errorf("the oldest stayed: %+v", tasks)
	}
}

func TestScaleDownOfWaitingKillsRunningFirst(t *testing.T) {
	// Recorded: with UNIQUE, 5 wanted and 3 agents, a forced scale to 3 takes two that run; the waiting ones stay.
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":5,"constraints":[["hostname","UNIQUE"]]}`)
	w.running("/a", 3)
	if q := w.core.Queue(); q[0].Count != 2 {
		t.Fatalf("waiting: %d", q[0].Count)
	}
	w.core.PauseOffers(true)
	if _, err := w.put("/a", `{"instances":3}`, true); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	if a := w.get("/a"); a.Counts.Running != 1 {
		t.Errorf("%+v", a.Counts)
	}
	if q := w.core.Queue(); len(q) != 1 || q[0].Count != 2 {
		t.Errorf("queue %s", asJSON(q))
	}
	w.core.PauseOffers(false)
	w.running("/a", 3)
}

func TestGroupByKeepsItsBalanceWhenScaledDown(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":6,"cpus":0.1,"constraints":[["rack","GROUP_BY","3"]]}`)
	w.deployed()
	w.mustPut("/a", `{"instances":3}`)
	w.deployed()
	hosts := map[string]int{}
	for _, task := range w.get("/a").Tasks {
		hosts[task.Host]++
	}
	if len(hosts) != 3 {
		t.Errorf("after scaling down: %v", hosts)
	}
}
