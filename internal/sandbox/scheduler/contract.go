package scheduler

import (
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Scheduler is what the HTTP layer (package api) needs of the core. Every mutation is one operation on the whole tree:
// computed, validated, planned, locked, persisted, answered; in the order of the reference (Marathon §3).
//
//	New(Options) (*Core, error); (*Core).Start(); (*Core).Close(ctx, keepTasks)
type Scheduler interface {
	// App answers *NotFoundError ("App '/x' does not exist") when unknown.
	App(id string) (App, error)
	// Apps answers every app below prefix ("/" = all), sorted by id.
	Apps(prefix string) []App
	// CreateApp stores a new app. The returned spec still has service port 0 where none was asked for.
	CreateApp(app *spec.App, force bool) (Result, error)
	// UpdateApps applies change to each named app (nil = does not exist) and plans all of it as one deployment.
	// change may return nil, nil to leave the app alone, or an error that aborts all.
	UpdateApps(ids []string, change func(id string, current *spec.App) (*spec.App, error), force bool) (Result, error)
	DeleteApp(id string, force bool) (Result, error)
	RestartApp(id string, force bool) (Result, error)
	// Versions answers the known versions of an app; AppVersion one of them.
	Versions(id string) ([]time.Time, error)
	AppVersion(id string, version time.Time) (*spec.App, error)

	Group(id string) (Group, error)
	GroupVersions(id string) ([]time.Time, error)
	GroupVersion(id string, version time.Time) (Group, error)
	// UpdateGroup replaces what the update names (see GroupUpdate); create demands that the group is new (POST).
	UpdateGroup(id string, u GroupUpdate, create, force bool) (Result, error)
	// PlanGroup is dryRun: the steps only.
	PlanGroup(id string, u GroupUpdate) ([][]Action, error)
	DeleteGroup(id string, force bool) (Result, error)
	// SetEnforceRole changes that setting of a top-level group; the tree keeps its version.
	SetEnforceRole(id string, enforce bool) error

	// KillTasks kills by task id. scale lowers the instances too (Result is set then); wipe gives volumes and instance up.
	KillTasks(ids []string, scale, wipe, force bool) ([]Task, *Result, error)

	Deployments() []Deployment
	// CancelDeployment without force answers the new rollback plan; with force nil: it only stops.
	CancelDeployment(id string, force bool) (*Result, error)

	Queue() []QueueItem
	ResetDelay(appID string) error

	// Subscribe delivers every later event in commit order until cancel is called; a reader that lags 1024 behind is cut
	// (the channel is closed).
	Subscribe() (events <-chan Event, cancel func())
	// Publish lets the HTTP layer add its own events (api_post_event, event_stream_attached).
	Publish(Event)

	Agents() []Agent
}

// GroupUpdate is the decoded body of a group write. Nil members keep what is stored.
type GroupUpdate struct {
	Version      *time.Time // roll back to it
	ScaleBy      *float64   // multiply instances below, rounded up
	Apps         []*spec.App
	AppsSet      bool // Apps replaces all direct apps
	Groups       map[string]GroupUpdate
	GroupsSet    bool
	Dependencies []string
	DepsSet      bool
	EnforceRole  *bool
}
