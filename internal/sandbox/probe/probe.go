// Package probe asks once whether an address answers: the TCP and HTTP checks of agents and of the scheduler.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// MaxBody is how much of an answer's body is kept, in bytes.
const MaxBody = 64 << 10

// Response is an HTTP answer; redirects are answers, they are not followed.
type Response struct {
	Status int
	Body   []byte // the first MaxBody bytes
}

// OK says whether a health check passes: 2xx and 3xx do.
func (r Response) OK() bool { return r.Status >= 200 && r.Status < 400 }

// TCP answers nil when address (host:port) accepts a connection before ctx ends.
func TCP(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return plain(ctx, err)
	}
	return conn.Close()
}

// Certificates are not verified, as Mesos and Marathon do not: a task's certificate carries a name, not its agent's address.
var client = &http.Client{
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		DialContext:       (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// HTTP sends a GET and answers whatever came before ctx ended.
func HTTP(ctx context.Context, address string) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Response{}, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return Response{}, plain(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBody))
	if err != nil {
		return Response{}, plain(ctx, err)
	}
	return Response{Status: resp.StatusCode, Body: body}, nil
}

// plain cuts the wrapping that only repeats the request, and names a timeout as such.
func plain(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer in time: %w", context.DeadlineExceeded)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
