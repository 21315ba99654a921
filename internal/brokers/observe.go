package brokers

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Observed is a cluster as Marathon holds it.
type Observed struct {
	ID string // the group's path
	// Spec is what the brokers tell: the lowest one, with hosts and racks of all. Brokers is the highest id + 1, and never
	// less than the controllers that the brokers know of, whose apps may be missing. Of Config it has what stands in
	// server.properties; dynamic properties live in Kafka.
	Spec Spec
	// Brokers are the apps found, by id.
	Brokers []Broker
}

// Broker is one broker's app with its task.
type Broker struct {
	ID        int
	AppID     string
	Version   string // of the app
	Instances int
	Spec      Spec // as this app alone tells it
	Host      string
	Port      int // of the client listener
	Rack      string
	TaskID    string // of the running task, empty without one
	Healthy   bool
	App       marathon.App // as it was read
	// pinned and rack are what the constraints say of this broker.
	pinned, rackAttribute string
	// quorum are the controllers' hosts as its command names them: as many as the cluster was made with.
	quorum []string
	// opaque: the command is not one of ours, so what stands in server.properties cannot be told.
	opaque bool
}

// FromApps rebuilds a cluster from the apps of its group. Apps without our labels, and apps deeper in the tree, are not
// looked at; errors.Is(err, ErrNoCluster) when none is left.
func FromApps(groupID string, apps []marathon.App) (Observed, error) {
	o := Observed{ID: groupID}
	for _, app := range apps {
		if b, ok := fromApp(groupID, app); ok {
			o.Brokers = append(o.Brokers, b)
		}
	}
	if len(o.Brokers) == 0 {
		return Observed{}, fmt.Errorf("%w: no app in group %s carries the labels %s and %s", ErrNoCluster, groupID, LabelCluster, LabelBroker)
	}
	slices.SortFunc(o.Brokers, func(a, b Broker) int { return a.ID - b.ID })
	readable := max(0, slices.IndexFunc(o.Brokers, func(b Broker) bool { return !b.opaque }))
	o.Spec = o.Brokers[readable].Spec
	quorum := o.Brokers[readable].quorum
	o.Spec.Brokers = max(o.Brokers[len(o.Brokers)-1].ID+1, len(quorum))
	known := Placement{Constraints: o.Spec.Placement.Constraints}
	if o.Spec.ServiceDiscovery == DiscoveryHosts {
		known.Hosts = quorum
	}
	o.Spec.Placement = o.placement(known, o.Spec.Brokers)
	return o, nil
}

// Broker answers the broker of an id, nil when its app is missing.
func (o Observed) Broker(id int) *Broker {
	for i := range o.Brokers {
		if o.Brokers[i].ID == id {
			return &o.Brokers[i]
		}
	}
	return nil
}

// Of keeps the apps of one cluster id: another cluster may have been made under the same path.
func (o Observed) Of(clusterID string) (Observed, bool) {
	kept := slices.DeleteFunc(slices.Clone(o.Brokers), func(b Broker) bool { return b.Spec.ClusterID != clusterID })
	if len(kept) == 0 {
		return Observed{}, false
	}
	apps := make([]marathon.App, len(kept))
	for i, b := range kept {
		apps[i] = b.App
	}
	of, err := FromApps(o.ID, apps)
	return of, err == nil
}

// Addresses are the client listeners of the brokers that run, host:port each, healthy ones first.
func Addresses(o Observed) []string {
	var healthy, rest []string
	for _, b := range o.Brokers {
		switch {
		case b.TaskID == "" || b.Host == "" || b.Port == 0:
		case b.Healthy:
			healthy = append(healthy, hostPort(b.Host, b.Port))
		default:
			rest = append(rest, hostPort(b.Host, b.Port))
		}
	}
	return append(healthy, rest...)
}

func fromApp(groupID string, app marathon.App) (Broker, bool) {
	labels := app.Labels()
	id, err := strconv.Atoi(labels[LabelBroker])
	if err != nil || labels[LabelCluster] == "" {
		return Broker{}, false
	}
	s := Spec{Name: labels[LabelCluster], Group: groupID, KafkaVersion: labels[LabelVersion]}
	if app.ID() != s.AppID(id) {
		return Broker{}, false
	}
	b := Broker{ID: id, AppID: app.ID(), Version: app.Version(), App: app}
	if n, ok := app.Int("instances"); ok {
		b.Instances = int(n)
	}
	s.Brokers = id + 1
	s.CPUs, _ = app.Float("cpus")
	s.MemoryMiB, _ = app.Float("mem")
	readContainer(&s, app)
	readMaps(&s, app)
	command := parseCommand(app.String("cmd"))
	b.opaque = !command.ok
	readCommand(&s, command)
	b.quorum = quorumHosts(command)
	readPorts(&s, app, command)
	readConstraints(&s, &b, app, command)
	b.Spec = s
	readTask(&b, app)
	return b, true
}

