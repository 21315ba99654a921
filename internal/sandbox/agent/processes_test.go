package agent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

const limit = 20 * time.Second

// rig is a driver with everything it reported.
type rig struct {
	t    *testing.T
	dir  string
	p    *Processes
	mu   sync.Mutex
	seen map[string][]Status
	news chan struct{}
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	r := open(t, t.TempDir(), change...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = r.p.Shutdown(ctx, false)
		if left := marked(taskMark, func(v string) bool { return strings.HasPrefix(v, r.dir+"/") }); len(left) > 0 {
			t.Errorf("processes left: %v", left)
		}
	})
	return r
}

func open(t *testing.T, dir string, change ...func(*Options)) *rig {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, dir: dir, seen: map[string][]Status{}, news: make(chan struct{}, 1)}
	o := Options{Dir: dir, Program: self, Ephemeral: true, Report: func(s Status) {
		r.mu.Lock()
		r.seen[s.TaskID] = append(r.seen[s.TaskID], s)
		r.mu.Unlock()
		select {
		case r.news <- struct{}{}:
		default:
		}
	}}
	for _, f := range change {
		f(&o)
	}
	r.p, err = New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) statuses(id string) []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Status(nil), r.seen[id]...)
}

// await answers the first status of the task that fits.
func (r *rig) await(id, what string, fits func(Status) bool) Status {
	r.t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		for _, s := range r.statuses(id) {
			if fits(s) {
				return s
			}
		}
		select {
		case <-r.news:
		case <-deadline.C:
			r.t.Fatalf("%s: no status that is %s; had %+v; stderr: %s", id, what, r.statuses(id), r.output(id, "stderr"))
		}
	}
}

func (r *rig) state(id string, want State) Status {
	r.t.Helper()
	return r.await(id, string(want), func(s Status) bool { return s.State == want })
}

func (r *rig) terminal(id string) Status {
	r.t.Helper()
	return r.await(id, "terminal", func(s Status) bool {
		return s.State != Staging && s.State != Starting && s.State != Running && s.State != Killing
	})
}

