package scheduler

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

const resident = `"role":"r","container":{"type":"MESOS","volumes":[{"containerPath":"data","mode":"RW","persistent":{"size":64}}]}`

func TestResidentInstancesKeepTheirPlace(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/db","cmd":"run",` + resident + `}`)
	w.deployed()
	first := w.get("/r/db").Tasks[0]
	if len(first.LocalVolumes) != 1 || first.LocalVolumes[0].ContainerPath != "data" {
		t.Fatalf("%+v", first)
	}
	dir := w.driver.launches[0].Volumes["data"]
	if err := os.WriteFile(dir+"/kept", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	same := func(what string, incarnation string) Task {
		t.Helper()
		task := w.get("/r/db").Tasks[0]
		if task.InstanceID != first.InstanceID || task.AgentID != first.AgentID || !strings.HasSuffix(task.ID, incarnation) || task.LocalVolumes[0] != first.LocalVolumes[0] {
			t.Errorf("%s: %+v", what, task)
		}
		return task
	}
	w.mustPut("/r/db", `{"env":{"A":"1"}}`)
	w.deployed()
	if task := same("changed", "._app.2"); !slices.Equal(task.Ports, first.Ports) {
		t.Errorf("ports moved: %v", task.Ports)
	}
	w.mustPut("/r/db", `{"instances":0}`)
	w.deployed()
	if task := same("suspended", "._app.2"); !task.Suspended || task.State != agent.Killed || len(task.Ports) != 0 {
		t.Errorf("%+v", task)
	}
	w.core.mu.Lock()
	free, ports := w.core.free(w.agents[slices.IndexFunc(w.agents, func(a Agent) bool { return a.ID == first.AgentID })])
	w.core.mu.Unlock()
	if free.CPUs != 3 || free.Disk != 100000-64 || ports.has(first.Ports[0]) {
		t.Errorf("a suspended instance gave its reservation back: %+v", free)
	}
	w.mustPut("/r/db", `{"instances":1}`)
	w.deployed()
	same("resumed", "._app.3")
	w.driver.end(w.get("/r/db").Tasks[0].ID, agent.Failed, "Command exited with status 1")
	w.until("it is back", func() bool { a := w.get("/r/db"); return a.Counts.Running == 1 && a.LastTaskFailure != nil })
	same("crashed", "._app.4")
	if _, err := os.Stat(dir + "/kept"); err != nil {
		t.Error(err)
	}
	if _, _, err := w.core.KillTasks([]string{first.ID}, false, true, false); err != nil {
		t.Fatal(err)
	}
	w.until("a new instance", func() bool {
		tasks := w.get("/r/db").Tasks
		return len(tasks) == 1 && tasks[0].InstanceID != first.InstanceID && tasks[0].State == agent.Running
	})
	w.until("the volume is gone", func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
	second := w.driver.launches[len(w.driver.launches)-1].Volumes["data"]
	if _, err := w.core.DeleteApp("/r/db", false); err != nil {
		t.Fatal(err)
	}
	w.deployed()
	w.until("the second volume is gone", func() bool { _, err := os.Stat(second); return os.IsNotExist(err) })
}

func TestResidentRules(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/db","cmd":"run",` + resident + `}`)
	w.deployed()
	for body, want := range map[string]string{
		`{"cpus":0.2}`:          "/app(0)/cpus",
		`{"mem":64}`:            "/app(0)/mem",
		`{"requirePorts":true}`: "/app(0)/requirePorts",
		`{"portDefinitions":[{"port":0},{"port":0}]}`: "/app(0)",
	} {
		_, err := w.put("/r/db", body, true)
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
