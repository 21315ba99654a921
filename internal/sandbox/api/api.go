// Package api is the HTTP layer of the sandbox: Marathon's REST API and event stream over a scheduler core, and the
// little of Mesos's own API that tails of task logs need. Answers follow recordings of a real server to the letter.
//
// The sandbox runs commands for whoever may talk to it, so every request passes the guard first (guard.go).
package api

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Options set the API up. The zero value serves an open API on whatever loopback address the request came in on.
type Options struct {
	// User and Password switch basic auth on when both are set; it then guards every path.
	User, Password string
	// BaseURL is the server's own address, e.g. http://127.0.0.1:8080; empty = that of each request.
	BaseURL string
	// Info is the body of /v2/info; nil = DefaultInfo of BaseURL.
	Info func() map[string]any
	// Spec holds the features, roles and networks that definitions may use.
	Spec spec.Options
	// Abdicate ends this server after DELETE /v2/leader, to be started again by whoever runs it. nil = 501.
	Abdicate func()
	// Heartbeat is the pause between blank lines on an idle event stream; 10 s when zero.
	Heartbeat time.Duration
	Logger    *slog.Logger
}

type server struct {
	core scheduler.Scheduler
	opts Options
	log  *slog.Logger
}

// New makes the handler of Marathon's API.
func New(core scheduler.Scheduler, opts Options) http.Handler {
	if opts.Heartbeat <= 0 {
		opts.Heartbeat = 10 * time.Second
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.BaseURL = strings.TrimSuffix(opts.BaseURL, "/")
	if opts.Info == nil {
		opts.Info = func() map[string]any { return DefaultInfo(opts.BaseURL, opts.Spec) }
	}
	s := &server{core: core, opts: opts, log: opts.Logger}
	g := guard{base: opts.BaseURL, user: opts.User, password: opts.Password}
	return g.wrap(http.HandlerFunc(s.serve))
}

// base is the URL that Location headers start with.
func (s *server) base(r *http.Request) string {
	if s.opts.BaseURL != "" {
		return s.opts.BaseURL
	}
	return "http://" + r.Host
}

// specOptions are the options to decode a body with, as the tree is now.
func (s *server) specOptions(force bool) spec.Options {
	o := s.opts.Spec
	o.Force = force
	o.Stored = func(id string) *spec.App {
		if a, err := s.core.App(id); err == nil {
			return a.Spec
		}
		return nil
	}
	o.EnforceRole = func(top string) bool {
		g, err := s.core.Group("/" + top)
		return err == nil && g.EnforceRole
	}
	return o
}
