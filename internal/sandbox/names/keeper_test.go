package names

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// board is a scheduler whose apps a test writes.
type board struct {
	mu     sync.Mutex
	apps   []scheduler.App
	events chan scheduler.Event
}

func (b *board) Apps(string) []scheduler.App {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]scheduler.App(nil), b.apps...)
}

func (b *board) Subscribe() (<-chan scheduler.Event, func()) { return b.events, func() {} }

func (b *board) show(apps ...scheduler.App) {
	b.mu.Lock()
	b.apps = apps
	b.mu.Unlock()
	b.events <- scheduler.Event{Type: "instance_changed_event"}
}

func app(id, vipLabel string, checked bool, tasks ...scheduler.Task) scheduler.App {
	s := &spec.App{ID: id, PortDefinitions: []spec.PortDefinition{{Labels: map[string]string{"OTHER": "x"}}, {Labels: map[string]string{"VIP_0": vipLabel}}}}
	if checked {
		s.HealthChecks = []spec.HealthCheck{{Protocol: "MESOS_TCP"}}
	}
	return scheduler.App{Spec: s, Tasks: tasks}
}

func running(host string, port int, healthy ...bool) scheduler.Task {
	t := scheduler.Task{Host: host, Ports: []int{1, port}, State: agent.Running}
	for _, h := range healthy {
		t.Health = append(t.Health, scheduler.HealthResult{Alive: h})
	}
	return t
}

