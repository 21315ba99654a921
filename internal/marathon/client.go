// Package marathon is the client of Marathon's HTTP API: lossless app definitions, typed errors, and never a forced change.
//
// go-marathon is used for what it decodes without loss (info, leader, deployments, restart, queue delay), one library client
// per operation. App definitions, groups and the queue go over the same transport by requests of our own, because the
// library drops what it does not know.
package marathon

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Client talks to one Marathon through any of its URLs. It is safe for concurrent use.
type Client struct {
	bases     []*url.URL
	current   atomic.Int64 // index of the base that answered last
	http      *http.Client
	timeout   time.Duration
	userAgent string

	user, password, token string
	secrets               []string // never to be shown

	retryMin, retryMax time.Duration
	lockMin, lockMax   time.Duration
	maxBody            int64

	events hub
}

// CloseIdle closes idle connections.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

func (c *Client) base() *url.URL {
	return c.bases[int(c.current.Load())%len(c.bases)]
}

// failover moves on from a base that failed, unless another call did so already.
func (c *Client) failover(failed *url.URL) {
	if len(c.bases) == 1 {
		return
	}
	now := c.current.Load()
	if c.bases[int(now)%len(c.bases)] == failed {
		c.current.CompareAndSwap(now, now+1)
	}
}

// scrub removes our own credentials from words that came from outside.
func (c *Client) scrub(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, "***")
	}
	return s
}
