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
		d.ID = n.optText("id", pathIDPattern)
	}
	d.AcceptedResourceRoles = n.optStrings("acceptedResourceRoles")
	d.Args = n.optStrings("args")
	d.BackoffFactor = n.optDouble("backoffFactor", 1)
	d.BackoffSeconds = n.optInt("backoffSeconds", math.MaxInt32)
	d.Check = readCheck(n)
	d.Cmd = n.optText("cmd", nil)
	d.Constraints = n.optStringLists("constraints")
	d.Container = readContainer(n)
	d.CPUs = n.optDouble("cpus", 0)
	d.Dependencies = n.optStrings("dependencies")
	d.Disk = n.optDouble("disk", 0)
	d.Env = readEnv(n)
	d.Executor = n.optString("executor")
	d.ExecutorResources = readExecutorResources(n)
	d.Fetch = optList(n, "fetch", readFetch)
	d.GPUs = n.optInt("gpus", math.MaxInt32)
	d.HealthChecks = optList(n, "healthChecks", readHealthCheck)
	d.Instances = n.optInt("instances", math.MaxInt32)
	d.IPAddress = readIPAddress(n)
	d.KillSelection = n.optEnum("killSelection", "YOUNGEST_FIRST", "OLDEST_FIRST")
	d.Labels = n.optStringMap("labels")
	d.MaxLaunchDelaySeconds = n.optInt("maxLaunchDelaySeconds", math.MaxInt32)
	d.Mem = n.optDouble("mem", 0)
	d.Networks = optList(n, "networks", readNetwork)
	d.PortDefinitions = optList(n, "portDefinitions", readPortDefinition)
	d.Ports = readPorts(n)
	d.ReadinessChecks = optList(n, "readinessChecks", readReadinessCheck)
	d.RequirePorts = n.optBool("requirePorts")
	d.Residency = readResidency(n)
	d.ResourceLimits = readResourceLimits(n)
	d.Role = n.optText("role", nil)
	d.Secrets = readSecrets(n)
	d.TaskKillGracePeriodSeconds = n.optInt("taskKillGracePeriodSeconds", math.MaxInt32)
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
		Port:     or(n.optInt("port", maxPort), 0),
		Name:     n.optText("name", namePattern),
		Protocol: readProtocol(n),
		Labels:   or(n.optStringMap("labels"), nil),
	}
}

func readProtocol(n node) string { return or(n.optEnum("protocol", "tcp", "udp", "udp,tcp"), "tcp") }

func readPortMapping(n node) PortMapping {
	return PortMapping{
		ContainerPort: or(n.optInt("containerPort", maxPort), 0),
		HostPort:      n.optInt("hostPort", maxPort),
		ServicePort:   or(n.optInt("servicePort", maxPort), 0),
		Protocol:      readProtocol(n),
		Name:          n.optText("name", namePattern),
		Labels:        or(n.optStringMap("labels"), map[string]string{}),
		NetworkNames:  or(n.optStrings("networkNames"), nil),
	}
}

func readNetwork(n node) Network {
	return Network{
		Mode:   or(n.optEnum("mode", "container", "container/bridge", "host"), "container"),
		Name:   n.optText("name", nil),
		Labels: or(n.optStringMap("labels"), nil),
	}
}

func readIPAddress(n node) *ipAddress {
	c, ok := n.opt("ipAddress")
	if !ok {
		return nil
	}
	ip := &ipAddress{NetworkName: c.optText("networkName", nil), Labels: or(c.optStringMap("labels"), nil)}
	c.optStrings("groups")
	if d, ok := c.opt("discovery"); ok {
		ports := optList(d, "ports", func(p node) PortMapping {
			return PortMapping{
				ContainerPort: or(p.optInt("number", maxPort), 0),
				Name:          ptr(p.reqText("name", 1, namePattern)),
				Protocol:      readProtocol(p),
				Labels:        or(p.optStringMap("labels"), map[string]string{}),
			}
		})
		ip.Discovery = ptr(or(ports, nil))
	}
	return ip
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
		DestPath:   n.optText("destPath", nil),
	}
}

func readExecutorResources(n node) *ExecutorResources {
	c, ok := n.opt("executorResources")
	if !ok {
		return nil
	}
	return &ExecutorResources{
		CPUs: or(c.optDouble("cpus", 0), 0.1),
		Mem:  or(c.optDouble("mem", 32), 32),
		Disk: or(c.optDouble("disk", 10), 10),
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
		RelaunchEscalationTimeoutSeconds: or(c.optInt("relaunchEscalationTimeoutSeconds", math.MaxInt32), 3600),
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
			InactiveAfterSeconds: or(c.optInt("inactiveAfterSeconds", math.MaxInt32), 0),
			ExpungeAfterSeconds:  or(c.optInt("expungeAfterSeconds", math.MaxInt32), 0),
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
		MaximumOverCapacity:   c.reqShare("maximumOverCapacity"),
		MinimumHealthCapacity: c.reqShare("minimumHealthCapacity"),
	}
}
