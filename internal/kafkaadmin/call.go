package kafkaadmin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/IBM/sarama"
	"github.com/cenkalti/backoff/v5"
)

// view is what the client knows about the cluster's brokers. In KRaft the
// controller is any live broker, which forwards.
type view struct {
	clusterID  string
	controller int32
	brokers    []Broker
	known      bool
	taken      time.Time
}

func (c *Client) currentView() view {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view
}

// route lists the addresses that may serve a request, best first. An empty
// list makes the call fail as not routable.
type route func(c *Client, v view) []string

// anyBroker prefers brokers with a standing connection, then the cluster's
// brokers, then the bootstrap servers: those answer even when the advertised
// addresses cannot be reached from here. Fenced brokers come last: one that is
// cut off from the controllers answers with the picture it had then.
func anyBroker(c *Client, v view) []string {
	standing := c.pool.standing()
	fenced := map[string]bool{}
	var first, rest, last []string
	for _, b := range v.brokers {
		switch addr := b.addr(); {
		case b.Fenced:
			fenced[addr] = true
			if standing[addr] {
				last = append(last, addr)
			}
		case standing[addr]:
			first = append(first, addr)
		default:
			rest = append(rest, addr)
		}
	}
	for _, a := range c.cfg.BootstrapServers {
		switch {
		case fenced[a]:
			last = append(last, a)
		case standing[a]:
			first = append(first, a)
		default:
			rest = append(rest, a)
		}
	}
	return distinct(slices.Concat(first, rest, last))
}

// theController asks the controller first and any other broker after it:
// KRaft brokers forward, others answer NOT_CONTROLLER, which renews the view.
func theController(c *Client, v view) []string {
	var out []string
	for _, b := range v.brokers {
		if b.ID == v.controller {
			out = append(out, b.addr())
		}
	}
	return distinct(append(out, anyBroker(c, v)...))
}

// broker asks one broker and no other.
func broker(id int32) route {
	return func(_ *Client, v view) []string {
		for _, b := range v.brokers {
			if b.ID == id {
				return []string{b.addr()}
			}
		}
		return nil
	}
}

func address(addr string) route {
	return func(*Client, view) []string { return []string{addr} }
}

func distinct(in []string) []string {
	seen := make(map[string]bool, len(in))
	out := in[:0]
	for _, a := range in {
		if !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

// request is one question to the cluster.
type request[R any] struct {
	op, object string
	route      route
	write      bool // changes something; has a connection of its own
	// send runs aside and may outlive the call when the caller leaves, so it
	// must not touch anything but its own request and response.
	send func(*sarama.Broker) (R, error)
	// judge runs in the caller's goroutine. A KError that asks for patience
	// makes the request go out again (send sees what judge changed, as no
	// send is under way then); any other error ends the call.
	judge func(R) error
	// rounds bounds how often all addresses are tried when none can be
	// reached; default 3.
	rounds int
	// noRefresh leaves the view alone between rounds.
	noRefresh bool
	// by, when set, is given the address that answered.
	by *string
}

// errNoRoute says that the broker asked for is not registered.
var errNoRoute = errors.New("broker is not registered")

// ask sends the request along its route until a broker answers it for good.
// Transport failures move on to the next address; codes that ask for patience
// are retried with backoff within the request timeout and the context.
func ask[R any](ctx context.Context, c *Client, q request[R]) (R, error) {
	var zero R
	if q.rounds == 0 {
		q.rounds = 3
	}
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 50*time.Millisecond, 2*time.Second
	patience := time.Now().Add(c.cfg.RequestTimeout)
	for unreached := 0; ; {
		addrs := q.route(c, c.currentView())
		if len(addrs) == 0 {
			return zero, &Error{Op: q.op, Object: q.object, Message: "the broker is not registered in the cluster", Err: errors.Join(ErrUnreachable, errNoRoute)}
		}
		r, err := askRound(ctx, c, q, addrs)
		var code sarama.KError
		var none *noneAnswered
		switch {
		case err == nil:
			return r, nil
		case ctx.Err() != nil:
			return zero, contextError(ctx, q.op, q.object)
		case errors.Is(err, errClosed):
			return zero, &Error{Op: q.op, Object: q.object, Message: "the provider is shutting down", Err: errors.Join(ErrUnreachable, err)}
		case errors.As(err, &none):
			if unreached++; unreached >= q.rounds {
				return zero, unreachable(q.op, q.object, none.causes)
			}
		case errors.As(err, &code):
			if !patient[code] || time.Now().After(patience) {
				return zero, codeError(q.op, q.object, code, brokerText(err))
			}
		default:
			return zero, err
		}
		if err := sleep(ctx, pause.NextBackOff()); err != nil {
			return zero, contextError(ctx, q.op, q.object)
		}
		if !q.noRefresh {
			// A failure here shows in the next round.
			_ = c.refreshOnce(ctx)
		}
	}
}

type noneAnswered struct{ causes map[string]error }

func (*noneAnswered) Error() string { return "no broker answered" }

func askRound[R any](ctx context.Context, c *Client, q request[R], addrs []string) (R, error) {
	var zero R
	causes := map[string]error{}
	for i := 0; i < len(addrs); i++ {
		cn, fresh, err := c.pool.get(ctx, lane{addrs[i], q.write})
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, errClosed) {
				return zero, err
			}
			var code sarama.KError
			if errors.As(err, &code) && denies(code) {
				return zero, err
			}
			causes[addrs[i]] = err
			continue
		}
		r, err := exchange(ctx, c, cn, q.send)
		if err == nil {
			if q.by != nil {
				*q.by = addrs[i]
			}
			err = q.judge(r)
			return r, err
		}
		var code sarama.KError
		var final *Error
		if ctx.Err() != nil || errors.As(err, &code) || errors.As(err, &final) {
			return zero, err
		}
		c.pool.drop(cn)
		causes[addrs[i]] = err
		if !fresh {
			// The connection may have died while it was idle: once more on a new one.
			i--
		}
	}
	return zero, &noneAnswered{causes}
}

// exchange runs one request in a goroutine of its own, as sarama knows no
// context. When the caller leaves, the connection is given up: its answer
// would block whoever comes next.
func exchange[R any](ctx context.Context, c *Client, cn *conn, send func(*sarama.Broker) (R, error)) (R, error) {
	type outcome struct {
		r   R
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := send(cn.broker)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.r, o.err
	case <-ctx.Done():
		c.pool.drop(cn)
		var zero R
		return zero, ctx.Err()
	}
}

// texted carries a broker's own text along with its code.
type texted struct {
	code sarama.KError
	text string
}

func (t *texted) Error() string { return t.text }
func (t *texted) Unwrap() error { return t.code }

func brokerText(err error) string {
	var t *texted
	if errors.As(err, &t) {
		return t.text
	}
	return ""
}

func answer(code sarama.KError, text *string) error {
	if code == sarama.ErrNoError {
		return nil
	}
	t := &texted{code: code}
	if text != nil {
		t.text = *text
	}
	return t
}

// sleep waits for d or for the context.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
