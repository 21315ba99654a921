package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestGuardHost(t *testing.T) {
	r := newRig(t, Options{})
	for host, want := range map[string]int{
		"":                       200, // the server's own
		"localhost":              200,
		"localhost:9999":         200,
		"127.0.0.1:1":            200,
		"127.3.2.1":              200,
		"[::1]:80":               200,
		"evil.example":           403, // DNS rebinding
		"evil.example:8080":      403,
		"localhost.evil.example": 403,
		"127.0.0.1.evil.example": 403,
		"192.168.1.1":            403,
	} {
		got, _, body := r.do("GET", "/v2/apps", "", func(req *http.Request) {
			if host != "" {
				req.Host = host
			}
		})
		if got != want {
			t.Errorf("Host %q: %d %s, want %d", host, got, body, want)
		}
	}
}

func TestGuardOrigin(t *testing.T) {
	r := newRig(t, Options{})
	app := `{"id":"/x","cmd":"sleep 1","instances":0}`
	for origin, want := range map[string]int{
		"null":                      403, // sandboxed frames, files
		"http://evil.example":       403,
		"http://localhost":          403, // another server on this machine
		"http://127.0.0.1":          403,
		r.server.URL + ".evil.test": 403,
		r.server.URL:                201,
	} {
		got, _, body := r.do("POST", "/v2/apps", app, func(req *http.Request) { req.Header.Set("Origin", origin) })
		if got != want {
			t.Errorf("Origin %q: %d %s, want %d", origin, got, body, want)
		}
	}
	if got, _, _ := r.do("GET", "/v2/apps", "", func(req *http.Request) { req.Header.Set("Origin", "http://evil.example") }); got != 403 {
		t.Errorf("a read of another origin: %d", got)
	}
}

func TestGuardContentType(t *testing.T) {
	r := newRig(t, Options{})
	for ct, want := range map[string]int{
		"text/plain":                        415,
		"application/x-www-form-urlencoded": 415,
		"multipart/form-data; boundary=x":   415,
		"application/json; charset=utf-8":   201,
	} {
		got, _, body := r.do("POST", "/v2/apps", `{"id":"/x","cmd":"sleep 1","instances":0}`, func(req *http.Request) { req.Header.Set("Content-Type", ct) })
		if got != want {
			t.Errorf("Content-Type %q: %d %s, want %d", ct, got, body, want)
		}
	}
	if len(r.core.Apps("/")) != 1 {
		t.Errorf("%d apps after one accepted request", len(r.core.Apps("/")))
	}
}

func TestGuardBasicAuth(t *testing.T) {
	r := newRig(t, Options{User: "u", Password: "p"})
	for _, path := range []string{"/", "/ping", "/v2/apps", "/v2/info", "/v2/events", "/metrics", "/nope"} {
		for name, set := range map[string]func(*http.Request){
			"none":           func(*http.Request) {},
			"wrong password": func(req *http.Request) { req.SetBasicAuth("u", "x") },
			"wrong user":     func(req *http.Request) { req.SetBasicAuth("x", "p") },
			"bearer":         func(req *http.Request) { req.Header.Set("Authorization", "Bearer p") },
		} {
			got, h, body := r.do("GET", path, "", set)
			if got != 401 || body != `{"message":"Invalid username or password."}` || h.Get("WWW-Authenticate") != `Basic realm="Mesosphere"` {
				t.Errorf("%s with %s: %d %s %s", path, name, got, body, h.Get("WWW-Authenticate"))
			}
		}
	}
	if got, _, body := r.do("GET", "/v2/apps", "", func(req *http.Request) { req.SetBasicAuth("u", "p") }); got != 200 {
		t.Errorf("with the right password: %d %s", got, body)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	r := newRig(t, Options{})
	if got, _, _ := r.do("POST", "/v2/apps", `{"id":"/x","cmd":"`+strings.Repeat("x", maxBody)+`"}`); got != 413 {
		t.Errorf("a body beyond the limit: %d", got)
	}
}
