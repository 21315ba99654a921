package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// portCount is how many ports checks may point at, and their names.
func (d *draft) portNames() (count int, names map[string]bool) {
	names = map[string]bool{}
	if d.Container != nil && d.Container.PortMappings != nil && len(*d.Container.PortMappings) > 0 {
		for _, n := range mappingNames(*d.Container.PortMappings) {
			names[n] = true
		}
		return len(*d.Container.PortMappings), names
	}
	for _, def := range or(d.PortDefinitions, nil) {
		if def.Name != nil {
			names[*def.Name] = true
		}
	}
	return len(or(d.PortDefinitions, nil)), names
}

func checkRules(d *draft, p *problems) {
	count, names := d.portNames()
	docker := d.Container != nil && d.Container.Type == "DOCKER"
	mesos := 0
	for i, h := range or(d.HealthChecks, nil) {
		at := fmt.Sprintf("/healthChecks(%d)", i)
		agentRun := strings.HasPrefix(h.Protocol, "MESOS_")
		if agentRun && h.Command == nil || h.Protocol == "COMMAND" && h.Command == nil {
			mesos++
		}
		if h.Command == nil && h.Protocol != "COMMAND" && !addressesPort(h, count) {
			p.add(at, "Health check port indices must address an element of the ports array or container port mappings.")
		}
		if h.IPProtocol == "IPv6" && (!agentRun || !docker) {
			p.add(at, "IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks")
		}
	}
	if mesos > 1 {
		p.add("/", "AppDefinition can contain at most one Mesos health check")
	}
	readiness := or(d.ReadinessChecks, nil)
	if len(readiness) > 1 {
		p.add("/readinessChecks/size", fmt.Sprintf("got %d, expected 1 or less", len(readiness)))
	}
	for i, r := range readiness {
		at := fmt.Sprintf("/readinessChecks(%d)", i)
		if !names[r.PortName] {
			p.add(at+"/portName", "No port definition reference for portName "+r.PortName)
		}
		if r.TimeoutSeconds >= r.IntervalSeconds {
			p.add(at+"/timeoutSeconds", fmt.Sprintf("got %d, expected less than %d", r.TimeoutSeconds, r.IntervalSeconds))
		}
	}
	if d.Check != nil {
		if docker {
			p.add("/", "AppDefinition must not use 'checks' if using docker")
		}
		for _, k := range []map[string]any{d.Check.HTTP, d.Check.TCP} {
			if i, ok := intOf(k["portIndex"]); ok && i >= count {
				p.add("/check/get", "check port index must address an element of the ports array or container port mappings.")
			}
		}
	}
}

// intOf reads a number of a free-form member, which is a float64 after a restart of the sandbox.
func intOf(v any) (int, bool) {
	switch x := v.(type) {
	case int:
		return x, true
	case float64:
		return int(x), true
	}
	return 0, false
}

func addressesPort(h HealthCheck, count int) bool {
	if h.PortIndex != nil {
		return *h.PortIndex < count
	}
	return h.Port != nil || count == 1
}

// constraintRules: all violations stand at /constraints, without an index.
func constraintRules(d *draft, p *problems) {
	for _, c := range or(d.Constraints, nil) {
		if msg := constraintRule(c); msg != "" {
			p.add("/constraints", msg)
		}
	}
}

func constraintRule(c []string) string {
	if len(c) < 2 || len(c) > 3 {
		return "Each constraint must have either 2 or 3 fields"
	}
	if c[0] == "" {
		return "illegal constraint specification"
	}
	value, given := "", len(c) == 3
	if given {
		value = c[2]
	}
	_, notInt := strconv.ParseInt(value, 10, 32)
	switch strings.ToUpper(c[1]) { // lower case passes here and breaks in the conversion
	case "UNIQUE":
		if given {
			return "UNIQUE does not accept a value"
		}
	case "CLUSTER", "IS":
	case "GROUP_BY":
		if given && notInt != nil {
			return "GROUP BY must define an integer value or else no value at all"
		}
	case "MAX_PER":
		if notInt != nil {
			return "MAX_PER requires an integer value"
		}
	case "LIKE", "UNLIKE":
		if value == "" {
			return "LIKE and UNLIKE require a non-empty, regular expression value"
		}
		// Go's syntax stands in for Java's: what only Java knows (look-around) is refused, since it could not be matched.
		if _, err := regexp.Compile(value); err != nil {
			return "is not a valid regular expression"
		}
	default:
		return "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"
	}
	return ""
}
