package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// health answers Marathon's checks: /live while the process runs, /ready while it is in the group with its state restored.
type health struct {
	mu    sync.Mutex
	ready bool
}

func (h *health) set(ready bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready = ready
}

func (h *health) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	ready := h.ready
	h.mu.Unlock()
	switch {
	case r.URL.Path == "/live":
		_, _ = w.Write([]byte("live\n"))
	case r.URL.Path == "/ready" && ready:
		_, _ = w.Write([]byte("ready\n"))
	case r.URL.Path == "/ready":
		http.Error(w, "joining the group or restoring its state", http.StatusServiceUnavailable)
	default:
		http.NotFound(w, r)
	}
}

func (h *health) serve(ln net.Listener) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	_ = server.Serve(ln) // ends with the process
}
