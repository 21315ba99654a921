package spec

import (
	"math"
	"regexp"
)

// Patterns of Marathon's RAML types.
var (
	pathIDPattern = regexp.MustCompile(`^(/?((\.\.)|([a-z0-9][a-z0-9\-.]*[a-z0-9]+)|([a-z0-9]*))($|/))+$`)
	namePattern   = regexp.MustCompile(`^[a-z0-9-]+$`)
)

const maxPort = 65535

// readDraft reads an app object. Ids of updates are optional.
func readDraft(n node, needID bool) *draft {
	d := &draft{}
	if needID {
		if _, ok := n.req("id"); ok {
			d.ID = ptr(n.reqText("id", 1, pathIDPattern))
		}
	} else {
		d.ID = n.optText("id", 1, pathIDPattern)
	}
	d.AcceptedResourceRoles = n.optStrings("acceptedResourceRoles")
	d.Args = n.optStrings("args")
	d.BackoffFactor = n.optDouble("backoffFactor", 1, math.MaxFloat64)
	d.BackoffSeconds = n.optInt("backoffSeconds", 0, math.MaxInt32)
	d.Check = readCheck(n)
	d.Cmd = n.optText("cmd", 1, nil)
	d.Constraints = n.optStringLists("constraints")
	d.Container = readContainer(n)
	d.CPUs = n.optDouble("cpus", 0, math.MaxFloat64)
	d.Dependencies = n.optStrings("dependencies")
	d.Disk = n.optDouble("disk", 0, math.MaxFloat64)
	d.Env = readEnv(n)
	d.Executor = n.optString("executor")
	d.ExecutorResources = readExecutorResources(n)
	d.Fetch = optList(n, "fetch", readFetch)
	d.GPUs = n.optInt("gpus", 0, math.MaxInt32)
	d.HealthChecks = optList(n, "healthChecks", readHealthCheck)
	d.Instances = n.optInt("instances", 0, math.MaxInt32)
	d.IPAddress = readIPAddress(n)
	d.KillSelection = n.optEnum("killSelection", "YOUNGEST_FIRST", "OLDEST_FIRST")
	d.Labels = n.optStringMap("labels")
	d.MaxLaunchDelaySeconds = n.optInt("maxLaunchDelaySeconds", 0, math.MaxInt32)
	d.Mem = n.optDouble("mem", 0, math.MaxFloat64)
	d.Networks = optList(n, "networks", readNetwork)
	d.PortDefinitions = optList(n, "portDefinitions", readPortDefinition)
	d.Ports = readPorts(n)
	d.ReadinessChecks = optList(n, "readinessChecks", readReadinessCheck)
	d.RequirePorts = n.optBool("requirePorts")
	d.Residency = readResidency(n)
	d.ResourceLimits = readResourceLimits(n)
	d.Role = n.optText("role", 1, nil)
	d.Secrets = readSecrets(n)
	d.TaskKillGracePeriodSeconds = n.optInt("taskKillGracePeriodSeconds", 0, math.MaxInt32)
	d.TTY = n.optBool("tty")
	d.UnreachableStrategy = readUnreachable(n)
	d.UpgradeStrategy = readUpgradeStrategy(n)
	d.URIs = n.optStrings("uris")
	d.User = n.optString("user")
	d.Version = n.optTime("version")
	return d
}

func optList[T any](n node, key string, read func(node) T) *[]T {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	items, ok := c.array()
	if !ok {
		return nil
	}
	out := make([]T, len(items))
	for i, it := range items {
		out[i] = read(it)
	}
	return &out
}

func readPorts(n node) *[]int {
	return optList(n, "ports", func(c node) int { return or(c.boundedInt(0, maxPort), 0) })
}

func readPortDefinition(n node) PortDefinition {
	return PortDefinition{
		Port:     or(n.optInt("port", 0, maxPort), 0),
		Name:     n.optText("name", 1, namePattern),
		Protocol: readProtocol(n),
		Labels:   or(n.optStringMap("labels"), nil),
	}
}

func readProtocol(n node) string { return or(n.optEnum("protocol", "tcp", "udp", "udp,tcp"), "tcp") }

func readPortMapping(n node) PortMapping {
	return PortMapping{
		ContainerPort: or(n.optInt("containerPort", 0, maxPort), 0),
		HostPort:      n.optInt("hostPort", 0, maxPort),
		ServicePort:   or(n.optInt("servicePort", 0, maxPort), 0),
		Protocol:      readProtocol(n),
		Name:          n.optText("name", 1, namePattern),
		Labels:        or(n.optStringMap("labels"), map[string]string{}),
		NetworkNames:  or(n.optStrings("networkNames"), nil),
	}
}

