package marathon

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// reply is one scripted answer.
type reply struct {
	status int
	body   string
	header map[string]string
	cut    bool // close the connection instead of answering
	part   int  // send that many bytes of body, then close
}

func ok(body string) reply                  { return reply{status: 200, body: body} }
func answers(status int, body string) reply { return reply{status: status, body: body} }

const infoBody = `{"name":"marathon","version":"1.11.24","leader":"127.0.0.1:8080","frameworkId":"fw-1","marathon_config":{"framework_name":"marathon","mesos_leader_ui_url":"http://127.0.0.1:5050/","features":["vips"]}}`

type call struct {
	method, path, query, body, auth string
}

// script answers each "METHOD path" with its replies in turn and fails the test on anything that is not in it.
type script struct {
	t       *testing.T
	mu      sync.Mutex
	replies map[string][]reply
	calls   []call
	server  *httptest.Server
}

func newScript(t *testing.T, replies map[string][]reply) *script {
	t.Helper()
	s := &script{t: t, replies: replies}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Method + " " + r.URL.EscapedPath()
	s.mu.Lock()
	s.calls = append(s.calls, call{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Get("Authorization")})
	list := s.replies[key]
	if key == "GET /v2/info" && len(list) == 0 {
		list = []reply{ok(infoBody)}
	}
	if len(list) == 0 {
		s.mu.Unlock()
		s.t.Errorf("unexpected request %s?%s %s", key, r.URL.RawQuery, body)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	next := list[0]
	if len(list) > 1 {
		s.replies[key] = list[1:]
	} else if key != "GET /v2/info" && key != "GET /v2/deployments" {
		delete(s.replies, key)
	}
	s.mu.Unlock()
	if next.cut {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(next.body, "<") {
		w.Header().Set("Content-Type", "text/html")
	}
	for k, v := range next.header {
		w.Header().Set(k, v)
	}
	if next.part > 0 {
		w.Header().Set("Content-Length", "100000")
		w.WriteHeader(next.status)
		_, _ = io.WriteString(w, next.body[:next.part])
		if f, can := w.(http.Flusher); can {
			f.Flush()
		}
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

// sent gives the recorded requests of one "METHOD path".
func (s *script) sent(key string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []call
	for _, c := range s.calls {
		if c.method+" "+c.path == key {
			out = append(out, c)
		}
	}
	return out
}

// finished fails the test when a scripted answer was never asked for.
func (s *script) finished() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, left := range s.replies {
		if key != "GET /v2/info" && key != "GET /v2/deployments" && len(left) > 0 {
			s.t.Errorf("%d answers of %s were never asked for", len(left), key)
		}
	}
}

func (s *script) client(more ...func(*Config)) *Client {
	return newTestClient(s.t, append([]func(*Config){func(c *Config) {
		if len(c.URLs) == 0 {
			c.URLs = []string{s.server.URL}
		}
	}}, more...)...)
}

func newTestClient(t *testing.T, more ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{RequestTimeout: 2 * time.Second}
	for _, f := range more {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.retryMin, c.retryMax, c.lockMin, c.lockMax = time.Millisecond, 5*time.Millisecond, time.Millisecond, 5*time.Millisecond
	t.Cleanup(c.CloseIdle)
	return c
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