func (r *rig) output(id, file string) string {
	raw, _ := os.ReadFile(filepath.Join(r.p.SandboxDir(id), file))
	return string(raw)
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func task(cmd string, change ...func(*spec.App)) Task {
	app := &spec.App{ID: "/a", Cmd: &cmd}
	for _, f := range change {
		f(app)
	}
	instance := "a.instance-" + uuid.NewString()
	return Task{ID: instance + "._app.1", InstanceID: instance, App: app, AgentID: "agent-1", Hostname: "127.0.0.1", Env: map[string]string{"HOST": "127.0.0.1"}}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestTheEndOfATaskIsToldInMesosWords(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, c := range []struct {
		cmd     string
		state   State
		message string
	}{
		{"exit 0", Finished, "Command exited with status 0"},
		{"exit 3", Failed, "Command exited with status 3"},
		{"no-such-program", Failed, "Command exited with status 127"},
		{"kill -9 $$", Failed, "Command terminated with signal Killed"},
		{"kill -TERM $$", Failed, "Command terminated with signal Terminated"},
		{"kill -SEGV $$", Failed, "Command terminated with signal Segmentation fault"},
	} {
		task := task(c.cmd)
		r.p.Launch(task)
		got := r.terminal(task.ID)
		if got.State != c.state || got.Message != c.message {
			t.Errorf("%q ended %s %q, want %s %q", c.cmd, got.State, got.Message, c.state, c.message)
		}
		if s := r.statuses(task.ID); len(s) != 3 || s[0].State != Starting || s[1].State != Running {
			t.Errorf("%q: statuses %+v, want Starting, Running and the end", c.cmd, s)
		}
		if r.p.Pid(task.ID) != 0 {
			t.Errorf("%q: has a pid after its end", c.cmd)
		}
	}
}

func TestArgsAreNotExpanded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := task("", func(a *spec.App) { a.Cmd, a.Args = nil, []string{"printf", "%s|", "$HOME", "a b"} })
	bad := task("", func(a *spec.App) { a.Cmd, a.Args = nil, []string{"no-such-program"} })
	r.p.Launch(good)
	r.p.Launch(bad)
	if s := r.terminal(good.ID); s.State != Finished || r.output(good.ID, "stdout") != "$HOME|a b|" {
		t.Errorf("%s %q, output %q", s.State, s.Message, r.output(good.ID, "stdout"))
	}
	if s := r.terminal(bad.ID); s.State != Failed || !strings.Contains(s.Message, "no-such-program") {
		t.Errorf("%s %q", s.State, s.Message)
	}
}

func TestEnvironmentAndFolders(t *testing.T) {
	t.Setenv("KAFKA_HEAP_OPTS", "of the developer's shell")
	volume := filepath.Join(t.TempDir(), "volume")
	r := newRig(t, func(o *Options) {
		o.Images = func(image string) (map[string]string, error) {
			if image != "known:1" {
				return nil, fmt.Errorf("image %s is not known", image)
			}
			return map[string]string{"FROM_IMAGE": "image", "BOTH": "image"}, nil
		}
		o.TaskEnv = func(t Task) map[string]string { return map[string]string{"ADDED": t.Env["MINE"] + "+"} }
	})
	known := task("env; echo kept > there/file; ls -ld . >&2", func(a *spec.App) {
		a.Container = &spec.Container{Type: "DOCKER", Docker: &spec.Docker{Image: "known:1"}, Volumes: []spec.Volume{
			{ContainerPath: "data", Persistent: &spec.PersistentVolume{}},
			{ContainerPath: "/mnt/mesos/sandbox/data", HostPath: "data", Mode: "RW"},
			{ContainerPath: "/mnt/mesos/sandbox/there", HostPath: "data", Mode: "RW"},
			{ContainerPath: "/usr", HostPath: "/usr", Mode: "RO"},
		}}
	})
	known.Env = map[string]string{"MINE": "1", "BOTH": "user"}
	known.Volumes = map[string]string{"data": volume}
	r.p.Launch(known)
	if s := r.terminal(known.ID); s.State != Finished {
		t.Fatalf("%+v, %s", s, r.output(known.ID, "stderr"))
	}
	dir := r.p.SandboxDir(known.ID)
	out := "\n" + r.output(known.ID, "stdout")
	for _, line := range []string{"MINE=1", "BOTH=user", "FROM_IMAGE=image", "ADDED=1+", "MESOS_SANDBOX=" + dir, "MESOS_SLAVE_ID=agent-1", "LIBPROCESS_IP=127.0.0.1", "PWD=" + dir} {
		if !strings.Contains(out, "\n"+line+"\n") {
			t.Errorf("no %s in the task's environment:%s", line, out)
		}
	}
	if strings.Contains(out, "KAFKA_HEAP_OPTS") {
		t.Error("the sandbox's own environment reached the task")
	}
	if !strings.HasPrefix(r.output(known.ID, "stderr"), "drwx------") {
		t.Errorf("folder's mode: %s", r.output(known.ID, "stderr"))
	}
	if raw, err := os.ReadFile(filepath.Join(volume, "file")); err != nil || string(raw) != "kept\n" {
		t.Errorf("the volume holds %q, %v", raw, err)
	}
	latest, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(dir), "latest"))
	if want, _ := filepath.EvalSymlinks(dir); err != nil || latest != want {
		t.Errorf("latest is %s, %v", latest, err)
	}

	for name, c := range map[string]struct {
		words  string
		change func(*spec.App)
	}{
		"image": {"image other:1 is not known", func(a *spec.App) { a.Container = &spec.Container{Docker: &spec.Docker{Image: "other:1"}} }},
		"absolute": {"cannot be mounted", func(a *spec.App) {
			a.Container = &spec.Container{Volumes: []spec.Volume{{ContainerPath: "/x", HostPath: "data"}}}
		}},
		"external": {"no volume drivers", func(a *spec.App) {
			a.Container = &spec.Container{Volumes: []spec.Volume{{ContainerPath: "x", External: map[string]any{"name": "v"}}}}
		}},
		"user": {"user", func(a *spec.App) { u := "no-such-user"; a.User = &u }},
	} {
		bad := task("true", c.change)
		r.p.Launch(bad)
		if s := r.terminal(bad.ID); s.State != Failed || !strings.Contains(s.Message, c.words) {
			t.Errorf("%s: %s %q, want the words %q", name, s.State, s.Message, c.words)
		}
	}
}