func readNetwork(n node) Network {
	return Network{
		Mode:   or(n.optEnum("mode", "container", "container/bridge", "host"), "container"),
		Name:   n.optText("name", 1, nil),
		Labels: or(n.optStringMap("labels"), nil),
	}
}

func readIPAddress(n node) *ipAddress {
	c, ok := n.opt("ipAddress")
	if !ok {
		return nil
	}
	ip := &ipAddress{NetworkName: c.optText("networkName", 1, nil), Labels: or(c.optStringMap("labels"), nil)}
	c.optStrings("groups")
	if d, ok := c.opt("discovery"); ok {
		ports := optList(d, "ports", func(p node) PortMapping {
			return PortMapping{
				ContainerPort: or(p.optInt("number", 0, maxPort), 0),
				Name:          ptr(p.reqText("name", 1, namePattern)),
				Protocol:      readProtocol(p),
				Labels:        or(p.optStringMap("labels"), map[string]string{}),
			}
		})
		ip.Discovery = ptr(or(ports, nil))
	}
	return ip
}

func readContainer(n node) *draftContainer {
	c, ok := n.opt("container")
	if !ok {
		return nil
	}
	out := &draftContainer{
		Type:         or(c.optEnum("type", "MESOS", "DOCKER"), "DOCKER"),
		Volumes:      or(optList(c, "volumes", readVolume), nil),
		PortMappings: optList(c, "portMappings", readPortMapping),
	}
	if d, ok := c.opt("docker"); ok {
		out.Docker = &draftDocker{
			Docker: Docker{
				Image:          d.reqText("image", 1, nil),
				ForcePullImage: or(d.optBool("forcePullImage"), false),
				Privileged:     or(d.optBool("privileged"), false),
				Parameters: or(optList(d, "parameters", func(p node) DockerParameter {
					return DockerParameter{Key: p.reqText("key", 1, nil), Value: p.reqText("value", 0, nil)}
				}), []DockerParameter{}),
			},
			Network:      d.optEnum("network", "BRIDGE", "HOST", "NONE", "USER"),
			PortMappings: optList(d, "portMappings", readPortMapping),
		}
		if pc, ok := d.opt("pullConfig"); ok {
			out.Docker.PullConfig = map[string]any{"secret": pc.reqText("secret", 0, nil)}
		}
	}
	if l, ok := c.opt("linuxInfo"); ok && l.v.kind == kindObject {
		out.LinuxInfo = readLinuxInfo(l)
	}
	return out
}

func readLinuxInfo(n node) map[string]any {
	out := map[string]any{}
	if s, ok := n.opt("seccomp"); ok {
		m := map[string]any{}
		setIf(m, "unconfined", s.optBool("unconfined"))
		setIf(m, "profileName", s.optString("profileName"))
		out["seccomp"] = m
	}
	if i, ok := n.opt("ipcInfo"); ok {
		m := map[string]any{}
		setIf(m, "mode", i.optEnum("mode", "PRIVATE", "SHARE_PARENT"))
		setIf(m, "shmSize", i.optInt("shmSize", 0, math.MaxInt32))
		out["ipcInfo"] = m
	}
	return out
}

func setIf[T any](m map[string]any, key string, v *T) {
	if v != nil {
		m[key] = *v
	}
}

// readVolume tells the kinds apart as Marathon does: what cannot be read as one of the others is a host volume.
func readVolume(n node) Volume {
	v := Volume{ContainerPath: n.reqText("containerPath", 1, nil)}
	if e, ok := n.opt("external"); ok && e.v.kind == kindObject {
		v.External = readExternal(e)
		v.Mode = or(n.optEnum("mode", "RO", "RW"), "RW")
		return v
	}
	if p, ok := n.opt("persistent"); ok {
		if _, sized := p.opt("size"); sized {
			v.Persistent = readPersistent(p)
			v.Mode = or(n.optEnum("mode", "RO", "RW"), "RW")
			return v
		}
	}
	if s, ok := n.opt("secret"); ok && s.v.kind == kindString {
		v.Secret = s.v.text
		return v
	}
	v.HostPath = n.reqText("hostPath", 1, nil)
	if m, ok := n.req("mode"); ok {
		v.Mode = or(m.enum("RO", "RW"), "")
	}
	return v
}

