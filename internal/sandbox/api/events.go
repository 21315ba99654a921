package api

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// events is the event stream. Frames are written by hand: Marathon's end in CR LF, which the SSE libraries for Go do not
// write, and clients exist that split on it.
func (s *server) events(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !strings.Contains(strings.Join(r.Header.Values("Accept"), ","), "text/event-stream") {
		eventsRefused(w, r)
		return
	}
	flusher, ok := w.(http.Flusher)
	if !ok {
		writeJSON(w, r, http.StatusInternalServerError, message("streaming is not possible on this connection"))
		return
	}
	types := r.URL.Query()["event_type"]
	ch, cancel := s.core.Subscribe()
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream;charset=utf-8")
	w.WriteHeader(http.StatusOK)
	flusher.Flush()
	remote := object{"remoteAddress": clientIP(r)}
	s.core.Publish(scheduler.Event{Type: "event_stream_attached", Time: time.Now(), Fields: remote})
	defer func() {
		cancel() // the last event is for the others
		s.core.Publish(scheduler.Event{Type: "event_stream_detached", Time: time.Now(), Fields: remote})
	}()
	beat := time.NewTicker(s.opts.Heartbeat)
	defer beat.Stop()
	for {
		var frame []byte
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			frame = []byte("\r\n")
		case e, open := <-ch:
			if !open {
				return // too slow
			}
			if len(types) > 0 && !slices.Contains(types, e.Type) {
				continue
			}
			var err error
			if frame, err = eventFrame(e); err != nil {
				s.log.Error("event left out", "type", e.Type, "error", err)
				continue
			}
		}
		if _, err := w.Write(frame); err != nil {
			return
		}
		flusher.Flush()
	}
}

func eventFrame(e scheduler.Event) ([]byte, error) {
	data := make(object, len(e.Fields)+2)
	for k, v := range e.Fields {
		data[k] = v
	}
	data["eventType"] = e.Type
	data["timestamp"] = spec.FormatTime(e.Time)
	b, err := encode(data)
	if err != nil {
		return nil, err
	}
	frame := append([]byte("event: "+e.Type+"\r\ndata: "), b...)
	return append(frame, "\r\n\r\n"...), nil
}

// eventsRefused is the answer of a servlet, not of the JSON resources.
func eventsRefused(w http.ResponseWriter, r *http.Request) {
	if !accepts(r, "text", "html") || r.Header.Get("Accept") == "" {
		writeEmpty(w, http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", "text/html;charset=iso-8859-1")
	w.WriteHeader(http.StatusMethodNotAllowed)
	text := "HTTP method " + r.Method + " is not supported by this URL"
	_, _ = w.Write([]byte("<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n<title>Error 405 " + text +
		"</title>\n</head>\n<body><h2>HTTP ERROR 405</h2>\n<p>Problem accessing /v2/events. Reason:\n<pre>    " + text + "</pre></p>\n</body>\n</html>\n"))
}

func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// apiPost tells of a definition that was created or changed.
func (s *server) apiPost(r *http.Request, app object) {
	s.core.Publish(scheduler.Event{Type: "api_post_event", Time: time.Now(), Fields: object{
		"clientIp": clientIP(r), "uri": r.URL.EscapedPath(), "appDefinition": app,
	}})
}
