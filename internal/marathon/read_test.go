package marathon

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadsRepeatAndFailOver(t *testing.T) {
	for name, replies := range map[string][]reply{
		"cut":               {{cut: true}, {cut: true}, ok(appBody(""))},
		"truncated":         {{status: 200, body: appBody(""), part: 30}, ok(appBody(""))},
		"502 without body":  {answers(502, ""), ok(appBody(""))},
		"503 HTML":          {answers(503, "<html><body>no</body></html>"), ok(appBody(""))},
		"500 once":          {answers(500, `{"message":"boom"}`), ok(appBody(""))},
		"429 of some proxy": {answers(429, ""), ok(appBody(""))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, map[string][]reply{"GET /v2/apps/a": replies})
			if app, err := s.client().App(testContext(t), "/a"); err != nil || app.ID() != "/a" {
				t.Fatal(err)
			}
			s.finished()
		})
	}
	t.Run("another member", func(t *testing.T) {
		down := newScript(t, map[string][]reply{"GET /v2/apps/a": {answers(502, "")}})
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {ok(appBody("")), ok(appBody(""))}})
		c := newTestClient(t, func(c *Config) { c.URLs = []string{"http://127.0.0.1:1/", down.server.URL, s.server.URL} })
		for range 2 { // the second time it stays with the one that answered
			if _, err := c.App(testContext(t), "/a"); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("a member that hangs gets only its share", func(t *testing.T) {
		release := make(chan struct{})
		hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}))
		defer hang.Close()
		defer close(release)
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {ok(appBody(""))}})
		c := newTestClient(t, func(c *Config) {
			c.URLs = []string{hang.URL, s.server.URL}
			c.RequestTimeout = 3 * time.Second
		})
		if _, err := c.App(testContext(t), "/a"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("500 for good", func(t *testing.T) {
		s := newScript(t, map[string][]reply{"GET /v2/apps/a": {answers(500, `{"message":"boom"}`), answers(500, `{"message":"boom"}`), answers(500, `{"message":"boom"}`)}})
		if _, err := s.client().App(testContext(t), "/a"); !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), "boom") {
			t.Fatal(err)
		}
	})
}

func TestUnreachable(t *testing.T) {
	c := newTestClient(t, func(c *Config) { c.URLs = []string{"http://127.0.0.1:1"}; c.RequestTimeout = 500 * time.Millisecond })
	_, err := c.App(testContext(t), "/a")
	if !errors.Is(err, ErrUnreachable) || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "http://127.0.0.1:1") || !strings.Contains(err.Error(), "refused") {
		t.Fatal(err)
	}
	if _, err := c.Deployments(testContext(t)); !errors.Is(err, ErrUnreachable) { // through the library
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.App(ctx, "/a"); !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnreachable) {
		t.Fatalf("cancelled: %v", err)
	}
	if _, err := c.CreateApp(ctx, App{"id": "/a"}); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled: %v", err)
	}
}

func TestWhatIsNoMarathon(t *testing.T) {
	page := `<!DOCTYPE html><html><head><title> Sign in </title></head></html>`
	nginx404 := `<html><head><title>404 Not Found</title></head></html>`
	for name, tc := range map[string]struct {
		app, info reply
		saw       string
	}{
		"a login page":                {app: ok(page), saw: `HTML page titled "Sign in"`},
		"a proxy's 404 is not gone":   {app: answers(404, nginx404), saw: "404 Not Found"},
		"another service's JSON 404":  {app: answers(404, `{"message":"no such route"}`), info: answers(404, `{"message":"no such route"}`), saw: "no such route"},
		"JSON of something else":      {app: ok(`{"hello":1}`), saw: "holds no app"},
		"text":                        {app: ok("hello"), saw: `"hello"`},
		"404 of a server without one": {app: answers(404, `{"message":"x"}`), info: ok(`{"name":"chronos"}`), saw: "chronos"},
	} {
		t.Run(name, func(t *testing.T) {
			replies := map[string][]reply{"GET /v2/apps/a": {tc.app}}
			if tc.info.status != 0 {
				replies["GET /v2/info"] = []reply{tc.info}
			}
			_, err := newScript(t, replies).client().App(testContext(t), "/a")
			if !errors.Is(err, ErrNotMarathon) || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), tc.saw) {
				t.Fatal(err)
			}
		})
	}
	t.Run("a gateway's JSON 404 after Marathon answered", func(t *testing.T) {
		s := newScript(t, map[string][]reply{
			"GET /v2/apps/a": {answers(404, `{"message":"no Route matched with those values"}`)},
			"GET /v2/info":   {ok(infoBody), answers(404, `{"message":"no Route matched with those values"}`)},
		})
		c := s.client()
		if _, err := c.Info(testContext(t)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.App(testContext(t), "/a"); !errors.Is(err, ErrNotMarathon) || errors.Is(err, ErrNotFound) {
			t.Fatal(err)
		}
	})
	t.Run("info", func(t *testing.T) {
		for _, body := range []reply{ok(page), ok(`{"name":"chronos"}`), ok(`[]`), ok(`7`), answers(404, nginx404), answers(404, `{"message":"x"}`), ok("")} {
			s := newScript(t, map[string][]reply{"GET /v2/info": {body}})
			if _, err := s.client().Info(testContext(t)); !errors.Is(err, ErrNotMarathon) && !errors.Is(err, ErrServer) {
				t.Errorf("%+v: %v", body, err)
			}
		}
	})
}

