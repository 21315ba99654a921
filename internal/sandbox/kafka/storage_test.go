package kafka

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	clusterA = "MkU3OEVBNTcwNTJENDM2Qg"
	clusterB = "NkU3OEVBNTcwNTJENDM2Qg"
	someDir  = "JEXY6aqzQY-32P5TStzaFg"
)

func writeProperties(t *testing.T, dir string, change func(map[string]string)) string {
	t.Helper()
	props := map[string]string{
		"process.roles": "broker,controller", "node.id": "0", "controller.quorum.bootstrap.servers": "localhost:19093",
		"listeners": "CLIENT://:19092,CONTROLLER://:19093", "advertised.listeners": "CLIENT://localhost:19092,CONTROLLER://localhost:19093",
		"listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT", "inter.broker.listener.name": "CLIENT",
		"controller.listener.names": "CONTROLLER", "log.dirs": filepath.Join(dir, "d"),
	}
	if change != nil {
		change(props)
	}
	var b strings.Builder
	for k, v := range props {
		b.WriteString(k + "=" + v + "\n")
	}
	path := filepath.Join(dir, "server.properties")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func storage(args ...string) (code int, out string) {
	var buf bytes.Buffer
	code = RunStorage(args, &buf, &buf)
	return code, buf.String()
}

// The expected words are those of Kafka 4.3.1's own tool, run with the same input.
func TestFormat(t *testing.T) {
	dir := t.TempDir()
	props := writeProperties(t, dir, nil)
	initial := "0@localhost:19093:" + someDir
	for _, step := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"a controller must be told of the quorum", []string{"-t", clusterA, "-c", props}, 1, "Because controller.quorum.voters is not set on this controller, you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers."},
		{"not a voter string", []string{"-t", clusterA, "-c", props, "--initial-controllers", "zzz"}, 1, "java.lang.IllegalArgumentException: No @ found in dynamic voter string."},
		{"not a uuid", []string{"-t", "short", "-c", props, "--initial-controllers", initial}, 1, "Cluster ID string short does not appear to be a valid UUID"},
		{"first time", []string{"-t", clusterA, "-c", props, "--initial-controllers", initial}, 0, "Formatting dynamic metadata voter directory " + dir + "/d with metadata.version 4.3-IV0"},
		{"again", []string{"-t", clusterA, "-c", props, "--initial-controllers", initial}, 1, "Log directory " + dir + "/d is already formatted. Use --ignore-formatted to ignore this directory and format the others."},
		{"again, ignoring", []string{"--ignore-formatted", "-t", clusterA, "-c", props, "--initial-controllers", initial}, 0, "All of the log directories are already formatted."},
		{"another cluster", []string{"--ignore-formatted", "-t", clusterB, "-c", props, "--initial-controllers", initial}, 1, "java.lang.RuntimeException: Invalid cluster.id in: " + dir + "/d/meta.properties. Expected " + clusterB + ", but read " + clusterA},
		{"no file", []string{"-t", clusterA, "-c", dir + "/none"}, 1, "java.nio.file.NoSuchFileException"},
		{"no arguments", nil, 1, "--config/-c is required"},
	} {
		code, out := storage(append([]string{"format"}, step.args...)...)
		if code != step.code || !strings.Contains(out, step.want) {
			t.Errorf("%s: exit %d, want %d\n%s\nwant %q", step.name, code, step.code, out, step.want)
		}
	}
	d, err := readLogDir(filepath.Join(dir, "d"))
	if err != nil || d.Cluster != clusterA || d.Node != 0 || d.Directory != someDir {
		t.Errorf("formatted as %+v, %v", d, err)
	}
	other := writeProperties(t, dir, func(p map[string]string) { p["node.id"] = "1" })
	if code, out := storage("format", "--ignore-formatted", "-t", clusterA, "-c", other, "--initial-controllers", initial); code != 1 || !strings.Contains(out, "Stored node id 0 doesn't match previous node id 1 in ") {
		t.Errorf("another node: exit %d\n%s", code, out)
	}
	if code, out := storage("random-uuid"); code != 0 || len(strings.TrimSpace(out)) != 22 {
		t.Errorf("random-uuid: exit %d, %q", code, out)
	}
}

// The expected words are those of Kafka 4.3.1, given the same server.properties.
func TestServerPropertiesAreChecked(t *testing.T) {
	set := func(k, v string) func(map[string]string) { return func(p map[string]string) { p[k] = v } }
	unset := func(k string) func(map[string]string) { return func(p map[string]string) { delete(p, k) } }
	for name, tc := range map[string]struct {
		change func(map[string]string)
		want   string
	}{
		"no roles":           {unset("process.roles"), `Missing required configuration "process.roles" which has no default value.`},
		"no node id":         {unset("node.id"), `Missing required configuration "node.id" which has no default value.`},
		"unknown role":       {set("process.roles", "broker,foo"), "Invalid value foo for configuration process.roles: String must be one of: broker, controller"},
		"other broker.id":    {set("broker.id", "3"), "You must set `node.id` to the same value as `broker.id`."},
		"a number":           {set("num.partitions", "x"), "Invalid value x for configuration num.partitions: Not a number of type INT"},
		"a range":            {set("min.insync.replicas", "0"), "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"},
		"no controller name": {unset("controller.listener.names"), `Missing required configuration "controller.listener.names"`},
		"no inter name":      {unset("inter.broker.listener.name"), "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are CLIENT"},
		"no protocols":       {unset("listener.security.protocol.map"), "No security protocol defined for listener CLIENT"},
		"no quorum":          {unset("controller.quorum.bootstrap.servers"), "If using process.roles, either controller.quorum.bootstrap.servers must contain"},
		"advertised any":     {set("advertised.listeners", "CLIENT://0.0.0.0:19092"), "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address."},
		"no controller port": {set("listeners", "CLIENT://:19092"), "controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role"},
		"TLS":                {set("listener.security.protocol.map", "CLIENT:SSL,CONTROLLER:PLAINTEXT"), "the embedded Kafka speaks PLAINTEXT only"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			code, out := storage("format", "-t", clusterA, "-c", writeProperties(t, dir, tc.change), "--initial-controllers", "0@localhost:19093:"+someDir)
			if code != 1 || !strings.Contains(out, tc.want) {
				t.Errorf("exit %d\n%s\nwant %q", code, out, tc.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "d")); !os.IsNotExist(err) {
				t.Error("a directory was formatted all the same")
			}
		})
	}
	// Accepted in silence, as by Kafka.
	for _, change := range []func(map[string]string){set("no.such.key", "1"), set("zookeeper.connect", "x:2181"), set("broker.id", "0")} {
		if _, err := readServerConfig(writeProperties(t, t.TempDir(), change)); err != nil {
			t.Error(err)
		}
	}
}

