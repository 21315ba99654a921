package scheduler

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func TestGroups(t *testing.T) {
	w := newWorld(t)
	app := func(id string) *spec.App { return w.app(`{"id":"` + id + `","cmd":"run","instances":0}`) }
	must := func(r Result, err error) Result {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.deployed()
		return r
	}
	ids := func(id string) []string {
		out := []string{}
		for _, a := range w.core.Apps(id) {
			out = append(out, a.Spec.ID)
		}
		return out
	}
	var missing *NotFoundError
	if _, err := w.core.Group("/g"); !errors.As(err, &missing) || missing.Message != "Group '/g' does not exist" {
		t.Fatalf("%v", err)
	}
	v1 := must(w.core.UpdateGroup("/g", GroupUpdate{
		AppsSet: true, Apps: []*spec.App{app("/g/a"), app("/g/b")}, GroupsSet: true,
		Groups: map[string]GroupUpdate{"/g/s1": {AppsSet: true, Apps: []*spec.App{app("/g/s1/x")}}, "/g/s2": {AppsSet: true, Apps: []*spec.App{app("/g/s2/y")}}},
	}, true, false))
	var exists *ExistsError
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{}, true, true); !errors.As(err, &exists) || exists.Message != "Group /g is already created. Use PUT to change this group." {
		t.Errorf("%v", err)
	}
	if _, err := w.core.UpdateGroup("/g/a", GroupUpdate{}, true, false); !errors.As(err, &exists) || exists.Message != "An app with the path /g/a already exists." {
		t.Errorf("%v", err)
	}
	var invalid *spec.InvalidError
	if _, err := w.core.CreateApp(app("/g/a/below"), false); !errors.As(err, &invalid) || invalid.Details[0].Errors[0] != "Groups and Applications may not have the same identifier." {
		t.Errorf("%v", err)
	}
	// Nothing named, nothing changed but the version of the tree.
	v2 := must(w.core.UpdateGroup("/g", GroupUpdate{}, false, false))
	if g, _ := w.core.Group("/g"); len(g.Apps) != 2 || len(g.Groups) != 2 || !g.Version.Equal(v2.Version) || !g.Groups[0].Version.Equal(v2.Version) || !g.Apps[0].Spec.Version.Equal(v1.Version) {
		t.Errorf("%+v", g)
	}
	// apps replaces the direct ones, groups the sub-groups; one named without apps keeps its own.
	b := w.get("/g/b").Spec
	must(w.core.UpdateGroup("/g", GroupUpdate{AppsSet: true, Apps: []*spec.App{app("/g/b")}}, false, false))
	if got := ids("/g"); !slices.Equal(got, []string{"/g/b", "/g/s1/x", "/g/s2/y"}) {
		t.Errorf("%v", got)
	}
	if now := w.get("/g/b").Spec; !now.Version.Equal(b.Version) || now.PortDefinitions[0].Port != b.PortDefinitions[0].Port {
		t.Errorf("an equal definition changed: %+v", now)
	}
	must(w.core.UpdateGroup("/g", GroupUpdate{GroupsSet: true, Groups: map[string]GroupUpdate{"/g/s1": {}}}, false, false))
	if got := ids("/g"); !slices.Equal(got, []string{"/g/b", "/g/s1/x"}) {
		t.Errorf("%v", got)
	}
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{AppsSet: true, Apps: []*spec.App{app("/h/a")}}, false, false); !errors.As(err, &invalid) || invalid.Details[0].Path != "/apps(0)/id" {
		t.Errorf("%v", err)
	}
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{GroupsSet: true, Groups: map[string]GroupUpdate{"/h": {}}}, false, false); !errors.As(err, &invalid) || invalid.Details[0].Errors[0] != "Group has to be child of groups with parent id" {
		t.Errorf("%v", err)
	}
	// Back to the first version.
	r := must(w.core.UpdateGroup("/g", GroupUpdate{Version: &v1.Version}, false, false))
	if got := ids("/g"); !slices.Equal(got, []string{"/g/a", "/g/b", "/g/s1/x", "/g/s2/y"}) {
		t.Errorf("%v", got)
	}
	if a := w.get("/g/a").Spec; !a.Version.Equal(r.Version) {
		t.Errorf("an app that is back has version %s", stamp(a.Version))
	}
	past := v1.Version.Add(-time.Hour)
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{Version: &past}, false, false); !errors.As(err, &invalid) || invalid.Message != "Group /g not available in version "+stamp(past) {
		t.Errorf("%v", err)
	}
	if g, err := w.core.GroupVersion("/g", v1.Version); err != nil || len(g.Apps) != 2 {
		t.Errorf("%+v %v", g, err)
	}
	if v, err := w.core.GroupVersions("/g"); err != nil || !v[0].Equal(v1.Version) {
		t.Errorf("%v %v", v, err)
	}
	if v, _ := w.core.GroupVersions("/"); len(v) < 2 || v[0].Equal(v1.Version) {
		t.Errorf("%v", v)
	}
	must(w.core.DeleteGroup("/g/s1", false))
	if got := ids("/g"); !slices.Equal(got, []string{"/g/a", "/g/b", "/g/s2/y"}) {
		t.Errorf("%v", got)
	}
	if _, err := w.core.DeleteGroup("/g/a", false); !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	must(w.core.DeleteGroup("/", false))
	if got := ids("/"); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestScaleBy(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/g/a","cmd":"run","cpus":0.1}`)
	w.create(`{"id":"/g/b","cmd":"run","cpus":0.1,"instances":2}`)
	w.create(`{"id":"/g/s/c","cmd":"run","instances":0}`)
	w.deployed()
	by := 1.5
	steps, err := w.core.PlanGroup("/g", GroupUpdate{ScaleBy: &by})
	if err != nil || len(steps) != 1 || !slices.Equal(steps[0], []Action{{actionScale, "/g/a"}, {actionScale, "/g/b"}}) {
		t.Errorf("%v %v", steps, err)
	}
	if _, err := w.core.UpdateGroup("/g", GroupUpdate{ScaleBy: &by}, false, false); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	if a, b := w.get("/g/a"), w.get("/g/b"); a.Spec.Instances != 2 || a.Counts.Running != 2 || b.Spec.Instances != 3 {
		t.Errorf("%d %d", a.Spec.Instances, b.Spec.Instances)
	}
	if _, err := w.core.UpdateGroup("/new", GroupUpdate{ScaleBy: &by}, false, false); err != nil {
		t.Fatal(err)
	}
	if _, err := w.core.Group("/new"); err != nil {
		t.Error("an unknown group is created empty")
	}
}

