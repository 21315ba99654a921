package scheduler

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
