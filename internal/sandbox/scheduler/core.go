package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Options configure a Core.
type Options struct {
	Agents []Agent
	// NewDriver is called once, by New. report may be called from anywhere, from inside a Driver method too.
	NewDriver func(report func(agent.Status)) agent.Driver
	Dir       string // what a restart needs is kept here
	// OfferInterval is the time between two rounds of offers, 1 s when zero; when something new waits offers come at once.
	OfferInterval  time.Duration
	MaxDeployments int           // 100 when zero
	VolumesDir     string        // persistent volumes, one directory per uuid; Dir/volumes when empty
	KillGrace      time.Duration // for apps without taskKillGracePeriodSeconds; 3 s when zero
	Clock          quartz.Clock
	Logger         *slog.Logger
	// SpecOptions are what whole trees are validated with.
	SpecOptions spec.Options
}

// Core implements Scheduler. Mutations of the tree are serialised by writeMu (while one computes its change, reads go on);
// everything else is guarded by mu, and every section under mu ends in settle.
type Core struct {
	opts   Options
	clock  quartz.Clock
	log    *slog.Logger
	driver agent.Driver
	store  *store
	hub    *hub
	probe  func(host string, port int, udp bool) bool // may the port be bound? a fake in tests
	watch  func()                                     // called under mu after every change; tests only

	writeMu sync.Mutex
	mu      sync.Mutex

	root     *tree
	history  []*tree                // earlier roots and the present one, oldest first
	versions map[string][]*spec.App // every stored definition of an id, also of deleted ids, oldest first

	instances   []*instance // in the order of their creation
	deployments []*deployment
	failures    map[string]*TaskFailure
	delays      map[delayKey]*delay
	queue       map[string]*queueEntry
	stats       map[string]*offerStats
	orphans     map[string]*orphan // running tasks of forgotten instances, by task id

	down    map[string]bool           // agents cut off
	held    map[string][]agent.Status // what cut-off agents will tell when they are back
	freedAt map[string]time.Time      // when an agent last got resources back
	paused  bool

	lastScale time.Time
	nextLost  time.Time
	statuses  statusQueue
	kick      chan struct{} // offers wanted at once
	kicks     int           // sent and not yet answered
	probing   int           // probes of Marathon's own that are under way
	ops       []func()      // calls of the driver, made after what they are about is stored
	reconcile map[string]bool
	wantOffer bool
	dirtyTree bool
	dirtyRun  bool

	started, closing bool
	closed           bool // everything is stored, nothing may change any more
	ctx              context.Context
	cancel           context.CancelFunc
	wg               sync.WaitGroup // goroutines of ours: loops, probes, removals
}

var _ Scheduler = (*Core)(nil)

// historyLimit is Marathon's zk_max_versions: so many roots, and versions of an app, are remembered.
const historyLimit = 50

