package scheduler

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// reopen closes the core and starts another over the same folder.
func (w *world) reopen(keep bool) {
	w.t.Helper()
	if err := w.core.Close(context.Background(), keep); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// crash starts another core as after a SIGKILL: the old one never gets to say goodbye.
func (w *world) crash() {
	w.t.Helper()
	w.core.mu.Lock()
	w.core.closing = true
	w.core.store = &store{dir: w.t.TempDir()}
	w.core.mu.Unlock()
	w.core.cancel()
	w.open()
}

func TestRestartFindsEverything(t *testing.T) {
	for name, again := range map[string]func(*world){"closed": func(w *world) { w.reopen(true) }, "killed": (*world).crash} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(`{"id":"/r/a","cmd":"run","instances":2,"env":{"V":"1"},"portDefinitions":[{"port":0,"name":"x"}],"tty":false}`)
			w.create(`{"id":"/r/db","cmd":"run",` + resident + `}`)
			w.create(`{"id":"/r/bad","cmd":"crash 4","instances":1}`)
			w.deployed()
			w.mustPut("/r/a", `{"env":{"V":"2"}}`)
			w.deployed()
			w.create(`{"id":"/r/none","cmd":"run","instances":0,"portDefinitions":[]}`)
			w.create(`{"id":"/r/stuck","cmd":"run","constraints":[["rack","LIKE","none"]]}`)
			yes := true
			if _, err := w.core.UpdateGroup("/r", GroupUpdate{EnforceRole: &yes}, false, false); err != nil {
				t.Fatal(err)
			}
			w.quiet()
			type view struct {
				Specs    map[string]*spec.App
				Tasks    map[string][]string
				Versions map[string][]time.Time
				Group    Group
				Failure  *TaskFailure
			}
			look := func() view {
				v := view{Specs: map[string]*spec.App{}, Tasks: map[string][]string{}, Versions: map[string][]time.Time{}}
				for _, a := range w.core.Apps("/") {
					v.Specs[a.Spec.ID] = a.Spec
					v.Versions[a.Spec.ID], _ = w.core.Versions(a.Spec.ID)
					if a.Spec.ID == "/r/bad" {
						v.Failure = a.LastTaskFailure
						v.Failure.TaskID, v.Failure.Timestamp, v.Failure.AgentID, v.Failure.Host = "", time.Time{}, "", ""
						continue
					}
					for _, task := range a.Tasks {
						v.Tasks[a.Spec.ID] = append(v.Tasks[a.Spec.ID], task.ID+" "+task.AgentID+" "+asJSON(task.Ports)+" "+asJSON(task.LocalVolumes))
					}
				}
				v.Group, _ = w.core.Group("/r")
				v.Group.Apps = nil
				return v
			}
			before, launched := look(), w.driver.launchCount()
			plan := w.core.Deployments()
			again(w)
			w.quiet()
			if d := cmp.Diff(before, look()); d != "" {
				t.Errorf("after the restart: %s", d)
			}
			if n := len(w.driver.recovered); n < 3 {
				t.Errorf("%d tasks given to the driver", n)
			}
			for _, l := range w.driver.launches[launched:] {
				if l.App.ID != "/r/bad" {
					t.Errorf("relaunched %s", l.ID)
				}
			}
			// A plan that was scaling up ends at once (recorded); its instance goes on waiting.
			if d := w.core.Deployments(); len(plan) != 1 || len(d) != 0 {
				t.Errorf("plans before %v, after %v", plan, d)
			}
			if q := w.core.Queue(); !slices.ContainsFunc(q, func(i QueueItem) bool { return i.App.ID == "/r/stuck" && i.Count == 1 }) {
				t.Errorf("queue %s", asJSON(q))
			}
			r := w.mustPut("/r/a", `{"instances":1}`)
			w.until("its end", func() bool { return len(w.get("/r/a").Deployments) == 0 })
			if got := w.get("/r/a"); !got.Spec.Version.Equal(r.Version) || len(got.Tasks) != 1 {
				t.Errorf("%+v", got.Tasks)
			}
		})
	}
}

func TestInterruptedRollGoesOnUnderItsID(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":3,"upgradeStrategy":{"minimumHealthCapacity":0.66,"maximumOverCapacity":0},"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]}`)
	w.until("health", func() bool {
		for _, id := range w.driver.alive() {
			w.driver.verdict(id, true)
		}
		return len(w.core.Deployments()) == 0
	})
	r := w.mustPut("/a", `{"env":{"V":"2"}}`)
	w.until("the first new one", func() bool {
		return slices.ContainsFunc(w.get("/a").Tasks, func(x Task) bool { return x.Version.Equal(r.Version) && x.State == agent.Running })
	})
	w.quiet()
	began := w.core.Deployments()
	w.crash()
	w.quiet()
	d := w.core.Deployments()
	if len(d) != 1 || d[0].ID != began[0].ID || d[0].CurrentStep != 1 {
		t.Fatalf("%+v", d)
	}
	if a := w.get("/a"); a.Counts.Running != 3 {
		t.Errorf("%+v", a.Counts)
	}
	w.until("the end of the roll", func() bool {
		w.quiet()
		for _, id := range w.driver.alive() {
			w.driver.verdict(id, true)
		}
		return len(w.core.Deployments()) == 0
	})
	for _, task := range w.get("/a").Tasks {
		if !task.Version.Equal(r.Version) {
			t.Errorf("old task %s", task.ID)
		}
	}
}

func TestTasksGoneOverTheRestart(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	id := w.get("/a").Tasks[0].InstanceID
	w.reopen(false)
	w.running("/a", 1)
	if task := w.get("/a").Tasks[0]; task.ID != id+"._app.2" {
		t.Errorf("%+v", task)
	}
	if f := w.get("/a").LastTaskFailure; f != nil {
		t.Errorf("the end of the sandbox is no failure of the task: %+v", f)
	}
}

func TestUnusableState(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, treeFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() error {
		_, err := New(Options{Dir: dir, NewDriver: func(func(agent.Status)) agent.Driver { return &scriptedDriver{} }})
		return err
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), treeFile) {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, treeFile), []byte(`{"Format":99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("%v", err)
	}
}

func TestUnwritableStateChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.core.mu.Lock()
	good := w.core.store
	w.core.store = &store{dir: filepath.Join(w.dir, "missing")}
	w.core.mu.Unlock()
	if _, err := w.core.CreateApp(w.app(`{"id":"/a","cmd":"run"}`), false); err == nil {
		t.Fatal("answered before it was stored")
	}
	if _, err := w.core.App("/a"); err == nil || len(w.core.Deployments()) != 0 {
		t.Error("a change that was not stored is in effect")
	}
	w.core.mu.Lock()
	w.core.store = good
	w.core.mu.Unlock()
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
}

func TestLeftOverVolumesAreRemoved(t *testing.T) {
	w := newWorld(t)
	left := filepath.Join(w.core.opts.VolumesDir, "6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	other := filepath.Join(w.core.opts.VolumesDir, "mine")
	for _, d := range []string{left, other} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen(true)
	w.until("it is gone", func() bool { _, err := os.Stat(left); return os.IsNotExist(err) })
	if _, err := os.Stat(other); err != nil {
		t.Error("a folder that is no volume was removed")
	}
}

func TestCodecKeepsEverything(t *testing.T) {
	zero, no, text := 0, false, ""
	a := &spec.App{
		ID: "/a", Args: []string{}, Cmd: &text, TTY: &no, TaskKillGracePeriodSeconds: &zero, Labels: map[string]string{}, Env: map[string]spec.EnvValue{"A": {}, "B": {Secret: "s"}},
		PortDefinitions: []spec.PortDefinition{}, UnreachableStrategy: spec.UnreachableStrategy{Disabled: true}, ResourceLimits: &spec.ResourceLimits{CPUs: "unlimited", Mem: 1.5},
		HealthChecks: []spec.HealthCheck{{Command: map[string]any{"value": "x", "n": json.Number("1.0"), "deep": map[string]any{"l": []any{1, int64(2), nil, true}}}, PortIndex: &zero}},
		Container:    &spec.Container{Volumes: []spec.Volume{}, PortMappings: []spec.PortMapping{{HostPort: &zero}, {}}},
		Version:      time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC),
	}
	if d := cmp.Diff(a, through(t, a)); d != "" {
		t.Error(d)
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Make[spec.PortDefinition]().Draw(t, "port")
		app := &spec.App{PortDefinitions: []spec.PortDefinition{a}, Labels: rapid.Make[map[string]string]().Draw(t, "labels"), Check: rapid.Ptr(rapid.Just(spec.Check{DelaySeconds: 3}), true).Draw(t, "check"),
			Constraints: rapid.Make[[][]string]().Draw(t, "constraints"), CPUs: rapid.Float64Range(0, 1e6).Draw(t, "cpus"), Instances: rapid.IntRange(0, 1<<40).Draw(t, "instances")}
		if d := cmp.Diff(app, through(t, app)); d != "" {
			t.Fatal(d)
		}
	})
}

type fataler interface{ Fatal(...any) }

func through(t fataler, a *spec.App) *spec.App {
	text, err := json.Marshal(encode(reflect.ValueOf(a)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var out *spec.App
	if err := decode(in, reflect.ValueOf(&out).Elem()); err != nil {
		t.Fatal(err)
	}
	return out
}

// Every change that a lock refuses leaves a version. However many there are, the definitions that the tree and a running
// plan name stay: without them the next start would not find its own tree.
func TestManyRefusedChangesDoNotPushTheDefinitionOut(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	before := w.get("/a").Spec
	w.mustPut("/a", `{"constraints":[["rack","LIKE","none"]]}`) // cannot be launched, so the plan goes on
	planned := w.get("/a").Spec
	for n := range historyLimit + 10 {
		var locked *LockedError
		if _, err := w.put("/a", `{"env":{"N":"`+strings.Repeat("x", n)+`"}}`, false); !errors.As(err, &locked) {
			t.Fatalf("change %d: %v", n, err)
		}
	}
	if v, _ := w.core.Versions("/a"); len(v) != historyLimit {
		t.Errorf("%d versions are kept, not %d", len(v), historyLimit)
	}
	w.reopen(true)
	for what, want := range map[string]*spec.App{"the former": before, "the planned": planned} {
		if _, err := w.core.AppVersion("/a", want.Version); err != nil {
			t.Errorf("%s definition: %v", what, err)
		}
	}
	if d := w.core.Deployments(); len(d) != 1 {
		t.Errorf("plans %v", d)
	}
	if got := w.get("/a").Spec; !got.Version.Equal(planned.Version) {
		t.Errorf("version %s, was %s", stamp(got.Version), stamp(planned.Version))
	}
}
