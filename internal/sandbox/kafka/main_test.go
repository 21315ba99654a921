package kafka

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The test binary is the multi-call program that the scripts of the embedded KAFKA_HOME exec.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "embedded-storage":
			os.Exit(RunStorage(os.Args[2:], os.Stdout, os.Stderr))
		case "embedded-broker":
			os.Exit(RunBroker(context.Background(), os.Args[2:], os.Stdout, os.Stderr))
		case "test-hub": // a hub that can be killed
			if _, err := NewHub(context.Background(), HubConfig{Dir: os.Args[2], Socket: os.Args[3], Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}); err != nil {
				panic(err)
			}
			select {}
		}
	}
	os.Exit(m.Run())
}

const testTimeout = 20 * time.Second

// testHub is a hub in the test process and a KAFKA_HOME for it.
type testHub struct {
	t      *testing.T
	dir    string
	home   string
	socket string
	hub    *Hub
}

func startHub(t *testing.T) *testHub {
	t.Helper()
	// Unix socket paths are short, t.TempDir's are not.
	dir, err := os.MkdirTemp("", "ek") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &testHub{t: t, dir: dir, home: filepath.Join(dir, "home"), socket: filepath.Join(dir, "hub.sock")}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteHome(h.home, exe, h.socket); err != nil {
		t.Fatal(err)
	}
	h.open()
	t.Cleanup(h.close)
	return h
}

