package marathon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestEventsWakeAllWaitersOverOneConnection(t *testing.T) {
	var open, total atomic.Int32
	say := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept") != "text/event-stream" || len(r.URL.Query()["event_type"]) == 0 {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		open.Add(1)
		total.Add(1)
		defer open.Add(-1)
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-say:
				_, _ = fmt.Fprint(w, "event: deployment_success\r\ndata: {\"id\":\"d\"}\r\n\r\n")
				w.(http.Flusher).Flush()
			}
		}
	}))
	defer server.Close()
	c := newTestClient(t, func(c *Config) { c.URLs = []string{server.URL} })
	ctx, cancel := context.WithCancel(context.Background())
	one, two := c.WakeOnEvents(ctx), c.WakeOnEvents(ctx)
	receive := func(what string, ch <-chan struct{}) {
		t.Helper()
		select {
		case <-ch:
		case <-time.After(10 * time.Second):
			t.Fatal("not woken:", what)
		}
	}
	receive("one, connected", one)
	receive("two, connected", two)
	say <- struct{}{}
	receive("one", one)
	receive("two", two)
	if n := total.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	cancel()
	deadline := time.Now().Add(10 * time.Second)
	for open.Load() != 0 {
		if time.Now().After(deadline) {
			t.Fatal("the stream outlives its waiters")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestEventsThatCannotBeHadAreNoError(t *testing.T) {
	s := newScript(t, map[string][]reply{"GET /v2/events": {answers(405, "")}})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	select {
	case <-s.client().WakeOnEvents(ctx):
		t.Error("woken by nothing")
	case <-ctx.Done():
	}
}
