package scheduler

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

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
