// Package spec holds Marathon's app definition as the sandbox stores it: decoding of what people send, normalisation,
// validation and the update rules, all without side effects. Sources: Marathon's RAML and the recordings of a real server.
package spec

import "time"

// App is a complete, normalised app definition: what Marathon stores and a read returns, without the runtime keys
// (tasks, counts, deployments) that the scheduler adds. Fields that are omitted when unset are pointers or nil.
type App struct {
	ID                         string               `json:"id"`
	AcceptedResourceRoles      []string             `json:"acceptedResourceRoles,omitempty"`
	Args                       []string             `json:"args,omitempty"`
	BackoffFactor              float64              `json:"backoffFactor"`
	BackoffSeconds             int                  `json:"backoffSeconds"`
	Check                      *Check               `json:"check,omitempty"`
	Cmd                        *string              `json:"cmd,omitempty"`
	Constraints                [][]string           `json:"constraints,omitempty"`
	Container                  *Container           `json:"container,omitempty"`
	CPUs                       float64              `json:"cpus"`
	Dependencies               []string             `json:"dependencies,omitempty"`
	Disk                       float64              `json:"disk"`
	Env                        map[string]EnvValue  `json:"env,omitempty"`
	Executor                   string               `json:"executor"`
	ExecutorResources          *ExecutorResources   `json:"executorResources,omitempty"`
	Fetch                      []Fetch              `json:"fetch,omitempty"`
	GPUs                       int                  `json:"gpus"`
	HealthChecks               []HealthCheck        `json:"healthChecks,omitempty"`
	Instances                  int                  `json:"instances"`
	KillSelection              string               `json:"killSelection"`
	Labels                     map[string]string    `json:"labels"`
	MaxLaunchDelaySeconds      int                  `json:"maxLaunchDelaySeconds"`
	Mem                        float64              `json:"mem"`
	Networks                   []Network            `json:"networks"`
	PortDefinitions            []PortDefinition     `json:"portDefinitions,omitempty"`
	ReadinessChecks            []ReadinessCheck     `json:"readinessChecks,omitempty"`
	RequirePorts               bool                 `json:"requirePorts"`
	Residency                  *Residency           `json:"residency,omitempty"`
	ResourceLimits             *ResourceLimits      `json:"resourceLimits,omitempty"`
	Role                       string               `json:"role"`
	Secrets                    map[string]SecretDef `json:"secrets,omitempty"`
	TaskKillGracePeriodSeconds *int                 `json:"taskKillGracePeriodSeconds,omitempty"`
	TTY                        *bool                `json:"tty,omitempty"`
	UnreachableStrategy        UnreachableStrategy  `json:"unreachableStrategy"`
	UpgradeStrategy            UpgradeStrategy      `json:"upgradeStrategy"`
	User                       *string              `json:"user,omitempty"`

	// Version, and the two instants of versionInfo. The scheduler sets them; decoding ignores them.
	Version            time.Time `json:"-"`
	LastScalingAt      time.Time `json:"-"`
	LastConfigChangeAt time.Time `json:"-"`
}

// EnvValue is either a literal or a reference to a secret of the app ({"secret": "name"}).
type EnvValue struct {
	Value  string
	Secret string
}

// SecretDef names where a secret comes from.
type SecretDef struct {
	Source string `json:"source"`
}

// Check is Mesos's generic check (not a health check). Exactly one kind is set.
type Check struct {
	Exec            map[string]any `json:"exec,omitempty"`
	HTTP            map[string]any `json:"http,omitempty"`
	TCP             map[string]any `json:"tcp,omitempty"`
	IntervalSeconds int            `json:"intervalSeconds"`
	TimeoutSeconds  int            `json:"timeoutSeconds"`
	DelaySeconds    int            `json:"delaySeconds"`
}

// Container is the app's container; Type is DOCKER or MESOS.
type Container struct {
	Type         string         `json:"type"`
	Docker       *Docker        `json:"docker,omitempty"`
	Volumes      []Volume       `json:"volumes"`
	PortMappings []PortMapping  `json:"portMappings,omitempty"`
	LinuxInfo    map[string]any `json:"linuxInfo,omitempty"`
}

// Docker names the image.
type Docker struct {
	Image          string            `json:"image"`
	ForcePullImage bool              `json:"forcePullImage"`
	Privileged     bool              `json:"privileged"`
	Parameters     []DockerParameter `json:"parameters"`
	PullConfig     map[string]any    `json:"pullConfig,omitempty"`
}

