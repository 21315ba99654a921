package kafkaadmin

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Terraform calls its resources ten at a time, within a few milliseconds. A
// round leaves when nothing has come for gatherFor, and after gatherMost at the
// latest.
const (
	gatherFor  = 5 * time.Millisecond
	gatherMost = 25 * time.Millisecond
)

// gather collects items that arrive together into rounds and runs each round
// as one. Every item gets an answer of its own.
type gather[K comparable, T, R any] struct {
	base context.Context
	key  func(T) K
	// share lets callers with an equal key have the same answer (reads, and
	// writes that are the same when done twice). Without it the second one
	// goes into a later round, where Kafka judges it.
	share bool
	// grace is how long a caller whose context is over still waits for its
	// answer. A write that is on its way cannot be called back: knowing what
	// came of it is worth a moment, or Ctrl-C loses track of an object.
	grace time.Duration
	run   func(ctx context.Context, items []*item[T, R])

	mu     sync.Mutex
	rounds []*round[K, T, R]
}

type round[K comparable, T, R any] struct {
	items  map[K]*item[T, R]
	order  []*item[T, R]
	ctx    context.Context
	cancel context.CancelFunc
	users  int
	timer  *time.Timer
	latest time.Time
}

type item[T, R any] struct {
	of     T
	once   sync.Once
	done   chan struct{}
	result R
	err    error
	// taken is set when the cluster has taken the write: a caller that leaves
	// during the wait for visibility must know.
	taken atomic.Bool
}

// answer settles the item; later answers are ignored.
func (i *item[T, R]) answer(r R, err error) {
	i.once.Do(func() {
		i.result, i.err = r, err
		close(i.done)
	})
}

const writeGrace = 5 * time.Second

func newWriteGather[K comparable, T, R any](base context.Context, key func(T) K, share bool, run func(context.Context, []*item[T, R])) *gather[K, T, R] {
	g := newGather(base, key, share, run)
	g.grace = writeGrace
	return g
}

func newGather[K comparable, T, R any](base context.Context, key func(T) K, share bool, run func(context.Context, []*item[T, R])) *gather[K, T, R] {
	return &gather[K, T, R]{base: base, key: key, share: share, run: run}
}

// do hands in one item and waits for its answer. The round goes on when a
// caller leaves and ends when all have left.
func (g *gather[K, T, R]) do(ctx context.Context, op, object string, of T) (R, error) {
	it, rd := g.join(of)
	defer g.leave(rd)
	select {
	case <-it.done:
		return it.result, it.err
	case <-ctx.Done():
		late := time.NewTimer(g.grace)
		defer late.Stop()
		select {
		case <-it.done:
			return it.result, it.err
		case <-late.C:
		}
		var zero R
		err := contextError(ctx, op, object)
		if it.taken.Load() {
			err = accepted(err)
		}
		return zero, err
	}
}

func (g *gather[K, T, R]) join(of T) (*item[T, R], *round[K, T, R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	k := g.key(of)
	for _, rd := range g.rounds {
		it, taken := rd.items[k]
		switch {
		case !taken:
			it = rd.add(k, of)
			// Reset after the timer has fired would start the round twice.
			if rd.timer.Stop() {
				rd.timer.Reset(min(gatherFor, time.Until(rd.latest)))
			}
		case !g.share:
			continue
		}
		rd.users++
		return it, rd
	}
	rd := &round[K, T, R]{items: map[K]*item[T, R]{}, users: 1, latest: time.Now().Add(gatherMost)}
	rd.ctx, rd.cancel = context.WithCancel(g.base)
	it := rd.add(k, of)
	g.rounds = append(g.rounds, rd)
	rd.timer = time.AfterFunc(gatherFor, func() { g.start(rd) })
	return it, rd
}

func (rd *round[K, T, R]) add(k K, of T) *item[T, R] {
	it := &item[T, R]{of: of, done: make(chan struct{})}
	rd.items[k] = it
	rd.order = append(rd.order, it)
	return it
}

func (g *gather[K, T, R]) start(rd *round[K, T, R]) {
	g.mu.Lock()
	g.shut(rd)
	g.mu.Unlock()
	defer rd.cancel()
	g.run(rd.ctx, rd.order)
	for _, it := range rd.order {
		var zero R
		it.answer(zero, &Error{Op: "talk to Kafka", Message: "the provider lost the answer; this is a bug of the provider", Err: ErrInvalidRequest})
	}
}

// shut takes no more items into the round.
func (g *gather[K, T, R]) shut(rd *round[K, T, R]) {
	g.rounds = slices.DeleteFunc(g.rounds, func(r *round[K, T, R]) bool { return r == rd })
}

func (g *gather[K, T, R]) leave(rd *round[K, T, R]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if rd.users--; rd.users == 0 {
		g.shut(rd)
		rd.cancel()
	}
}
