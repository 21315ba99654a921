package scheduler

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

func TestAgentRunHealth(t *testing.T) {
	w := newWorld(t)
	events := w.record()
	w.create(`{"id":"/a","cmd":"run","healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]}`)
	w.running("/a", 1)
	w.quiet()
	a := w.get("/a")
	if a.Counts != (Counts{Running: 1}) || len(a.Tasks[0].Health) != 0 || len(a.Deployments) != 1 {
		t.Fatalf("%+v", a)
	}
	id := a.Tasks[0].ID
	w.driver.verdict(id, true)
	w.deployed()
	a = w.get("/a")
	if a.Counts != (Counts{Running: 1, Healthy: 1}) || len(a.Tasks[0].Health) != 1 || !a.Tasks[0].Health[0].Alive || a.Tasks[0].Health[0].FirstSuccess.IsZero() {
		t.Errorf("%+v", a)
	}
	got := events()
	if d := cmp.Diff([]string{"instance_health_changed_event", "instance_health_changed_event"}, types(got, "instance_health_changed_event")); d != "" {
		t.Error(d)
	}
	if n := len(types(got, "health_status_changed_event")); n != 1 {
		t.Errorf("%d health_status_changed_event", n)
	}
	if n := len(types(got, "status_update_event")); n != 3 { // starting, running, healthy
		t.Errorf("%d status_update_event", n)
	}
	if n := len(types(got, "add_health_check_event")); n != 1 {
		t.Errorf("%d add_health_check_event", n)
	}
	w.driver.verdict(id, false)
	w.until("unhealthy", func() bool { return w.get("/a").Counts.Unhealthy == 1 })
	// Such a kill is the agent's: neither a failure nor a delay.
	w.driver.report(agent.Status{TaskID: id, State: agent.Killed, KilledByHealthCheck: true})
	w.until("the next incarnation", func() bool { return w.driver.launchCount() == 2 })
	if a := w.get("/a"); a.LastTaskFailure != nil {
		t.Errorf("%+v", a.LastTaskFailure)
	}
}

// served is an HTTP server of the test on the first agent's address and port.
func served(t *testing.T, w *world, h http.HandlerFunc) {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	host, text, _ := net.SplitHostPort(s.Listener.Addr().String())
	port, _ := strconv.Atoi(text)
	w.core.mu.Lock()
	defer w.core.mu.Unlock()
	w.core.opts.Agents = []Agent{{ID: "agent-S1", Hostname: host, CPUs: 4, Mem: 4096, Disk: 1000, PortRanges: [][2]int{{port, port}}}}
}

func TestHealthOfMarathonsOwn(t *testing.T) {
	var status atomic.Int32
	status.Store(503)
	w := newWorld(t)
	served(t, w, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(int(status.Load())) })
	events := w.record()
	w.create(`{"id":"/a","cmd":"run","portDefinitions":[{"port":0,"name":"x"}],"healthChecks":[{"protocol":"HTTP","path":"/ok","portIndex":0,"gracePeriodSeconds":10,"intervalSeconds":2,"timeoutSeconds":5,"maxConsecutiveFailures":2}]}`)
	w.running("/a", 1)
	w.until("a failure that does not count", func() bool { return w.get("/a").Counts.Unhealthy == 1 })
	if h := w.get("/a").Tasks[0].Health[0]; h.Alive || h.ConsecutiveFailures != 0 || !h.LastFailure.IsZero() {
		t.Errorf("in the grace period: %+v", h)
	}
	status.Store(302)
	w.deployed()
	if a := w.get("/a"); a.Counts.Healthy != 1 || !a.Tasks[0].Health[0].Alive {
		t.Errorf("%+v", a)
	}
	first := w.get("/a").Tasks[0].ID
	status.Store(404) // after a success there is no grace any more
	w.until("the kill", func() bool { return w.get("/a").LastTaskFailure != nil })
	f := w.get("/a").LastTaskFailure
	if f.State != agent.Killed || f.Message != "Task was killed since health check failed. Reason: 404 Not Found" || f.TaskID != first {
		t.Errorf("%+v", f)
	}
	status.Store(200)
	w.until("health again", func() bool { a := w.get("/a"); return a.Counts.Healthy == 1 && a.Tasks[0].ID != first })
	got := events()
	failed, kills := 0, 0
	for _, e := range got {
		switch e.Type {
		case "failed_health_check_event":
			failed++
		case "unhealthy_instance_kill_event":
			kills++
			if failed != 3 { // the kill comes with the failure after the second is recorded
				t.Errorf("killed with failure %d", failed)
			}
		}
	}
	if kills != 1 {
		t.Errorf("%d kills", kills)
	}
	if q := w.core.Queue(); len(q) != 0 {
		t.Errorf("%s", asJSON(q))
	}
}

