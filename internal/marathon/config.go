package marathon

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

// Config says how to reach Marathon.
type Config struct {
	URLs           []string // one or several members; base paths such as https://dcos/service/marathon are kept
	User, Password string   // HTTP basic
	Token          string   // DC/OS: sent as "Authorization: token=…"; wins over User and Password
	CACert         string   // PEM, trusted besides the system's roots
	UserAgent      string
	RequestTimeout time.Duration // for one read with its retries, or one delivery of a write; default 30s
}

const (
	defaultTimeout = 30 * time.Second
	dialTimeout    = 5 * time.Second
	maxBody        = 64 << 20
	maxRedirects   = 5
)

// New checks the configuration. It does no I/O.
func New(cfg Config) (*Client, error) {
	c := &Client{
		timeout: cfg.RequestTimeout, userAgent: cfg.UserAgent,
		user: cfg.User, password: cfg.Password, token: strings.TrimPrefix(strings.TrimSpace(cfg.Token), "token="),
		retryMin: 100 * time.Millisecond, retryMax: 3 * time.Second,
		lockMin: 500 * time.Millisecond, lockMax: 5 * time.Second,
		maxBody: maxBody,
	}
	if c.timeout <= 0 {
		c.timeout = defaultTimeout
	}
	for _, list := range cfg.URLs {
		for _, raw := range strings.Split(list, ",") {
			if raw = strings.TrimSpace(raw); raw == "" {
				continue
			}
			base, err := c.parseBase(raw)
			if err != nil {
				return nil, err
			}
			c.bases = append(c.bases, base)
		}
	}
	if len(c.bases) == 0 {
		return nil, errors.New("no Marathon URL is given")
	}
	for _, s := range []string{c.password, c.token} {
		if len(s) >= 4 {
			c.secrets = append(c.secrets, s)
		}
	}
	transport := cleanhttp.DefaultPooledTransport()
	transport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	transport.MaxIdleConnsPerHost = 16
	if cfg.CACert != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM([]byte(cfg.CACert)) {
			return nil, errors.New("the CA certificate for Marathon holds no PEM certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	c.http = &http.Client{Transport: &authTransport{client: c, next: transport}, CheckRedirect: c.checkRedirect}
	return c, nil
}

// parseBase takes credentials out of the URL, so that no message can ever show them.
func (c *Client) parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		shown := raw
		if strings.Contains(raw, "@") {
			shown = "(not shown, it may hold a password)"
		}
		return nil, fmt.Errorf("the Marathon URL %q is not of the form http://host:port or https://host/path", shown)
	}
	if u.User != nil {
		if c.user == "" && c.password == "" {
			c.user = u.User.Username()
			c.password, _ = u.User.Password()
		}
		u.User = nil
	}
	u.RawQuery, u.Fragment = "", ""
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}
