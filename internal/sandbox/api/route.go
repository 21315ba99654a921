package api

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Routing works on the raw path by hand: http.ServeMux and chi clean or decode paths first, but Marathon's clients send
// /v2/apps//x and /v2/apps/%2Fx for /x (which must not be redirected), while //v2/apps and /v2//apps are no routes at all.

type handler func(w http.ResponseWriter, r *http.Request)

// methods are the handlers of one resource by method. HEAD follows GET.
type methods map[string]handler

const maxBody = 16 << 20 // bytes

// allowOrder is how Marathon's server lists methods.
var allowOrder = []string{"HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH"}

func (s *server) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Marathon-Leader", s.base(r))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	raw := r.URL.EscapedPath()
	prefix, rest := splitPath(raw)
	switch prefix {
	case "/v2/apps":
		s.dispatch(w, r, s.appRoutes(rest))
	case "/v2/groups":
		s.dispatch(w, r, s.groupRoutes(rest))
	case "/v2/tasks":
		s.dispatch(w, r, s.taskRoutes(rest))
	case "/v2/deployments":
		s.dispatch(w, r, s.deploymentRoutes(rest))
	case "/v2/queue":
		s.dispatch(w, r, s.queueRoutes(rest))
	case "/v2/pods":
		s.dispatch(w, r, s.podRoutes())
	case "/v2/events":
		s.events(w, r)
	case "/v2/info", "/v2/leader", "/v2/plugins", "/metrics":
		s.dispatch(w, r, s.systemRoutes(prefix, rest))
	case "/ping":
		s.ping(w, r)
	default:
		s.others(w, r, raw)
	}
}

// splitPath parts the resource class, which must stand in the raw path as it is, from the segments below it. These are
// decoded; empty ones do not count, matrix parameters fall away, and "%2F" parts segments too.
func splitPath(raw string) (prefix string, rest []string) {
	segs := strings.Split(strings.TrimPrefix(raw, "/"), "/")
	n := 1
	if segs[0] == "v2" {
		n = 2
	}
	if len(segs) < n || strings.HasPrefix(raw, "//") {
		return "", nil
	}
	prefix = "/" + strings.Join(segs[:n], "/")
	for _, seg := range segs[n:] {
		seg, _, _ = strings.Cut(seg, ";")
		decoded, err := url.PathUnescape(seg)
		if err != nil {
			decoded = seg
		}
		for _, part := range strings.Split(decoded, "/") {
			if part != "" {
				rest = append(rest, part)
			}
		}
	}
	return prefix, rest
}

// id is the absolute id that path segments name.
func id(segs []string) string { return spec.AbsoluteID("/"+strings.Join(segs, "/"), "/") }

func (s *server) dispatch(w http.ResponseWriter, r *http.Request, m methods) {
	if m == nil {
		writeJSON(w, r, http.StatusInternalServerError, message("URI not found"))
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method == http.MethodOptions {
		w.Header().Set("Allow", strings.Join(allowed(m), ","))
		w.Header().Set("Content-Type", "application/json")
		writeEmpty(w, http.StatusOK)
		return
	}
	h, ok := m[method]
	switch {
	case !ok:
		writeJSON(w, r, http.StatusMethodNotAllowed, message("Method Not Allowed"))
	case !accepts(r, "application", "json"):
		writeJSON(w, r, http.StatusNotAcceptable, message("Not Acceptable"))
	case !jsonBody(r):
		writeJSON(w, r, http.StatusUnsupportedMediaType, message("Unsupported Media Type"))
	default:
		h(w, r)
	}
}

func allowed(m methods) []string {
	var out []string
	for _, name := range allowOrder {
		_, ok := m[name]
		if name == "HEAD" {
			_, ok = m["GET"]
		}
		if ok || name == "OPTIONS" {
			out = append(out, name)
		}
	}
	return out
}

// accepts says whether the Accept header (absent = anything) allows a media type.
func accepts(r *http.Request, typ, sub string) bool {
	values := r.Header.Values("Accept")
	if len(values) == 0 {
		return true
	}
	for _, part := range strings.Split(strings.Join(values, ","), ",") {
		media, _, _ := strings.Cut(part, ";")
		t, st, _ := strings.Cut(strings.TrimSpace(media), "/")
		if (t == "*" || strings.EqualFold(t, typ)) && (st == "*" || strings.EqualFold(st, sub)) {
			return true
		}
	}
	return false
}

// jsonBody: a request that may change something has a JSON body, or does not say what it has.
func jsonBody(r *http.Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return true
	}
	ct := r.Header.Get("Content-Type")
	if ct == "" {
		return true
	}
	media, _, _ := strings.Cut(ct, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}

func readBody(r *http.Request) ([]byte, error) { return io.ReadAll(r.Body) }

// flag is a boolean parameter: "true" in any case is true, anything else false, absent the default. The first of several
// counts.
func flag(r *http.Request, name string, def bool) bool {
	values, ok := r.URL.Query()[name]
	if !ok || len(values) == 0 {
		return def
	}
	return strings.EqualFold(values[0], "true")
}

func (s *server) others(w http.ResponseWriter, r *http.Request, raw string) {
	switch raw {
	case "/", "":
		// Marathon's own pages are no part of the sandbox.
		w.Header().Set("Location", s.base(r)+"/ui/")
		writeEmpty(w, http.StatusFound)
	case "/help":
		w.Header()["Location"] = []string{"api-console/index.html"}
		writeEmpty(w, http.StatusFound)
	default:
		if strings.HasPrefix(raw, "/ui/") || strings.HasPrefix(raw, "/api-console/") {
			writeEmpty(w, http.StatusNotFound)
			return
		}
		writeJSON(w, r, http.StatusInternalServerError, message("URI not found"))
	}
}
