package scheduler

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

var notInName = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// maxLabel is the length from which on labels are not put into the environment.
const maxLabel = 512

// environment is what Marathon gives a task; the user's own variables win over all of it.
func (c *Core) environment(i *instance) map[string]string {
	a := i.Spec
	env := map[string]string{
		"MARATHON_APP_ID":                 a.ID,
		"MARATHON_APP_VERSION":            stamp(a.Version),
		"MARATHON_APP_RESOURCE_CPUS":      double(a.CPUs),
		"MARATHON_APP_RESOURCE_MEM":       double(a.Mem),
		"MARATHON_APP_RESOURCE_DISK":      double(a.Disk),
		"MARATHON_APP_RESOURCE_GPUS":      strconv.Itoa(a.GPUs),
		"MARATHON_APP_ENFORCE_GROUP_ROLE": strings.ToUpper(strconv.FormatBool(c.root.enforcesRole(a.ID))),
		"MESOS_TASK_ID":                   i.taskID(),
		"HOST":                            i.Host,
	}
	if image := a.Image(); image != "" {
		env["MARATHON_APP_DOCKER_IMAGE"] = image
	}
	var names []string
	for _, key := range slices.Sorted(maps.Keys(a.Labels)) {
		if value := a.Labels[key]; len(key) < maxLabel && len(value) < maxLabel {
			name := strings.ToUpper(notInName.ReplaceAllString(key, "_"))
			names = append(names, name)
			env["MARATHON_APP_LABEL_"+name] = value
		}
	}
	env["MARATHON_APP_LABELS"] = strings.Join(names, " ")
	addPorts(env, a, i.Ports)
	for name, v := range a.Env {
		if v.Secret == "" {
			env[name] = v.Value
		}
	}
	return env
}

// addPorts sets PORT, PORTS, PORT<i>, PORT_<declared number> and PORT_<NAME>. Where a mapping has no host port its
// container port stands for it.
func addPorts(env map[string]string, a *spec.App, ports []int) {
	type port struct {
		name            string
		declared, value int
	}
	var all []port
	if hostMode(a) {
		for n, p := range hostPorts(a) {
			if n < len(ports) {
				all = append(all, port{p.name, p.declared, ports[n]})
			}
		}
	} else if a.Container != nil {
		next := 0
		for _, m := range a.Container.PortMappings {
			p := port{text(m.Name), m.ContainerPort, m.ContainerPort}
			if m.HostPort != nil && next < len(ports) {
				p.value = ports[next]
				next++
			}
			all = append(all, p)
		}
	}
	var values []string
	for n, p := range all {
		v := strconv.Itoa(p.value)
		values = append(values, v)
		env["PORT"+strconv.Itoa(n)] = v
		declared := p.declared
		if declared == 0 {
			declared = p.value
		}
		env["PORT_"+strconv.Itoa(declared)] = v
		if p.name != "" {
			env["PORT_"+strings.ToUpper(p.name)] = v
		}
	}
	if len(values) > 0 {
		env["PORT"] = values[0]
		env["PORTS"] = strings.Join(values, ",")
	}
}

// double prints as Scala does: always with a decimal.
func double(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
