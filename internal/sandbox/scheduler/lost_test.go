package scheduler

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

func TestLostAgentWithPatience(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","unreachableStrategy":{"inactiveAfterSeconds":300,"expungeAfterSeconds":600}}`)
	w.deployed()
	task := w.get("/a").Tasks[0]
	w.core.SetAgentDown(task.AgentID, true)
	a := w.get("/a")
	if a.Tasks[0].State != stateUnreachable || a.Counts.Running != 0 || len(w.core.Queue()) != 0 {
		t.Fatalf("%+v", a)
	}
	w.mustPut("/a", `{"instances":2}`)
	w.until("one more", func() bool { return w.get("/a").Counts.Running == 1 })
	w.core.SetAgentDown(task.AgentID, false)
	w.running("/a", 2)
	w.deployed()
	if got := w.get("/a").Tasks; len(got) != 2 || got[0].ID != task.ID {
		t.Errorf("%+v", got)
	}
	w.core.SetAgentDown(task.AgentID, true)
	w.advance(11 * time.Minute)
	w.until("a replacement", func() bool { return w.get("/a").Counts.Running == 2 })
	w.advance(10 * time.Minute)
	if got := w.get("/a").Tasks; slices.ContainsFunc(got, func(x Task) bool { return x.ID == task.ID }) {
		t.Errorf("the lost task was not forgotten: %+v", got)
	}
	w.core.SetAgentDown(task.AgentID, false)
	w.until("the lost task is killed", func() bool { return !slices.Contains(w.driver.alive(), task.ID) })
	if got := w.get("/a"); got.Counts.Running != 2 || len(got.Tasks) != 2 {
		t.Errorf("%+v", got.Tasks)
	}
}

func TestLostAgentByDefault(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	task := w.get("/a").Tasks[0]
	events := w.record()
	w.core.SetAgentDown(task.AgentID, true)
	w.running("/a", 1)
	a := w.get("/a")
	if len(a.Tasks) != 1 || a.Tasks[0].InstanceID == task.InstanceID || a.LastTaskFailure != nil {
		t.Errorf("%+v", a)
	}
	if d := cmp.Diff([]string{"UnreachableInactive"}, conditions(events(), task.InstanceID)); d != "" {
		t.Error(d)
	}
	w.core.SetAgentDown(task.AgentID, false)
	w.until("the lost task is killed", func() bool { return !slices.Contains(w.driver.alive(), task.ID) })
	if a := w.get("/a"); len(a.Tasks) != 1 || a.Counts.Running != 1 {
		t.Errorf("%+v", a.Tasks)
	}
}

func TestLostResidentWaits(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/db","cmd":"run",` + resident + `}`)
	w.deployed()
	task := w.get("/r/db").Tasks[0]
	w.core.SetAgentDown(task.AgentID, true)
	w.advance(time.Hour)
	if a := w.get("/r/db"); a.Tasks[0].State != stateUnreachable || len(w.core.Queue()) != 0 {
		t.Fatalf("%+v", a.Tasks)
	}
	// What happens to it meanwhile is told when the agent is back.
	w.driver.end(task.ID, agent.Failed, "Command exited with status 1")
	w.quiet()
	if w.get("/r/db").LastTaskFailure != nil {
		t.Error("a cut-off agent told something")
	}
	events := w.record()
	w.core.SetAgentDown(task.AgentID, false)
	w.until("its next incarnation", func() bool { a := w.get("/r/db"); return a.Counts.Running == 1 && a.LastTaskFailure != nil })
	if got := w.get("/r/db").Tasks[0]; got.ID != task.InstanceID+"._app.2" || got.AgentID != task.AgentID {
		t.Errorf("%+v", got)
	}
	if d := cmp.Diff([]string{"Failed", "Provisioned", "Starting", "Running"}, conditions(events(), task.InstanceID)); d != "" {
		t.Error(d)
	}
}