func TestHealthCheckWithoutPortCannotPass(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","healthChecks":[{"protocol":"HTTP","gracePeriodSeconds":1,"intervalSeconds":1,"timeoutSeconds":1,"maxConsecutiveFailures":0}]}`)
	w.until("the cause", func() bool {
		a := w.get("/a")
		return len(a.Tasks) == 1 && len(a.Tasks[0].Health) == 1 && a.Tasks[0].Health[0].LastFailureCause != ""
	})
	if h := w.get("/a").Tasks[0].Health[0]; h.LastFailureCause != "UnsupportedOperationException: Health check failed: unable to get the task's effectivePort" {
		t.Errorf("%+v", h)
	}
	w.advance(time.Minute)
	if w.driver.launchCount() != 1 {
		t.Error("maxConsecutiveFailures 0 killed it")
	}
}

func TestTCPHealth(t *testing.T) {
	w := newWorld(t)
	served(t, w, func(http.ResponseWriter, *http.Request) {})
	w.create(`{"id":"/a","cmd":"run","portDefinitions":[{"port":0}],"healthChecks":[{"protocol":"TCP","portIndex":0,"intervalSeconds":1,"timeoutSeconds":1}]}`)
	w.deployed()
	if a := w.get("/a"); a.Counts.Healthy != 1 {
		t.Errorf("%+v", a.Counts)
	}
}

func TestReadinessHoldsThePlan(t *testing.T) {
	var ready atomic.Bool
	w := newWorld(t)
	served(t, w, func(rw http.ResponseWriter, r *http.Request) {
		if !ready.Load() || r.URL.Path != "/ready" {
			http.Error(rw, "not yet", http.StatusNotFound)
		}
	})
	w.create(`{"id":"/a","cmd":"run","portDefinitions":[{"port":0,"name":"http"}],"readinessChecks":[{"name":"rdy","path":"/ready","portName":"http","intervalSeconds":2,"timeoutSeconds":1,"preserveLastResponse":true}]}`)
	w.until("an answer", func() bool { return len(w.get("/a").Readiness) == 1 })
	a := w.get("/a")
	want := ReadinessResult{Name: "rdy", TaskID: a.Tasks[0].ID, Status: 404, Body: "not yet\n", HasResponse: true}
	if d := cmp.Diff([]ReadinessResult{want}, a.Readiness); d != "" {
		t.Error(d)
	}
	if d := w.core.Deployments(); len(d) != 1 || len(d[0].Readiness["/a"]) != 1 {
		t.Errorf("%+v", d)
	}
	w.advance(time.Minute)
	if len(w.core.Deployments()) != 1 {
		t.Fatal("the plan ended unready")
	}
	ready.Store(true)
	w.deployed()
	if a := w.get("/a"); len(a.Readiness) != 0 {
		t.Errorf("readiness outlives the plan: %+v", a.Readiness)
	}
}

func TestIntervalZeroDoesNotSpin(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","portDefinitions":[{"port":0}],"healthChecks":[{"protocol":"TCP","portIndex":0,"intervalSeconds":0,"timeoutSeconds":1}]}`)
	w.until("the first probe's time", func() bool { return w.get("/a").Counts.Running == 1 })
	if d, ok := w.clock.Peek(); !ok || d <= 0 {
		t.Errorf("the next event is due in %s", d)
	}
}
