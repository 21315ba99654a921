package brokers

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Clash is a port that a pinned broker wants and another app has.
type Clash struct {
	Broker int
	Host   string
	Port   int
	AppID  string
}

// PortClashes looks through all apps for ports that the pinned brokers of s want: ports of tasks, and fixed ports of apps
// that are pinned to the same host although they do not run.
func PortClashes(s Spec, apps []marathon.App) []Clash {
	var out []Clash
	for id, host := range s.Placement.Hosts {
		ports := []int{s.ClientPort}
		if s.IsController(id) {
			ports = append(ports, s.ControllerPort)
		}
		for _, app := range apps {
			if strings.HasPrefix(app.ID(), s.Group+"/") {
				continue
			}
			taken := portsOn(app, host)
			for _, port := range ports {
				if slices.Contains(taken, port) {
					out = append(out, Clash{Broker: id, Host: host, Port: port, AppID: app.ID()})
				}
			}
		}
	}
	return out
}

func portsOn(app marathon.App, host string) []int {
	var ports []int
	for i, v := range list(app, "tasks") {
		if object(v)["host"] != host {
			continue
		}
		for j := range list(marathon.App(object(v)), "ports") {
			if port, ok := app.Int("tasks", strconv.Itoa(i), "ports", strconv.Itoa(j)); ok {
				ports = append(ports, int(port))
			}
		}
	}
	pinned := slices.ContainsFunc(list(app, "constraints"), func(c any) bool {
		members := asList(c)
		return len(members) == 3 && members[0] == "hostname" && (members[1] == "IS" || members[1] == "CLUSTER") && members[2] == host
	})
	if required, _ := app["requirePorts"].(bool); pinned && required {
		for i := range list(app, "portDefinitions") {
			if port, ok := app.Int("portDefinitions", strconv.Itoa(i), "port"); ok {
				ports = append(ports, int(port))
			}
		}
	}
	return ports
}
