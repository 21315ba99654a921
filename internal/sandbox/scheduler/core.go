package scheduler

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Options configure a Core.
type Options struct {
	Agents []Agent
	// NewDriver is called once, by New; report may be called from any goroutine, but not from inside a Driver method.
	NewDriver func(report func(agent.Status)) agent.Driver
	Dir       string // what a restart needs is kept here
	// OfferInterval is the time between two rounds of offers, 1 s when zero; when something new waits offers come at once.
	OfferInterval  time.Duration
	MaxDeployments int           // 100 when zero
	VolumesDir     string        // persistent volumes, one directory per uuid; Dir/volumes when empty
	KillGrace      time.Duration // for apps without taskKillGracePeriodSeconds; 3 s when zero
	Clock          quartz.Clock
	Logger         *slog.Logger
}

// Core implements Scheduler.
type Core struct{ opts Options }

var errSkeleton = errors.New("scheduler: not built yet")

var _ Scheduler = (*Core)(nil)

func New(o Options) (*Core, error)                              { return &Core{opts: o}, nil }
func (c *Core) Start()                                          {}
func (c *Core) Close(ctx context.Context, keepTasks bool) error { return errSkeleton }
func (c *Core) Driver() agent.Driver                            { return nil }
func (c *Core) PauseOffers(paused bool)                         {}
func (c *Core) SetAgentDown(agentID string, down bool)          {}

func (c *Core) App(id string) (App, error)                          { return App{}, errSkeleton }
func (c *Core) Apps(prefix string) []App                            { return nil }
func (c *Core) CreateApp(app *spec.App, force bool) (Result, error) { return Result{}, errSkeleton }
func (c *Core) UpdateApps(ids []string, change func(id string, current *spec.App) (*spec.App, error), force bool) (Result, error) {
	return Result{}, errSkeleton
}
func (c *Core) DeleteApp(id string, force bool) (Result, error)  { return Result{}, errSkeleton }
func (c *Core) RestartApp(id string, force bool) (Result, error) { return Result{}, errSkeleton }
func (c *Core) Versions(id string) ([]time.Time, error)          { return nil, errSkeleton }
func (c *Core) AppVersion(id string, version time.Time) (*spec.App, error) {
	return nil, errSkeleton
}
func (c *Core) Group(id string) (Group, error)               { return Group{}, errSkeleton }
func (c *Core) GroupVersions(id string) ([]time.Time, error) { return nil, errSkeleton }
func (c *Core) GroupVersion(id string, version time.Time) (Group, error) {
	return Group{}, errSkeleton
}
func (c *Core) UpdateGroup(id string, u GroupUpdate, create, force bool) (Result, error) {
	return Result{}, errSkeleton
}
func (c *Core) PlanGroup(id string, u GroupUpdate) ([][]Action, error) { return nil, errSkeleton }
func (c *Core) DeleteGroup(id string, force bool) (Result, error)      { return Result{}, errSkeleton }
func (c *Core) KillTasks(ids []string, scale, wipe, force bool) ([]Task, *Result, error) {
	return nil, nil, errSkeleton
}
func (c *Core) Deployments() []Deployment                               { return nil }
func (c *Core) CancelDeployment(id string, force bool) (*Result, error) { return nil, errSkeleton }
func (c *Core) Queue() []QueueItem                                      { return nil }
func (c *Core) ResetDelay(appID string) error                           { return errSkeleton }
func (c *Core) Subscribe() (events <-chan Event, cancel func())         { return nil, func() {} }
func (c *Core) Publish(e Event)                                         {}
func (c *Core) Agents() []Agent                                         { return c.opts.Agents }
