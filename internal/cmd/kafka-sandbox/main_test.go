package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
)

const (
	limit  = 30 * time.Second
	asMain = "KAFKA_SANDBOX_TEST_AS_MAIN"
)

// The test binary is the command, and the program its tasks are started through.
func TestMain(m *testing.M) {
	if code, handled := sandbox.Multicall(os.Args[1:]); handled {
		syscall.Exit(code) // not os.Exit: a binary built for race detection waits a second there
	}
	if os.Getenv(asMain) != "" {
		main()
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

// command is a running kafka-sandbox.
type command struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	output *bytes.Buffer
	ended  chan error
}

func startCommand(t *testing.T, args ...string) *command {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &command{t: t, cmd: exec.Command(self, args...), output: &bytes.Buffer{}, ended: make(chan error, 1)}
	c.cmd.Env = append(os.Environ(), asMain+"=1")
	c.cmd.Stderr = c.output
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "Ready: "); ok {
				ready <- url
			}
		}
		c.ended <- c.cmd.Wait()
	}()
	select {
	case c.url = <-ready:
	case err := <-c.ended:
		t.Fatalf("ended before it was ready: %v\n%s", err, c.output)
	case <-time.After(limit):
		t.Fatalf("not ready in time\n%s", c.output)
	}
	return c
}

func (c *command) end(sig syscall.Signal) error {
	c.t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
	select {
	case err := <-c.ended:
		return err
	case <-time.After(limit):
		c.t.Fatalf("did not end after %s\n%s", sig, c.output)
		return nil
	}
}

func (c *command) post(def map[string]any) {
	c.t.Helper()
	raw, err := json.Marshal(def)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.Post(c.url+"/v2/apps", "application/json", bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusCreated {
		body, _ := io.ReadAll(resp.Body)
		c.t.Fatalf("%s: %s", resp.Status, body)
	}
}

// running waits until the app has n running tasks and no deployment, and answers their ids.
func (c *command) running(id string, n int) []string {
	c.t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(c.url + "/v2/apps" + id)
		if err != nil {
			c.t.Fatal(err)
		}
		var body struct {
			App struct {
				TasksRunning int
				Deployments  []any
				Tasks        []struct{ ID, State string }
			}
		}
		err = json.NewDecoder(resp.Body).Decode(&body)
		_ = resp.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		if body.App.TasksRunning == n && len(body.App.Tasks) == n && len(body.App.Deployments) == 0 {
			var ids []string
			for _, task := range body.App.Tasks {
				ids = append(ids, task.ID)
			}
			slices.Sort(ids)
			return ids
		}
	}
	c.t.Fatalf("%s: not %d running in time\n%s", id, n, c.output)
	return nil
}

// pids reads what the tasks wrote into dir, a file per process.
func pids(t *testing.T, dir string) []int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pid)
	}
	return all
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func gone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		for deadline := time.Now().Add(limit); alive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("process %d is still there", pid)
				break
			}
		}
	}
}

func arguments(dir string, more ...string) []string {
	return append([]string{"--listen", "127.0.0.1:0", "--isolated", "--dir", dir}, more...)
}

func app(written string) map[string]any {
	return map[string]any{"id": "/a", "cmd": "touch '" + written + "'/$$; exec sleep 1000", "cpus": 0.1, "mem": 32, "instances": 2}
}

func TestTasksSurviveAKilledSandbox(t *testing.T) {
	t.Parallel()
	dir, written := t.TempDir(), t.TempDir()
	first := startCommand(t, arguments(dir)...)
	first.post(app(written))
	before := first.running("/a", 2)
	_ = first.end(syscall.SIGKILL)
	processes := pids(t, written)
	if len(processes) != 2 || !alive(processes[0]) || !alive(processes[1]) {
		t.Fatalf("processes %v", processes)
	}
	second := startCommand(t, arguments(dir)...)
	if after := second.running("/a", 2); !slices.Equal(after, before) {
		t.Errorf("tasks %v, were %v", after, before)
	}
	if now := pids(t, written); !slices.Equal(now, processes) {
		t.Errorf("processes %v, were %v: tasks were restarted", now, processes)
	}
	if err := second.end(syscall.SIGTERM); err != nil {
		t.Errorf("%v\n%s", err, second.output)
	}
	gone(t, processes)
}

func TestInterruptEndsTasksUnlessTheyAreKept(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		dir, written := t.TempDir(), t.TempDir()
		var flags []string
		if keep {
			flags = append(flags, "--keep-tasks")
		}
		c := startCommand(t, arguments(dir, flags...)...)
		c.post(app(written))
		before := c.running("/a", 2)
		processes := pids(t, written)
		if err := c.end(syscall.SIGINT); err != nil {
			t.Errorf("keep %v: %v\n%s", keep, err, c.output)
		}
		if !keep {
			gone(t, processes)
			continue
		}
		again := startCommand(t, arguments(dir)...)
		if after := again.running("/a", 2); !slices.Equal(after, before) {
			t.Errorf("tasks %v, were %v", after, before)
		}
		_ = again.end(syscall.SIGTERM)
		gone(t, processes)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("p w\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := parse([]string{"--agents", "5", "--agent-cpus", "0.5", "--agent-mem=100", "--agent-disk=7", "--user", "u", "--password-file", secret, "--keep-tasks", "--dir", "/d"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c := o.config; len(c.Agents) != 5 || c.Agents[4].CPUs != 0.5 || c.Agents[4].Mem != 100 || c.Agents[4].Disk != 7 || c.Agents[4].Hostname != "127.0.0.6" ||
		c.User != "u" || c.Password != "p w" || !c.KeepTasks || c.Dir != "/d" || c.Listen != "127.0.0.1:8080" {
		t.Errorf("%+v", c)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := parse([]string{"--isolated", "--dir", "sb"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := sandbox.IsolatedAgents(filepath.Join(here, "sb"), 3); relative.config.Agents[0].Hostname != want[0].Hostname {
		t.Errorf("a relative folder has the agent %s, its absolute path %s", relative.config.Agents[0].Hostname, want[0].Hostname)
	}
	for _, c := range []struct {
		words string
		args  []string
	}{
		{"--agents", []string{"--agents", "0"}},
		{"go together", []string{"--user", "u"}},
		{"go together", []string{"--password-file", secret}},
		{"--password-file", []string{"--user", "u", "--password-file", "/no/such/file"}},
		{"unexpected argument", []string{"start"}},
		{"unknown flag", []string{"--password", "x"}},
	} {
		if _, err := parse(c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%v: %v, want the words %q", c.args, err, c.words)
		}
	}
}
