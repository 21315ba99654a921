package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// commonHeaders stand on every answer.
func commonHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-XSS-Protection", "1; mode=block")
}

type object = map[string]any

func message(text string) object { return object{"message": text} }

// minGzip: shorter answers are not worth it, Marathon's server thinks.
const minGzip = 16

// writeJSON answers with a JSON body. A HEAD request gets the headers only.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, body any) {
	b, err := encode(body)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"message":"the answer could not be encoded"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	writeBody(w, r, status, b)
}

func writeBody(w http.ResponseWriter, r *http.Request, status int, b []byte) {
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return
	}
	if r.Method == http.MethodGet && status == http.StatusOK {
		w.Header().Set("Vary", "Accept-Encoding, User-Agent")
		if len(b) >= minGzip && acceptsGzip(r) {
			var buf bytes.Buffer
			z := gzip.NewWriter(&buf)
			_, err := z.Write(b)
			if err == nil && z.Close() == nil {
				w.Header().Set("Content-Encoding", "gzip")
				b = buf.Bytes()
			}
		}
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // the client went away
}

func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.ReplaceAll(params, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// writeEmpty answers without a body.
func writeEmpty(w http.ResponseWriter, status int) { w.WriteHeader(status) }

// deployed answers a mutation that made a deployment.
func deployed(w http.ResponseWriter, r *http.Request, status int, res scheduler.Result) {
	w.Header().Set("Marathon-Deployment-Id", res.DeploymentID)
	writeJSON(w, r, status, object{"version": spec.FormatTime(res.Version), "deploymentId": res.DeploymentID})
}

// fail translates an error of spec or scheduler. details says whether a 404 carries an empty "details": those that
// Marathon's resource classes build do, those that come out of exceptions do not.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error, details bool) {
	var (
		syntax   *spec.SyntaxError
		invalid  *spec.InvalidError
		internal *spec.ServerError
		locked   *scheduler.LockedError
		exists   *scheduler.ExistsError
		missing  *scheduler.NotFoundError
		tooMany  *scheduler.TooManyDeploymentsError
	)
	switch {
	case errors.As(err, &syntax):
		writeJSON(w, r, http.StatusBadRequest, object{"message": syntax.Message, "details": syntax.Details})
	case errors.As(err, &invalid):
		body := message(invalid.Message)
		if len(invalid.Details) > 0 {
			body["details"] = invalid.Details
		}
		writeJSON(w, r, http.StatusUnprocessableEntity, body)
	case errors.As(err, &internal):
		writeJSON(w, r, http.StatusInternalServerError, message(internal.Message))
	case errors.As(err, &locked):
		ids := make([]object, len(locked.Deployments))
		for i, id := range locked.Deployments {
			ids[i] = object{"id": id}
		}
		writeJSON(w, r, http.StatusConflict, object{"message": locked.Error(), "deployments": ids})
	case errors.As(err, &exists):
		writeJSON(w, r, http.StatusConflict, message(exists.Message))
	case errors.As(err, &missing):
		body := message(missing.Message)
		if details {
			body["details"] = []any{}
		}
		writeJSON(w, r, http.StatusNotFound, body)
	case errors.As(err, &tooMany):
		writeJSON(w, r, http.StatusForbidden, message(tooMany.Message))
	case errors.As(err, new(*http.MaxBytesError)):
		writeJSON(w, r, http.StatusRequestEntityTooLarge, message("Request Entity Too Large"))
	default:
		s.log.Error("unexpected error", "method", r.Method, "path", r.URL.Path, "error", err)
		writeJSON(w, r, http.StatusInternalServerError, message(err.Error()))
	}
}

func notFound(format string) error { return &scheduler.NotFoundError{Message: format} }