func TestGroupPlanLocksItsApps(t *testing.T) {
	w := newWorld(t)
	stuck := `"cmd":"run","constraints":[["rack","LIKE","none"]]`
	x := w.create(`{"id":"/g/x",` + stuck + `}`)
	y := w.create(`{"id":"/g/y",` + stuck + `}`)
	var locked *LockedError
	_, err := w.core.UpdateGroup("/g", GroupUpdate{AppsSet: true, Apps: []*spec.App{w.app(`{"id":"/g/x","cmd":"run"}`)}}, false, false)
	if !errors.As(err, &locked) || len(locked.Deployments) != 2 || !slices.Contains(locked.Deployments, x.DeploymentID) || !slices.Contains(locked.Deployments, y.DeploymentID) {
		t.Errorf("%v", err)
	}
	if _, err := w.core.DeleteGroup("/g", false); !errors.As(err, &locked) {
		t.Errorf("%v", err)
	}
	w.create(`{"id":"/g/free","cmd":"run","instances":0}`)
	if _, err := w.core.DeleteGroup("/g", true); err != nil {
		t.Fatal(err)
	}
	w.deployed()
}

func TestEnforcedRoleReachesTasks(t *testing.T) {
	w := newWorld(t)
	yes := true
	if _, err := w.core.UpdateGroup("/r", GroupUpdate{EnforceRole: &yes}, false, false); err != nil {
		t.Fatal(err)
	}
	w.create(`{"id":"/r/a","cmd":"run","role":"r"}`)
	w.deployed()
	if v := w.driver.launches[0].Env["MARATHON_APP_ENFORCE_GROUP_ROLE"]; v != "TRUE" {
		t.Errorf("%q", v)
	}
}

func TestSubscribers(t *testing.T) {
	w := newWorld(t)
	slow, cancelSlow := w.core.Subscribe()
	fast, cancel := w.core.Subscribe()
	done := make(chan int)
	go func() {
		n := 0
		for range fast {
			n++
		}
		done <- n
	}()
	for range subscriberLimit + 1 {
		w.core.Publish(Event{Type: "test"})
		for len(fast) > subscriberLimit/2 {
			time.Sleep(time.Millisecond)
		}
	}
	n := 0
	for e := range slow { // it was cut, so this ends
		n++
		if e.Time.IsZero() {
			t.Error("an event without a time")
		}
	}
	if n != subscriberLimit {
		t.Errorf("the slow reader got %d", n)
	}
	cancelSlow()
	cancel()
	if n := <-done; n != subscriberLimit+1 {
		t.Errorf("the fast reader got %d", n)
	}
}
