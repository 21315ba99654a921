package marathon

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const (
	created  = `{"id":"/a","version":"2021-01-01T00:00:00.000Z","cmd":"x","deployments":[{"id":"d1"}]}`
	lockBody = `{"message":"App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.","deployments":[{"id":"d9"}]}`
	noApp    = `{"message":"App '/a' does not exist","details":[]}`
)

func appBody(more string) string {
	return `{"app":{"id":"/a","cmd":"x","cpus":0.10,"instances":1,"version":"2021-01-01T00:00:00.000Z","versionInfo":{"lastConfigChangeAt":"2021-01-01T00:00:00.000Z"},"tasks":[],"tasksRunning":1,"deployments":[{"id":"d1"}]` + more + `}}`
}

func TestCreate(t *testing.T) {
	header := map[string]string{"Marathon-Deployment-Id": "d1"}
	app := App{"id": "/a", "cmd": "x", "cpus": 0.1, "portDefinitions": []any{map[string]any{"port": 0}}}
	same := appBody(`,"portDefinitions":[{"port":10004,"name":"default"}]`)
	other := strings.Replace(same, `"cmd":"x"`, `"cmd":"y"`, 1)
	tests := map[string]struct {
		post, get, list []reply
		want            Change
		err             error
		posts           int
	}{
		"plain":                        {post: []reply{{status: 201, body: created, header: header}}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 1},
		"deployment only in the body":  {post: []reply{{status: 201, body: created}}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 1},
		"cut, was applied":             {post: []reply{{cut: true}}, get: []reply{ok(same)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 1},
		"cut, was not applied":         {post: []reply{{cut: true}, {status: 201, body: created, header: header}}, get: []reply{answers(404, noApp)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 2},
		"cut, somebody else's":         {post: []reply{{cut: true}}, get: []reply{ok(other)}, err: ErrExists, posts: 1},
		"cut, applied after the look":  {post: []reply{{cut: true}, answers(409, `{"message":"An app with id [/a] already exists."}`)}, get: []reply{answers(404, noApp), ok(same)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 2},
		"answer truncated":             {post: []reply{{status: 201, body: created, part: 20}}, get: []reply{ok(same)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 1},
		"503 in HTML, was applied":     {post: []reply{answers(503, "<html><title>Unavailable</title></html>")}, get: []reply{ok(same)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 1},
		"502, was not applied":         {post: []reply{answers(502, ""), {status: 201, body: created, header: header}}, get: []reply{answers(404, noApp)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 2},
		"500 is told, not repeated":    {post: []reply{answers(500, `{"message":"Service ports are exhausted"}`)}, err: ErrServer, posts: 1},
		"taken":                        {post: []reply{answers(409, `{"message":"An app with id [/a] already exists."}`)}, err: ErrExists, posts: 1},
		"refused":                      {post: []reply{answers(422, `{"message":"Object is not valid","details":[{"path":"/cmd","errors":["too short"]}]}`)}, err: ErrInvalid, posts: 1},
		"too many deployments at once": {post: []reply{answers(403, `{"message":"Max number (100) of running deployments is achieved."}`), {status: 201, body: created, header: header}}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 2},
		"not authorized":               {post: []reply{answers(403, `{"message":"Not Authorized to perform this action!"}`)}, err: ErrForbidden, posts: 1},
		"locked, then free":            {post: []reply{answers(409, lockBody), {status: 201, body: created, header: header}}, list: []reply{ok(`[{"id":"d9","steps":[]}]`), ok(`[]`)}, want: Change{DeploymentID: "d1", Version: "2021-01-01T00:00:00.000Z"}, posts: 2},
		"a login page takes the POST":  {post: []reply{ok("<html><title>Login</title></html>")}, err: ErrNotMarathon, posts: 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			replies := map[string][]reply{"POST /v2/apps": tc.post, "GET /v2/apps/a": tc.get}
			if tc.list != nil {
				replies["GET /v2/deployments"] = tc.list
			}
			s := newScript(t, replies)
			got, err := s.client().CreateApp(testContext(t), app)
			if !errors.Is(err, tc.err) || (tc.err == nil && err != nil) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if got != tc.want {
				t.Errorf("change %+v, want %+v", got, tc.want)
			}
			posts := s.sent("POST /v2/apps")
			if len(posts) != tc.posts {
				t.Errorf("%d POSTs, want %d", len(posts), tc.posts)
			}
			for _, p := range posts {
				if p.query != "force=false" {
					t.Errorf("query %q", p.query)
				}
			}
			s.finished()
		})
	}
}

func TestLockHeldUntilTheDeadline(t *testing.T) {
	s := newScript(t, map[string][]reply{
		"DELETE /v2/apps/a":   {answers(409, lockBody)},
		"GET /v2/deployments": {ok(`[{"id":"d9","steps":[],"affectedApps":["/a"]}]`)},
	})
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := s.client().DeleteApp(ctx, "/a")
	var e *Error
	if !errors.As(err, &e) || e.Kind != Locked || len(e.Deployments) != 1 || e.Deployments[0] != "d9" {
		t.Fatalf("got %v", err)
	}
	if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrLocked) {
		t.Errorf("%v does not match the deadline and the lock", err)
	}
	if n := len(s.sent("DELETE /v2/apps/a")); n != 1 {
		t.Errorf("%d DELETEs while locked", n)
	}
	if !strings.Contains(err.Error(), "d9") {
		t.Errorf("no deployment in %q", err)
	}
}

func TestDeleteNeverForces(t *testing.T) {
	s := newScript(t, map[string][]reply{
		"DELETE /v2/apps/a":   {{cut: true}},
		"GET /v2/apps/a":      {answers(404, noApp)},
		"GET /v2/deployments": {ok(`[{"id":"d7","steps":[],"affectedApps":["/a"]}]`)},
		"DELETE /v2/groups/g": {ok(`{"version":"v","deploymentId":"d8"}`)},
	})
	c := s.client()
	got, err := c.DeleteApp(testContext(t), "/a")
	if err != nil || got.DeploymentID != "d7" {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := c.DeleteGroup(testContext(t), "/g"); err != nil || got.DeploymentID != "d8" {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, key := range []string{"DELETE /v2/apps/a", "DELETE /v2/groups/g"} {
		if q := s.sent(key)[0].query; q != "force=false" {
			t.Errorf("%s?%s", key, q)
		}
	}
}

func TestDangerousIdsAreRefused(t *testing.T) {
	s := newScript(t, nil) // any request fails the test
	c := s.client()
	for _, id := range []string{"", "/", "//", "/*", "/a/../b", "/a/."} {
		if _, err := c.DeleteGroup(testContext(t), id); !errors.Is(err, ErrInvalid) {
			t.Errorf("DeleteGroup(%q): %v", id, err)
		}
		if _, err := c.DeleteApp(testContext(t), id); !errors.Is(err, ErrInvalid) {
			t.Errorf("DeleteApp(%q): %v", id, err)
		}
	}
}

func TestReplace(t *testing.T) {
	current := appBody(`,"labels":{"a":"1"},"executorResources":{"cpus":0.1,"mem":32},"resourceLimits":{"mem":"unlimited"},"newFangled":{"deep":[{"x":1.50}]}`)
	set := func(key string, value any) func(App) (App, error) {
		return func(a App) (App, error) { a[key] = value; return a, nil }
	}
	t.Run("nothing differs, nothing is sent", func(t *testing.T) {
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {ok(current)}})
		got, err := s.client().ReplaceApp(testContext(t), "/a", set("cpus", 0.1))
		if err != nil || !got.Unchanged || got.Version == "" {
			t.Fatalf("%+v, %v", got, err)
		}
	})
	t.Run("complete, with what is not known, and executorResources restored", func(t *testing.T) {
		s := newScript(t, map[string][]reply{
			"GET /v2/apps/a":   {ok(current), ok(strings.Replace(current, `"version":"2021-01-01T00:00:00.000Z"`, `"version":"v2"`, 1))},
			"PUT /v2/apps/a":   {ok(`{"version":"v2","deploymentId":"d2"}`)},
			"PATCH /v2/apps/a": {ok(`{"version":"v3","deploymentId":"d3"}`)},
		})
		got, err := s.client().ReplaceApp(testContext(t), "/a", set("cpus", 2))
		if err != nil || got != (Change{DeploymentID: "d2", Version: "v2"}) {
			t.Fatalf("%+v, %v", got, err)
		}
		put := s.sent("PUT /v2/apps/a")[0]
		if put.query != "force=false&partialUpdate=false" {
			t.Errorf("query %s", put.query)
		}
		var sent App
		if err := decodeNumbers([]byte(put.body), &sent); err != nil {
			t.Fatal(err)
		}
		for _, key := range readOnly {
			if _, there := sent[key]; there {
				t.Errorf("read-only key %s is sent", key)
			}
		}
		if !strings.Contains(put.body, `"newFangled":{"deep":[{"x":1.50}]}`) || !strings.Contains(put.body, `"labels":{"a":"1"}`) {
			t.Errorf("lost something: %s", put.body)
		}
		if patch := s.sent("PATCH /v2/apps/a")[0]; patch.body != `{"executorResources":{"cpus":0.1,"mem":32},"resourceLimits":{"mem":"unlimited"}}` || patch.query != "force=false" {
			t.Errorf("PATCH %+v", patch)
		}
		s.finished()
	})
	t.Run("the server finds no change", func(t *testing.T) {
		s := newScript(t, map[string][]reply{
			"GET /v2/apps/a": {ok(appBody("")), ok(appBody(""))},
			"PUT /v2/apps/a": {ok(`{"version":"v2","deploymentId":"d2"}`)},
		})
		got, err := s.client().ReplaceApp(testContext(t), "/a", set("fetch", []any{}))
		if err != nil || got != (Change{DeploymentID: "d2", Version: "2021-01-01T00:00:00.000Z", Unchanged: true}) {
			t.Fatalf("%+v, %v", got, err)
		}
		s.finished()
	})
	t.Run("the lost answer is looked for", func(t *testing.T) {
		after := strings.Replace(appBody(""), `"cpus":0.10`, `"cpus":2.0`, 1)
		s := newScript(t, map[string][]reply{
			"GET /v2/apps/a": {ok(appBody("")), ok(after)},
			"PUT /v2/apps/a": {{cut: true}},
		})
		got, err := s.client().ReplaceApp(testContext(t), "/a", set("cpus", 2))
		if err != nil || got.Unchanged || got.DeploymentID != "d1" {
			t.Fatalf("%+v, %v", got, err)
		}
		s.finished()
	})
	t.Run("after a lock the overlay works on what the other left", func(t *testing.T) {
		s := newScript(t, map[string][]reply{
			"GET /v2/apps/a":      {ok(appBody("")), ok(appBody(`,"labels":{"other":"1"}`)), answers(401, `{"message":"Invalid username or password."}`)},
			"PUT /v2/apps/a":      {answers(409, lockBody), ok(`{"version":"v2","deploymentId":"d2"}`)},
			"GET /v2/deployments": {ok(`[]`)},
		})
		got, err := s.client().ReplaceApp(testContext(t), "/a", set("cpus", 2))
		if err != nil || got != (Change{DeploymentID: "d2"}) { // the version is not known: the read-back fails
			t.Fatalf("%+v, %v", got, err)
		}
		puts := s.sent("PUT /v2/apps/a")
		if len(puts) != 2 || !strings.Contains(puts[1].body, `"other":"1"`) {
			t.Errorf("%+v", puts)
		}
	})
	t.Run("an app that is not there", func(t *testing.T) {
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {answers(404, noApp)}})
		if _, err := s.client().ReplaceApp(testContext(t), "/a", set("cpus", 2)); !errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	})
}

func TestScaleCarriesExecutorResources(t *testing.T) {
	s := newScript(t, map[string][]reply{
		"GET /v2/apps/a": {ok(appBody(`,"executorResources":{"cpus":0.1},"resourceLimits":{"cpus":2}`)), ok(appBody(""))},
		"PUT /v2/apps/a": {ok(`{"version":"v2","deploymentId":"d2"}`)},
	})
	c := s.client()
	if _, err := c.ScaleApp(testContext(t), "/a", 5); err != nil {
		t.Fatal(err)
	}
	put := s.sent("PUT /v2/apps/a")[0]
	if put.body != `{"executorResources":{"cpus":0.1},"instances":5,"resourceLimits":{"cpus":2}}` || put.query != "force=false&partialUpdate=true" {
		t.Errorf("%+v", put)
	}
	if got, err := c.ScaleApp(testContext(t), "/a", 1); err != nil || !got.Unchanged {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRestart(t *testing.T) {
	now := strings.ReplaceAll(appBody(""), "2021-01-01", "2021-01-02")
	for name, tc := range map[string]struct {
		get, post []reply
		want      Change
	}{
		"plain":                {get: []reply{ok(appBody(""))}, post: []reply{ok(`{"version":"v2","deploymentId":"d2"}`)}, want: Change{DeploymentID: "d2", Version: "v2"}},
		"cut, was applied":     {get: []reply{ok(appBody("")), ok(now)}, post: []reply{{cut: true}}, want: Change{DeploymentID: "d1", Version: "2021-01-02T00:00:00.000Z"}},
		"cut, was not applied": {get: []reply{ok(appBody("")), ok(appBody(""))}, post: []reply{{cut: true}, ok(`{"version":"v2","deploymentId":"d2"}`)}, want: Change{DeploymentID: "d2", Version: "v2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, map[string][]reply{"GET /v2/apps/a": tc.get, "POST /v2/apps/a/restart": tc.post})
			got, err := s.client().RestartApp(testContext(t), "/a")
			if err != nil || got != tc.want {
				t.Fatalf("%+v, %v", got, err)
			}
			if q := s.sent("POST /v2/apps/a/restart")[0].query; q != "force=false" {
				t.Errorf("query %q", q)
			}
			s.finished()
		})
	}
	t.Run("refused", func(t *testing.T) {
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {ok(appBody(""))}, "POST /v2/apps/a/restart": {answers(403, `{"message":"Not Authorized to perform this action!"}`)}})
		if _, err := s.client().RestartApp(testContext(t), "/a"); !errors.Is(err, ErrForbidden) {
			t.Fatal(err)
		}
	})
}

// A cut that nothing explains must end as an error that says so, not as a second delivery of something unsafe or as success.
func TestUnknownOutcome(t *testing.T) {
	cuts := make([]reply, 400)
	gone := make([]reply, 400)
	for i := range cuts {
		cuts[i], gone[i] = reply{cut: true}, answers(404, noApp)
	}
	s := newScript(t, map[string][]reply{"POST /v2/apps": cuts, "GET /v2/apps/a": gone})
	c := s.client(func(c *Config) { c.RequestTimeout = 200 * time.Millisecond })
	_, err := c.CreateApp(testContext(t), App{"id": "/a", "cmd": "x"})
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "not known whether") {
		t.Fatal(err)
	}
}

// Whoever keeps track of an object must know when a write may have happened.
func TestUnknownIsMarked(t *testing.T) {
	foreign := strings.Replace(appBody(""), `"cmd":"x"`, `"cmd":"y"`, 1)
	many := func(r reply) []reply {
		out := make([]reply, 400)
		for i := range out {
			out[i] = r
		}
		return out
	}
	refused := answers(422, `{"message":"Object is not valid","details":[]}`)
	for name, tc := range map[string]struct {
		post, get []reply
		want      bool
	}{
		"cut, and nothing answers any more":    {post: many(reply{cut: true}), get: many(reply{cut: true}), want: true},
		"cut, and a proxy's page after it":     {post: many(reply{cut: true}), get: many(answers(404, "<html>")), want: true},
		"cut, and the look is refused":         {post: many(reply{cut: true}), get: many(answers(401, `{"message":"no"}`)), want: true},
		"cut, and somebody else's app":         {post: many(reply{cut: true}), get: many(ok(foreign))},
		"cut, not there, then refused":         {post: []reply{{cut: true}, refused}, get: many(answers(404, noApp))},
		"refused":                              {post: []reply{refused}},
		"taken":                                {post: []reply{answers(409, `{"message":"An app with id [/a] already exists."}`)}},
		"500":                                  {post: []reply{answers(500, `{"message":"oops"}`)}, want: true},
		"created, in words that nobody reads":  {post: []reply{{status: 201, body: `{"version":1}`}}, want: true},
		"a login page takes the POST":          {post: []reply{ok("<html><title>Login</title></html>")}},
		"held by a lock after a lost delivery": {post: append([]reply{{cut: true}}, many(answers(409, lockBody))...), get: many(answers(404, noApp)), want: true},
		"held by a lock":                       {post: many(answers(409, lockBody))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, map[string][]reply{"POST /v2/apps": tc.post, "GET /v2/apps/a": tc.get, "GET /v2/deployments": {ok(`[{"id":"d9","steps":[]}]`)}})
			ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
			defer cancel()
			_, err := s.client(func(c *Config) { c.RequestTimeout = 200 * time.Millisecond }).CreateApp(ctx, App{"id": "/a", "cmd": "x"})
			var e *Error
			if !errors.As(err, &e) || e.Unknown != tc.want {
				t.Errorf("unknown should be %t: %#v", tc.want, err)
			}
		})
	}
	t.Run("interrupted on its way", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		hung := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			cancel()
			<-r.Context().Done()
		}))
		t.Cleanup(hung.Close)
		_, err := newTestClient(t, func(c *Config) { c.URLs = []string{hung.URL} }).CreateApp(ctx, App{"id": "/a", "cmd": "x"})
		var e *Error
		if !errors.As(err, &e) || !e.Unknown || !errors.Is(err, context.Canceled) {
			t.Errorf("%#v", err)
		}
	})
}

func TestWritesFailOverWhereNothingWasSent(t *testing.T) {
	s := newScript(t, map[string][]reply{"POST /v2/apps": {{status: 201, body: created}}})
	c := s.client(func(c *Config) { c.URLs = []string{"http://127.0.0.1:1", s.server.URL} })
	if _, err := c.CreateApp(testContext(t), App{"id": "/a", "cmd": "x"}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.sent("POST /v2/apps")); n != 1 {
		t.Errorf("%d POSTs", n)
	}
}

func TestBodyIsWhatWasGiven(t *testing.T) {
	s := newScript(t, map[string][]reply{"POST /v2/apps": {{status: http.StatusCreated, body: created}}})
	app := App{"id": "/a", "cmd": "a && b <c>", "mem": json.Number("128.0"), "env": map[string]string{"K": "v"}}
	if _, err := s.client().CreateApp(testContext(t), app); err != nil {
		t.Fatal(err)
	}
	if got := s.sent("POST /v2/apps")[0].body; got != `{"cmd":"a && b <c>","env":{"K":"v"},"id":"/a","mem":128.0}` {
		t.Errorf("%s", got)
	}
}
