package marathon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// maxPlain500 bounds repeating a read on 500: Marathon answers it to its own bugs too, which waiting does not mend.
const maxPlain500 = 3

func newBackoff(first, most time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = first, most
	b.Reset()
	return b
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// read delivers an idempotent request, repeating it over all members within the request timeout.
func (c *Client) read(parent context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	pause := newBackoff(c.retryMin, c.retryMax)
	var last *Error
	for try, plain500, lost := 1, 0, 0; ; try++ {
		base := c.base()
		a, failed := c.attemptShare(ctx, base, r)
		switch {
		case failed != nil:
			if last == nil || ctx.Err() == nil { // at the end of our time, an earlier error tells more
				last = c.unreachable(r, base.String(), failed)
			}
			if hopeless(failed.err) {
				lost++
			}
			if errors.Is(failed.err, errTooLarge) {
				last.Kind = Server
				return nil, last
			}
		default:
			e := c.failure(r, a)
			if e == nil {
				return a, nil
			}
			if e.Kind != Server {
				return nil, c.trust(parent, r, e)
			}
			last = e
			if a.status == http.StatusInternalServerError {
				plain500++
			}
		}
		if parent.Err() != nil {
			return nil, ended(parent, r, last)
		}
		c.failover(base)
		if plain500 >= maxPlain500 || lost >= len(c.bases) {
			return nil, last
		}
		if try%len(c.bases) == 0 && sleep(ctx, pause.NextBackOff()) != nil {
			if parent.Err() != nil {
				return nil, ended(parent, r, last)
			}
			return nil, last
		}
	}
}

// attemptShare gives each member its share of the time, so that one that hangs does not use up all of it.
func (c *Client) attemptShare(ctx context.Context, base *url.URL, r request) (*answer, *attemptError) {
	share := c.timeout / time.Duration(len(c.bases))
	one, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	a, failed := c.attempt(one, base, r)
	if failed != nil && one.Err() != nil && ctx.Err() == nil {
		failed.err = fmt.Errorf("no answer within %s", share)
	}
	return a, failed
}

// unreachable words a transport error.
func (c *Client) unreachable(r request, base string, failed *attemptError) *Error {
	e := &Error{Kind: Unreachable, Op: r.op, Target: r.target, Err: failed.err}
	e.Message = c.scrub("no answer from " + base)
	if errors.Is(failed.err, context.DeadlineExceeded) { // ours: the caller's own is told by ended
		e.Err = fmt.Errorf("nothing came within %s", c.timeout)
	}
	return e
}

// ended words a call that the caller's context cut short.
func ended(ctx context.Context, r request, last *Error) *Error {
	e := &Error{Kind: Unreachable, Op: r.op, Target: r.target, Err: ctx.Err()}
	if last != nil {
		e.Kind, e.Status, e.Message, e.Deployments = last.Kind, last.Status, last.Message, last.Deployments
	}
	if errors.Is(ctx.Err(), context.Canceled) && (last == nil || last.Kind == Unreachable) {
		e.Kind, e.Message = Unexpected, "interrupted"
	}
	return e
}

// trust believes a 404 only of a server that shows itself to be a Marathon now: anything else would read as "gone", also
// from a gateway that has lost its way to a Marathon which answered before.
func (c *Client) trust(ctx context.Context, r request, e *Error) error {
	if e.Kind != NotFound || r.path == infoPath {
		return e
	}
	_, err := c.Info(ctx)
	var why *Error
	if errors.As(err, &why) && why.Kind != Unauthorized && why.Kind != Forbidden {
		return why
	}
	return e
}

// draft gives the request to send next, or a Change when there is nothing (more) to do. It is asked before every delivery,
// so that it sees what others changed while we waited; doubt says that an earlier delivery may have been applied.
type draft func(ctx context.Context, doubt bool) (request, *Change, error)

// write delivers a mutation that must not be applied twice: it repeats only what provably never arrived, or what draft,
// having looked, still finds to be missing. Locks and the limit of running deployments are waited for until ctx ends.
func (c *Client) write(ctx context.Context, next draft) (Change, error) {
	pause := newBackoff(c.retryMin, c.retryMax)
	patience := newBackoff(c.lockMin, c.lockMax)
	doubt := false
	started := time.Now()
	for {
		r, done, err := next(ctx, doubt)
		if err != nil {
			return Change{}, marked(err, doubt && !settles(err))
		}
		if done != nil {
			return *done, nil
		}
		base := c.base()
		one, cancel := context.WithTimeout(ctx, c.timeout)
		a, failed := c.attempt(one, base, r)
		cancel()
		var last *Error
		if failed != nil {
			doubt = doubt || failed.sent
			last = c.unreachable(r, base.String(), failed)
			if hopeless(failed.err) && len(c.bases) == 1 && !failed.sent {
				return Change{}, c.unknownOutcome(last, doubt)
			}
		} else if last = c.failure(r, a); last == nil {
			ch, err := c.change(r, a)
			return ch, marked(err, errors.Is(err, ErrServer)) // a success that cannot be read
		}
		if ctx.Err() != nil {
			return Change{}, c.unknownOutcome(ended(ctx, r, last), doubt)
		}
		switch {
		case last.Kind == Locked:
			if err := c.awaitDeployments(ctx, last.Deployments, patience); ctx.Err() != nil {
				return Change{}, c.unknownOutcome(ended(ctx, r, last), doubt)
			} else if err != nil {
				return Change{}, marked(err, doubt && !settles(err))
			}
			started = time.Now()
			continue
		case last.Kind == TooManyDeployments:
			if sleep(ctx, patience.NextBackOff()) != nil {
				return Change{}, c.unknownOutcome(ended(ctx, r, last), doubt)
			}
			started = time.Now()
			continue
		case last.Kind == Unreachable:
		case last.Kind == Server && last.Status != http.StatusInternalServerError:
			doubt = true
		default:
			unknown := last.Kind == Server // a 500 does not say how far it came
			if doubt {                     // the first delivery may be the reason of this refusal, such as "already exists"
				_, done, err := next(ctx, true)
				if err == nil && done != nil {
					return *done, nil
				}
				unknown = unknown || err != nil && !settles(err)
			}
			return Change{}, marked(c.trust(ctx, r, last), unknown)
		}
		c.failover(base)
		if time.Since(started) > c.timeout {
			if doubt {
				if _, done, err := next(ctx, true); err == nil && done != nil {
					return *done, nil
				}
			}
			return Change{}, c.unknownOutcome(last, doubt)
		}
		if sleep(ctx, pause.NextBackOff()) != nil {
			return Change{}, c.unknownOutcome(ended(ctx, r, last), doubt)
		}
	}
}

func (c *Client) unknownOutcome(e *Error, doubt bool) *Error {
	if doubt {
		e.Unknown = true
		e.Message = strings.TrimPrefix(e.Message+"; the answer was lost, so it is not known whether Marathon has applied this", "; ")
	}
	return e
}

// settles says whether a look at what a write may have done has told.
func settles(err error) bool {
	return errors.Is(err, ErrExists) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalid)
}

