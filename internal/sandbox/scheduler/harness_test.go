package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// scriptedDriver plays the agents: tasks start at once unless told otherwise by their command.
//
//	"run"       starts, runs, ends when killed
//	"crash N"   starts, runs, ends with exit status N
//	"stage"     never gets past TASK_STAGING
//	"stubborn"  runs; a kill is heard but not obeyed until release
type scriptedDriver struct {
	mu        sync.Mutex
	report    func(agent.Status)
	tasks     map[string]agent.Task // alive
	launches  []agent.Task
	kills     []string
	recovered []agent.Task
	stubborn  bool
}

func (d *scriptedDriver) tell(id string, state agent.State, msg string) {
	d.report(agent.Status{TaskID: id, State: state, Message: msg})
}

func (d *scriptedDriver) Launch(t agent.Task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.launches = append(d.launches, t)
	d.tasks[t.ID] = t
	cmd := ""
	if t.App.Cmd != nil {
		cmd = *t.App.Cmd
	}
	if cmd == "stage" {
		return
	}
	d.tell(t.ID, agent.Starting, "")
	d.tell(t.ID, agent.Running, "")
	var code int
	if n, _ := fmt.Sscanf(cmd, "crash %d", &code); n == 1 {
		delete(d.tasks, t.ID)
		if code == 0 {
			d.tell(t.ID, agent.Finished, "Command exited with status 0")
		} else {
			d.tell(t.ID, agent.Failed, fmt.Sprintf("Command exited with status %d", code))
		}
	}
}

func (d *scriptedDriver) Kill(id string, _ time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kills = append(d.kills, id)
	t, ok := d.tasks[id]
	if !ok {
		d.tell(id, agent.Killed, "unknown task")
		return
	}
	d.tell(id, agent.Killing, "")
	if d.stubborn || t.App != nil && t.App.Cmd != nil && *t.App.Cmd == "stubborn" {
		return
	}
	delete(d.tasks, id)
	d.tell(id, agent.Killed, "Command terminated with signal Terminated")
}

// end makes a task end by itself.
func (d *scriptedDriver) end(id string, state agent.State, msg string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tasks, id)
	d.tell(id, state, msg)
}

// verdict is a health check of the agent's.
func (d *scriptedDriver) verdict(id string, healthy bool) {
	d.report(agent.Status{TaskID: id, State: agent.Running, Reason: agent.ReasonHealth, Healthy: &healthy})
}

func (d *scriptedDriver) Recover(tasks []agent.Task) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.recovered = append(d.recovered, tasks...)
	for _, t := range tasks {
		if _, ok := d.tasks[t.ID]; ok {
			d.tell(t.ID, agent.Running, "")
		} else {
			d.tell(t.ID, agent.Lost, "The task was gone when the sandbox came back")
		}
	}
}

func (d *scriptedDriver) Signal(string, int) error { return nil }

func (d *scriptedDriver) Shutdown(_ context.Context, keep bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if keep {
		return nil
	}
	for id := range d.tasks {
		delete(d.tasks, id)
		d.tell(id, agent.Killed, "Command terminated with signal Terminated")
	}
	return nil
}

func (d *scriptedDriver) SandboxDir(string) string { return "" }
func (d *scriptedDriver) Pid(string) int           { return 0 }

func (d *scriptedDriver) alive() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for id := range d.tasks {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (d *scriptedDriver) launchCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.launches)
}

// world is a core with a scripted driver under a clock of the test's.
type world struct {
	t      testing.TB
	core   *Core
	driver *scriptedDriver
	clock  *quartz.Mock
	dir    string
	agents []Agent
	vols   string
}

func threeAgents() []Agent {
	var out []Agent
	for n := 1; n <= 3; n++ {
		out = append(out, Agent{
			ID: fmt.Sprintf("agent-S%d", n), Hostname: fmt.Sprintf("127.0.0.%d", n+1), CPUs: 4, Mem: 8192, Disk: 100000,
			Attributes: map[string]string{"rack": fmt.Sprintf("r%d", n), "zone": fmt.Sprintf("z%d", n), "node": fmt.Sprintf("n%d", n)},
			PortRanges: [][2]int{{9092, 9093}, {31000, 31999}},
		})
	}
	return out
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir(), agents: threeAgents(), clock: quartz.NewMock(t).WithLogger(quartz.NoOpLogger)}
	w.clock.Set(time.Date(2026, 11, 24, 6, 0, 0, 0, time.UTC)).MustWait(context.Background())
	w.driver = &scriptedDriver{tasks: map[string]agent.Task{}}
	w.open()
	return w
}