// New loads what Dir holds; nothing runs before Start. It fails when Dir is unusable or holds a state that cannot be read.
func New(o Options) (*Core, error) {
	if o.NewDriver == nil {
		return nil, errors.New("scheduler: Options.NewDriver is missing")
	}
	if o.Clock == nil {
		o.Clock = quartz.NewReal()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OfferInterval <= 0 {
		o.OfferInterval = time.Second
	}
	if o.MaxDeployments <= 0 {
		o.MaxDeployments = 100
	}
	if o.KillGrace <= 0 {
		o.KillGrace = 3 * time.Second
	}
	if o.VolumesDir == "" {
		o.VolumesDir = filepath.Join(o.Dir, "volumes")
	}
	for _, dir := range []string{o.Dir, o.VolumesDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("scheduler: folder for the state: %w", err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Core{
		opts: o, clock: o.Clock, log: o.Logger, store: &store{dir: o.Dir}, hub: newHub(), probe: canBind,
		root: newTree(), versions: map[string][]*spec.App{},
		failures: map[string]*TaskFailure{}, delays: map[delayKey]*delay{}, queue: map[string]*queueEntry{},
		stats: map[string]*offerStats{}, orphans: map[string]*orphan{},
		down: map[string]bool{}, held: map[string][]agent.Status{}, freedAt: map[string]time.Time{},
		kick: make(chan struct{}, 1), reconcile: map[string]bool{}, ctx: ctx, cancel: cancel,
	}
	c.statuses.wake = make(chan struct{}, 1)
	if err := c.load(); err != nil {
		cancel()
		return nil, err
	}
	if len(c.history) == 0 {
		c.root.version = c.now()
		c.history = []*tree{c.root}
	}
	c.driver = o.NewDriver(c.statuses.push)
	return c, nil
}

// Start takes over the tasks of an earlier process, takes up its deployments and begins to make offers.
func (c *Core) Start() {
	c.mu.Lock()
	if c.started || c.closing {
		c.mu.Unlock()
		return
	}
	c.started = true
	c.lastScale = c.now()
	c.nextLost = c.lastScale.Add(lostSweepFirstWait)
	c.cleanVolumes()
	c.recoverTasks()
	c.resumeDeployments()
	for _, a := range c.root.apps() {
		c.reconcile[a.ID] = true
	}
	c.settle()
	c.mu.Unlock()

	c.wg.Go(c.statusLoop)
	c.wg.Go(c.offerLoop)
	c.clock.TickerFunc(c.ctx, c.opts.OfferInterval, func() error { c.locked(c.periodicOffers); return nil }, "offers")
	c.clock.TickerFunc(c.ctx, sweepInterval, func() error { c.locked(c.sweep); return nil }, "sweep")
}

// Close ends every task, or with keepTasks leaves them to the next Start, and stops. What the ending tasks report is still
// recorded, nothing is launched any more.
func (c *Core) Close(ctx context.Context, keepTasks bool) error {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return nil
	}
	c.closing = true
	started := c.started
	for _, i := range c.instances {
		i.stopProbes()
	}
	c.mu.Unlock()

	err := c.driver.Shutdown(ctx, keepTasks)
	if !started {
		c.wg.Go(c.statusLoop)
	}
	c.cancel()
	c.statuses.close()
	c.wg.Wait()
	c.hub.close()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirtyRun = true
	err = errors.Join(err, c.save())
	c.closed = true
	return err
}

// Driver runs the tasks.
func (c *Core) Driver() agent.Driver { return c.driver }

// Agents are the virtual agents as configured.
func (c *Core) Agents() []Agent { return append([]Agent(nil), c.opts.Agents...) }

// now is Marathon's resolution of time.
func (c *Core) now() time.Time { return c.clock.Now().UTC().Truncate(time.Millisecond) }

// locked runs f under the lock and settles what follows from it. A timer that fires after Close does nothing: another core
// may have the folder by then.
func (c *Core) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	f()
	c.settle()
}

// settle follows every consequence to its end: deployments go on, apps get what they lack, the state is stored, then the
// driver is called.
func (c *Core) settle() {
	if c.started && !c.closing {
		for {
			moved := c.advanceDeployments()
			for id := range c.reconcile {
				delete(c.reconcile, id)
				moved = c.reconcileApp(id) || moved
			}
			if !moved {
				break
			}
		}
		c.refreshQueue()
	}
	if c.watch != nil {
		c.watch()
	}
	if err := c.save(); err != nil {
		// What is in memory is right; the next change tries again.
		c.log.Error("the sandbox's state could not be stored", "error", err)
	}
	ops := c.ops
	c.ops = nil
	for _, op := range ops {
		op()
	}
	if c.wantOffer {
		c.wantOffer = false
		select {
		case c.kick <- struct{}{}:
			c.kicks++
		default:
		}
	}
}

// offerLoop makes offers out of turn when something new waits.
func (c *Core) offerLoop() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.kick:
			c.locked(func() {
				c.kicks--
				c.offerRound()
			})
		}
	}
}

const (
	sweepInterval      = 10 * time.Second
	killRetryInterval  = 30 * time.Second
	scaleInterval      = 5 * time.Minute
	taskLaunchTimeout  = 5 * time.Minute
	lostSweepInterval  = 30 * time.Second
	lostSweepFirstWait = 5 * time.Minute
)

// sweep is everything that Marathon looks at from time to time.
func (c *Core) sweep() {
	if c.closing {
		return
	}
	now := c.now()
	c.forgetDelays(now)
	c.retryKills(now)
	c.killOverdue(now)
	c.sweepLost(now)
	c.sweepScale(now)
}
