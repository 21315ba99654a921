// Package rollout follows a Marathon deployment to its true end and says why when there is none.
//
// Marathon keeps no record of how a deployment ended: finished, cancelled, undone and overtaken ones all vanish from its list.
// So a Waiter looks at the deployment and at the app (version, counts, health, versions of the tasks), holds for a moment when
// all is right, and gathers the reasons when it does not become so.
package rollout

import (
	"context"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Marathon is what a Waiter needs of *marathon.Client.
type Marathon interface {
	Status(ctx context.Context, id string) (marathon.Status, error)
	Deployments(ctx context.Context) ([]marathon.Deployment, error)
	Queue(ctx context.Context) ([]marathon.QueueItem, error)
	AppTasks(ctx context.Context, id string) ([]marathon.Task, error)
	WakeOnEvents(ctx context.Context) <-chan struct{}
}

// Logs reads the end of a task's file; *mesos.Client is one.
type Logs interface {
	Tail(ctx context.Context, agentID, taskID, file string, maxBytes int) (string, error)
}

// Target is what to wait for: the app, and what the mutation answered. DeploymentID is empty when nothing was sent
// (marathon.Change.Unchanged); Version may be empty, the first one seen counts then.
type Target struct {
	AppID, DeploymentID, Version string
}

type options struct {
	clock              quartz.Clock
	pollMin, pollMax   time.Duration
	settle             time.Duration
	crashLimit         int
	unschedulableAfter time.Duration
	progress           func(string)
}

// Option changes how a Waiter waits.
type Option func(*options)

// WithClock replaces the clock in tests.
func WithClock(c quartz.Clock) Option { return func(o *options) { o.clock = c } }

// WithPoll sets the pause between two looks: the first, and what it grows to. Default 1s to 5s.
func WithPoll(first, most time.Duration) Option {
	return func(o *options) { o.pollMin, o.pollMax = first, max(first, most) }
}

// WithSettle sets how long everything must stay right before a wait ends. Default 3s.
func WithSettle(d time.Duration) Option { return func(o *options) { o.settle = d } }

// WithCrashLimit sets how many ended (or killed as unhealthy) tasks of the new configuration end the wait early. Default 3.
func WithCrashLimit(k int) Option { return func(o *options) { o.crashLimit = max(1, k) } }

// WithUnschedulableAfter sets how long offers must have been declined, with nothing else moving, before the wait ends early. Default 60s.
func WithUnschedulableAfter(d time.Duration) Option {
	return func(o *options) { o.unschedulableAfter = d }
}

// WithProgress is called with one line whenever something changed. It may be called from several goroutines if Wait is.
func WithProgress(f func(string)) Option { return func(o *options) { o.progress = f } }

// Waiter waits for deployments. It is safe for concurrent use.
type Waiter struct {
	marathon Marathon
	logs     Logs
	opts     options
}

// New makes a Waiter; logs may be nil.
func New(m Marathon, logs Logs, opts ...Option) *Waiter {
	w := &Waiter{marathon: m, logs: logs, opts: options{
		clock: quartz.NewReal(), pollMin: time.Second, pollMax: 5 * time.Second, settle: 3 * time.Second,
		crashLimit: 3, unschedulableAfter: time.Minute, progress: func(string) {},
	}}
	for _, o := range opts {
		o(&w.opts)
	}
	if w.opts.progress == nil {
		w.opts.progress = func(string) {}
	}
	return w
}
