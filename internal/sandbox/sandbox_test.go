package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const limit = 20 * time.Second

// rig is a running sandbox and a client of it.
type rig struct {
	*Sandbox
	t *testing.T
}

// newConfig is a sandbox on addresses of its own whose Kafka is a folder with two scripts; what needs Kafka says so.
func newConfig(t *testing.T) Config {
	t.Helper()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kafka-storage.sh", "kafka-server-start.sh"} {
		if err := os.WriteFile(filepath.Join(home, "bin", name), []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	return Config{Dir: dir, Agents: IsolatedAgents(dir, 3), KafkaHome: home, Ephemeral: true, OfferInterval: 100 * time.Millisecond}
}

func start(t *testing.T, c Config) *rig {
	t.Helper()
	s, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{s, t}
	t.Cleanup(func() { r.close() })
	return r
}

func (r *rig) close() {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		r.t.Errorf("closing: %v", err)
	}
}

// call sends a request and decodes the answer into out (nil = not).
func (r *rig) call(method, path string, body, out any) int {
	r.t.Helper()
	var from io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			r.t.Fatal(err)
		}
		from = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL()+path, from)
	if err != nil {
		r.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if out != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(raw, out); err != nil {
			r.t.Fatalf("%s %s: %v in %s", method, path, err, raw)
		}
	}
	return resp.StatusCode
}

type app struct {
	TasksRunning, TasksHealthy int
	Deployments                []any
	LastTaskFailure            *struct{ State, Message, TaskID string }
	Tasks                      []struct {
		ID, Host, StartedAt string
		Ports               []int
	}
}

func (r *rig) app(id string) (a app) {
	r.t.Helper()
	var body struct{ App app }
	if status := r.call(http.MethodGet, "/v2/apps"+id, nil, &body); status != http.StatusOK {
		r.t.Fatalf("GET %s: %d", id, status)
	}
	return body.App
}

func (r *rig) create(def map[string]any) {
	r.t.Helper()
	if status := r.call(http.MethodPost, "/v2/apps", def, nil); status != http.StatusCreated {
		r.t.Fatalf("POST: %d", status)
	}
}

func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(limit)
	for !ok() {
		if time.Now().After(deadline) {
			r.t.Fatalf("not in time: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (r *rig) settled(id string, running int) app {
	r.t.Helper()
	var a app
	r.until(fmt.Sprintf("%s runs %d tasks", id, running), func() bool {
		a = r.app(id)
		return a.TasksRunning == running && len(a.Tasks) == running && len(a.Deployments) == 0
	})
	return a
}

func (r *rig) pids(a app) []int {
	var pids []int
	for _, task := range a.Tasks {
		if pid := r.Driver().Pid(task.ID); pid != 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func sleeper(id string, instances int) map[string]any {
	return map[string]any{"id": id, "cmd": "exec sleep 1000", "cpus": 0.1, "mem": 32, "instances": instances}
}

func TestLifeOfAnApp(t *testing.T) {
	t.Parallel()
	r := start(t, newConfig(t))
	r.create(sleeper("/t/a", 2))
	pids := r.pids(r.settled("/t/a", 2))
	if len(pids) != 2 || !alive(pids[0]) || !alive(pids[1]) {
		t.Fatalf("pids %v", pids)
	}
	if status := r.call(http.MethodPatch, "/v2/apps/t/a", map[string]any{"instances": 3}, nil); status != http.StatusOK {
		t.Fatalf("scaling: %d", status)
	}
	pids = r.pids(r.settled("/t/a", 3))
	if len(pids) != 3 {
		t.Errorf("pids %v after scaling", pids)
	}
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.until("the killed task was replaced", func() bool {
		a := r.app("/t/a")
		return a.TasksRunning == 3 && a.LastTaskFailure != nil && a.LastTaskFailure.Message == "Command terminated with signal Killed"
	})
	pids = r.pids(r.app("/t/a"))
	if status := r.call(http.MethodDelete, "/v2/apps/t/a", nil, nil); status != http.StatusOK {
		t.Fatalf("deleting: %d", status)
	}
	r.until("the app is gone", func() bool { return r.call(http.MethodGet, "/v2/apps/t/a", nil, nil) == http.StatusNotFound })
	r.until("its deployment is over", func() bool {
		var all []any
		return r.call(http.MethodGet, "/v2/deployments", nil, &all) == http.StatusOK && len(all) == 0
	})
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
}

func TestCloseEndsEveryTask(t *testing.T) {
	t.Parallel()
	r := start(t, newConfig(t))
	r.create(sleeper("/a", 3))
	pids := r.pids(r.settled("/a", 3))
	r.close()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d outlived the sandbox", pid)
		}
	}
}

func TestARestartFindsKeptTasks(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	c.KeepTasks = true
	first := start(t, c)
	first.create(sleeper("/a", 2))
	before := first.settled("/a", 2)
	pids := first.pids(before)
	first.close()
	for _, pid := range pids {
		if !alive(pid) {
			t.Fatalf("process %d ended with the sandbox", pid)
		}
	}
	c.KeepTasks = false
	second := start(t, c)
	after := second.settled("/a", 2)
	if fmt.Sprint(ids(after)) != fmt.Sprint(ids(before)) || fmt.Sprint(second.pids(after)) != fmt.Sprint(pids) {
		t.Errorf("tasks %v with pids %v, were %v with %v", ids(after), second.pids(after), ids(before), pids)
	}
	second.close()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d outlived the second sandbox", pid)
		}
	}
}

