// Package rollout follows a Marathon deployment to its true end and says why when there is none.
package rollout

import (
	"context"
	"errors"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Marathon is what a Waiter needs of *marathon.Client.
type Marathon interface {
	Status(ctx context.Context, id string) (marathon.Status, error)
	Deployments(ctx context.Context) ([]marathon.Deployment, error)
	Queue(ctx context.Context) ([]marathon.QueueItem, error)
	WakeOnEvents(ctx context.Context) <-chan struct{}
}

// Logs reads the end of a task's file; *mesos.Client is one.
type Logs interface {
	Tail(ctx context.Context, agentID, taskID, file string, maxBytes int) (string, error)
}

// Target is what to wait for.
type Target struct {
	AppID, DeploymentID, Version string
}

type options struct {
	clock quartz.Clock
}

// Option changes how a Waiter waits.
type Option func(*options)

func WithClock(c quartz.Clock) Option             { return func(o *options) { o.clock = c } }
func WithPoll(_, _ time.Duration) Option          { return func(*options) {} }
func WithSettle(time.Duration) Option             { return func(*options) {} }
func WithCrashLimit(int) Option                   { return func(*options) {} }
func WithUnschedulableAfter(time.Duration) Option { return func(*options) {} }
func WithProgress(func(string)) Option            { return func(*options) {} }

// Waiter waits for deployments. It is safe for concurrent use.
type Waiter struct{}

// New makes a Waiter; logs may be nil.
func New(_ Marathon, _ Logs, _ ...Option) *Waiter { return &Waiter{} }

// Wait returns nil when the app runs as the target says.
func (w *Waiter) Wait(context.Context, Target) error { return errors.New("being built") }

// WaitGone returns nil when the app and its tasks are gone.
func (w *Waiter) WaitGone(_ context.Context, _, _ string) error { return errors.New("being built") }