func TestKillGrantsTheGraceAndThenForces(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	polite := task("trap 'echo bye; exit 0' TERM; touch up; while :; do sleep 0.05; done")
	stubborn := task("trap '' TERM; touch up; while :; do sleep 0.05; done")
	for _, task := range []Task{polite, stubborn} {
		r.p.Launch(task)
		r.state(task.ID, Running)
		until(t, "the trap is set", func() bool { _, err := os.Stat(filepath.Join(r.p.SandboxDir(task.ID), "up")); return err == nil })
	}
	r.p.Kill(polite.ID, time.Minute)
	if s := r.terminal(polite.ID); s.State != Killed || s.Message != "Command exited with status 0" || r.output(polite.ID, "stdout") != "bye\n" {
		t.Errorf("polite: %s %q", s.State, s.Message)
	}
	began := time.Now()
	r.p.Kill(stubborn.ID, 300*time.Millisecond)
	s := r.terminal(stubborn.ID)
	if took := time.Since(began); s.State != Killed || s.Message != "Command terminated with signal Killed" || took < 300*time.Millisecond {
		t.Errorf("stubborn: %s %q after %s", s.State, s.Message, took)
	}
	r.state(stubborn.ID, Killing)

	again := task("trap '' TERM; touch up; while :; do sleep 0.05; done")
	r.p.Launch(again)
	until(t, "the trap is set", func() bool { _, err := os.Stat(filepath.Join(r.p.SandboxDir(again.ID), "up")); return err == nil })
	r.p.Kill(again.ID, time.Hour)
	r.p.Kill(again.ID, 0)
	if s := r.terminal(again.ID); s.State != Killed {
		t.Errorf("a second kill with a shorter grace: %+v", s)
	}

	r.p.Kill("nobody", 0)
	if s := r.terminal("nobody"); s.State != Killed {
		t.Errorf("unknown task: %+v", s)
	}
}