func marked(err error, unknown bool) error {
	var e *Error
	if unknown && errors.As(err, &e) {
		e.Unknown = true
	}
	return err
}

// change reads what a mutation answers: {"version","deploymentId"}, a bare app with deployments, or only a header.
func (c *Client) change(r request, a *answer) (Change, error) {
	var body struct {
		Version      string `json:"version"`
		DeploymentID string `json:"deploymentId"`
		Deployments  []struct {
			ID string `json:"id"`
		} `json:"deployments"`
	}
	if len(a.body) > 0 {
		if err := c.decode(r, a, &body); err != nil {
			return Change{}, err
		}
	}
	ch := Change{Version: body.Version, DeploymentID: body.DeploymentID}
	if ch.DeploymentID == "" {
		ch.DeploymentID = a.header.Get(deploymentHeader)
	}
	if ch.DeploymentID == "" && len(body.Deployments) > 0 {
		ch.DeploymentID = body.Deployments[0].ID
	}
	return ch, nil
}

// awaitDeployments waits until none of the deployments is listed any more. Locks have been seen to outlive their
// deployment, so it pauses even when none is.
func (c *Client) awaitDeployments(ctx context.Context, ids []string, pause backoff.BackOff) error {
	for {
		if err := sleep(ctx, pause.NextBackOff()); err != nil {
			return err
		}
		running, err := c.Deployments(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, ErrUnreachable) || errors.Is(err, ErrServer) {
			continue
		}
		if err != nil {
			return err
		}
		if !anyListed(running, ids) {
			return nil
		}
	}
}

func anyListed(running []Deployment, ids []string) bool {
	for _, d := range running {
		for _, id := range ids {
			if d.ID == id {
				return true
			}
		}
	}
	return false
}
