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
		for _, app := range apps {
			if strings.HasPrefix(app.ID(), s.Group+"/") {
				continue
			}
			taken := portsOn(app, host)
			for _, port := range s.portsOf(id) {
				if slices.Contains(taken, port) {
					out = append(out, Clash{Broker: id, Host: host, Port: port, AppID: app.ID()})
				}
			}
		}
	}
	return out
}

// PlannedPortClashes looks for ports that pinned brokers of s and of other, of which neither needs to exist, both want.
func PlannedPortClashes(s, other Spec) []Clash {
	var out []Clash
	for id, host := range s.Placement.Hosts {
		for theirs, taken := range other.Placement.Hosts {
			if taken != host {
				continue
			}
			for _, port := range s.portsOf(id) {
				if slices.Contains(other.portsOf(theirs), port) {
					out = append(out, Clash{Broker: id, Host: host, Port: port, AppID: other.AppID(theirs)})
				}
			}
		}
	}
	return out
}

// VIPTakers are the apps outside the group of s that carry its VIP, to the byte. DC/OS would send its clients to either: the
// name is a path with '-' for '/', so several groups can have one.
func VIPTakers(s Spec, apps []marathon.App) []string {
	if s.ServiceDiscovery != DiscoveryVIP {
		return nil
	}
	var ids []string
	for _, app := range apps {
		if !strings.HasPrefix(app.ID(), s.Group+"/") && slices.Contains(vipsOf(app), s.vipLabel()) {
			ids = append(ids, app.ID())
		}
	}
	return ids
}

// ShareVIP says whether two clusters, of which neither needs to exist, would have one VIP.
func ShareVIP(a, b Spec) bool {
	return a.ServiceDiscovery == DiscoveryVIP && b.ServiceDiscovery == DiscoveryVIP && a.vipLabel() == b.vipLabel()
}

// vipsOf are the VIPs of an app, wherever its networks have it declare them.
func vipsOf(app marathon.App) []string {
	var vips []string
	for _, ports := range [][]any{list(app, "portDefinitions"), list(app, "container", "portMappings"), list(app, "container", "docker", "portMappings")} {
		for _, port := range ports {
			for name, v := range object(object(port)["labels"]) {
				if vip, ok := v.(string); ok && strings.HasPrefix(name, "VIP_") {
					vips = append(vips, vip)
				}
			}
		}
	}
	return vips
}

// portsOf are the ports that a broker takes on its host.
func (s Spec) portsOf(broker int) []int {
	if s.IsController(broker) {
		return []int{s.ClientPort, s.ControllerPort}
	}
	return []int{s.ClientPort}
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