func readExternal(n node) map[string]any {
	options := map[string]any{}
	for k, s := range or(n.optStringMap("options"), nil) {
		options[k] = s
	}
	m := map[string]any{"options": options, "shared": or(n.optBool("shared"), false)}
	setIf(m, "size", n.optLong("size", 0))
	setIf(m, "name", n.optString("name"))
	setIf(m, "provider", n.optString("provider"))
	return m
}

func readPersistent(n node) *PersistentVolume {
	p := &PersistentVolume{
		Size:        or(n.optLong("size", 0), 0),
		MaxSize:     n.optLong("maxSize", 0),
		ProfileName: n.optText("profileName", 1, nil),
		Constraints: or(n.optStringLists("constraints"), [][]string{}),
	}
	def := "root"
	if p.ProfileName != nil {
		def = "mount"
	}
	p.Type = or(n.optEnum("type", "root", "path", "mount"), def)
	return p
}

func readEnv(n node) *map[string]EnvValue {
	c, ok := n.opt("env")
	if !ok || !c.object() {
		return nil
	}
	out := make(map[string]EnvValue, len(c.v.keys))
	for _, k := range c.v.keys {
		m, _ := c.child(k)
		switch m.v.kind {
		case kindString:
			out[k] = EnvValue{Value: m.v.text}
		case kindObject:
			s, ok := m.child("secret")
			if !ok {
				s.fail("error.path.missing")
				continue
			}
			if name, ok := s.str(); ok {
				out[k] = EnvValue{Secret: name}
			}
		default:
			m.fail("error.expected.jsobject")
		}
	}
	return &out
}

func readSecrets(n node) *map[string]SecretDef {
	c, ok := n.opt("secrets")
	if !ok || !c.object() {
		return nil
	}
	out := make(map[string]SecretDef, len(c.v.keys))
	for _, k := range c.v.keys {
		m, _ := c.child(k)
		out[k] = SecretDef{Source: m.reqText("source", 1, nil)}
	}
	return &out
}

func readFetch(n node) Fetch {
	return Fetch{
		URI:        n.reqText("uri", 0, nil),
		Extract:    or(n.optBool("extract"), true),
		Executable: or(n.optBool("executable"), false),
		Cache:      or(n.optBool("cache"), false),
		DestPath:   n.optText("destPath", 1, nil),
	}
}

func readHealthCheck(n node) HealthCheck {
	h := HealthCheck{
		Protocol:               or(n.optEnum("protocol", "HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_TCP", "MESOS_HTTP", "MESOS_HTTPS"), "HTTP"),
		Path:                   n.optString("path"),
		Port:                   n.optInt("port", 0, maxPort),
		PortIndex:              n.optInt("portIndex", 0, maxPort),
		GracePeriodSeconds:     or(n.optInt("gracePeriodSeconds", 0, math.MaxInt32), 300),
		IntervalSeconds:        or(n.optInt("intervalSeconds", 0, math.MaxInt32), 60),
		TimeoutSeconds:         or(n.optInt("timeoutSeconds", 0, math.MaxInt32), 20),
		MaxConsecutiveFailures: or(n.optInt("maxConsecutiveFailures", 0, math.MaxInt32), 3),
		DelaySeconds:           or(n.optInt("delaySeconds", 0, math.MaxInt32), 15),
		IgnoreHTTP1xx:          n.optBool("ignoreHttp1xx"),
		IPProtocol:             or(n.optEnum("ipProtocol", "IPv4", "IPv6"), "IPv4"),
	}
	if c, ok := n.opt("command"); ok {
		h.Command = map[string]any{"value": c.reqText("value", 0, nil)}
	}
	return h
}

func readReadinessCheck(n node) ReadinessCheck {
	r := ReadinessCheck{
		Name:                    or(n.optText("name", 1, nil), "readinessCheck"),
		Protocol:                or(n.optEnum("protocol", "HTTP", "HTTPS"), "HTTP"),
		Path:                    or(n.optText("path", 1, nil), "/"),
		PortName:                or(n.optText("portName", 1, nil), "http-api"),
		IntervalSeconds:         or(n.optInt("intervalSeconds", 0, math.MaxInt32), 30),
		TimeoutSeconds:          or(n.optInt("timeoutSeconds", 0, math.MaxInt32), 10),
		HTTPStatusCodesForReady: []int{200},
		PreserveLastResponse:    or(n.optBool("preserveLastResponse"), false),
	}
	codes := optList(n, "httpStatusCodesForReady", func(c node) int { return or(c.boundedInt(100, 999), 0) })
	if codes != nil {
		r.HTTPStatusCodesForReady = *codes
		if len(*codes) == 0 {
			c, _ := n.child("httpStatusCodesForReady")
			c.fail("error.minLength")
		}
	}
	return r
}

