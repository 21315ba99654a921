package api

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMesos(t *testing.T) {
	r := newRig(t, Options{})
	r.must("POST", "/v2/apps", `{"id":"/a","cmd":"sleep 1","cpus":0.1}`, 201)
	r.settled()
	app, err := r.core.App("/a")
	if err != nil {
		t.Fatal(err)
	}
	task := app.Tasks[0].ID
	base := t.TempDir()
	dir := filepath.Join(base, "run")
	other := filepath.Join(base, "other")
	for _, d := range []string{dir, other} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(dir, "stdout"), "hello world")
	write(filepath.Join(other, "secret"), "s3cret")
	if err := os.Symlink(filepath.Join(other, "secret"), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(dir, "linkdir")); err != nil {
		t.Fatal(err)
	}
	r.driver.mu.Lock()
	r.driver.dirs[task] = dir
	r.driver.mu.Unlock()

	srv := httptest.NewServer(NewMesos(r.core, r.driver.SandboxDir, MesosOptions{}))
	t.Cleanup(srv.Close)
	get := func(path string, host string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			req.Host = host
		}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}

	t.Run("agents", func(t *testing.T) {
		for _, path := range []string{"/slaves", "/master/slaves"} {
			status, body := get(path, "")
			var v struct {
				Slaves []struct {
					ID, Hostname, PID string
					Active            bool
				}
			}
			if err := json.Unmarshal([]byte(body), &v); err != nil || status != 200 {
				t.Fatal(status, body, err)
			}
			if s := v.Slaves[0]; s.ID != "S0" || s.PID != "slave(1)@"+strings.TrimPrefix(srv.URL, "http://") || !s.Active {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("executors", func(t *testing.T) {
		for _, path := range []string{"/state", "/slave(1)/state"} {
			status, body := get(path, "")
			var v struct {
				Frameworks []struct {
					Executors []struct{ ID, Source, Directory string }
				}
			}
			if err := json.Unmarshal([]byte(body), &v); err != nil || status != 200 {
				t.Fatal(status, body, err)
			}
			if e := v.Frameworks[0].Executors; len(e) != 1 || e[0].ID != task || e[0].Source != task || e[0].Directory != dir {
				t.Errorf("%+v", e)
			}
		}
	})
	read := func(path, query string) (int, string) {
		return get("/slave(1)/files/read?path="+url.QueryEscape(path)+query, "")
	}
	t.Run("files", func(t *testing.T) {
		for query, want := range map[string]string{
			"":                     `{"data":"","offset":11}`,
			"&offset=-1":           `{"data":"","offset":11}`,
			"&offset=0":            `{"data":"hello world","offset":0}`,
			"&offset=6&length=3":   `{"data":"wor","offset":6}`,
			"&offset=11":           `{"data":"","offset":11}`,
			"&offset=99&length=10": `{"data":"","offset":99}`,
		} {
			if status, body := read(filepath.Join(dir, "stdout"), query); status != 200 || body != want {
				t.Errorf("%s: %d %s", query, status, body)
			}
		}
	})
	t.Run("ways out", func(t *testing.T) {
		for _, path := range []string{
			filepath.Join(other, "secret"), filepath.Join(dir, "link"), filepath.Join(dir, "linkdir", "secret"),
			dir + "/../other/secret", "/etc/passwd", "stdout", dir + "x/stdout", filepath.Join(dir, "missing"),
		} {
			if status, body := read(path, "&offset=0"); status != 404 || strings.Contains(body, "s3cret") {
				t.Errorf("%s: %d %s", path, status, body)
			}
		}
		if status, _ := read(dir, "&offset=0"); status == 200 {
			t.Error("a directory was read")
		}
		// Nobody writes to it: opened as a file it would hold the request for ever.
		pipe := filepath.Join(dir, "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		if status, _ := read(pipe, "&offset=0"); status != 400 {
			t.Errorf("a named pipe: %d", status)
		}
	})
	t.Run("guard", func(t *testing.T) {
		if status, _ := get("/slaves", "evil.example"); status != 403 {
			t.Errorf("a foreign name: %d", status)
		}
	})
}