func TestInfo(t *testing.T) {
	got, err := newScript(t, nil).client().Info(testContext(t))
	want := Info{Version: "1.11.24", FrameworkID: "fw-1", FrameworkName: "marathon", Leader: "127.0.0.1:8080", MesosLeaderUI: "http://127.0.0.1:5050/", Features: []string{"vips"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
}

func TestSpoiltAnswers(t *testing.T) {
	s := newScript(t, map[string][]reply{"GET /v2/apps/a": {ok(appBody("")[:60]), ok(strings.Repeat("x", 100)), ok(`{"app":{"id":7}} x`)}})
	c := s.client()
	if _, err := c.App(testContext(t), "/a"); !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), "middle") {
		t.Errorf("half a JSON: %v", err)
	}
	c.maxBody = 64
	if _, err := c.App(testContext(t), "/a"); !errors.Is(err, ErrServer) || !strings.Contains(err.Error(), "too large") {
		t.Errorf("huge: %v", err)
	}
	if _, err := c.App(testContext(t), "/a"); !errors.Is(err, ErrServer) {
		t.Errorf("two values: %v", err)
	}
}

func TestAuthorization(t *testing.T) {
	var elsewhere atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Store(r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(appBody("")))
	}))
	defer other.Close()
	for name, tc := range map[string]struct {
		set  func(*Config)
		want string
	}{
		"none":           {func(*Config) {}, ""},
		"basic":          {func(c *Config) { c.User, c.Password = "u", "p" }, "Basic dTpw"},
		"basic, no user": {func(c *Config) { c.Password = "p" }, "Basic OnA="},
		"token":          {func(c *Config) { c.Token = "jwt" }, "token=jwt"},
		"token wins":     {func(c *Config) { c.User, c.Password, c.Token = "u", "p", "token=jwt" }, "token=jwt"},
		"in the URL":     {func(c *Config) { c.URLs = []string{strings.Replace(c.URLs[0], "http://", "http://u:p@", 1)} }, "Basic dTpw"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t, map[string][]reply{"GET /v2/apps/a": {
				{status: 302, header: map[string]string{"Location": "/v2/apps/b"}},
				{status: 302, header: map[string]string{"Location": other.URL + "/v2/apps/a"}},
			}, "GET /v2/apps/b": {ok(appBody(""))}, "GET /v2/deployments": {ok("[]")}})
			c := s.client(func(c *Config) { c.URLs = []string{s.server.URL} }, tc.set)
			if _, err := c.App(testContext(t), "/a"); err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"GET /v2/apps/a", "GET /v2/apps/b"} {
				if got := s.sent(key)[0].auth; got != tc.want {
					t.Errorf("%s: %q, want %q", key, got, tc.want)
				}
			}
			if _, err := c.Deployments(testContext(t)); err != nil {
				t.Error(err)
			}
			if got := s.sent("GET /v2/deployments")[0].auth; got != tc.want {
				t.Errorf("library: %q", got)
			}
			if _, err := c.App(testContext(t), "/a"); err != nil {
				t.Fatal(err)
			}
			if got := elsewhere.Load(); got != "" {
				t.Errorf("another host was given %q", got)
			}
		})
	}
}

func TestAWriteIsNotTurnedIntoARead(t *testing.T) {
	s := newScript(t, map[string][]reply{"POST /v2/apps": {{status: 301, header: map[string]string{"Location": "https://elsewhere/v2/apps?token=abc"}}}})
	_, err := s.client().CreateApp(testContext(t), App{"id": "/a"})
	if err == nil || !strings.Contains(err.Error(), "https://elsewhere/v2/apps") || strings.Contains(err.Error(), "abc") {
		t.Fatal(err)
	}
}

