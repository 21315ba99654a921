package kafka

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/magiconair/properties"
)

// configError is a server.properties that a real broker refuses; the text is Kafka's own.
type configError struct{ class, text string }

func (e *configError) Error() string { return e.class + ": " + e.text }

func badConfig(format string, args ...any) error {
	return &configError{"org.apache.kafka.common.config.ConfigException", fmt.Sprintf(format, args...)}
}

func unmetRequirement(format string, args ...any) error {
	return &configError{"java.lang.IllegalArgumentException", "requirement failed: " + fmt.Sprintf(format, args...)}
}

// endpoint is one entry of listeners or advertised.listeners.
type endpoint struct {
	Name string
	Host string
	Port int
}

func (e endpoint) addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// serverConfig is a checked server.properties.
type serverConfig struct {
	props      map[string]string
	nodeID     int32
	broker     bool
	controller bool
	// client is where clients connect, advertised what they are told; both are nil without the broker role.
	client, advertised *endpoint
	// quorum is the controller's own listener, nil without that role.
	quorum *endpoint
	// quorumServers are the host:port pairs by which controllers are looked for.
	quorumServers []string
	staticVoters  []voter
	logDirs       []string
	rack          string
}

func (c *serverConfig) millis(key string) time.Duration {
	ms, err := strconv.Atoi(setting(c.props, key))
	if err != nil {
		return 0 // the value was checked when it was read
	}
	return time.Duration(ms) * time.Millisecond
}

// setting is the value of a key that brokerConfigs knows: the one written, else Kafka's default.
func setting(props map[string]string, key string) string {
	if v, ok := props[key]; ok {
		return strings.TrimSpace(v)
	}
	return brokerConfigs[key].def
}

func settingInt(props map[string]string, key string) int {
	n, err := strconv.Atoi(setting(props, key))
	if err != nil {
		return 0 // the value was checked when it was read
	}
	return n
}

func settingBool(props map[string]string, key string) bool {
	return strings.EqualFold(setting(props, key), "true")
}

func readProperties(path string) (map[string]string, error) {
	loader := properties.Loader{Encoding: properties.ISO_8859_1, DisableExpansion: true}
	p, err := loader.LoadFile(path)
	if err != nil {
		return nil, fmt.Errorf("java.nio.file.NoSuchFileException: %w", err)
	}
	return p.Map(), nil
}

// readServerConfig reads and checks a server.properties the way KafkaConfig does.
func readServerConfig(path string) (*serverConfig, error) {
	props, err := readProperties(path)
	if err != nil {
		return nil, err
	}
	return newServerConfig(props)
}

func newServerConfig(props map[string]string) (*serverConfig, error) {
	for _, key := range slices.Sorted(maps.Keys(props)) {
		def, known := brokerConfigs[key]
		if !known {
			continue
		}
		if why := def.invalid(key, props[key]); why != "" {
			return nil, badConfig("%s", why)
		}
	}
	c := &serverConfig{props: props}
	for _, step := range []func() error{c.readIdentity, c.readListeners, c.readQuorum} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	dirs := props["log.dirs"]
	if dirs == "" {
		dirs = setting(props, "log.dir")
	}
	c.logDirs = slices.Collect(splitList(dirs))
	if len(c.logDirs) == 0 {
		return nil, badConfig("At least one log directory must be defined via log.dirs or log.dir.")
	}
	c.rack = props["broker.rack"]
	return c, nil
}

func (c *serverConfig) require(key string) (string, error) {
	v := strings.TrimSpace(c.props[key])
	if v == "" {
		return "", badConfig("Missing required configuration %q which has no default value.", key)
	}
	return v, nil
}

func (c *serverConfig) readIdentity() error {
	roles, err := c.require("process.roles")
	if err != nil {
		return err
	}
	for role := range splitList(roles) {
		switch role {
		case "broker":
			c.broker = true
		case "controller":
			c.controller = true
		default:
			return badConfig("Invalid value %s for configuration process.roles: String must be one of: broker, controller", role)
		}
	}
	id, err := c.require("node.id")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return badConfig("Invalid value %s for configuration node.id: Not a number of type INT", id)
	}
	c.nodeID = int32(n)
	if old, ok := c.props["broker.id"]; ok && strings.TrimSpace(old) != id {
		return badConfig("You must set `node.id` to the same value as `broker.id`.")
	}
	return nil
}