// open makes a core over the world's folder and starts it.
func (w *world) open() {
	w.t.Helper()
	core, err := New(Options{
		Agents: w.agents, Dir: w.dir, VolumesDir: w.vols, Clock: w.clock,
		NewDriver: func(report func(agent.Status)) agent.Driver {
			w.driver.mu.Lock()
			defer w.driver.mu.Unlock()
			w.driver.report = report
			return w.driver
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	core.probe = func(string, int, bool) bool { return true }
	w.core = core
	core.Start()
	w.t.Cleanup(func() { _ = core.Close(context.Background(), true) })
}

// advance moves the clock from event to event.
func (w *world) advance(total time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for total > 0 {
		d, ok := w.clock.Peek()
		if !ok || d > total {
			d = total
		}
		w.clock.Advance(d).MustWait(ctx)
		total -= d
	}
}

// until waits for something to come true, letting time pass when nothing moves by itself.
func (w *world) until(what string, cond func() bool) {
	w.t.Helper()
	for range 400 {
		w.quiet()
		if cond() {
			return
		}
		w.advance(250 * time.Millisecond)
	}
	w.t.Fatalf("never came: %s\n%s", what, w.dump())
}

// quiet lets everything that is under way happen without time passing.
func (w *world) quiet() {
	w.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Microsecond) {
		if w.idle() {
			return
		}
	}
	w.t.Fatal("the core does not come to rest")
}

// idle says whether no report, no call for offers and no probe is on its way.
func (w *world) idle() bool {
	w.core.mu.Lock()
	defer w.core.mu.Unlock()
	w.core.statuses.mu.Lock()
	defer w.core.statuses.mu.Unlock()
	return len(w.core.statuses.items) == 0 && !w.core.statuses.busy && w.core.kicks == 0 && w.core.probing == 0
}

func (w *world) dump() string {
	w.core.mu.Lock()
	defer w.core.mu.Unlock()
	s := ""
	for _, d := range w.core.deployments {
		s += fmt.Sprintf("deployment %s step %d of %v\n", d.ID, d.current, d.steps)
	}
	for _, i := range w.core.instances {
		s += fmt.Sprintf("%s goal %s cond %s alive %t inc %d agent %s version %s\n", i.ID, i.Goal, i.Condition, i.Alive, i.Incarnation, i.Agent, stamp(i.Spec.Version))
	}
	for id, q := range w.core.stats {
		s += fmt.Sprintf("offers %s: %+v\n", id, *q)
	}
	return s
}

// app decodes a definition as POST /v2/apps would.
func (w *world) app(definition string) *spec.App {
	w.t.Helper()
	a, err := spec.Create([]byte(definition), spec.Options{Features: map[string]bool{"secrets": true, "gpu_resources": true}})
	if err != nil {
		w.t.Fatalf("%s: %v", definition, err)
	}
	return a
}

func (w *world) create(definition string) Result {
	w.t.Helper()
	r, err := w.core.CreateApp(w.app(definition), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// put changes an app by a partial update.
func (w *world) put(id, body string, force bool) (Result, error) {
	return w.core.UpdateApps([]string{id}, func(_ string, current *spec.App) (*spec.App, error) {
		a, _, err := spec.Update(id, current, []byte(body), true, spec.Options{Features: map[string]bool{"secrets": true}})
		return a, err
	}, force)
}

func (w *world) mustPut(id, body string) Result {
	w.t.Helper()
	r, err := w.put(id, body, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) get(id string) App {
	w.t.Helper()
	a, err := w.core.App(id)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) deployed() {
	w.t.Helper()
	w.until("the end of all deployments", func() bool { return len(w.core.Deployments()) == 0 })
}

func (w *world) running(id string, n int) {
	w.t.Helper()
	w.until(fmt.Sprintf("%d running of %s", n, id), func() bool { return w.get(id).Counts.Running == n })
}

// record collects events until stopped.
func (w *world) record() func() []Event {
	ch, cancel := w.core.Subscribe()
	return func() []Event {
		cancel()
		var out []Event
		for e := range ch {
			out = append(out, e)
		}
		return out
	}
}

func types(events []Event, only ...string) []string {
	var out []string
	for _, e := range events {
		if len(only) == 0 || slices.Contains(only, e.Type) {
			out = append(out, e.Type)
		}
	}
	return out
}

func conditions(events []Event, instance string) []string {
	var out []string
	for _, e := range events {
		if e.Type == "instance_changed_event" && e.Fields["instanceId"] == instance {
			out = append(out, fmt.Sprint(e.Fields["condition"]))
		}
	}
	return out
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