func (h *testHub) open() {
	h.t.Helper()
	hub, err := NewHub(context.Background(), HubConfig{Dir: filepath.Join(h.dir, "data"), Socket: h.socket, Logger: slog.New(slog.NewTextHandler(testWriter{h.t}, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		h.t.Fatal(err)
	}
	h.hub = hub
}

func (h *testHub) close() {
	if h.hub == nil {
		return
	}
	if err := h.hub.Close(); err != nil {
		h.t.Error(err)
	}
	h.hub = nil
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// testCluster is a cluster of broker processes.
type testCluster struct {
	*testHub
	id      string
	name    string
	brokers []*testBroker
	extra   string // more lines of server.properties
}

type testBroker struct {
	id           int
	dir          string
	client, ctrl int
	directory    string
	rack         string
	roles        string
	proc         *exec.Cmd
	out          *syncBuffer
	exited       chan struct{}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

var nextPort atomic.Int32

func init() { nextPort.Store(20_000 + rand.Int32N(10_000)) } //nolint:gosec // test ports

// freePort finds a port below those that the kernel gives to outgoing connections, each once.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := int(nextPort.Add(1))
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = ln.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// newCluster describes n brokers, the first three of which are controllers too.
func newCluster(h *testHub, name string, n int, extra ...string) *testCluster {
	h.t.Helper()
	c := &testCluster{testHub: h, id: randomUUID(), name: name, extra: strings.Join(extra, "\n")}
	for i := range n {
		b := &testBroker{id: i, dir: filepath.Join(h.dir, name, fmt.Sprint(i)), client: freePort(h.t), ctrl: freePort(h.t),
			directory: randomUUID(), rack: fmt.Sprintf("rack-%d", i), roles: "broker,controller"}
		if i >= 3 {
			b.roles = "broker"
		}
		c.brokers = append(c.brokers, b)
	}
	h.t.Cleanup(func() {
		for _, b := range c.brokers {
			if b.proc != nil {
				_ = b.proc.Process.Kill()
				<-b.exited
			}
		}
	})
	return c
}

func (c *testCluster) initialControllers() string {
	var out []string
	for _, b := range c.brokers {
		if strings.Contains(b.roles, "controller") {
			out = append(out, fmt.Sprintf("%d@127.0.0.1:%d:%s", b.id, b.ctrl, b.directory))
		}
	}
	return strings.Join(out, ",")
}

func (c *testCluster) properties(b *testBroker) string {
	var servers []string
	for _, o := range c.brokers {
		if strings.Contains(o.roles, "controller") {
			servers = append(servers, fmt.Sprintf("127.0.0.1:%d", o.ctrl))
		}
	}
	listeners := fmt.Sprintf("CLIENT://:%d", b.client)
	if strings.Contains(b.roles, "controller") {
		listeners += fmt.Sprintf(",CONTROLLER://:%d", b.ctrl)
	}
	return fmt.Sprintf(`process.roles=%s
node.id=%d
controller.quorum.bootstrap.servers=%s
listeners=%s
advertised.listeners=CLIENT://127.0.0.1:%d
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
log.dirs=%s/data
broker.rack=%s
default.replication.factor=%d
num.partitions=3
auto.create.topics.enable=false
broker.session.timeout.ms=900
broker.heartbeat.interval.ms=100
offsets.topic.replication.factor=%d
transaction.state.log.replication.factor=%d
transaction.state.log.min.isr=1
%s
`, b.roles, b.id, strings.Join(servers, ","), listeners, b.client, b.dir, b.rack, min(3, len(c.brokers)), min(3, len(c.brokers)), min(3, len(c.brokers)), c.extra)
}

// start formats and starts one broker, as a task's cmd does.
func (c *testCluster) start(i int) {
	c.t.Helper()
	b := c.brokers[i]
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "server.properties"), []byte(c.properties(b)), 0o600); err != nil {
		c.t.Fatal(err)
	}
	script := `set -e
"$KAFKA_HOME/bin/kafka-storage.sh" format --ignore-formatted -t "$CLUSTER_ID" -c server.properties --initial-controllers "$INITIAL_CONTROLLERS"
exec "$KAFKA_HOME/bin/kafka-server-start.sh" server.properties`
	b.proc = exec.Command("sh", "-c", script)
	b.proc.Dir = b.dir
	b.proc.Env = append(os.Environ(), "KAFKA_HOME="+c.home, "CLUSTER_ID="+c.id, "INITIAL_CONTROLLERS="+c.initialControllers())
	b.out = &syncBuffer{}
	b.proc.Stdout, b.proc.Stderr = b.out, b.out
	if err := b.proc.Start(); err != nil {
		c.t.Fatal(err)
	}
	exited := make(chan struct{})
	b.exited = exited
	proc := b.proc
	go func() {
		_ = proc.Wait()
		close(exited)
	}()
}

func (c *testCluster) startAll() {
	c.t.Helper()
	for i := range c.brokers {
		c.start(i)
	}
	c.serving(0, len(c.brokers))
}

// serving waits until the ports of brokers from…to-1 are open.
func (c *testCluster) serving(from, to int) {
	c.t.Helper()
	for i := from; i < to; i++ {
		b := c.brokers[i]
		eventually(c.t, fmt.Sprintf("broker %d serves\n%s", i, b.out), func() bool { return c.open(i) })
	}
}

func (c *testCluster) open(i int) bool {
	conn, err := net.Dial("tcp", c.addr(i))
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

func (c *testCluster) addr(i int) string { return fmt.Sprintf("127.0.0.1:%d", c.brokers[i].client) }

func (c *testCluster) signal(i int, sig syscall.Signal) {
	c.t.Helper()
	if err := c.brokers[i].proc.Process.Signal(sig); err != nil {
		c.t.Fatal(err)
	}
	select {
	case <-c.brokers[i].exited:
	case <-time.After(testTimeout):
		c.t.Fatalf("broker %d did not exit after %v\n%s", i, sig, c.brokers[i].out)
	}
}

func (c *testCluster) addrs() []string {
	var out []string
	for i := range c.brokers {
		out = append(out, c.addr(i))
	}
	return out
}

func (c *testCluster) client(opts ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.addrs()...), kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.RetryTimeout(testTimeout)}, opts...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(cl.Close)
	return cl
}

func (c *testCluster) admin(opts ...kgo.Opt) *kadm.Client { return kadm.NewClient(c.client(opts...)) }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(testTimeout)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never came true: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	t.Cleanup(cancel)
	return ctx
}