func ids(a app) map[string]bool {
	m := map[string]bool{}
	for _, task := range a.Tasks {
		m[task.ID] = true
	}
	return m
}

func TestNamesAndVIPs(t *testing.T) {
	t.Parallel()
	r := start(t, newConfig(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r.create(map[string]any{
		"id": "/kafka/main", "cmd": "exec '" + self + "' test-answering-machine", "cpus": 0.1, "mem": 32, "instances": 2,
		"portDefinitions": []any{map[string]any{"port": 0, "labels": map[string]any{"VIP_0": "/kafka-main:9092"}}},
		"healthChecks":    []any{map[string]any{"protocol": "MESOS_TCP", "portIndex": 0, "delaySeconds": 0, "intervalSeconds": 1, "gracePeriodSeconds": 300}},
	})
	var a app
	r.until("both are healthy", func() bool { a = r.app("/kafka/main"); return a.TasksHealthy == 2 })
	ask := func(host string) string {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(host, "9092"), time.Second)
		if err != nil {
			return ""
		}
		defer func() { _ = c.Close() }()
		raw, _ := io.ReadAll(c)
		return strings.TrimSpace(string(raw))
	}
	const vip = "kafka-main.marathon.l4lb.thisdcos.directory"
	seen := map[string]bool{}
	r.until("the VIP leads to both", func() bool {
		for _, address := range r.lookup(vip) {
			if id := ask(address); id != "" {
				seen[id] = true
			}
		}
		return len(seen) == 2
	})
	for _, task := range a.Tasks {
		if !seen[task.ID] {
			t.Errorf("%v answered, not %s", seen, task.ID)
		}
		if !strings.Contains(fmt.Sprint(r.lookup("main.kafka.marathon.mesos")), task.Host) {
			t.Errorf("main.kafka.marathon.mesos is %v, without %s", r.lookup("main.kafka.marathon.mesos"), task.Host)
		}
	}
	dead := a.Tasks[0].ID
	if err := r.Driver().Signal(dead, int(syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	r.until("it was replaced and is served", func() bool {
		id := ask(r.lookup(vip)[0])
		return id != "" && id != a.Tasks[1].ID && id != dead
	})
	if status := r.call(http.MethodDelete, "/v2/apps/kafka/main", nil, nil); status != http.StatusOK {
		t.Fatalf("deleting: %d", status)
	}
	r.until("the names are gone", func() bool {
		return len(r.lookup(vip)) == 0 && len(r.lookup("main.kafka.marathon.mesos")) == 0
	})
}

func (r *rig) lookup(name string) []string {
	raw, err := os.ReadFile(r.HostsFile())
	if err != nil {
		r.t.Fatal(err)
	}
	var all []string
	for line := range strings.SplitSeq(string(raw), "\n") {
		if address, n, ok := strings.Cut(line, " "); ok && n == name {
			all = append(all, address)
		}
	}
	return all
}

func TestTasksLearnNamesAndKafka(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	r := start(t, c)
	r.create(map[string]any{
		"id": "/a", "cmd": "env > env.txt; exec sleep 1000", "cpus": 0.1, "mem": 32,
		"env":       map[string]any{"JAVA_TOOL_OPTIONS": "-Dmine=1"},
		"container": map[string]any{"type": "DOCKER", "docker": map[string]any{"image": "apache/kafka:4.3.1"}},
	})
	a := r.settled("/a", 1)
	var env string
	r.until("its environment is written", func() bool {
		raw, err := os.ReadFile(filepath.Join(r.Driver().SandboxDir(a.Tasks[0].ID), "env.txt"))
		env = "\n" + string(raw)
		return err == nil && strings.Contains(env, "\nPWD=")
	})
	for _, want := range []string{"KAFKA_HOME=" + filepath.Join(c.Dir, "kafka-real"), "SANDBOX_HOSTS_FILE=" + r.HostsFile(), "JAVA_TOOL_OPTIONS=-Dmine=1 -Djdk.net.hosts.file=" + r.HostsFile()} {
		if !strings.Contains(env, "\n"+want+"\n") {
			t.Errorf("no %s in%s", want, env)
		}
	}

	r.create(map[string]any{"id": "/unknown", "cmd": "exec sleep 1000", "cpus": 0.1, "mem": 32, "container": map[string]any{"type": "DOCKER", "docker": map[string]any{"image": "nginx:1"}}})
	r.until("an unknown image fails", func() bool {
		f := r.app("/unknown").LastTaskFailure
		return f != nil && f.State == "TASK_FAILED" && strings.Contains(f.Message, "nginx:1 is not known to the sandbox")
	})
}

func TestARealBrokerListensOnItsAgentOnly(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	for name, script := range map[string]string{
		"kafka-server-start.sh": "#!/bin/sh\necho \"$0\" \"$@\"\ncat \"$1\"\n",
		"kafka-topics.sh":       "#!/bin/sh\necho topics\n",
	} {
		if err := os.WriteFile(filepath.Join(c.KafkaHome, "bin", name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c.Agents = c.Agents[:1]
	r := start(t, c)
	r.create(map[string]any{
		"id": "/a", "cpus": 0.1, "mem": 32, "maxLaunchDelaySeconds": 3600, "backoffSeconds": 3600,
		"cmd": `printf 'node.id=1\nlisteners=A://:1,B://0.0.0.0:2,C://10.0.0.1:3\nadvertised.listeners=A://:1\n' > s.properties; "$KAFKA_HOME/bin/kafka-topics.sh"; ` +
			`"$KAFKA_HOME/bin/kafka-server-start.sh" s.properties --override x=y; exit 3`,
		"container": map[string]any{"type": "DOCKER", "docker": map[string]any{"image": "apache/kafka:4.3.1"}},
	})
	var failed string
	r.until("the task ended", func() bool {
		f := r.app("/a").LastTaskFailure
		if f != nil {
			failed = f.TaskID
		}
		return f != nil
	})
	raw, err := os.ReadFile(filepath.Join(r.Driver().SandboxDir(failed), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	host := c.Agents[0].Hostname
	want := "topics\n" + filepath.Join(c.KafkaHome, "bin", "kafka-server-start.sh") + " s.properties.agent --override x=y\n" +
		"node.id=1\nlisteners=A://" + host + ":1,B://" + host + ":2,C://10.0.0.1:3\nadvertised.listeners=A://:1\n"
	if string(raw) != want {
		t.Errorf("got\n%swant\n%s", raw, want)
	}
}

func TestAVolumeOutlivesItsTask(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	c.MesosRole = "marathon"
	r := start(t, c)
	r.create(map[string]any{
		"id": "/a", "cpus": 0.1, "mem": 32, "cmd": "echo x >> data/runs; exec sleep 1000",
		"container": map[string]any{"type": "MESOS", "volumes": []any{map[string]any{"containerPath": "data", "mode": "RW", "persistent": map[string]any{"type": "root", "size": 10}}}},
	})
	first := r.settled("/a", 1).Tasks[0]
	lines := func(id string) string {
		raw, _ := os.ReadFile(filepath.Join(r.Driver().SandboxDir(id), "data", "runs"))
		return string(raw)
	}
	r.until("it wrote to its volume", func() bool { return lines(first.ID) == "x\n" })
	if err := r.Driver().Signal(first.ID, int(syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	r.until("the next incarnation found the volume", func() bool {
		a := r.app("/a")
		return len(a.Tasks) == 1 && a.Tasks[0].ID != first.ID && a.Tasks[0].Host == first.Host && lines(a.Tasks[0].ID) == "x\nx\n"
	})
	volumes := filepath.Join(c.Dir, "volumes")
	if status := r.call(http.MethodDelete, "/v2/apps/a", nil, nil); status != http.StatusOK {
		t.Fatalf("deleting: %d", status)
	}
	r.until("the volume is gone with the app", func() bool { left, err := os.ReadDir(volumes); return err == nil && len(left) == 0 })
}

func TestInfoNamesMesos(t *testing.T) {
	t.Parallel()
	r := start(t, newConfig(t))
	var info struct {
		Name           string
		MarathonConfig map[string]any `json:"marathon_config"`
	}
	r.call(http.MethodGet, "/v2/info", nil, &info)
	if info.Name != "marathon" || info.MarathonConfig["mesos_leader_ui_url"] != r.MesosURL() || info.MarathonConfig["checkpoint"] != true {
		t.Errorf("%+v", info)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	running := newConfig(t)
	r := start(t, running)
	for name, c := range map[string]struct {
		words  string
		change func(*Config)
	}{
		"no folder":               {"Dir is empty", func(c *Config) { c.Dir = "" }},
		"a folder in use":         {fmt.Sprintf("process %d", os.Getpid()), func(c *Config) { c.Dir = running.Dir }},
		"a public address":        {"not a loopback address", func(c *Config) { c.Listen = "0.0.0.0:0" }},
		"every address":           {"not a loopback address", func(c *Config) { c.Listen = ":0" }},
		"an address in use":       {"address already in use", func(c *Config) { c.Listen = strings.TrimPrefix(r.URL(), "http://") }},
		"a public agent":          {"must be a loopback address", func(c *Config) { c.Agents[0].Hostname = "192.0.2.1" }},
		"no Kafka":                {"no unpacked Kafka distribution", func(c *Config) { c.KafkaHome = c.Dir }},
		"a user without password": {"both a user and a password", func(c *Config) { c.User = "u" }},
	} {
		config := newConfig(t)
		c.change(&config)
		s, err := Start(t.Context(), config)
		if err == nil {
			_ = s.Close(context.Background())
			t.Errorf("%s: started", name)
			continue
		}
		if !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v, want the words %q", name, err, c.words)
		}
	}
	foreign := newConfig(t)
	if err := errors.Join(os.WriteFile(filepath.Join(foreign.Dir, "thesis.tex"), nil, 0o600), os.Chmod(foreign.Dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	if s, err := Start(t.Context(), foreign); err == nil || !strings.Contains(err.Error(), "holds other things") {
		if err == nil {
			_ = s.Close(context.Background())
		}
		t.Errorf("in somebody's folder: %v", err)
	}
	if info, err := os.Stat(foreign.Dir); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("somebody's folder is %v now (%v)", info.Mode(), err)
	}
	again := newConfig(t)
	again.KafkaHome = again.Dir
	if _, err := Start(t.Context(), again); err == nil {
		t.Fatal("started without Kafka")
	}
	if unlock, err := lock(again.Dir); err != nil {
		t.Errorf("a start that failed holds the folder: %v", err)
	} else {
		_ = unlock(context.Background())
	}
}

func TestBasicAuth(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	c.User, c.Password = "u", "p"
	r := start(t, c)
	for _, try := range []struct {
		user, password string
		want           int
	}{{"", "", http.StatusUnauthorized}, {"u", "x", http.StatusUnauthorized}, {"u", "p", http.StatusOK}} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL()+"/v2/apps", nil)
		if err != nil {
			t.Fatal(err)
		}
		if try.user != "" {
			req.SetBasicAuth(try.user, try.password)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != try.want {
			t.Errorf("%+v: %d", try, resp.StatusCode)
		}
	}
}

func TestFoldersAreClosedToOthers(t *testing.T) {
	t.Parallel()
	c := newConfig(t)
	if err := os.Chmod(c.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r := start(t, c)
	r.create(sleeper("/a", 1))
	a := r.settled("/a", 1)
	dir := r.Driver().SandboxDir(a.Tasks[0].ID)
	for {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", dir, info.Mode())
		}
		if dir == c.Dir {
			break
		}
		dir = filepath.Dir(dir)
	}
}

func TestTheHubsSocketFitsAnAddress(t *testing.T) {
	t.Parallel()
	s := &Sandbox{cfg: Config{Dir: "/" + strings.Repeat("long/", 40)}}
	path, err := s.hubSocket()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.hubSocket(); len(path) > 100 || again != path || err != nil {
		t.Errorf("%s, then %s: %v", path, again, err)
	}
	if err := errors.Join(s.unwind(context.Background())); err != nil {
		t.Error(err)
	}
}
