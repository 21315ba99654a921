package marathon

import "time"

// Change is the outcome of a mutation that Marathon accepted.
type Change struct {
	DeploymentID string // empty when nothing was sent, or when the answer was lost and the deployment is over already
	Version      string // the app's (or the tree's) version after the change; empty when it is not known
	Unchanged    bool   // nothing differed: nothing was sent, or the server found what was sent to be the same
}

// Info is the part of GET /v2/info that the provider needs.
type Info struct {
	Version, FrameworkID, FrameworkName, Leader, MesosLeaderUI string
	Features                                                   []string
}

// Status is the runtime view of an app.
type Status struct {
	ID                                  string
	Instances                           int
	Version                             string
	LastConfigChangeAt                  string // versionInfo.lastConfigChangeAt; tasks with an older version run an older configuration
	Staged, Running, Healthy, Unhealthy int
	Deployments                         []string
	Tasks                               []Task
	LastTaskFailure                     *TaskFailure
	Readiness                           []ReadinessResult
	HasHealthChecks                     bool
	HasReadinessChecks                  bool
}

// Task is one incarnation of an instance.
type Task struct {
	ID, AppID, Host, SlaveID, State, Version string
	Ports                                    []int
	StagedAt, StartedAt                      time.Time // zero when absent
	Alive                                    bool      // every health check has a result and passes
	Dead                                     bool      // a health check has a result and fails
	FailureCause                             string    // last cause that a failing health check gave
	IPs                                      []string
}

// TaskFailure is an app's lastTaskFailure: history, it survives later successes.
type TaskFailure struct {
	TaskID, Host, SlaveID, State, Message, Version string
	Timestamp                                      time.Time
}

// ReadinessResult is the last answer of a task to a readiness check; Marathon probes during deployments only.
type ReadinessResult struct {
	Name, TaskID string
	Ready        bool
	Status       int // HTTP status of the last response, 0 without one
	Body         string
}

// Deployment is a running plan. Finished ones vanish, Marathon keeps no history.
type Deployment struct {
	ID, Version    string
	AffectedApps   []string
	CurrentStep    int // 1-based; 0 before the start
	TotalSteps     int
	CurrentActions []Action
}

// Action is one action of a deployment's step: StartApplication, StopApplication, ScaleApplication, RestartApplication.
type Action struct {
	Action, App string
	Readiness   []ReadinessResult
}

// QueueItem is an app or pod with instances that wait for launch.
type QueueItem struct {
	AppID, PodID     string // one of them is empty
	Role             string
	Count            int // instances still to launch
	Since            time.Time
	Overdue          bool // may launch and waits for a fitting offer; false = in backoff
	TimeLeft         time.Duration
	ProcessedOffers  int
	UnusedOffers     int
	LastUsedOffer    time.Time
	LastUnusedOffer  time.Time
	RejectLastOffers []Reject // Marathon's order: each stage's Processed is what survived the stages before
	RejectLaunch     []Reject
	LastUnusedOffers []UnusedOffer
	App              App // the queued definition, nil for a pod
}

// Reject is one line of a reject summary.
type Reject struct {
	Reason              string
	Declined, Processed int
}

// UnusedOffer is an offer of an agent that did not fit.
type UnusedOffer struct {
	Hostname, AgentID     string
	CPUs, Mem, Disk, GPUs float64  // free on the agent, all roles together; MiB
	Ports                 [][2]int // free ranges, inclusive
	Attributes            map[string]string
	Reasons               []string
	At                    time.Time
}

// Group is a group with everything below it.
type Group struct {
	ID     string
	Apps   []App    // all apps below, any depth, with tasks and counts
	Groups []string // ids of all groups below, any depth
	Pods   int      // pods below, any depth
}