func (c *serverConfig) readListeners() error {
	controllerNames, err := c.require("controller.listener.names")
	if err != nil {
		return err
	}
	isController := map[string]bool{}
	for name := range splitList(controllerNames) {
		isController[name] = true
	}
	text := c.props["listeners"]
	if text == "" {
		text = "PLAINTEXT://:9092"
	}
	protocols := map[string]string{}
	mapping, mapped := c.props["listener.security.protocol.map"]
	if !mapped {
		mapping = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"
	}
	for pair := range splitList(mapping) {
		name, protocol, ok := strings.Cut(pair, ":")
		if !ok {
			return badConfig("Invalid value %s for configuration listener.security.protocol.map", mapping)
		}
		protocols[name] = protocol
	}
	listeners, err := parseEndpoints(text)
	if err != nil {
		return err
	}
	for _, l := range listeners {
		protocol, ok := protocols[l.Name]
		if !ok {
			return &configError{"java.lang.IllegalArgumentException",
				fmt.Sprintf("Error creating broker listeners from '[%s]': No security protocol defined for listener %s", text, l.Name)}
		}
		if protocol != "PLAINTEXT" {
			return errors.New("the embedded Kafka speaks PLAINTEXT only: listener " + l.Name + " asks for " + protocol +
				"; run a real Kafka (kafka-sandbox --kafka-home) for this")
		}
	}
	byName := func(set []endpoint, want func(endpoint) bool) *endpoint {
		if i := slices.IndexFunc(set, want); i >= 0 {
			return &set[i]
		}
		return nil
	}
	if c.controller {
		c.quorum = byName(listeners, func(e endpoint) bool { return isController[e.Name] })
		if c.quorum == nil {
			return unmetRequirement("controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role")
		}
	}
	if !c.broker {
		return nil
	}
	inter := c.props["inter.broker.listener.name"]
	if inter == "" {
		inter = "PLAINTEXT"
	}
	c.client = byName(listeners, func(e endpoint) bool { return e.Name == inter && !isController[e.Name] })
	if c.client == nil {
		var names []string
		for _, l := range listeners {
			if !isController[l.Name] {
				names = append(names, l.Name)
			}
		}
		return unmetRequirement("inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are %s", strings.Join(names, ","))
	}
	advertised := listeners
	if text := c.props["advertised.listeners"]; text != "" {
		if advertised, err = parseEndpoints(text); err != nil {
			return err
		}
	}
	for _, a := range advertised {
		if a.Host == "0.0.0.0" || a.Host == "::" {
			return unmetRequirement("advertised.listeners cannot use the nonroutable meta-address %s. Use a routable IP address.", a.Host)
		}
	}
	c.advertised = byName(advertised, func(e endpoint) bool { return e.Name == inter })
	if c.advertised == nil {
		return unmetRequirement("inter.broker.listener.name must be a listener name defined in advertised.listeners.")
	}
	return nil
}

func parseEndpoints(text string) ([]endpoint, error) {
	var out []endpoint
	for item := range splitList(text) {
		name, address, ok := strings.Cut(item, "://")
		host, port, err := net.SplitHostPort(address)
		n, numErr := strconv.ParseUint(port, 10, 16)
		if !ok || err != nil || numErr != nil {
			return nil, badConfig("Unable to parse %s to a broker endpoint", item)
		}
		if slices.ContainsFunc(out, func(e endpoint) bool { return e.Name == name }) {
			return nil, unmetRequirement("Each listener must have a different name, listeners: %s", text)
		}
		if n != 0 && slices.ContainsFunc(out, func(e endpoint) bool { return e.Port == int(n) && e.Host == host }) {
			return nil, unmetRequirement("Each listener must have a different port, listeners: %s", text)
		}
		out = append(out, endpoint{Name: name, Host: host, Port: int(n)})
	}
	return out, nil
}

func (c *serverConfig) readQuorum() error {
	voters, servers := c.props["controller.quorum.voters"], c.props["controller.quorum.bootstrap.servers"]
	for item := range splitList(voters) {
		id, address, ok := strings.Cut(item, "@")
		n, err := strconv.ParseInt(id, 10, 32)
		if !ok || err != nil {
			return badConfig("Invalid value %s for configuration controller.quorum.voters: Expected a comma-separated list of {id}@{host}:{port}", voters)
		}
		c.staticVoters = append(c.staticVoters, voter{ID: int32(n), Endpoint: address})
		c.quorumServers = append(c.quorumServers, address)
	}
	for item := range splitList(servers) {
		if _, _, err := net.SplitHostPort(item); err != nil {
			return badConfig("Invalid url in controller.quorum.bootstrap.servers: %s", item)
		}
		c.quorumServers = append(c.quorumServers, item)
	}
	if len(c.quorumServers) == 0 {
		return badConfig("If using process.roles, either controller.quorum.bootstrap.servers must contain the set of bootstrap controllers or controller.quorum.voters must contain a parseable set of controllers.")
	}
	if c.controller && len(c.staticVoters) > 0 &&
		!slices.ContainsFunc(c.staticVoters, func(v voter) bool { return v.ID == c.nodeID }) {
		return unmetRequirement("If process.roles contains the 'controller' role, the node id %d must be included in the set of voters controller.quorum.voters", c.nodeID)
	}
	return nil
}
