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

	"github.com/IBM/sarama"
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

// showsTopic looks for topics with at least the wanted number of partitions.
func showsTopic[T any](c *Client, op string, w *writing[T], partitions func(T) int32) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		topics, err := c.fetchNamedOnce(ctx, op, names, b)
		if err != nil {
			return nil, err
		}
		shown := map[string]error{}
		for _, t := range topics {
			of, ok := w.of(t.Name)
			switch {
			case !ok:
			case t.Err == sarama.ErrNoError:
				if m := metaOf(t); m.topic.Partitions >= partitions(of) {
					w.saw(m)
					shown[t.Name] = nil
				}
			case denies(t.Err):
				shown[t.Name] = codeError(op, t.Name, t.Err, "")
			}
		}
		return shown, nil
	}
}

// showsGone looks for topics that a broker does not know any more.
func (c *Client) showsGone(op string) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		topics, err := c.fetchNamedOnce(ctx, op, names, b)
		if err != nil {
			return nil, err
		}
		shown := map[string]error{}
		for _, t := range topics {
			switch {
			case t.Err == sarama.ErrUnknownTopicOrPartition:
				shown[t.Name] = nil
			case denies(t.Err):
				shown[t.Name] = codeError(op, t.Name, t.Err, "")
			}
		}
		return shown, nil
	}
}

// showsConfig looks for altered topic configurations.
func (c *Client) showsConfig(op string, w *writing[alteration]) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		return c.configShown(ctx, op, sarama.TopicResource, address(b.addr()), names, func(name string, got map[string]ConfigEntry) bool {
			a, ok := w.of(name)
			return ok && a.shows(got, SourceTopic)
		})
	}
}

func (c *Client) configShown(ctx context.Context, op string, kind sarama.ConfigResourceType, to route, names []string, ok func(string, map[string]ConfigEntry) bool) (map[string]error, error) {
	got, err := c.describeConfigsWith(ctx, request[*sarama.DescribeConfigsResponse]{op: op, route: to, rounds: 1, noRefresh: true}, kind, names, nil)
	if err != nil {
		return nil, err
	}
	shown := map[string]error{}
	for name, r := range got {
		switch {
		case r.err != nil && !errors.Is(r.err, ErrNotFound):
			shown[name] = r.err
		case r.err == nil && ok(name, r.entries):
			shown[name] = nil
		}
	}
	return shown, nil
}

// awaitBrokerConfig waits until the broker, or for the cluster-wide default
// every live broker, shows a change.
func (c *Client) awaitBrokerConfig(ctx context.Context, op string, id int32, name string, a alteration, sources ...Source) error {
	var result error
	look := func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		if id >= 0 && b.ID != id {
			return map[string]error{name: nil}, nil
		}
		return c.configShown(ctx, op, sarama.BrokerResource, address(b.addr()), names, func(_ string, got map[string]ConfigEntry) bool {
			return a.shows(got, sources...)
		})
	}
	c.awaitAll(ctx, op, []string{name}, look, func(_ string, err error) { result = err })
	return result
}

// shows says whether the entries agree with the change, in one of the layers
// that it may appear in. A secret's value
// cannot be read back, its source can.
func (a alteration) shows(got map[string]ConfigEntry, sources ...Source) bool {
	for k, v := range a.set {
		e, ok := got[k]
		if !ok || !slices.Contains(sources, e.Source) || (!e.Sensitive && !SameConfigValue(v, e.Value)) {
			return false
		}
	}
	for _, k := range a.unset {
		if e, ok := got[k]; ok && slices.Contains(sources, e.Source) {
			return false
		}
	}
	return true
}
