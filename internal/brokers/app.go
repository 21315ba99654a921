package brokers

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Fixed parts of every broker's app.
const (
	killGraceSeconds = 60 // a clean stop took 4 s alone and 7 to 10 s when all three stop at once
	backoffSeconds   = 1
	maxLaunchDelay   = 60 // Marathon's 300 s make a crash-looping broker look hung

	healthInterval    = 2 // a TCP connect; the port opens when the broker has joined
	healthTimeout     = 10
	healthMaxFailures = 10
	// Until the first success failures count only after the grace, which must outlast log recovery after an unclean stop.
	healthGrace        = 300
	healthGraceStorage = 1800

	volumePath    = "data"
	dockerSandbox = "/mnt/mesos/sandbox" // Mesos's default --sandbox_directory
	openFiles     = "nofile=128000:128000"
)

// App is the definition of one broker's app, complete: what it does not name is not wanted.
func (s Spec) App(broker int) (marathon.App, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if broker < 0 || broker >= s.Brokers {
		return nil, fmt.Errorf("cluster %s has no broker %d: its brokers are 0 to %d", s.Name, broker, s.Brokers-1)
	}
	app := marathon.App{
		"id":                         s.AppID(broker),
		"instances":                  1,
		"cpus":                       s.CPUs,
		"mem":                        s.MemoryMiB,
		"cmd":                        s.command(broker),
		"container":                  s.container(),
		"networks":                   []any{map[string]any{"mode": "host"}},
		"requirePorts":               true,
		"portDefinitions":            s.ports(broker),
		"env":                        s.env(broker),
		"labels":                     s.labels(broker),
		"upgradeStrategy":            map[string]any{"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
		"taskKillGracePeriodSeconds": killGraceSeconds,
		"backoffSeconds":             backoffSeconds,
		"maxLaunchDelaySeconds":      maxLaunchDelay,
		"healthChecks":               []any{s.healthCheck()},
	}
	if c := s.constraints(broker); len(c) > 0 {
		app["constraints"] = c
	}
	if s.Storage != nil {
		app["unreachableStrategy"] = "disabled"
	}
	return app, nil
}

func (s Spec) container() map[string]any {
	docker := map[string]any{"image": s.Image}
	volumes := []any{}
	if s.Storage != nil {
		volumes = append(volumes, map[string]any{
			"containerPath": volumePath, "mode": "RW",
			"persistent": map[string]any{"type": s.Storage.Type, "size": s.Storage.SizeMiB},
		})
	}
	if s.Runtime == RuntimeMesos {
		return map[string]any{"type": "MESOS", "docker": docker, "volumes": volumes}
	}
	parameters := []any{map[string]any{"key": "ulimit", "value": openFiles}}
	if s.Storage != nil {
		// The volume belongs to the sandbox's owner while the image runs as another user, and Docker needs it mounted by
		// itself; at the very place where it stands without Docker, so that the command is one.
		parameters = append(parameters, map[string]any{"key": "user", "value": "0"})
		volumes = append(volumes, map[string]any{
			"containerPath": dockerSandbox + "/" + volumePath, "hostPath": volumePath, "mode": "RW",
		})
	}
	docker["parameters"] = parameters
	return map[string]any{"type": "DOCKER", "docker": docker, "volumes": volumes}
}

func (s Spec) ports(broker int) []any {
	client := map[string]any{"port": s.ClientPort, "name": "client", "protocol": "tcp"}
	if s.ServiceDiscovery == DiscoveryVIP {
		client["labels"] = map[string]any{"VIP_0": s.vipLabel()}
	}
	if !s.IsController(broker) {
		return []any{client}
	}
	return []any{client, map[string]any{"port": s.ControllerPort, "name": "controller", "protocol": "tcp"}}
}

func (s Spec) env(broker int) map[string]any {
	env := make(map[string]any, len(s.Env)+3)
	for k, v := range s.Env {
		env[k] = v
	}
	env[envClusterID] = s.ClusterID
	env[envHeap] = heapOptions(s.HeapMiB)
	if s.IsController(broker) {
		env[envControllers] = s.initialControllers()
	}
	return env
}

func heapOptions(mib int) string { return fmt.Sprintf("-Xms%dm -Xmx%dm", mib, mib) }

// parseHeap reads MiB from JVM options, 0 when they name no maximum.
func parseHeap(options string) int {
	for _, option := range strings.Fields(options) {
		size, ok := strings.CutPrefix(option, "-Xmx")
		if !ok || size == "" {
			continue
		}
		unit := 1.0 / (1 << 20)
		switch size[len(size)-1] {
		case 'k', 'K':
			unit = 1.0 / (1 << 10)
		case 'm', 'M':
			unit = 1
		case 'g', 'G':
			unit = 1 << 10
		}
		n, err := strconv.Atoi(strings.TrimRight(size, "kKmMgG"))
		if err != nil {
			return 0
		}
		return int(float64(n) * unit)
	}
	return 0
}

func (s Spec) labels(broker int) map[string]any {
	labels := make(map[string]any, len(s.Labels)+3)
	for k, v := range s.Labels {
		labels[k] = v
	}
	labels[LabelCluster] = s.Name
	labels[LabelBroker] = strconv.Itoa(broker)
	labels[LabelVersion] = s.KafkaVersion
	return labels
}

func (s Spec) healthCheck() map[string]any {
	grace := healthGrace
	if s.Storage != nil {
		grace = healthGraceStorage
	}
	return map[string]any{
		"protocol": "MESOS_TCP", "portIndex": 0,
		"gracePeriodSeconds": grace, "intervalSeconds": healthInterval, "timeoutSeconds": healthTimeout,
		"maxConsecutiveFailures": healthMaxFailures, "delaySeconds": 0,
	}
}

// constraints are those of the broker's host and rack, then the user's; reading back relies on the order.
func (s Spec) constraints(broker int) []any {
	var out []any
	if broker < len(s.Placement.Hosts) {
		out = append(out, []any{"hostname", "IS", s.Placement.Hosts[broker]})
	}
	if rack := s.rackOf(broker); rack != "" {
		out = append(out, []any{s.Placement.Rack.Attribute, "IS", rack})
	}
	for _, c := range s.Placement.Constraints {
		members := make([]any, len(c))
		for i, m := range c {
			members[i] = m
		}
		out = append(out, members)
	}
	return out
}
