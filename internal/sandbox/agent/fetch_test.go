package agent

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// serve starts an HTTP server that answers with the status, and makes its port the task's.
func serve(t *testing.T, task *Task) *atomic.Int64 {
	t.Helper()
	status := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(int(status.Load())) }))
	t.Cleanup(server.Close)
	task.Ports = []int{server.Listener.Addr().(*net.TCPAddr).Port}
	return status
}

func tarball(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(h.Name))
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(h.Name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := tarball(t,
		tar.Header{Name: "app/", Typeflag: tar.TypeDir, Mode: 0o755},
		tar.Header{Name: "app/bin/run", Typeflag: tar.TypeReg, Mode: 0o755},
		tar.Header{Name: "app/link", Typeflag: tar.TypeSymlink, Linkname: "bin/run"},
		tar.Header{Name: "app/hard", Typeflag: tar.TypeLink, Linkname: "app/bin/run"})
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	f, err := z.Create("inside.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("zip")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"/app.tgz":    good,
		"/x.zip":      zipped.Bytes(),
		"/evil.tgz":   tarball(t, tar.Header{Name: "../../evil", Typeflag: tar.TypeReg}),
		"/sneaky.tgz": tarball(t, tar.Header{Name: "out", Typeflag: tar.TypeSymlink, Linkname: r.dir}, tar.Header{Name: "out/evil", Typeflag: tar.TypeReg}),
		"/broken.tgz": []byte("no archive"),
		"/script":     []byte("#!/bin/sh\necho ran\n"),
	}
	asked := &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		body, ok := files[req.URL.Path]
		if !ok {
			http.NotFound(w, req)
			return
		}
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	local := filepath.Join(t.TempDir(), "local.txt")
	if err := os.WriteFile(local, []byte("local"), 0o600); err != nil {
		t.Fatal(err)
	}
	renamed := "sub/renamed"
	fetching := func(cmd string, items ...spec.Fetch) Task {
		return task(cmd, func(a *spec.App) { a.Fetch = items })
	}

	all := fetching("test -x app/bin/run && test -e app.tgz && test app/link -ef app/bin/run && test app/hard -ef app/bin/run && test \"$(cat inside.txt)\" = zip && ./script && cat local.txt sub/renamed && test ! -d plain",
		spec.Fetch{URI: server.URL + "/app.tgz", Extract: true},
		spec.Fetch{URI: server.URL + "/x.zip", Extract: true},
		spec.Fetch{URI: server.URL + "/script", Extract: true, Executable: true},
		spec.Fetch{URI: "file://" + local},
		spec.Fetch{URI: local, DestPath: &renamed})
	r.p.Launch(all)
	if s := r.terminal(all.ID); s.State != Finished || r.output(all.ID, "stdout") != "ran\nlocallocal" {
		t.Errorf("%s %q: %s%s", s.State, s.Message, r.output(all.ID, "stdout"), r.output(all.ID, "stderr"))
	}

	asked.Store(0)
	for range 2 {
		cached := fetching("test -x app/bin/run && test ! -e app.tgz", spec.Fetch{URI: server.URL + "/app.tgz", Extract: true, Cache: true})
		r.p.Launch(cached)
		if s := r.terminal(cached.ID); s.State != Finished {
			t.Errorf("cached: %s %q", s.State, s.Message)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times, want once", asked.Load())
	}

	for _, c := range []struct {
		uri, words string
	}{
		{server.URL + "/absent", "404"},
		{server.URL + "/evil.tgz", "escapes"},
		{server.URL + "/sneaky.tgz", "escapes"},
		{server.URL + "/broken.tgz", "broken.tgz"},
		{"/no/such/file", "no such file"},
		{"hdfs://name/x", "not hdfs"},
		{"relative.txt", "absolute"},
		{"http://user:secret@127.0.0.1:1/x?token=secret", "refused"},
		{"http://user:%zzsecret@127.0.0.1:1/x", "malformed"},
		{"http:///x?token=secret", "no Host"},
	} {
		bad := fetching("true", spec.Fetch{URI: c.uri, Extract: true})
		r.p.Launch(bad)
		s := r.terminal(bad.ID)
		if s.State != Failed || !strings.Contains(s.Message, "fetcher") || !strings.Contains(s.Message, c.words) {
			t.Errorf("%s: %s %q, want the words %q", c.uri, s.State, s.Message, c.words)
		}
		if strings.Contains(s.Message, "secret") {
			t.Errorf("a secret in %q", s.Message)
		}
	}
	if _, err := os.Stat(filepath.Join(r.dir, "evil")); err == nil {
		t.Error("an archive wrote outside its task's folder")
	}
}

func TestAKillEndsAFetch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	begun, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		close(begun)
		select {
		case <-req.Context().Done():
		case <-release:
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	slow := task("true", func(a *spec.App) { a.Fetch = []spec.Fetch{{URI: server.URL + "/slow"}} })
	r.p.Launch(slow)
	<-begun
	r.p.Kill(slow.ID, 0)
	if s := r.terminal(slow.ID); s.State != Killed {
		t.Errorf("%+v", s)
	}
}
