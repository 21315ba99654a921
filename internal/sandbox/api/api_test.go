package api

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPaths(t *testing.T) {
	r := newRig(t, Options{})
	r.must("POST", "/v2/apps", `{"id":"/g/tasks-x/a.v1","cmd":"sleep 1","instances":0}`, 201)
	for path, want := range map[string]int{
		"/v2/apps/g/tasks-x/a.v1":                   200,
		"/v2/apps//g/tasks-x/a.v1":                  200,
		"/v2/apps/g/tasks-x/a.v1/":                  200,
		"/v2/apps/g%2Ftasks-x%2Fa.v1":               200,
		"/v2/apps/%2Fg/tasks-x/../tasks-x/a.v1;x=y": 200,
		"/v2/apps/g/tasks-x/a.v1//versions/":        200,
		"/v2/apps/G/tasks-x/a.v1":                   404,
		"/v2//apps/g/tasks-x/a.v1":                  500,
		"//v2/apps/g/tasks-x/a.v1":                  500,
		"/v3/apps":                                  500,
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", r.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
}

func TestLifeOfAnApp(t *testing.T) {
	r := newRig(t, Options{})
	created := r.must("POST", "/v2/apps", `{"id":"/g/a","cmd":"sleep 1","cpus":0.1,"mem":32}`, 201)
	if created["version"] == nil || len(created["deployments"].([]any)) != 1 {
		t.Fatalf("created: %v", created)
	}
	r.settled()
	app := r.must("GET", "/v2/apps/g/a", "", 200)["app"].(map[string]any)
	tasks := app["tasks"].([]any)
	if app["tasksRunning"] != 1.0 || len(tasks) != 1 {
		t.Fatalf("app: %v", app)
	}
	port := app["portDefinitions"].([]any)[0].(map[string]any)["port"].(float64)
	if port < 10000 || port > 20000 {
		t.Errorf("service port %v", port)
	}
	if changed := r.must("PUT", "/v2/apps/g/a", `{"env":{"A":"1"}}`, 200); changed["deploymentId"] == "" {
		t.Error("no deployment")
	}
	r.settled()
	versions := r.must("GET", "/v2/apps/g/a/versions", "", 200)["versions"].([]any)
	if len(versions) != 2 {
		t.Errorf("versions %v", versions)
	}
	old := r.must("GET", "/v2/apps/g/a/versions/"+created["version"].(string), "", 200)
	if old["env"] != nil {
		t.Errorf("env in the first version: %v", old["env"])
	}
	r.must("PUT", "/v2/apps/g/a", `{"version":"`+created["version"].(string)+`"}`, 200)
	r.settled()
	if now := r.must("GET", "/v2/apps/g/a", "", 200)["app"].(map[string]any); now["env"] != nil {
		t.Errorf("env after the rollback: %v", now["env"])
	}
	r.must("POST", "/v2/apps/g/a/restart", "", 200)
	r.settled()
	r.must("PUT", "/v2/apps", `[{"id":"/g/a","instances":2},{"id":"/g/b","cmd":"sleep 1"}]`, 200)
	r.settled()
	group := r.must("GET", "/v2/groups/g?embed=group.apps&embed=group.apps.counts", "", 200)
	if n := len(group["apps"].([]any)); n != 2 {
		t.Errorf("%d apps in the group", n)
	}
	r.must("DELETE", "/v2/apps/g/a", "", 200)
	r.settled()
	if gone := r.must("GET", "/v2/apps/g/a", "", 404); gone["details"] == nil {
		t.Error("404 of GET without details")
	}
	if gone := r.must("DELETE", "/v2/apps/g/a", "", 404); gone["details"] != nil {
		t.Error("404 of DELETE with details")
	}
}

func TestGzip(t *testing.T) {
	r := newRig(t, Options{})
	req, err := http.NewRequestWithContext(t.Context(), "GET", r.server.URL+"/v2/info", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var info map[string]any
	if err := json.NewDecoder(z).Decode(&info); err != nil || info["name"] != "marathon" {
		t.Fatal(info, err)
	}
}

func TestPodsAreHonestlyAbsent(t *testing.T) {
	r := newRig(t, Options{})
	for _, method := range []string{"GET", "POST", "HEAD"} {
		if got, _, body := r.do(method, "/v2/pods", ""); got != 501 || method != "HEAD" && !strings.Contains(body, "pods are not implemented") {
			t.Errorf("%s: %d %s", method, got, body)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := newRig(t, Options{})
	r.must("POST", "/v2/apps", `{"id":"/a","cmd":"sleep 1","cpus":0.1,"instances":2}`, 201)
	r.settled()
	gauges := r.must("GET", "/metrics", "", 200)["gauges"].(map[string]any)
	for name, want := range map[string]float64{"marathon.apps.active.gauge": 1, "marathon.instances.running.gauge": 2, "marathon.deployments.active.gauge": 0} {
		if got := gauges[name].(map[string]any)["value"]; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAbdication(t *testing.T) {
	if got, _, _ := newRig(t, Options{}).do("DELETE", "/v2/leader", ""); got != 501 {
		t.Errorf("without anyone to start it again: %d", got)
	}
	called := make(chan struct{}, 1)
	r := newRig(t, Options{Abdicate: func() { called <- struct{}{} }})
	if body := r.must("DELETE", "/v2/leader", "", 200); body["message"] != "Leadership abdicated" {
		t.Error(body)
	}
	<-called
}

// stream reads raw lines, ends of lines included.
func (r *rig) stream(path string) (next func() string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.server.URL+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || ct != "text/event-stream;charset=utf-8" {
		r.t.Fatalf("%d %s", resp.StatusCode, ct)
	}
	lines := bufio.NewReader(resp.Body)
	return func() string {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			r.t.Fatal(err)
		}
		return line
	}
}

func TestEventFrames(t *testing.T) {
	r := newRig(t, Options{Heartbeat: 20 * time.Millisecond})
	next := r.stream("/v2/events")
	if line := next(); line != "event: event_stream_attached\r\n" {
		t.Fatalf("first line %q", line)
	}
	data := next()
	if !strings.HasPrefix(data, `data: {`) || !strings.HasSuffix(data, "}\r\n") || !strings.Contains(data, `"eventType":"event_stream_attached"`) {
		t.Fatalf("data %q", data)
	}
	if line := next(); line != "\r\n" {
		t.Fatalf("end of the frame %q", line)
	}
	if line := next(); line != "\r\n" {
		t.Fatalf("heartbeat %q", line)
	}
}

func TestEventFilter(t *testing.T) {
	r := newRig(t, Options{Heartbeat: time.Hour})
	next := r.stream("/v2/events?event_type=deployment_success&event_type=api_post_event")
	// The subscription stands before the answer's headers are sent.
	r.must("POST", "/v2/apps", `{"id":"/a","cmd":"sleep 1","instances":0}`, 201)
	var events []string
	for len(events) < 2 {
		if name, ok := strings.CutPrefix(strings.TrimSpace(next()), "event: "); ok {
			events = append(events, name)
		}
	}
	slices.Sort(events)
	if !slices.Equal(events, []string{"api_post_event", "deployment_success"}) {
		t.Errorf("events %v", events)
	}
}

func TestEventsRefused(t *testing.T) {
	r := newRig(t, Options{})
	for _, c := range []struct{ method, accept string }{{"GET", "application/json"}, {"GET", "text/html"}, {"POST", "text/event-stream"}} {
		if got, _, _ := r.do(c.method, "/v2/events", "", func(req *http.Request) { req.Header.Set("Accept", c.accept) }); got != 405 {
			t.Errorf("%s with %s: %d", c.method, c.accept, got)
		}
	}
}

func TestSelector(t *testing.T) {
	labels := map[string]string{"team": "x", "tier": "1"}
	for text, want := range map[string]bool{
		"team": true, "nope": false, "team==x": true, "team==y": false, "team!=y": true, "team != x": false, "nope!=x": false,
		"team in (x,y)": true, "team in (y)": false, "team notin (y, z)": true, "team notin (x)": false,
		"team==x,tier==1": true, "team==x,tier==2": false, "tier in (1,2), team": true,
	} {
		match, err := parseSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if match(labels) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
	for _, text := range []string{"bad(", "a in b", "==x", "a b"} {
		if _, err := parseSelector(text); err == nil {
			t.Errorf("%s was understood", text)
		}
	}
}
