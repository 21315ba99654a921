package scheduler

import (
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Agent is one virtual Mesos agent. Hostname is also the address its tasks bind (a loopback address).
type Agent struct {
	ID         string
	Hostname   string
	Attributes map[string]string
	// AttributeOrder is the order in which the agent names its attributes; those that it leaves out follow by name.
	AttributeOrder []string
	CPUs           float64
	Mem            float64 // MiB
	Disk           float64 // MiB
	GPUs           int
	PortRanges     [][2]int // inclusive
}

// App is a stored definition with its runtime state, a consistent copy.
type App struct {
	Spec            *spec.App
	Tasks           []Task
	Deployments     []string // ids of running deployments that touch the app
	LastTaskFailure *TaskFailure
	Readiness       []ReadinessResult
	Counts          Counts
}

// Counts are Marathon's task counters.
type Counts struct{ Staged, Running, Healthy, Unhealthy int }

// Task is one incarnation as the API shows it.
type Task struct {
	ID           string
	InstanceID   string
	AppID        string
	AgentID      string
	Host         string
	Ports        []int
	State        agent.State
	StagedAt     time.Time
	StartedAt    time.Time // zero until it ran
	Version      time.Time
	Role         string
	Health       []HealthResult
	LocalVolumes []LocalVolume
	// Suspended marks a reserved instance of a resident app without a running task.
	Suspended bool
}

// LocalVolume is a persistent volume in use.
type LocalVolume struct{ AppID, ContainerPath, UUID string }

// HealthResult is the state of one health check of a task.
type HealthResult struct {
	Alive                                  bool
	ConsecutiveFailures                    int
	FirstSuccess, LastSuccess, LastFailure time.Time // zero = never
	LastFailureCause                       string
	InstanceID                             string
}

// ReadinessResult is the last answer of a task to a readiness check.
type ReadinessResult struct {
	Name, TaskID string
	Ready        bool
	Status       int
	ContentType  string
	Body         string
	HasResponse  bool
}

// TaskFailure is lastTaskFailure.
type TaskFailure struct {
	AppID, Host, Message, TaskID, AgentID string
	State                                 agent.State
	Timestamp, Version                    time.Time
}

// Action is one action of a deployment step.
type Action struct {
	Kind string // StartApplication, StopApplication, ScaleApplication, RestartApplication
	App  string
}

// Deployment is a running plan.
type Deployment struct {
	ID             string
	Version        time.Time
	AffectedApps   []string
	Steps          [][]Action
	CurrentStep    int // 1-based; 0 before the start
	CurrentActions []Action
	Readiness      map[string][]ReadinessResult // by app
}

// QueueItem is an app with instances to launch.
type QueueItem struct {
	App                  *spec.App
	Count                int
	Since                time.Time
	TimeLeft             time.Duration
	Overdue              bool
	ProcessedOffers      int
	UnusedOffers         int
	LastUsed, LastUnused time.Time
	RejectLastOffers     []Reject // always the ten reasons in Marathon's order
	RejectLaunch         []Reject
	LastUnusedOffers     []UnusedOffer
}

// Reject is one line of a reject summary.
type Reject struct {
	Reason              string
	Declined, Processed int
}

// UnusedOffer is an offer that did not fit, with its reasons.
type UnusedOffer struct {
	OfferID                     string
	Agent                       Agent
	FreeCPUs, FreeMem, FreeDisk float64
	FreePorts                   [][2]int
	Reasons                     []string
	Time                        time.Time
}

// Group is a node of the tree, a consistent copy.
type Group struct {
	ID           string
	Apps         []App
	Groups       []Group
	Dependencies []string
	Version      time.Time
	EnforceRole  bool
}

// Result is what a mutation answers: its deployment (possibly a plan without steps) and the tree's new version.
type Result struct {
	DeploymentID string
	Version      time.Time
}

// LockedError is a 409: running deployments hold the apps.
type LockedError struct{ Deployments []string }

func (e *LockedError) Error() string {
	return "App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'."
}

// ExistsError is a 409: the id is taken. Message is Marathon's.
type ExistsError struct{ Message string }

func (e *ExistsError) Error() string { return e.Message }

// NotFoundError is a 404. Message is Marathon's.
type NotFoundError struct{ Message string }

func (e *NotFoundError) Error() string { return e.Message }

// TooManyDeploymentsError is a 403.
type TooManyDeploymentsError struct{ Message string }

func (e *TooManyDeploymentsError) Error() string { return e.Message }

// Event is one event of the stream: Fields holds everything but eventType and timestamp.
type Event struct {
	Type   string
	Time   time.Time
	Fields map[string]any
}
