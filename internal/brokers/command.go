package brokers

import (
	"fmt"
	"strconv"
	"strings"
)

// Names and marks of the generated command. Reading a cluster back relies on them.
const (
	envClusterID   = "CLUSTER_ID"
	envControllers = "INITIAL_CONTROLLERS"
	envHeap        = "KAFKA_HEAP_OPTS"

	fileOpen     = "cat > server.properties <<'PROPERTIES'\n"
	fileClose    = "\nPROPERTIES\n"
	markDefaults = "# defaults"
	markConfig   = "# config"

	listenerClient     = "CLIENT"
	listenerController = "CONTROLLER"
	authorizerClass    = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
)

// command is what Marathon runs by /bin/sh -c. All that comes from the user stands in a here-document with a quoted
// delimiter, where the shell expands nothing, one escaped line per property, so that no value can end it. The second
// here-document holds what only the agent knows and no word of the user's.
func (s Spec) command(broker int) string {
	var b strings.Builder
	b.WriteString("set -e\n")
	b.WriteString("K=\"${KAFKA_HOME:-/opt/kafka}\"\n")
	b.WriteString("cd \"${MESOS_SANDBOX:-$PWD}\"\n")
	if s.Storage == nil {
		// An image's user may not write to the task's sandbox; its disk is gone with the task in either place.
		b.WriteString("[ -w . ] || cd \"$(mktemp -d)\"\n")
	}
	b.WriteString("mkdir -p data\n")
	b.WriteString("export LOG_DIR=\"${LOG_DIR:-$PWD/logs}\"\n")
	b.WriteString(fileOpen)
	for _, p := range s.ownProperties(broker) {
		writeProperty(&b, p)
	}
	static, _ := SplitConfig(s.Config)
	b.WriteString(markDefaults + "\n")
	for _, p := range sorted(s.defaultProperties()) {
		if _, given := static[p.key]; !given {
			writeProperty(&b, p)
		}
	}
	b.WriteString(markConfig)
	for _, p := range sorted(static) {
		fmt.Fprintf(&b, "\n%s=%s", p.key, escapeValue(p.value))
	}
	b.WriteString(fileClose)

	b.WriteString("cat >> server.properties <<END\n")
	b.WriteString(strings.Join(s.localProperties(broker), "\n"))
	b.WriteString("\nEND\n")

	format := "\"$K/bin/kafka-storage.sh\" format --ignore-formatted -t \"$" + envClusterID + "\" -c server.properties"
	if s.IsController(broker) {
		format += " --initial-controllers \"$" + envControllers + "\""
	}
	b.WriteString(format + "\n")
	b.WriteString("exec \"$K/bin/kafka-server-start.sh\" server.properties")
	return b.String()
}

func writeProperty(b *strings.Builder, p property) {
	fmt.Fprintf(b, "%s=%s\n", p.key, escapeValue(p.value))
}

// ownProperties follow from attributes and are known before the task has an agent.
func (s Spec) ownProperties(broker int) []property {
	roles := "broker"
	if s.IsController(broker) {
		roles = "broker,controller"
	}
	p := []property{
		{"process.roles", roles},
		{"node.id", strconv.Itoa(broker)},
		{"controller.quorum.bootstrap.servers", s.quorumServers()},
		{"listener.security.protocol.map", listenerClient + ":PLAINTEXT," + listenerController + ":PLAINTEXT"},
		{"inter.broker.listener.name", listenerClient},
		{"controller.listener.names", listenerController},
	}
	if rack := s.rackOf(broker); rack != "" {
		p = append(p, property{"broker.rack", rack})
	}
	if s.Authorization != nil {
		p = append(p,
			property{"authorizer.class.name", authorizerClass},
			property{"super.users", strings.Join(s.Authorization.SuperUsers, ";")},
			property{"allow.everyone.if.no.acl.found", strconv.FormatBool(s.Authorization.AllowEveryoneIfNoACL)},
		)
	}
	return p
}

// localProperties hold what the agent tells: its address and the task's ports and folder. Listeners bind every address,
// as Mesos's TCP checks dial the loopback one.
func (s Spec) localProperties(broker int) []string {
	listeners := listenerClient + "://:$PORT0"
	advertised := listenerClient + "://$HOST:$PORT0"
	if s.IsController(broker) {
		listeners += "," + listenerController + "://:$PORT1"
		// The name is legal in a shell's here-document by Validate: letters, digits, '.', '-' and ':' only.
		advertised += fmt.Sprintf(",%s://%s:$PORT1", listenerController, bracketed(s.stableHost(broker)))
	}
	return []string{
		"listeners=" + listeners,
		"advertised.listeners=" + advertised,
		// A sub-directory: the lost+found of a volume's own file system stops a broker.
		"log.dirs=$PWD/data/kraft",
	}
}

// bracketed writes an IPv6 address as a URL wants it.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

func (s Spec) rackOf(broker int) string {
	if s.Placement.Rack == nil || len(s.Placement.Rack.Values) == 0 {
		return ""
	}
	return s.Placement.Rack.Values[broker%len(s.Placement.Rack.Values)]
}

// parsedCommand is what can be read back from a command.
type parsedCommand struct {
	own    map[string]string // above the defaults
	config map[string]string // the user's
	ok     bool              // the command has our shape
}

func parseCommand(cmd string) parsedCommand {
	_, rest, found := strings.Cut(cmd, fileOpen)
	if !found {
		return parsedCommand{}
	}
	text, _, found := strings.Cut(rest, fileClose)
	if !found {
		return parsedCommand{}
	}
	own, rest, found := strings.Cut(text, markDefaults+"\n")
	if !found {
		return parsedCommand{}
	}
	_, config, found := strings.Cut(rest, markConfig)
	if !found {
		return parsedCommand{}
	}
	var p parsedCommand
	var err error
	if p.own, err = parseProperties(own); err != nil {
		return parsedCommand{}
	}
	if p.config, err = parseProperties(config); err != nil {
		return parsedCommand{}
	}
	p.ok = true
	return p
}
