package session

import (
	"net/http"
	"net/url"

	"github.com/hashicorp/go-cleanhttp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// mesosTransport sends Marathon's credentials to Mesos where both are on one host. The address of Mesos comes from
// Marathon's answer, so they go nowhere else, and never from https to http.
type mesosTransport struct {
	inner   http.RoundTripper
	cfg     marathon.Config
	trusted map[string]bool // by host name; true = https only
}

func newMesosTransport(cfg marathon.Config) mesosTransport {
	t := mesosTransport{inner: cleanhttp.DefaultPooledTransport(), cfg: cfg, trusted: map[string]bool{}}
	for _, raw := range cfg.URLs {
		if u, err := url.Parse(raw); err == nil && u.Hostname() != "" {
			t.trusted[u.Hostname()] = t.trusted[u.Hostname()] || u.Scheme == "https"
		}
	}
	return t
}

// RoundTrip implements http.RoundTripper.
func (t mesosTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	secure, trusted := t.trusted[req.URL.Hostname()]
	if !trusted || (secure && req.URL.Scheme != "https") {
		return t.inner.RoundTrip(req)
	}
	req = req.Clone(req.Context())
	switch {
	case t.cfg.Token != "":
		req.Header.Set("Authorization", "token="+t.cfg.Token)
	case t.cfg.User != "":
		req.SetBasicAuth(t.cfg.User, t.cfg.Password)
	}
	return t.inner.RoundTrip(req)
}