func keeper(t *testing.T) (*Keeper, *board) {
	t.Helper()
	b := &board{events: make(chan scheduler.Event)}
	k, err := Start(Options{File: filepath.Join(t.TempDir(), "hosts"), Scheduler: b, Salt: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k, b
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (k *Keeper) file(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(k.opts.File)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// lookup answers the addresses the hosts file has for a name.
func (k *Keeper) lookup(t *testing.T, name string) []string {
	var all []string
	for line := range strings.SplitSeq(k.file(t), "\n") {
		if address, n, ok := strings.Cut(line, " "); ok && n == name {
			all = append(all, address)
		}
	}
	return all
}

func TestHostsFileFollowsTheTasks(t *testing.T) {
	t.Parallel()
	k, b := keeper(t)
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.file(t), "127.0.0.1 localhost\n127.0.0.1 "+machine+"\n"; got != want {
		t.Errorf("with nothing running: %q, want %q", got, want)
	}
	staging := running("127.0.0.4", 3)
	staging.State = agent.Staging
	b.show(app("/kafka/main/broker-0", "/x:0", true, running("127.0.0.2", 1)), app("/web", "/x:0", false, running("127.0.0.3", 2), running("127.0.0.2", 2), staging))
	until(t, "the names are there", func() bool { return len(k.lookup(t, "web.marathon.mesos")) == 2 })
	for name, want := range map[string]string{
		"broker-0.main.kafka.marathon.mesos": "[127.0.0.2]", // whether healthy or not
		"broker-0-main-kafka.marathon.mesos": "[127.0.0.2]",
		"web.marathon.mesos":                 "[127.0.0.2 127.0.0.3]",
	} {
		if got := fmt.Sprint(k.lookup(t, name)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	b.show()
	until(t, "the names are gone", func() bool { return k.lookup(t, "web.marathon.mesos") == nil })
}

// echo is a backend that says its name and then repeats what it is told.
func echo(t *testing.T, name string) (port int, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var conns []net.Conn
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			go func() {
				_, _ = fmt.Fprintln(c, name)
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	stop = func() {
		_ = l.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, c := range conns {
			_ = c.Close()
		}
	}
	t.Cleanup(stop)
	return l.Addr().(*net.TCPAddr).Port, stop
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// ask connects and answers the backend's name; "" when nobody serves.
func ask(t *testing.T, address string) (net.Conn, string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, ""
	}
	t.Cleanup(func() { _ = c.Close() })
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return c, ""
	}
	return c, strings.TrimSpace(line)
}

func TestVIPBalancesOverServingTasks(t *testing.T) {
	t.Parallel()
	k, b := keeper(t)
	one, stopOne := echo(t, "one")
	two, _ := echo(t, "two")
	three, _ := echo(t, "three")
	vipPort := freePort(t)
	label := fmt.Sprintf("/kafka-main:%d", vipPort)
	const name = "kafka-main.marathon.l4lb.thisdcos.directory"

	b.show(app("/b0", label, true, running("127.0.0.1", one, true)), app("/b1", label, false, running("127.0.0.1", two)), app("/b2", label, true, running("127.0.0.1", three, false)))
	until(t, "the VIP has an address", func() bool { return len(k.lookup(t, name)) == 1 })
	address := net.JoinHostPort(k.lookup(t, name)[0], strconv.Itoa(vipPort))
	seen := map[string]int{}
	for range 60 {
		_, who := ask(t, address)
		seen[who]++
	}
	if seen["one"] == 0 || seen["two"] == 0 || len(seen) != 2 {
		t.Errorf("answers %v, want both serving backends and not the unhealthy one", seen)
	}

	// A connection lives until its task does not.
	var held net.Conn
	until(t, "a connection to the first backend", func() bool {
		c, who := ask(t, address)
		held = c
		return who == "one"
	})
	if err := held.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(held, "hello"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(held, buf); err != nil || string(buf) != "hello" {
		t.Fatalf("%q %v", buf, err)
	}
	killing := running("127.0.0.1", one, true)
	killing.State = agent.Killing
	b.show(app("/b0", label, true, killing), app("/b1", label, false, running("127.0.0.1", two)))
	until(t, "only the second backend serves", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, bal := range k.balancers {
			bal.mu.Lock()
			defer bal.mu.Unlock()
			return len(bal.serving) == 1
		}
		return false
	})
	for range 20 {
		if _, who := ask(t, address); who != "two" {
			t.Fatalf("%q took a new connection", who)
		}
	}
	if _, err := fmt.Fprint(held, "still"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(held, buf); err != nil || string(buf) != "still" {
		t.Errorf("the connection to a task that is being killed: %q %v", buf, err)
	}
	b.show(app("/b1", label, false, running("127.0.0.1", two)))
	if _, err := io.ReadFull(held, buf); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the connection to a dead task still lives: %v", err)
	}

	// A backend that refuses is passed over.
	stopOne()
	b.show(app("/b0", label, false, running("127.0.0.1", one)), app("/b1", label, false, running("127.0.0.1", two)))
	for range 20 {
		if _, who := ask(t, address); who != "two" {
			t.Fatalf("%q answered", who)
		}
	}

	// Nobody serves: connections end at once. No label: the address is given back.
	b.show(app("/b1", label, false))
	until(t, "nobody answers", func() bool { _, who := ask(t, address); return who == "" })
	b.show()
	until(t, "the VIP is gone", func() bool { return k.lookup(t, name) == nil })
	if c, _ := ask(t, address); c != nil {
		t.Error("the VIP's port still accepts")
	}
}

func TestDifferentLabelsAreDifferentVIPs(t *testing.T) {
	t.Parallel()
	k, b := keeper(t)
	one, _ := echo(t, "one")
	two, _ := echo(t, "two")
	port := freePort(t)
	b.show(app("/a", fmt.Sprintf("/kafka:%d", port), false, running("127.0.0.1", one)), app("/b", fmt.Sprintf("kafka:%d", port), false, running("127.0.0.1", two)))
	const name = "kafka.marathon.l4lb.thisdcos.directory"
	until(t, "both have an address under the one name", func() bool { return len(k.lookup(t, name)) == 2 })
	seen := map[string]bool{}
	for _, address := range k.lookup(t, name) {
		_, who := ask(t, net.JoinHostPort(address, strconv.Itoa(port)))
		seen[who] = true
	}
	if !seen["one"] || !seen["two"] {
		t.Errorf("%v", seen)
	}
}

func TestAnAddressInUseIsPassedOver(t *testing.T) {
	t.Parallel()
	k, b := keeper(t)
	port := freePort(t)
	occupied, err := net.Listen("tcp", net.JoinHostPort(vipAddress(k.opts.Salt, "/kafka", 0), strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = occupied.Close() })
	one, _ := echo(t, "one")
	b.show(app("/a", fmt.Sprintf("/kafka:%d", port), false, running("127.0.0.1", one)))
	const name = "kafka.marathon.l4lb.thisdcos.directory"
	until(t, "the VIP has an address", func() bool { return len(k.lookup(t, name)) == 1 })
	if got := k.lookup(t, name)[0]; got != vipAddress(k.opts.Salt, "/kafka", 1) {
		t.Errorf("%s, want the next address", got)
	}
}
