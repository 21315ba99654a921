package scheduler

import (
	"testing"
	"time"
)

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
