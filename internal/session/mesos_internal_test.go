package session

import (
	"net/http"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

type recorder struct{ header http.Header }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.header = req.Header
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// Credentials go to Marathon's own host only, and never from https to http.
func TestMesosGetsCredentialsOnMarathonsHostOnly(t *testing.T) {
	for name, tc := range map[string]struct {
		cfg  marathon.Config
		to   string
		sent string
	}{
		"same host":       {marathon.Config{URLs: []string{"http://m:8080"}, User: "u", Password: "p"}, "http://m:5050/slaves", "Basic dTpw"},
		"token":           {marathon.Config{URLs: []string{"https://m/service/marathon"}, Token: "t"}, "https://m/mesos/slaves", "token=t"},
		"another host":    {marathon.Config{URLs: []string{"http://m:8080"}, User: "u", Password: "p"}, "http://other:5050/slaves", ""},
		"https to http":   {marathon.Config{URLs: []string{"https://m:8443"}, Token: "t"}, "http://m:5050/slaves", ""},
		"nothing to send": {marathon.Config{URLs: []string{"http://m:8080"}}, "http://m:5050/slaves", ""},
	} {
		t.Run(name, func(t *testing.T) {
			transport := newMesosTransport(tc.cfg)
			r := &recorder{}
			transport.inner = r
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tc.to, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if got := r.header.Get("Authorization"); got != tc.sent {
				t.Errorf("sent %q, want %q", got, tc.sent)
			}
			if req.Header.Get("Authorization") != "" {
				t.Error("the caller's request was changed")
			}
		})
	}
}
