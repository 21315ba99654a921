package scheduler

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

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