// brokerOutput runs one broker in a way that must fail, and returns what it said.
func (c *testCluster) failing(i int) string {
	c.t.Helper()
	c.start(i)
	b := c.brokers[i]
	<-b.exited
	if code := b.proc.ProcessState.ExitCode(); code != 1 {
		c.t.Errorf("exit code %d, want 1\n%s", code, b.out)
	}
	return b.out.String()
}

func TestBrokerRefusesToStart(t *testing.T) {
	h := startHub(t)

	t.Run("not formatted", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(HubEnv, h.socket)
		var out bytes.Buffer
		if code := RunBroker(testContext(t), []string{writeProperties(t, dir, nil)}, &out, &out); code != 1 || !strings.Contains(out.String(), "java.lang.RuntimeException: No readable meta.properties files found.") {
			t.Errorf("exit %d\n%s", code, out.String())
		}
	})
	t.Run("another node's directory", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(HubEnv, h.socket)
		if err := writeLogDir(filepath.Join(dir, "d"), 7, clusterA, someDir, nil); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if code := RunBroker(testContext(t), []string{writeProperties(t, dir, nil)}, &out, &out); code != 1 || !strings.Contains(out.String(), "Stored node id 7 doesn't match previous node id 0 in ") {
			t.Errorf("exit %d\n%s", code, out.String())
		}
	})
	t.Run("directories of two clusters", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv(HubEnv, h.socket)
		for sub, id := range map[string]string{"d": clusterA, "e": clusterB} {
			if err := writeLogDir(filepath.Join(dir, sub), 0, id, someDir, nil); err != nil {
				t.Fatal(err)
			}
		}
		props := writeProperties(t, dir, func(p map[string]string) { p["log.dirs"] = dir + "/d," + dir + "/e" })
		var out bytes.Buffer
		if code := RunBroker(testContext(t), []string{props}, &out, &out); code != 1 || !strings.Contains(out.String(), "Invalid cluster.id in: ") {
			t.Errorf("exit %d\n%s", code, out.String())
		}
	})
	t.Run("client port in use", func(t *testing.T) {
		other := newCluster(h, "first", 1)
		other.startAll()
		c := newCluster(h, "second", 1)
		c.brokers[0].client = other.brokers[0].client
		if out := c.failing(0); !strings.Contains(out, "Socket server failed to bind to 127.0.0.1:") || !strings.Contains(out, "Address already in use.") {
			t.Error(out)
		}
		c = newCluster(h, "third", 1)
		c.brokers[0].ctrl = other.brokers[0].ctrl
		if out := c.failing(0); !strings.Contains(out, "Address already in use.") {
			t.Error(out)
		}
	})
	t.Run("a node that runs already", func(t *testing.T) {
		c := newCluster(h, "twice", 1)
		c.startAll()
		twin := newCluster(h, "twin", 1)
		twin.id, twin.brokers[0].directory = c.id, c.brokers[0].directory
		if out := twin.failing(0); !strings.Contains(out, "DuplicateBrokerRegistrationException") {
			t.Error(out)
		}
	})
	t.Run("controllers of another cluster", func(t *testing.T) {
		c := newCluster(h, "whole", 1)
		c.startAll()
		stranger := newCluster(h, "stranger", 4)
		stranger.brokers = stranger.brokers[3:]
		stranger.brokers[0].id = 0
		stranger.brokers = append(stranger.brokers, c.brokers[0]) // its controller
		if out := stranger.failing(0); !strings.Contains(out, "InconsistentClusterIdException") {
			t.Error(out)
		}
		stranger.brokers = stranger.brokers[:1]
	})
}

func TestHomeSaysWhatItIs(t *testing.T) {
	dir := t.TempDir()
	if err := WriteHome(dir, "/opt/my programs/kafka-sandbox", "/tmp/it's.sock"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "README"))
	if err != nil || !strings.Contains(string(text), "not Apache Kafka") {
		t.Errorf("README: %q, %v", text, err)
	}
	script, err := os.ReadFile(filepath.Join(dir, "bin/kafka-server-start.sh"))
	if err != nil || !strings.Contains(string(script), `exec '/opt/my programs/kafka-sandbox' embedded-broker "$@"`) {
		t.Errorf("script: %s, %v", script, err)
	}
}
