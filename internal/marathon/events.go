package marathon

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/tmaxmax/go-sse"
)

// wakeTypes are the events after which a look at an app is worth while.
var wakeTypes = []string{
	"deployment_success", "deployment_failed", "deployment_step_success", "status_update_event",
	"health_status_changed_event", "instance_health_changed_event", "app_terminated_event", "unhealthy_instance_kill_event",
}

const (
	maxEvent        = 8 << 20
	reconnectFirst  = time.Second
	reconnectAtMost = 30 * time.Second
)

// hub shares one event stream among all waiters; it is connected while there is one.
type hub struct {
	mu     sync.Mutex
	wakers map[chan struct{}]struct{}
	stop   context.CancelFunc
}

// WakeOnEvents gives a channel that receives something, sooner or later, after tasks or deployments changed. It is a hint:
// events get lost, and where the stream cannot be had nothing ever comes. The channel is never closed.
func (c *Client) WakeOnEvents(ctx context.Context) <-chan struct{} {
	wake := make(chan struct{}, 1)
	h := &c.events
	h.mu.Lock()
	if h.wakers == nil {
		h.wakers = map[chan struct{}]struct{}{}
	}
	h.wakers[wake] = struct{}{}
	if h.stop == nil {
		var stream context.Context
		stream, h.stop = context.WithCancel(context.WithoutCancel(ctx))
		go c.follow(stream)
	}
	h.mu.Unlock()
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.wakers, wake)
		if len(h.wakers) == 0 && h.stop != nil {
			h.stop()
			h.stop = nil
		}
	})
	return wake
}

func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.wakers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

func (c *Client) follow(ctx context.Context) {
	pause := newBackoff(reconnectFirst, reconnectAtMost)
	for ctx.Err() == nil {
		if c.stream(ctx) {
			pause.Reset()
		}
		if sleep(ctx, pause.NextBackOff()) != nil {
			return
		}
	}
}

// stream reads one connection to its end; true when it had one.
func (c *Client) stream(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base().String()+"/v2/events?"+url.Values{"event_type": wakeTypes}.Encode(), nil)
	if err != nil {
		return false
	}
	req.Header.Set("Accept", "text/event-stream")
	resp, err := c.http.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return false
	}
	c.events.wakeAll() // whatever happened before the connection stood
	for _, err := range sse.Read(resp.Body, &sse.ReadConfig{MaxEventSize: maxEvent}) {
		if err != nil {
			break
		}
		c.events.wakeAll()
	}
	return true
}
