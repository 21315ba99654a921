package spec

import "strings"

// convert makes the stored app of a normalised and valid draft. What still fails here is a 500, as in Marathon.
func convert(d *draft) (*App, error) {
	a := &App{
		ID:                         or(d.ID, ""),
		AcceptedResourceRoles:      or(d.AcceptedResourceRoles, nil),
		Args:                       or(d.Args, nil),
		BackoffFactor:              or(d.BackoffFactor, 1.15),
		BackoffSeconds:             or(d.BackoffSeconds, 1),
		Cmd:                        d.Cmd,
		Constraints:                or(d.Constraints, nil),
		CPUs:                       or(d.CPUs, 1),
		Dependencies:               or(d.Dependencies, nil),
		Disk:                       or(d.Disk, 0),
		Env:                        or(d.Env, nil),
		Executor:                   or(d.Executor, ""),
		ExecutorResources:          d.ExecutorResources,
		Fetch:                      or(d.Fetch, nil),
		GPUs:                       or(d.GPUs, 0),
		Instances:                  or(d.Instances, 1),
		KillSelection:              or(d.KillSelection, "YOUNGEST_FIRST"),
		Labels:                     or(d.Labels, map[string]string{}),
		MaxLaunchDelaySeconds:      or(d.MaxLaunchDelaySeconds, 300),
		Mem:                        or(d.Mem, 128),
		Networks:                   or(d.Networks, nil),
		PortDefinitions:            or(d.PortDefinitions, nil),
		ReadinessChecks:            or(d.ReadinessChecks, nil),
		RequirePorts:               or(d.RequirePorts, false),
		ResourceLimits:             d.ResourceLimits,
		Role:                       or(d.Role, "*"),
		Secrets:                    or(d.Secrets, nil),
		TaskKillGracePeriodSeconds: d.TaskKillGracePeriodSeconds,
		TTY:                        d.TTY,
		UnreachableStrategy:        or(d.UnreachableStrategy, UnreachableStrategy{}),
		UpgradeStrategy:            or(d.UpgradeStrategy, defaultUpgrade(d)),
		User:                       d.User,
	}
	for _, c := range a.Constraints {
		if c[1] != strings.ToUpper(c[1]) {
			return nil, &ServerError{Message: "illegal constraint specification " + strings.Join(c, ",")}
		}
	}
	for _, h := range or(d.HealthChecks, nil) {
		h, err := convertHealthCheck(h)
		if err != nil {
			return nil, err
		}
		a.HealthChecks = append(a.HealthChecks, h)
	}
	if d.Check != nil {
		kinds := 0
		for _, k := range []map[string]any{d.Check.HTTP, d.Check.TCP, d.Check.Exec} {
			if k != nil {
				kinds++
			}
		}
		if kinds != 1 {
			return nil, &ServerError{Message: "illegal RAML Check: expected one of http, tcp or exec checks"}
		}
		a.Check = d.Check
	}
	if c := d.Container; c != nil {
		a.Container = &Container{Type: c.Type, Volumes: append([]Volume{}, c.Volumes...), PortMappings: or(c.PortMappings, nil)}
		if c.Type == "MESOS" { // beside a Docker container it is dropped without a word
			a.Container.LinuxInfo = c.LinuxInfo
		}
		if c.Docker != nil {
			a.Container.Docker = ptr(c.Docker.Docker)
		}
	}
	if a.Resident() {
		// What was asked for has had no effect since 1.5 and is not stored.
		a.Residency = defaultResidency()
	}
	return a, nil
}

// convertHealthCheck keeps what the kind of check has; the rest of what was sent falls away.
func convertHealthCheck(h HealthCheck) (HealthCheck, error) {
	if h.Command != nil {
		if h.Protocol != "COMMAND" {
			return h, &ServerError{Message: "illegal protocol " + h.Protocol + " specified with command"}
		}
		h.Path, h.Port, h.PortIndex, h.IgnoreHTTP1xx = nil, nil, nil, nil
		return h, nil
	}
	switch h.Protocol {
	case "COMMAND":
		return h, &ServerError{Message: "illegal protocol COMMAND for non-command health check"}
	case "HTTP", "HTTPS":
		h.IgnoreHTTP1xx = ptr(false)
		h.DelaySeconds = 15
	case "TCP":
		h.Path, h.IgnoreHTTP1xx = nil, nil
		h.DelaySeconds = 15
	case "MESOS_TCP":
		h.Path, h.IgnoreHTTP1xx = nil, nil
	default:
		h.IgnoreHTTP1xx = nil
	}
	return h, nil
}