func TestNoSecretInAnyError(t *testing.T) {
	const secret = "s3cr3t-Passw0rd"
	replies := map[string][]reply{
		"GET /v2/apps/a":      {answers(401, `{"message":"Invalid username or password. `+secret+`"}`), answers(502, secret), answers(502, secret), ok("<html>" + secret)},
		"POST /v2/apps":       {answers(400, `{"message":"Invalid JSON","details":"Unexpected [Source: {\"env\":{\"K\":\"hunter2\"}}"}`), answers(422, `{"message":"Object is not valid","details":[{"path":"/","errors":["`+secret+`"]}]}`)},
		"GET /v2/deployments": {answers(403, secret)},
	}
	for name, set := range map[string]func(*Config){
		"password": func(c *Config) { c.User, c.Password = "u", secret },
		"token":    func(c *Config) { c.Token = secret },
	} {
		t.Run(name, func(t *testing.T) {
			copied := map[string][]reply{}
			for k, v := range replies {
				copied[k] = append([]reply(nil), v...)
			}
			s := newScript(t, copied)
			c := s.client(set, func(c *Config) { c.RequestTimeout = 50 * time.Millisecond })
			var errs []error
			for range 2 {
				_, err := c.App(testContext(t), "/a")
				errs = append(errs, err)
				_, err = c.CreateApp(testContext(t), App{"id": "/a"})
				errs = append(errs, err)
			}
			_, err := c.Deployments(testContext(t))
			errs = append(errs, err)
			for _, err := range errs {
				if err == nil {
					t.Fatal("no error")
				}
				if text := err.Error(); strings.Contains(text, secret) || strings.Contains(text, "hunter2") {
					t.Errorf("secret in %s", text)
				}
			}
		})
	}
	for _, u := range []string{"ftp://u:" + secret + "@h", "http://u:" + secret + "@h:port", "u:" + secret + "@h", "http://u:" + secret + "@:80%zz"} {
		if _, err := New(Config{URLs: []string{u}}); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
	c, err := New(Config{URLs: []string{"http://u:" + secret + "@127.0.0.1:1"}, RequestTimeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Info(testContext(t)); err == nil || strings.Contains(err.Error(), secret) {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no URL":    {},
		"blank":     {URLs: []string{" , "}},
		"no scheme": {URLs: []string{"marathon.mesos:8080"}},
		"zk":        {URLs: []string{"zk://a:2181/marathon"}},
		"no PEM":    {URLs: []string{"http://a"}, CACert: "junk"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	c, err := New(Config{URLs: []string{"http://a:1/,https://b/service/marathon//", "http://c/x?y=1#z"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range c.bases {
		got = append(got, b.String())
	}
	if diff := cmp.Diff([]string{"http://a:1", "https://b/service/marathon", "http://c/x"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBasePathAndEscapedIds(t *testing.T) {
	s := newScript(t, map[string][]reply{
		"GET /service/marathon/v2/apps/a/b%20c":          {ok(appBody("")), ok(appBody(""))},
		"GET /service/marathon/v2/info":                  {ok(infoBody)},
		"POST /service/marathon/v2/apps/a/b%20c/restart": {ok(`{"version":"v","deploymentId":"d"}`)},
		"DELETE /service/marathon/v2/queue/a%3Fb/delay":  {answers(204, "")},
		"GET /service/marathon/v2/deployments":           {ok("[]")},
	})
	c := s.client(func(c *Config) { c.URLs = []string{s.server.URL + "/service/marathon/"} })
	ctx := testContext(t)
	if _, err := c.App(ctx, "//a/b c/"); err != nil {
		t.Error(err)
	}
	if _, err := c.Info(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.RestartApp(ctx, "/a/b c"); err != nil {
		t.Error(err)
	}
	if err := c.DeleteQueueDelay(ctx, "/a?b"); err != nil {
		t.Error(err)
	}
	if _, err := c.Deployments(ctx); err != nil {
		t.Error(err)
	}
	s.finished()
}

func TestCACert(t *testing.T) {
	tls := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(infoBody)) }))
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is what the test wants
	tls.StartTLS()
	defer tls.Close()
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: tls.Certificate().Raw}))
	trusting := newTestClient(t, func(c *Config) { c.URLs, c.CACert = []string{tls.URL}, ca })
	if _, err := trusting.Info(testContext(t)); err != nil {
		t.Error(err)
	}
	begun := time.Now()
	strict := newTestClient(t, func(c *Config) { c.URLs = []string{tls.URL}; c.RequestTimeout = 30 * time.Second })
	if _, err := strict.Info(testContext(t)); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	if time.Since(begun) > 10*time.Second {
		t.Error("a certificate that is not trusted was tried again and again")
	}
}
