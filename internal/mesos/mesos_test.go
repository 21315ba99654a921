package mesos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// cluster serves a master and one agent as Mesos does: state by process name, files in chunks of 64 KiB at most.
type cluster struct {
	t            *testing.T
	dir          string // the agent's work directory
	server       *httptest.Server
	statePath    string
	largestChunk int64
	state        string
	prefix       string // in front of the agent's paths
}

func newCluster(t *testing.T, statePath, prefix string) *cluster {
	c := &cluster{t: t, dir: t.TempDir(), statePath: statePath, prefix: prefix}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	return c
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch r.URL.Path {
	case "/redirected/slaves":
		http.Redirect(w, r, "/slaves", http.StatusTemporaryRedirect)
	case "/slaves", "/mesos/slaves":
		host := strings.TrimPrefix(c.server.URL, "http://")
		if c.prefix != "" {
			host = "127.0.0.1:1" // agents are not to be reached from outside
		}
		_, _ = fmt.Fprintf(w, `{"slaves":[{"id":"S0","pid":"slave(1)@127.0.0.1:1"},{"id":"S1","hostname":"h","pid":"slave(2)@%s"}]}`, host)
	case c.prefix + c.statePath:
		_, _ = w.Write([]byte(c.state))
	case c.prefix + "/files/read":
		c.read(w, q)
	default:
		http.NotFound(w, r)
	}
}

func (c *cluster) read(w http.ResponseWriter, q url.Values) {
	data, err := os.ReadFile(q.Get("path"))
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	offset, _ := strconv.ParseInt(q.Get("offset"), 10, 64)
	if offset == -1 {
		_, _ = fmt.Fprintf(w, `{"data":"","offset":%d}`, len(data))
		return
	}
	length, _ := strconv.ParseInt(q.Get("length"), 10, 64)
	if length > chunk {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.largestChunk = max(c.largestChunk, length)
	end := min(offset+length, int64(len(data)))
	text, _ := json.Marshal(string(data[offset:end]))
	_, _ = fmt.Fprintf(w, `{"data":%s,"offset":%d}`, text, offset)
}

func (c *cluster) sandbox(name, file, text string) string {
	dir := filepath.Join(c.dir, name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return dir
}

func TestTail(t *testing.T) {
	var long strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	for name, tc := range map[string]struct {
		statePath, prefix, master string
	}{
		"by process":                  {"/slave(2)/state", "", ""},
		"by address":                  {"/state", "", ""},
		"a master that does not lead": {"/slave(2)/state", "", "/redirected"},
		"behind DC/OS":                {"/slave(2)/state", "/agent/S1", "/mesos"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, tc.statePath, tc.prefix)
			running := c.sandbox("running", "stderr", long.String())
			done := c.sandbox("done", "stdout", "only\nhalf a line")
			shared := c.sandbox("shared/tasks/t3", "stderr", "from a pod\n")
			empty := c.sandbox("empty", "stderr", "")
			c.state = fmt.Sprintf(`{"id":"S1","frameworks":[{"id":"f","executors":[{"id":"t1","directory":%q,"tasks":[{"id":"t1"}]},{"id":"pod","directory":%q,"tasks":[],"completed_tasks":[{"id":"t3"}]}],
				"completed_executors":[{"id":"t2","directory":%q,"tasks":[],"queued_tasks":[],"completed_tasks":[{"id":"t2"}]}]}],"completed_frameworks":[{"executors":[],"completed_executors":[{"id":"t4","directory":%q}]}]}`,
				running, filepath.Dir(filepath.Dir(shared)), done, empty)
			m := New(c.server.URL+tc.master+"/", nil)
			ctx := context.Background()

			got, err := m.Tail(ctx, "S1", "t1", "stderr", 100000)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got, "line ") || !strings.HasSuffix(got, "line 19999") || len(got) > 100000 || len(got) < 99900 {
				t.Errorf("%d bytes, %.20q … %q", len(got), got, got[len(got)-20:])
			}
			if c.largestChunk > chunk {
				t.Errorf("asked for %d bytes at once", c.largestChunk)
			}
			for _, want := range []struct{ task, file, text string }{{"t2", "stdout", "only\nhalf a line"}, {"t3", "stderr", "from a pod"}, {"t4", "stderr", ""}} {
				if got, err := m.Tail(ctx, "S1", want.task, want.file, 4096); err != nil || got != want.text {
					t.Errorf("%s: %q, %v", want.task, got, err)
				}
			}
			for _, missing := range [][3]string{{"S9", "t1", "stderr"}, {"S1", "t9", "stderr"}, {"S1", "t1", "nope"}} {
				if _, err := m.Tail(ctx, missing[0], missing[1], missing[2], 10); !errors.Is(err, ErrNotFound) {
					t.Errorf("%v: %v", missing, err)
				}
			}
		})
	}
}

func TestTailOfOneLongLine(t *testing.T) {
	c := newCluster(t, "/state", "")
	dir := c.sandbox("s", "stderr", strings.Repeat("x", 1000)+"\n")
	c.state = fmt.Sprintf(`{"frameworks":[{"executors":[{"id":"t","directory":%q}]}]}`, dir)
	if got, err := New(c.server.URL, nil).Tail(context.Background(), "S1", "t", "stderr", 100); err != nil || got != strings.Repeat("x", 99) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTailOfNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }))
	defer server.Close()
	for _, u := range []string{server.URL, "http://127.0.0.1:1", "::"} {
		if _, err := New(u, nil).Tail(context.Background(), "S1", "t", "stderr", 100); err == nil {
			t.Errorf("%s: no error", u)
		}
	}
}
