package marathon

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// authTransport sets the one right Authorization header, on our own hosts alone.
type authTransport struct {
	client *Client
	next   http.RoundTripper
}

func (t *authTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if t.client.trusts(req.URL) {
		switch {
		case t.client.token != "":
			req.Header.Set("Authorization", "token="+t.client.token)
		case t.client.user != "" || t.client.password != "":
			req.SetBasicAuth(t.client.user, t.client.password)
		}
	}
	if t.client.userAgent != "" {
		req.Header.Set("User-Agent", t.client.userAgent)
	}
	return t.next.RoundTrip(req)
}

// CloseIdleConnections lets http.Client reach the pool behind us.
func (t *authTransport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// trusts says whether u is one of the configured hosts, not reached by falling back from https to http.
func (c *Client) trusts(u *url.URL) bool {
	for _, base := range c.bases {
		if hostPort(base) == hostPort(u) && base.Scheme == u.Scheme {
			return true
		}
		if base.Scheme == "http" && u.Scheme == "https" && strings.EqualFold(base.Hostname(), u.Hostname()) {
			return true
		}
	}
	return false
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// checkRedirect follows reads; a write is followed only where the method survives (307, 308) and the host is ours,
// because net/http turns it into a GET otherwise and its body may hold secrets.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	first := via[0]
	if req.Method != first.Method || (first.Method != http.MethodGet && !c.trusts(req.URL)) {
		return http.ErrUseLastResponse
	}
	return nil
}

// request is one call, independent of the member that serves it. path is escaped and starts with a slash.
type request struct {
	op, target   string
	method, path string
	query        url.Values
	body         []byte
}

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
	base   *url.URL
}

// attemptError is a call without a complete answer. sent is false only where nothing can have reached the server.
type attemptError struct {
	sent bool
	err  error
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

var errTooLarge = errors.New("answer too large")

// attempt sends r to one member, once.
func (c *Client) attempt(ctx context.Context, base *url.URL, r request) (*answer, *attemptError) {
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	target := base.String() + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, &attemptError{err: withoutURL(err)}
	}
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, &attemptError{sent: connected.Load(), err: withoutURL(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, c.maxBody+1))
	if err != nil {
		return nil, &attemptError{sent: true, err: fmt.Errorf("the answer was cut: %w", withoutURL(err))}
	}
	if int64(len(data)) > c.maxBody {
		return nil, &attemptError{sent: true, err: fmt.Errorf("%w: more than %d MiB", errTooLarge, c.maxBody>>20)}
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: data, base: base}, nil
}

// withoutURL drops net/http's wrapping: method and URL are in our own error already.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// hopeless says that asking the same member again cannot help.
func hopeless(err error) bool {
	var (
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		record  tls.RecordHeaderError
	)
	if errors.As(err, &dns) {
		return dns.IsNotFound
	}
	return errors.As(err, &cert) || errors.As(err, &unknown) || errors.As(err, &host) || errors.As(err, &record) || errors.Is(err, errTooLarge)
}
