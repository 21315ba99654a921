package marathon

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// recordings is the folder of requests and answers recorded from a real Marathon.
func recordings(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MARATHON_RECORDINGS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "recordings")
	}
	if _, err := os.Stat(filepath.Join(dir, "updates.jsonl")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no recordings in %s; set MARATHON_RECORDINGS", dir)
		}
		t.Skipf("no recordings in %s; set MARATHON_RECORDINGS", dir)
	}
	return dir
}

type recorded struct {
	Scenario string
	Step     int
	Request  struct{ Method, Path string }
	Response struct {
		Status  int
		Headers map[string]string
		Body    any
		Text    string
	}
}

var placeholder = regexp.MustCompile(`<([a-zA-Z]+)(\+)?(#(\d+))?>`)

// concrete puts a value of the right type in the place of a recording's placeholder.
func concrete(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = concrete(e)
		}
	case []any:
		for i, e := range v {
			v[i] = concrete(e)
		}
	case string:
		m := placeholder.FindStringSubmatch(v)
		if m != nil && m[0] == v {
			switch m[1] {
			case "servicePort", "port", "int", "number":
				return json.Number("10101")
			case "version", "timestamp":
				return "2021-05-01T10:00:0" + (m[4] + "0")[:1] + ".000Z"
			}
		}
		return placeholder.ReplaceAllString(v, "x${4}")
	}
	return v
}

func eachRecorded(t *testing.T, visit func(t *testing.T, r recorded, raw []byte)) {
	files, err := filepath.Glob(filepath.Join(recordings(t), "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 64<<20)
		for lines.Scan() {
			var r recorded
			if decodeNumbers(lines.Bytes(), &r) != nil || r.Request.Method == "" || r.Response.Status == 0 {
				continue // waits, faults, event streams
			}
			raw := []byte(r.Response.Text)
			if r.Response.Body != nil {
				if raw, err = encode(concrete(r.Response.Body)); err != nil {
					t.Fatal(err)
				}
			}
			visit(t, r, raw)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
}

// canned is a client whose every answer is the given one.
func canned(t *testing.T, status int, body []byte) *Client {
	c := newTestClient(t, func(c *Config) { c.URLs = []string{"http://marathon"} })
	c.http = &http.Client{Transport: roundTrip(func(req *http.Request) *answer {
		if req.URL.Path == infoPath && status == http.StatusNotFound {
			return &answer{status: http.StatusOK, body: []byte(infoBody), header: http.Header{}}
		}
		return &answer{status: status, body: body, header: http.Header{"Content-Type": {"application/json"}}}
	})}
	return c
}

type roundTrip func(*http.Request) *answer

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	return response(req, f(req)), nil
}

func TestRecordedReads(t *testing.T) {
	ctx := testContext(t)
	seen := map[string]int{}
	eachRecorded(t, func(t *testing.T, r recorded, raw []byte) {
		if r.Request.Method != http.MethodGet || r.Response.Status != 200 {
			return
		}
		path, _, _ := strings.Cut(r.Request.Path, "?")
		body, isObject := r.Response.Body.(map[string]any)
		fail := func(err error) {
			if err != nil {
				t.Errorf("%s %d %s: %v", r.Scenario, r.Step, path, err)
			}
		}
		c := canned(t, 200, raw)
		switch {
		case isObject && body["app"] != nil && strings.HasPrefix(path, "/v2/apps/"):
			seen["app"]++
			app, err := c.App(ctx, "/a")
			fail(err)
			want, _ := json.Marshal(body["app"])
			var original App
			fail(decodeNumbers(want, &original))
			if !Equal(app, App(concrete(map[string]any(original)).(map[string]any))) {
				t.Errorf("%s %d: the app is not what was sent", r.Scenario, r.Step)
			}
			status, err := c.Status(ctx, "/a")
			fail(err)
			if n, _ := app.Int("tasksRunning"); status.Running != int(n) || len(status.Tasks) != len(app.List("tasks")) {
				t.Errorf("%s %d: counts differ", r.Scenario, r.Step)
			}
			dead := 0
			for _, task := range status.Tasks {
				if task.Dead {
					dead++
				}
			}
			if status.HasHealthChecks && dead != status.Unhealthy {
				t.Errorf("%s %d: %d tasks seen as failing their checks, Marathon counts %d", r.Scenario, r.Step, dead, status.Unhealthy)
			}
		case path == "/v2/queue" && isObject:
			seen["queue"]++
			items, err := c.Queue(ctx)
			fail(err)
			for _, q := range items {
				if (q.AppID == "") == (q.PodID == "") || len(q.RejectLastOffers) != 10 || q.Since.IsZero() {
					t.Errorf("%s %d: %+v", r.Scenario, r.Step, q)
				}
			}
		case path == "/v2/deployments":
			seen["deployments"]++
			list, err := c.Deployments(ctx)
			fail(err)
			if len(list) != len(r.Response.Body.([]any)) {
				t.Errorf("%s %d: %d deployments", r.Scenario, r.Step, len(list))
			}
		case path == "/v2/info" && isObject && len(body) > 2:
			seen["info"]++
			_, err := c.Info(ctx)
			fail(err)
		case strings.HasPrefix(path, "/v2/groups") && isObject && body["id"] != nil && !strings.Contains(path, "versions"):
			seen["group"]++
			_, err := c.Group(ctx, "/g")
			fail(err)
		case path == "/v2/tasks" && isObject:
			seen["tasks"]++
			_, err := c.AppTasks(ctx, "/g")
			fail(err)
		}
	})
	for _, kind := range []string{"app", "queue", "deployments", "group", "tasks"} {
		if seen[kind] == 0 {
			t.Errorf("no recording of %s", kind)
		}
	}
	t.Log(seen)
}

func TestRecordedRefusals(t *testing.T) {
	kinds := map[int]error{400: ErrInvalid, 401: ErrUnauthorized, 404: ErrNotFound, 422: ErrInvalid, 500: ErrServer}
	seen := map[int]int{}
	eachRecorded(t, func(t *testing.T, r recorded, raw []byte) {
		body, isObject := r.Response.Body.(map[string]any)
		if !isObject || r.Response.Status < 400 || body["message"] == nil {
			return
		}
		want := kinds[r.Response.Status]
		if r.Response.Status == 409 {
			want = ErrExists
			if body["deployments"] != nil {
				want = ErrLocked
			}
		}
		if want == nil {
			return
		}
		seen[r.Response.Status]++
		c := canned(t, r.Response.Status, raw)
		err := c.failure(request{op: "x"}, &answer{status: r.Response.Status, body: raw, header: http.Header{}, base: c.bases[0]})
		if !errors.Is(err, want) {
			t.Errorf("%s %d: %v is not %v", r.Scenario, r.Step, err, want)
		}
		if list, ok := body["details"].([]any); ok && err.Kind == Invalid && len(err.Details) != len(list) {
			t.Errorf("%s %d: %d details of %d", r.Scenario, r.Step, len(err.Details), len(list))
		}
	})
	if seen[422] == 0 || seen[409] == 0 || seen[404] == 0 {
		t.Error(seen)
	}
	t.Log(seen)
}
