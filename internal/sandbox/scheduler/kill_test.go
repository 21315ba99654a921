package scheduler

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

func TestKillOnPurpose(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/a","cmd":"run","instances":2}`)
	w.deployed()
	first := w.get("/r/a").Tasks[0]
	events := w.record()
	killed, r, err := w.core.KillTasks([]string{first.ID, "r_x.instance-11111111-2222-3333-4444-555555555555._app.1", "nonsense"}, false, false, false)
	if err != nil || r != nil || len(killed) != 1 || killed[0].State != agent.Running {
		t.Fatalf("%v %v %v", killed, r, err)
	}
	w.until("the next incarnation", func() bool {
		return slices.ContainsFunc(w.get("/r/a").Tasks, func(x Task) bool {
			return x.ID == first.InstanceID+"._app.2" && x.State == agent.Running
		})
	})
	if d := cmp.Diff([]string{"Killing", "Killed", "Provisioned", "Starting", "Running"}, conditions(events(), first.InstanceID)); d != "" {
		t.Error(d)
	}
	if a := w.get("/r/a"); a.LastTaskFailure != nil || len(w.core.Queue()) != 0 {
		t.Errorf("%+v", a)
	}
	// The id of the first incarnation does as well.
	killed, _, _ = w.core.KillTasks([]string{first.ID}, false, false, false)
	if len(killed) != 1 || killed[0].ID != first.InstanceID+"._app.2" {
		t.Errorf("%+v", killed)
	}
	w.running("/r/a", 2)

	_, r, err = w.core.KillTasks([]string{first.ID}, true, false, false)
	if err != nil || r == nil {
		t.Fatal(err)
	}
	w.deployed()
	if a := w.get("/r/a"); a.Spec.Instances != 1 || len(a.Tasks) != 1 || a.Tasks[0].InstanceID == first.InstanceID {
		t.Errorf("%+v", a.Tasks)
	}
	last := w.get("/r/a").Tasks[0]
	if _, _, err := w.core.KillTasks([]string{last.ID}, false, true, false); err != nil {
		t.Fatal(err)
	}
	w.until("a new instance", func() bool {
		tasks := w.get("/r/a").Tasks
		return len(tasks) == 1 && tasks[0].InstanceID != last.InstanceID && tasks[0].State == agent.Running
	})
}

func TestKillWhileLocked(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":4,"constraints":[["hostname","UNIQUE"]]}`)
	w.running("/a", 3)
	ids := []string{}
	for _, task := range w.get("/a").Tasks {
		ids = append(ids, task.ID)
	}
	if _, _, err := w.core.KillTasks(ids[:1], true, false, false); err == nil {
		t.Error("a locked app was scaled")
	}
	if killed, _, err := w.core.KillTasks(ids[:1], false, false, false); err != nil || len(killed) != 1 {
		t.Errorf("%v %v", killed, err)
	}
	if _, r, err := w.core.KillTasks(ids, true, false, true); err != nil || r == nil {
		t.Fatal(err)
	}
	w.until("one running", func() bool {
		a := w.get("/a")
		return a.Spec.Instances == 1 && a.Counts.Running == 1 && len(a.Tasks) == 1
	})
}

func TestUnansweredKillsAreRepeated(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"stubborn","taskKillGracePeriodSeconds":7}`)
	w.deployed()
	id := w.get("/a").Tasks[0].ID
	w.mustPut("/a", `{"instances":0}`)
	w.until("TASK_KILLING", func() bool { return w.get("/a").Tasks[0].State == agent.Killing })
	w.advance(65 * time.Second)
	w.driver.mu.Lock()
	kills := slices.Clone(w.driver.kills)
	w.driver.mu.Unlock()
	if len(kills) != 3 {
		t.Errorf("killed %d times: %v", len(kills), kills)
	}
	w.driver.end(id, agent.Killed, "")
	w.deployed()
}

func TestStagingForTooLong(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"stage"}`)
	w.until("staging", func() bool { return w.get("/a").Counts.Staged == 1 })
	w.advance(6 * time.Minute)
	w.until("the second attempt", func() bool { return w.driver.launchCount() >= 2 })
}