func TestSignalIsSeenAsTheTasksOwnEnd(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	task := task("exec sleep 1000")
	r.p.Launch(task)
	r.state(task.ID, Running)
	if err := r.p.Signal(task.ID, int(syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	if s := r.terminal(task.ID); s.State != Failed || s.Message != "Command terminated with signal Killed" {
		t.Errorf("%+v", s)
	}
	if err := r.p.Signal(task.ID, 9); err == nil {
		t.Error("a signal to a task that ended was accepted")
	}
}

func TestALaterDriverFindsTheTasks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir)
	stays := task("exec sleep 1000")
	ends := task("while [ ! -e go ]; do sleep 0.01; done; exit 7")
	dying := task("trap 'exit 0' TERM; touch up; while :; do sleep 0.02; done")
	forgotten := task("exec sleep 1000")
	all := []Task{stays, ends, dying, forgotten}
	for _, task := range all {
		first.p.Launch(task)
		first.state(task.ID, Running)
	}
	pid, lost := first.p.Pid(stays.ID), first.p.Pid(forgotten.ID)
	endsDir := first.p.SandboxDir(ends.ID)
	until(t, "the trap is set", func() bool { _, err := os.Stat(filepath.Join(first.p.SandboxDir(dying.ID), "up")); return err == nil })
	if err := first.p.Shutdown(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(endsDir, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	until(t, "the second task's end is noted", func() bool { var e exitRecord; return readRecord(first.p.layout.state(ends.ID), exitFile, &e) == nil })
	if n := len(first.statuses(ends.ID)); n != 2 {
		t.Errorf("a driver that was shut down reported on: %+v", first.statuses(ends.ID))
	}

	second := open(t, dir)
	never := task("true")
	second.p.Recover([]Task{stays, ends, dying, never})
	second.state(stays.ID, Running)
	if got := second.p.Pid(stays.ID); got != pid {
		t.Errorf("pid %d, was %d: the task was restarted", got, pid)
	}
	if s := second.terminal(ends.ID); s.State != Failed || s.Message != "Command exited with status 7" {
		t.Errorf("ended meanwhile: %+v", s)
	}
	if s := second.terminal(never.ID); s.State != Lost {
		t.Errorf("never started: %+v", s)
	}
	second.state(dying.ID, Running)
	second.p.Kill(dying.ID, time.Minute)
	if s := second.terminal(dying.ID); s.State != Killed || s.Message != "Command exited with status 0" {
		t.Errorf("killed by the second driver: %+v", s)
	}
	until(t, "the forgotten task is ended", func() bool { return !alive(lost) })
	if err := second.p.Shutdown(context.Background(), false); err != nil {
		t.Fatal(err)
	}
	if s := second.terminal(stays.ID); s.State != Killed || alive(pid) {
		t.Errorf("after shutdown: %+v, alive %v", s, alive(pid))
	}
}

func TestATaskThatWasStillFetchingIsLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begun := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		close(begun)
		<-req.Context().Done()
	}))
	t.Cleanup(server.Close)
	first := open(t, dir)
	fetching := task("true", func(a *spec.App) { a.Fetch = []spec.Fetch{{URI: server.URL + "/slow"}} })
	first.p.Launch(fetching)
	<-begun
	if err := first.p.Shutdown(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	second.p.Recover([]Task{fetching})
	if s := second.terminal(fetching.ID); s.State != Lost {
		t.Errorf("%+v", s)
	}
	if s := first.statuses(fetching.ID); len(s) > 1 {
		t.Errorf("the first driver reported %+v", s)
	}
}

func TestAKillOutlivesTheDriver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := open(t, dir)
	stubborn := task("trap '' TERM; touch up; while :; do sleep 0.02; done")
	first.p.Launch(stubborn)
	until(t, "the trap is set", func() bool {
		_, err := os.Stat(filepath.Join(first.p.SandboxDir(stubborn.ID), "up"))
		return err == nil
	})
	first.p.Kill(stubborn.ID, 500*time.Millisecond)
	first.state(stubborn.ID, Killing)
	if err := first.p.Shutdown(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	second := open(t, dir)
	second.p.Recover([]Task{stubborn})
	if s := second.terminal(stubborn.ID); s.State != Killed || s.Message != "Command terminated with signal Killed" {
		t.Errorf("%+v", s)
	}
	_ = second.p.Shutdown(context.Background(), false)
}

func TestShutdownForcesWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	long := 3600
	stubborn := task("trap '' TERM; touch up; while :; do sleep 0.02; done", func(a *spec.App) { a.TaskKillGracePeriodSeconds = &long })
	r.p.Launch(stubborn)
	until(t, "the trap is set", func() bool { _, err := os.Stat(filepath.Join(r.p.SandboxDir(stubborn.ID), "up")); return err == nil })
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := r.p.Shutdown(ctx, false); err != nil {
		t.Fatal(err)
	}
	if s := r.terminal(stubborn.ID); s.State != Killed {
		t.Errorf("%+v", s)
	}
}

