package scheduler

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

func TestCrashLoopBacksOff(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"crash 3","backoffSeconds":2,"backoffFactor":3,"maxLaunchDelaySeconds":20}`)
	w.until("the first failure", func() bool { return w.get("/a").LastTaskFailure != nil })
	w.quiet()
	var delays []time.Duration
	for n := range 4 {
		q := w.core.Queue()
		if len(q) != 1 || q[0].Overdue || q[0].Count != 1 {
			t.Fatalf("attempt %d: %s", n, asJSON(q))
		}
		delays = append(delays, q[0].TimeLeft)
		if n == 3 {
			break
		}
		w.advance(q[0].TimeLeft - time.Millisecond)
		w.quiet()
		if got := w.driver.launchCount(); got != n+1 {
			t.Fatalf("launched in the delay: %d", got)
		}
		w.until("the next start", func() bool { return w.driver.launchCount() == n+2 })
		w.quiet()
	}
	// The clock may have gone a step past the launch, so what is left is at most the delay.
	for n, want := range []time.Duration{2, 6, 18, 20} {
		if delays[n] > want*time.Second || delays[n] < want*time.Second-2*time.Second {
			t.Errorf("delay %d is %s, want %d s", n, delays[n], want)
		}
	}
	a := w.get("/a")
	if f := a.LastTaskFailure; f.State != agent.Failed || f.Message != "Command exited with status 3" || f.AppID != "/a" || f.Host == "" || f.AgentID == "" {
		t.Errorf("%+v", f)
	}
	if len(a.Tasks) != 1 || a.Tasks[0].Suspended || !a.Tasks[0].StagedAt.IsZero() || a.Tasks[0].State != agent.Failed || len(a.Tasks[0].Ports) != 0 || !strings.HasSuffix(a.Tasks[0].ID, "._app.4") {
		t.Errorf("%+v", a.Tasks)
	}
	// The plan ended in the moment in which the task ran.
	if len(a.Deployments) != 0 {
		t.Errorf("%v", a.Deployments)
	}
	if err := w.core.ResetDelay("/a"); err != nil {
		t.Fatal(err)
	}
	w.until("a start after the reset", func() bool { return w.driver.launchCount() == 5 })
	w.quiet()
	if q := w.core.Queue(); q[0].TimeLeft > 2*time.Second {
		t.Errorf("the delay did not begin anew: %s", q[0].TimeLeft)
	}
	if err := w.core.ResetDelay("/nope"); err == nil || err.Error() != "Application /nope not found in tasks queue." {
		t.Errorf("%v", err)
	}
	// A repair replaces it without waiting for the delay, and history stays.
	w.mustPut("/a", `{"cmd":"run"}`)
	w.deployed()
	a = w.get("/a")
	if a.Counts.Running != 1 || a.LastTaskFailure == nil || len(w.core.Queue()) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestForgottenDelay(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","backoffSeconds":5,"backoffFactor":10,"maxLaunchDelaySeconds":60}`)
	w.deployed()
	fail := func() time.Duration {
		w.running("/a", 1)
		w.driver.end(w.get("/a").Tasks[0].ID, agent.Failed, "x")
		w.until("the queue", func() bool { return len(w.core.Queue()) == 1 })
		return w.core.Queue()[0].TimeLeft
	}
	if d := fail(); d != 5*time.Second {
		t.Errorf("first %s", d)
	}
	w.advance(6 * time.Second)
	if d := fail(); d != 50*time.Second {
		t.Errorf("second %s", d)
	}
	w.advance(90 * time.Second) // ran for longer than the greatest delay
	if d := fail(); d != 5*time.Second {
		t.Errorf("after a long life %s", d)
	}
}

func TestExitZeroIsALossWithoutAFailure(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"crash 0","backoffSeconds":30}`)
	w.until("the end", func() bool { q := w.core.Queue(); return len(q) == 1 && !q[0].Overdue })
	a := w.get("/a")
	if a.LastTaskFailure != nil || a.Tasks[0].State != agent.Finished {
		t.Errorf("%+v %+v", a.LastTaskFailure, a.Tasks)
	}
}

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

func TestKillOnPurposeCostsNoDelay(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","backoffSeconds":600}`)
	w.deployed()
	if _, _, err := w.core.KillTasks([]string{w.get("/a").Tasks[0].ID}, false, false, false); err != nil {
		t.Fatal(err)
	}
	w.quiet()
	if q := w.core.Queue(); len(q) > 0 && !q[0].Overdue {
		t.Errorf("%s", asJSON(q))
	}
	w.advance(2 * time.Second)
	w.quiet()
	if w.driver.launchCount() != 2 {
		t.Error("not launched again")
	}
}

func TestOldInstanceThatEndsInARollIsNotRelaunched(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","cpus":3,"instances":3}`)
	w.deployed()
	old := w.get("/a").Tasks
	r := w.mustPut("/a", `{"env":{"V":"2"}}`) // no room: nothing moves
	w.quiet()
	w.driver.end(old[0].ID, agent.Failed, "Command exited with status 1")
	w.until("a new one in its place", func() bool {
		return slices.ContainsFunc(w.get("/a").Tasks, func(x Task) bool { return x.Version.Equal(r.Version) && x.State == agent.Running })
	})
	w.deployed() // each new one frees an old one
	for _, l := range w.driver.launches[3:] {
		if !l.App.Version.Equal(r.Version) {
			t.Errorf("the old configuration was launched again: %s", l.ID)
		}
	}
}

func TestSurplusOfAStoppedPlanGoesWithTheNextLook(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":2,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]}`)
	w.running("/a", 2)
	for _, id := range w.driver.alive() {
		w.driver.verdict(id, true)
	}
	w.deployed()
	d := w.mustPut("/a", `{"env":{"V":"2"}}`)
	w.running("/a", 4)
	if _, err := w.core.CancelDeployment(d.DeploymentID, true); err != nil {
		t.Fatal(err)
	}
	w.advance(time.Minute)
	w.quiet()
	if a := w.get("/a"); a.Counts.Running != 4 {
		t.Errorf("stopping a plan ended tasks: %+v", a.Counts)
	}
	w.advance(5 * time.Minute)
	w.quiet()
	if a := w.get("/a"); a.Counts.Running != 2 {
		t.Errorf("%+v", a.Counts)
	}
}