// DockerParameter is one --key=value of docker run.
type DockerParameter struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Volume is a host, persistent, external or secret volume, told apart by which members are set.
type Volume struct {
	ContainerPath string            `json:"containerPath"`
	HostPath      string            `json:"hostPath,omitempty"`
	Mode          string            `json:"mode,omitempty"`
	Persistent    *PersistentVolume `json:"persistent,omitempty"`
	External      map[string]any    `json:"external,omitempty"`
	Secret        string            `json:"secret,omitempty"`
}

// PersistentVolume is a local volume; sizes in MiB.
type PersistentVolume struct {
	Type        string     `json:"type"`
	Size        int64      `json:"size"`
	MaxSize     *int64     `json:"maxSize,omitempty"`
	ProfileName *string    `json:"profileName,omitempty"`
	Constraints [][]string `json:"constraints"`
}

// PortMapping maps a container port (bridge and container networks).
type PortMapping struct {
	ContainerPort int               `json:"containerPort"`
	HostPort      *int              `json:"hostPort,omitempty"`
	ServicePort   int               `json:"servicePort"`
	Protocol      string            `json:"protocol"`
	Name          *string           `json:"name,omitempty"`
	Labels        map[string]string `json:"labels"`
	NetworkNames  []string          `json:"networkNames,omitempty"`
}

// ExecutorResources are the executor's own.
type ExecutorResources struct {
	CPUs float64 `json:"cpus"`
	Mem  float64 `json:"mem"`
	Disk float64 `json:"disk"`
}

// ResourceLimits are a number or "unlimited" each.
type ResourceLimits struct {
	CPUs any `json:"cpus,omitempty"`
	Mem  any `json:"mem,omitempty"`
}

// Fetch is one artifact.
type Fetch struct {
	URI        string  `json:"uri"`
	Extract    bool    `json:"extract"`
	Executable bool    `json:"executable"`
	Cache      bool    `json:"cache"`
	DestPath   *string `json:"destPath,omitempty"`
}

// HealthCheck is one health check; seconds are whole.
type HealthCheck struct {
	Protocol               string         `json:"protocol"`
	Path                   *string        `json:"path,omitempty"`
	Port                   *int           `json:"port,omitempty"`
	PortIndex              *int           `json:"portIndex,omitempty"`
	Command                map[string]any `json:"command,omitempty"`
	GracePeriodSeconds     int            `json:"gracePeriodSeconds"`
	IntervalSeconds        int            `json:"intervalSeconds"`
	TimeoutSeconds         int            `json:"timeoutSeconds"`
	MaxConsecutiveFailures int            `json:"maxConsecutiveFailures"`
	DelaySeconds           int            `json:"delaySeconds"`
	IgnoreHTTP1xx          *bool          `json:"ignoreHttp1xx,omitempty"`
	IPProtocol             string         `json:"ipProtocol"`
}

// Network is one network the task joins.
type Network struct {
	Mode   string            `json:"mode"`
	Name   *string           `json:"name,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// PortDefinition is a host-mode port. Port 0 = a service port is assigned when the definition is stored.
type PortDefinition struct {
	Port     int               `json:"port"`
	Name     *string           `json:"name,omitempty"`
	Protocol string            `json:"protocol"`
	Labels   map[string]string `json:"labels,omitempty"`
}

// ReadinessCheck gates deployments.
type ReadinessCheck struct {
	Name                    string `json:"name"`
	Protocol                string `json:"protocol"`
	Path                    string `json:"path"`
	PortName                string `json:"portName"`
	IntervalSeconds         int    `json:"intervalSeconds"`
	TimeoutSeconds          int    `json:"timeoutSeconds"`
	HTTPStatusCodesForReady []int  `json:"httpStatusCodesForReady"`
	PreserveLastResponse    bool   `json:"preserveLastResponse"`
}

// Residency appears on apps with persistent volumes.
type Residency struct {
	RelaunchEscalationTimeoutSeconds int    `json:"relaunchEscalationTimeoutSeconds"`
	TaskLostBehavior                 string `json:"taskLostBehavior"`
}

// UnreachableStrategy is "disabled" or the two delays in seconds.
type UnreachableStrategy struct {
	Disabled             bool
	InactiveAfterSeconds int
	ExpungeAfterSeconds  int
}

// UpgradeStrategy holds two shares in 0..1.
type UpgradeStrategy struct {
	MaximumOverCapacity   float64 `json:"maximumOverCapacity"`
	MinimumHealthCapacity float64 `json:"minimumHealthCapacity"`
}

// Resident says whether the app has persistent volumes and so is pinned to its agents.
func (a *App) Resident() bool {
	if a.Container == nil {
		return false
	}
	for _, v := range a.Container.Volumes {
		if v.Persistent != nil {
			return true
		}
	}
	return false
}

// Image is the container image, "" without one.
func (a *App) Image() string {
	if a.Container == nil || a.Container.Docker == nil {
		return ""
	}
	return a.Container.Docker.Image
}
