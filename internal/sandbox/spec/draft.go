package spec

import "time"

// A draft is an app as somebody sent it: every member optional, legacy forms included. A complete definition and an
// update have the same shape; what is nil was absent.
type draft struct {
	ID                         *string
	AcceptedResourceRoles      *[]string
	Args                       *[]string
	BackoffFactor              *float64
	BackoffSeconds             *int
	Check                      *Check
	Cmd                        *string
	Constraints                *[][]string
	Container                  *draftContainer
	CPUs                       *float64
	Dependencies               *[]string
	Disk                       *float64
	Env                        *map[string]EnvValue
	Executor                   *string
	ExecutorResources          *ExecutorResources
	Fetch                      *[]Fetch
	GPUs                       *int
	HealthChecks               *[]HealthCheck
	Instances                  *int
	KillSelection              *string
	Labels                     *map[string]string
	MaxLaunchDelaySeconds      *int
	Mem                        *float64
	Networks                   *[]Network
	PortDefinitions            *[]PortDefinition
	ReadinessChecks            *[]ReadinessCheck
	RequirePorts               *bool
	Residency                  *Residency
	ResourceLimits             *ResourceLimits
	Role                       *string
	Secrets                    *map[string]SecretDef
	TaskKillGracePeriodSeconds *int
	TTY                        *bool
	UnreachableStrategy        *UnreachableStrategy
	UpgradeStrategy            *UpgradeStrategy
	User                       *string
	Version                    *time.Time

	// legacy
	IPAddress *ipAddress
	Ports     *[]int
	URIs      *[]string
}

type draftContainer struct {
	Type         string
	Docker       *draftDocker
	Volumes      []Volume
	PortMappings *[]PortMapping
	LinuxInfo    map[string]any
}

type draftDocker struct {
	Docker
	Network      *string
	PortMappings *[]PortMapping
}

type ipAddress struct {
	NetworkName *string
	Labels      map[string]string
	Discovery   *[]PortMapping
}

func (d *draft) resident() bool {
	if d.Container == nil {
		return false
	}
	for _, v := range d.Container.Volumes {
		if v.Persistent != nil {
			return true
		}
	}
	return false
}

func (d *draft) externalVolumes() int {
	if d.Container == nil {
		return 0
	}
	count := 0
	for _, v := range d.Container.Volumes {
		if v.External != nil {
			count++
		}
	}
	return count
}

func or[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

func ptr[T any](v T) *T { return &v }

// draftOf is a stored app as its definition would be sent, without what no update keeps.
func draftOf(a *App) *draft {
	a = a.Clone()
	d := &draft{
		ID: &a.ID, BackoffFactor: &a.BackoffFactor, BackoffSeconds: &a.BackoffSeconds, Cmd: a.Cmd,
		CPUs: &a.CPUs, Disk: &a.Disk, Executor: &a.Executor, GPUs: &a.GPUs, Instances: &a.Instances,
		KillSelection: &a.KillSelection, MaxLaunchDelaySeconds: &a.MaxLaunchDelaySeconds, Mem: &a.Mem,
		Networks: &a.Networks, RequirePorts: &a.RequirePorts, Residency: a.Residency, ResourceLimits: a.ResourceLimits,
		Role: &a.Role, TaskKillGracePeriodSeconds: a.TaskKillGracePeriodSeconds, TTY: a.TTY,
		UnreachableStrategy: &a.UnreachableStrategy, UpgradeStrategy: &a.UpgradeStrategy, User: a.User,
		Args: &a.Args, Constraints: &a.Constraints, Dependencies: &a.Dependencies, Env: &a.Env, Fetch: &a.Fetch,
		HealthChecks: &a.HealthChecks, Labels: &a.Labels, ReadinessChecks: &a.ReadinessChecks, Secrets: &a.Secrets,
		ExecutorResources: a.ExecutorResources,
	}
	if len(a.AcceptedResourceRoles) > 0 {
		d.AcceptedResourceRoles = &a.AcceptedResourceRoles
	}
	d.Check = a.Check
	if c := a.Container; c != nil {
		d.Container = &draftContainer{Type: c.Type, Volumes: c.Volumes, LinuxInfo: c.LinuxInfo}
		if c.Docker != nil {
			d.Container.Docker = &draftDocker{Docker: *c.Docker}
		}
		if !a.HostNetworking() {
			d.Container.PortMappings = ptr(c.PortMappings)
		}
	}
	if a.HostNetworking() {
		d.PortDefinitions = ptr(a.PortDefinitions)
	}
	return d
}

// merge lays an update over a stored app: a member that is there replaces the stored one whole.
// executorResources and resourceLimits are not kept: what the update leaves out is lost (a bug of Marathon).
func merge(stored, up *draft) *draft {
	m := *stored
	m.ExecutorResources = up.ExecutorResources
	m.ResourceLimits = up.ResourceLimits
	over(&m.AcceptedResourceRoles, up.AcceptedResourceRoles)
	over(&m.Args, up.Args)
	over(&m.BackoffFactor, up.BackoffFactor)
	over(&m.BackoffSeconds, up.BackoffSeconds)
	over(&m.Check, up.Check)
	over(&m.Cmd, up.Cmd)
	over(&m.Constraints, up.Constraints)
	over(&m.Container, up.Container)
	over(&m.CPUs, up.CPUs)
	over(&m.Dependencies, up.Dependencies)
	over(&m.Disk, up.Disk)
	over(&m.Env, up.Env)
	over(&m.Executor, up.Executor)
	over(&m.Fetch, up.Fetch)
	over(&m.GPUs, up.GPUs)
	over(&m.HealthChecks, up.HealthChecks)
	over(&m.Instances, up.Instances)
	over(&m.KillSelection, up.KillSelection)
	over(&m.Labels, up.Labels)
	over(&m.MaxLaunchDelaySeconds, up.MaxLaunchDelaySeconds)
	over(&m.Mem, up.Mem)
	over(&m.Networks, up.Networks)
	over(&m.PortDefinitions, up.PortDefinitions)
	over(&m.ReadinessChecks, up.ReadinessChecks)
	over(&m.RequirePorts, up.RequirePorts)
	over(&m.Residency, up.Residency)
	over(&m.Role, up.Role)
	over(&m.Secrets, up.Secrets)
	over(&m.TaskKillGracePeriodSeconds, up.TaskKillGracePeriodSeconds)
	over(&m.TTY, up.TTY)
	over(&m.UnreachableStrategy, up.UnreachableStrategy)
	over(&m.UpgradeStrategy, up.UpgradeStrategy)
	over(&m.User, up.User)
	return &m
}

func over[T any](dst **T, src *T) {
	if src != nil {
		*dst = src
	}
}

// onlyVersion says whether the update names nothing but version and id.
func (d *draft) onlyVersion() bool {
	c := *d
	c.ID, c.Version = nil, nil
	return c == draft{}
}