func readContainer(s *Spec, app marathon.App) {
	s.Image = app.String("container", "docker", "image")
	switch app.String("container", "type") {
	case "DOCKER":
		s.Runtime = RuntimeDocker
	case "MESOS":
		s.Runtime = RuntimeMesos
	}
	for _, v := range list(app, "container", "volumes") {
		volume := marathon.App(object(v))
		if size, ok := volume.Int("persistent", "size"); ok {
			s.Storage = &Storage{Type: volume.String("persistent", "type"), SizeMiB: size}
			return
		}
	}
}

func readMaps(s *Spec, app marathon.App) {
	s.Env, s.Labels = app.Env(), app.Labels()
	s.ClusterID = s.Env[envClusterID]
	s.HeapMiB = parseHeap(s.Env[envHeap])
	for _, k := range []string{envClusterID, envHeap, envControllers} {
		delete(s.Env, k)
	}
	for _, k := range []string{LabelCluster, LabelBroker, LabelVersion} {
		delete(s.Labels, k)
	}
}

func readCommand(s *Spec, c parsedCommand) {
	s.Config = map[string]string{}
	if !c.ok {
		return
	}
	s.Config = c.config
	if c.own["authorizer.class.name"] != "" {
		s.Authorization = &Authorization{AllowEveryoneIfNoACL: c.own["allow.everyone.if.no.acl.found"] == "true", SuperUsers: []string{}}
		if users := c.own["super.users"]; users != "" {
			s.Authorization.SuperUsers = strings.Split(users, ";")
		}
	}
}

func quorumHosts(c parsedCommand) []string {
	var hosts []string
	for _, server := range strings.Split(c.own["controller.quorum.bootstrap.servers"], ",") {
		if host, _, err := net.SplitHostPort(server); err == nil {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// readPorts takes the ports, and how brokers are found: by the VIP where its label is ours to the byte, else by what
// controllers are called.
func readPorts(s *Spec, app marathon.App, c parsedCommand) {
	quorum, _, _ := strings.Cut(c.own["controller.quorum.bootstrap.servers"], ",")
	controllerHost, controllerPort, _ := net.SplitHostPort(quorum)
	if port, ok := app.Int("portDefinitions", "0", "port"); ok {
		s.ClientPort = int(port)
	}
	if port, ok := app.Int("portDefinitions", "1", "port"); ok {
		s.ControllerPort = int(port)
	} else if port, err := strconv.Atoi(controllerPort); err == nil {
		s.ControllerPort = port
	}
	switch {
	case app.String("portDefinitions", "0", "labels", "VIP_0") == s.vipLabel():
		s.ServiceDiscovery = DiscoveryVIP
	case controllerHost == "" || controllerHost == s.MesosName(0):
		s.ServiceDiscovery = DiscoveryMesosDNS
	default:
		s.ServiceDiscovery = DiscoveryHosts
	}
}

// readConstraints parts the host's and the rack's constraint, which App writes first, from the user's.
func readConstraints(s *Spec, b *Broker, app marathon.App, c parsedCommand) {
	var constraints [][]string
	for _, v := range list(app, "constraints") {
		var members []string
		for _, m := range asList(v) {
			members = append(members, fmt.Sprint(m))
		}
		constraints = append(constraints, members)
	}
	is := func(field string) bool {
		return len(constraints) > 0 && len(constraints[0]) == 3 && constraints[0][1] == "IS" && (field == "" || constraints[0][0] == field)
	}
	if is("hostname") {
		b.pinned, constraints = constraints[0][2], constraints[1:]
	}
	b.Rack = c.own["broker.rack"]
	if b.Rack != "" && is("") && constraints[0][2] == b.Rack {
		b.rackAttribute, constraints = constraints[0][0], constraints[1:]
	}
	s.Placement.Constraints = constraints
}

func readTask(b *Broker, app marathon.App) {
	for _, v := range list(app, "tasks") {
		task := marathon.App(object(v))
		if task.String("state") != "TASK_RUNNING" {
			continue
		}
		b.TaskID, b.Host = task.ID(), task.String("host")
		if port, ok := task.Int("ports", "0"); ok {
			b.Port = int(port)
		}
		results := list(task, "healthCheckResults")
		b.Healthy = len(results) > 0
		for _, r := range results {
			alive, _ := object(r)["alive"].(bool)
			b.Healthy = b.Healthy && alive
		}
		if b.Healthy {
			return
		}
	}
}

func list(app marathon.App, path ...string) []any {
	var v any = map[string]any(app)
	for _, key := range path {
		v = object(v)[key]
	}
	return asList(v)
}

func asList(v any) []any {
	l, _ := v.([]any)
	return l
}

func object(v any) map[string]any {
	switch o := v.(type) {
	case map[string]any:
		return o
	case marathon.App:
		return o
	}
	return nil
}

// Versions are the Kafka versions of all brokers, sorted, each once.
func (o Observed) Versions() []string {
	var out []string
	for _, b := range o.Brokers {
		out = append(out, b.Spec.KafkaVersion)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
