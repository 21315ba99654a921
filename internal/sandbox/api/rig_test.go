package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// obedient is a driver whose tasks run as soon as they are launched and end as soon as they are killed.
type obedient struct {
	report func(agent.Status)
	mu     sync.Mutex
	dirs   map[string]string
}

func (d *obedient) tell(id string, s agent.State) {
	d.report(agent.Status{TaskID: id, State: s, Time: time.Now()})
}
func (d *obedient) Launch(t agent.Task)                  { d.tell(t.ID, agent.Running) }
func (d *obedient) Kill(id string, _ time.Duration)      { d.tell(id, agent.Killed) }
func (d *obedient) Recover([]agent.Task)                 {}
func (d *obedient) Signal(string, int) error             { return nil }
func (d *obedient) Shutdown(context.Context, bool) error { return nil }
func (d *obedient) Pid(string) int                       { return 0 }
func (d *obedient) SandboxDir(id string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dirs[id]
}

type rig struct {
	t      *testing.T
	core   *scheduler.Core
	driver *obedient
	server *httptest.Server
}

var testSpec = spec.Options{Features: map[string]bool{"secrets": true}}

func newRig(t *testing.T, opts Options) *rig {
	t.Helper()
	r := &rig{t: t, driver: &obedient{dirs: map[string]string{}}}
	core, err := scheduler.New(scheduler.Options{
		Dir: t.TempDir(), SpecOptions: testSpec, OfferInterval: 10 * time.Millisecond,
		Agents: []scheduler.Agent{{ID: "S0", Hostname: "127.0.0.1", CPUs: 4, Mem: 4096, Disk: 1000, PortRanges: [][2]int{{31000, 31999}}}},
		NewDriver: func(report func(agent.Status)) agent.Driver {
			r.driver.report = report
			return r.driver
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	core.Start()
	r.core = core
	opts.Spec = testSpec
	r.server = httptest.NewServer(New(core, opts))
	t.Cleanup(func() {
		r.server.CloseClientConnections()
		r.server.Close()
		if err := core.Close(context.Background(), false); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) do(method, path, body string, change ...func(*http.Request)) (int, http.Header, string) {
	r.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.server.URL+path, reader)
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(b)
}

func (r *rig) must(method, path, body string, status int) map[string]any {
	r.t.Helper()
	got, _, text := r.do(method, path, body)
	if got != status {
		r.t.Fatalf("%s %s: %d %s, want %d", method, path, got, text, status)
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		r.t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return v
}

// eventually polls until ok holds.
func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (r *rig) settled() {
	r.t.Helper()
	r.eventually("the end of all deployments", func() bool { return len(r.core.Deployments()) == 0 })
}