func readCheck(n node) *draftCheck {
	c, ok := n.opt("check")
	if !ok {
		return nil
	}
	out := &draftCheck{Check: Check{
		IntervalSeconds: or(c.optInt("intervalSeconds", 0, math.MaxInt32), 60),
		TimeoutSeconds:  or(c.optInt("timeoutSeconds", 0, math.MaxInt32), 20),
		DelaySeconds:    or(c.optInt("delaySeconds", 0, math.MaxInt32), 15),
	}}
	if h, ok := c.opt("http"); ok {
		m := map[string]any{"scheme": or(h.optEnum("scheme", "HTTP", "HTTPS"), "HTTP")}
		setIf(m, "portIndex", h.optInt("portIndex", 0, maxPort))
		setIf(m, "path", h.optText("path", 1, nil))
		out.HTTP, out.http = m, &h.v
	}
	if t, ok := c.opt("tcp"); ok {
		m := map[string]any{}
		setIf(m, "portIndex", t.optInt("portIndex", 0, maxPort))
		out.TCP, out.tcp = m, &t.v
	}
	if e, ok := c.opt("exec"); ok {
		if cmd, ok := e.req("command"); ok {
			m := map[string]any{}
			setIf(m, "shell", cmd.optString("shell"))
			if argv := cmd.optStrings("argv"); argv != nil {
				m["argv"] = *argv
			}
			out.Exec = map[string]any{"command": m}
		}
		out.exec = &e.v
	}
	return out
}

func readExecutorResources(n node) *ExecutorResources {
	c, ok := n.opt("executorResources")
	if !ok {
		return nil
	}
	return &ExecutorResources{
		CPUs: or(c.optDouble("cpus", 0, math.MaxFloat64), 0.1),
		Mem:  or(c.optDouble("mem", 32, math.MaxFloat64), 32),
		Disk: or(c.optDouble("disk", 10, math.MaxFloat64), 10),
	}
}

// readResourceLimits keeps wrong texts for the rules to complain about.
func readResourceLimits(n node) *ResourceLimits {
	c, ok := n.opt("resourceLimits")
	if !ok {
		return nil
	}
	limit := func(key string) any {
		m, ok := c.opt(key)
		if !ok {
			return nil
		}
		if m.v.kind == kindString {
			return m.v.text
		}
		if x, ok := m.number(); ok {
			return x
		}
		return nil
	}
	return &ResourceLimits{CPUs: limit("cpus"), Mem: limit("mem")}
}

func readResidency(n node) *Residency {
	c, ok := n.opt("residency")
	if !ok {
		return nil
	}
	return &Residency{
		RelaunchEscalationTimeoutSeconds: or(c.optInt("relaunchEscalationTimeoutSeconds", 0, math.MaxInt32), 3600),
		TaskLostBehavior:                 or(c.optEnum("taskLostBehavior", "WAIT_FOREVER", "RELAUNCH_AFTER_TIMEOUT"), "WAIT_FOREVER"),
	}
}

func readUnreachable(n node) *UnreachableStrategy {
	c, ok := n.opt("unreachableStrategy")
	if !ok {
		return nil
	}
	switch c.v.kind {
	case kindString: // whatever the text says
		return &UnreachableStrategy{Disabled: true}
	case kindObject:
		return &UnreachableStrategy{
			InactiveAfterSeconds: or(c.optInt("inactiveAfterSeconds", 0, math.MaxInt32), 0),
			ExpungeAfterSeconds:  or(c.optInt("expungeAfterSeconds", 0, math.MaxInt32), 0),
		}
	default:
		c.fail("error.expected.jsobject")
		return nil
	}
}

func readUpgradeStrategy(n node) *UpgradeStrategy {
	c, ok := n.opt("upgradeStrategy")
	if !ok {
		return nil
	}
	return &UpgradeStrategy{
		MaximumOverCapacity:   c.reqDouble("maximumOverCapacity", 0, 1),
		MinimumHealthCapacity: c.reqDouble("minimumHealthCapacity", 0, 1),
	}
}