func TestHealthChecks(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	zero := 0
	path := "/ok"
	check := func(h spec.HealthCheck) func(*spec.App) {
		h.TimeoutSeconds = 5
		return func(a *spec.App) { a.HealthChecks = []spec.HealthCheck{h} }
	}
	healthy := func(want bool) func(Status) bool {
		return func(s Status) bool {
			return s.State == Running && s.Reason == ReasonHealth && s.Healthy != nil && *s.Healthy == want
		}
	}

	command := task("touch ok; exec sleep 1000", check(spec.HealthCheck{Protocol: "COMMAND", Command: map[string]any{"value": "test -f ok && test $MINE = 1"}, MaxConsecutiveFailures: 2}))
	command.Env = map[string]string{"MINE": "1"}
	r.p.Launch(command)
	r.await(command.ID, "healthy", healthy(true))
	if err := os.Remove(filepath.Join(r.p.SandboxDir(command.ID), "ok")); err != nil {
		t.Fatal(err)
	}
	s := r.terminal(command.ID)
	if s.State != Killed || !s.KilledByHealthCheck || s.Healthy == nil || *s.Healthy {
		t.Errorf("killed by its check: %+v", s)
	}
	verdicts := 0
	for _, s := range r.statuses(command.ID) {
		if healthy(false)(s) {
			verdicts++
		}
	}
	if verdicts != 2 {
		t.Errorf("%d failures told, want both", verdicts)
	}

	never := task("exec sleep 1000", check(spec.HealthCheck{Protocol: "COMMAND", Command: map[string]any{"value": "false"}, GracePeriodSeconds: 3600, MaxConsecutiveFailures: 0}))
	r.p.Launch(never)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	tcp := task("exec sleep 1000", check(spec.HealthCheck{Protocol: "MESOS_TCP", PortIndex: &zero, MaxConsecutiveFailures: 0}))
	tcp.Ports = []int{port}
	r.p.Launch(tcp)
	r.await(tcp.ID, "healthy", healthy(true))
	_ = listener.Close()
	if s := r.terminal(tcp.ID); s.State != Killed || !s.KilledByHealthCheck {
		t.Errorf("a limit of 0 is one failure: %+v", s)
	}

	web := task("exec sleep 1000", check(spec.HealthCheck{Protocol: "MESOS_HTTP", Path: &path, PortIndex: &zero, MaxConsecutiveFailures: 1}))
	status := serve(t, &web)
	status.Store(302)
	r.p.Launch(web)
	r.await(web.ID, "healthy", healthy(true))
	status.Store(404)
	if s := r.terminal(web.ID); !s.KilledByHealthCheck {
		t.Errorf("%+v", s)
	}

	if s := r.statuses(never.ID); len(s) != 2 {
		t.Errorf("failures within the grace period were told: %+v", s)
	}
}

func TestOldFoldersGo(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	first := task("true")
	var dirs []string
	for n := 1; n <= keptPerInstance+2; n++ {
		task := first
		task.ID = fmt.Sprintf("%s._app.%d", first.InstanceID, n)
		r.p.Launch(task)
		r.terminal(task.ID)
		until(t, "it is filed", func() bool { return r.p.find(task.ID) == nil })
		dirs = append(dirs, filepath.Join(r.dir, "slaves", "agent-1", "frameworks", "sandbox", "executors", task.ID))
	}
	for i, dir := range dirs {
		_, err := os.Stat(dir)
		if kept := err == nil; kept != (i >= 2) {
			t.Errorf("incarnation %d: kept %v", i+1, kept)
		}
	}
}

func TestATaskEndsWhenItsFolderIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := open(t, dir, func(o *Options) { o.Ephemeral = false })
	task := task("exec sleep 1000")
	r.p.Launch(task)
	r.state(task.ID, Running)
	pid := r.p.Pid(task.ID)
	if err := r.p.Shutdown(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	until(t, "the task is gone", func() bool { return !alive(pid) })
}
