package kafkaadmin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// visibleWithin bounds the wait for a write to show on every live broker.
// Kafka 3.9 takes up to 330 ms on brokers that do not lead the quorum.
const visibleWithin = time.Minute

// viewLife is how old the list of brokers may be when a wait begins.
const viewLife = 30 * time.Second

// writing is a round of topic writes: it holds the topics in the snapshot and
// settles each item once.
type writing[T any] struct {
	c     *Client
	mu    sync.Mutex
	open  map[string]*item[T, struct{}]
	holds bool                 // false for a validation, which changes nothing
	metas map[string]topicMeta // as last seen by a broker that shows the write
}

func newWriting[T any](c *Client, items []*item[T, struct{}], holds bool, name func(T) string) *writing[T] {
	w := &writing[T]{c: c, holds: holds, open: make(map[string]*item[T, struct{}], len(items)), metas: map[string]topicMeta{}}
	for _, it := range items {
		n := name(it.of)
		w.open[n] = it
		if holds {
			c.snap.hold(n)
		}
	}
	return w
}

// names lists what is not settled yet.
func (w *writing[T]) names() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, 0, len(w.open))
	for n := range w.open {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func (w *writing[T]) of(name string) (t T, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	it, ok := w.open[name]
	if ok {
		t = it.of
	}
	return t, ok
}

func (w *writing[T]) saw(m topicMeta) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.metas[m.topic.Name] = m
}

// settle answers one item and lets go of its topic first, so that the caller's
// next read is not refused a place in the snapshot.
func (w *writing[T]) settle(name string, err error) {
	w.mu.Lock()
	it := w.open[name]
	delete(w.open, name)
	m, seen := w.metas[name]
	w.mu.Unlock()
	if it == nil {
		return
	}
	if w.holds {
		w.c.snap.release(name)
	}
	if err == nil && seen {
		w.c.snap.keepMeta(w.c.snap.now(), m)
	}
	it.answer(struct{}{}, err)
}

func (w *writing[T]) settleRest(err error) {
	for _, n := range w.names() {
		w.settle(n, about(err, n))
	}
}

// probe asks one broker which of the names show what was written. An error
// for one name ends the wait for that name.
type probe func(ctx context.Context, b Broker, names []string) (shown map[string]error, err error)

// await settles every open item, which the cluster has taken, when all live
// brokers show it.
func (w *writing[T]) await(ctx context.Context, op string, look probe) {
	w.mu.Lock()
	for _, it := range w.open {
		it.taken.Store(true)
	}
	w.mu.Unlock()
	w.c.awaitAll(ctx, op, w.names(), look, w.settle)
}

// awaitAll polls each live broker until it shows every name, and calls done
// once per name. A broker that cannot be reached is not waited for, as long as
// another one shows the name.
func (c *Client) awaitAll(ctx context.Context, op string, names []string, look probe, done func(name string, err error)) {
	if len(names) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, visibleWithin)
	defer cancel()
	if v := c.currentView(); time.Since(v.taken) > viewLife {
		_ = c.refreshOnce(ctx)
	}
	brokers := c.currentView().live()
	t := newTally(names, brokers, op, done)
	var wg sync.WaitGroup
	for _, b := range brokers {
		wg.Go(func() { c.awaitOne(ctx, b, names, look, t) })
	}
	wg.Wait()
	t.finish()
}

func (c *Client) awaitOne(ctx context.Context, b Broker, names []string, look probe, t *tally) {
	left := slices.Clone(names)
	for pause := 20 * time.Millisecond; ; pause = min(pause*3/2, 500*time.Millisecond) {
		shown, err := look(ctx, b, left)
		switch {
		case ctx.Err() != nil:
			t.late(b.ID, left, ctx.Err())
			return
		case err != nil:
			t.lost(b.ID, left, err)
			return
		}
		left = slices.DeleteFunc(left, func(n string) bool {
			err, ok := shown[n]
			if ok {
				t.shown(b.ID, n, err)
			}
			return ok || t.settled(n)
		})
		if len(left) == 0 {
			return
		}
		if err := sleep(ctx, pause); err != nil {
			t.late(b.ID, left, err)
			return
		}
	}
}

// tally counts the brokers that show each name.
type tally struct {
	op   string
	done func(string, error)

	mu   sync.Mutex
	open map[string]*votes
}

type votes struct {
	missing map[int32]bool
	seen    int
	late    []int32
	cause   error
}

func newTally(names []string, brokers []Broker, op string, done func(string, error)) *tally {
	t := &tally{op: op, done: done, open: make(map[string]*votes, len(names))}
	for _, n := range names {
		v := &votes{missing: make(map[int32]bool, len(brokers))}
		for _, b := range brokers {
			v.missing[b.ID] = true
		}
		t.open[n] = v
	}
	return t
}

func (t *tally) settled(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.open[name] == nil
}

// vote takes one broker's word for one name and settles the name when all
// have spoken, or at once when the word is an error.
func (t *tally) vote(id int32, name string, fatal error, cast func(*votes)) {
	t.mu.Lock()
	v := t.open[name]
	if v == nil {
		t.mu.Unlock()
		return
	}
	delete(v.missing, id)
	cast(v)
	over := fatal != nil || len(v.missing) == 0
	if over {
		delete(t.open, name)
	}
	t.mu.Unlock()
	switch {
	case fatal != nil:
		t.done(name, accepted(fatal))
	case over:
		t.done(name, v.verdict(t.op, name))
	}
}

func (t *tally) shown(id int32, name string, err error) {
	t.vote(id, name, err, func(v *votes) { v.seen++ })
}

func (t *tally) lost(id int32, names []string, err error) {
	for _, n := range names {
		t.vote(id, n, nil, func(v *votes) { v.cause = err })
	}
}

func (t *tally) late(id int32, names []string, err error) {
	for _, n := range names {
		t.vote(id, n, nil, func(v *votes) { v.late, v.cause = append(v.late, id), err })
	}
}

// finish settles what no broker was there for.
func (t *tally) finish() {
	t.mu.Lock()
	rest := t.open
	t.open = map[string]*votes{}
	t.mu.Unlock()
	for n, v := range rest {
		t.done(n, v.verdict(t.op, n))
	}
}

// accepted marks an error that came after the write was taken.
func accepted(err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	n := *e
	n.Accepted = true
	return &n
}

func (v *votes) verdict(op, name string) error {
	switch {
	case len(v.late) > 0:
		ids := make([]string, 0, len(v.late))
		for _, id := range slices.Sorted(slices.Values(v.late)) {
			ids = append(ids, strconv.Itoa(int(id)))
		}
		return &Error{
			Op: op, Object: name, Accepted: true, Err: errors.Join(ErrTimeout, v.cause),
			Message: fmt.Sprintf("the cluster accepted the change, but broker %s did not show it in time; a later plan will tell whether it arrived", strings.Join(ids, ", ")),
		}
	case v.seen == 0 && v.cause != nil:
		return accepted(about(v.cause, name))
	case v.seen == 0:
		return &Error{Op: op, Object: name, Accepted: true, Err: ErrUnreachable, Message: "the cluster accepted the change, but no broker is left to show it"}
	default:
		return nil
	}
}
