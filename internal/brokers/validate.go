package brokers

import (
	"errors"
	"regexp"
	"strings"

	version "github.com/hashicorp/go-version"
)

var (
	minVersion = version.Must(version.NewVersion("3.9.0"))

	propertyKey = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	envName     = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	hostName    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$`)
	pathSegment = regexp.MustCompile(`^([a-z0-9]|[a-z0-9][a-z0-9.-]*[a-z0-9])$`)
)

// maxDNSLabel is what fits between two dots of a host name.
const maxDNSLabel = 63

// ownedEnv are variables that follow from attributes or that the agent sets.
var ownedEnv = map[string]string{
	envClusterID: "is generated (cluster_id)", envControllers: "follows from the brokers", envHeap: "follows from heap",
	"HOST": "is set by Marathon", "PORT": "is set by Marathon", "PORTS": "is set by Marathon",
	"PORT0": "is set by Marathon", "PORT1": "is set by Marathon", "MESOS_SANDBOX": "is set by Mesos",
}

// Validate checks every rule that needs no server. It answers all broken ones joined, each a *FieldError.
func (s Spec) Validate() error {
	var errs []error
	for _, check := range []func() []error{s.checkIdentity, s.checkSizes, s.checkPlacement, s.checkAuthorization, s.checkMaps} {
		errs = append(errs, check()...)
	}
	return errors.Join(errs...)
}

func (s Spec) checkIdentity() (errs []error) {
	if !pathSegment.MatchString(s.Name) || strings.Contains(s.Name, ".") {
		errs = append(errs, fieldErrorf("name", "%q is not a legal cluster name: lower-case letters, digits and '-'", s.Name))
	}
	if err := checkGroup(s.Group); err != nil {
		errs = append(errs, err)
	} else if vip := s.vipName(); s.ServiceDiscovery == DiscoveryVIP && len(vip) > maxDNSLabel {
		field := "group"
		if s.Group == DefaultGroup(s.Name) {
			field = "name"
		}
		errs = append(errs, fieldErrorf(field, "the VIP of group %s would be called %s, which has %d characters: a host name takes %d between two dots; choose a shorter %s or service_discovery = %q", s.Group, vip, len(vip), maxDNSLabel, field, DiscoveryMesosDNS))
	}
	if err := CheckClusterID(s.ClusterID); err != nil {
		errs = append(errs, fieldErrorf("cluster_id", "%s", err))
	}
	if err := CheckVersion(s.KafkaVersion); err != nil {
		errs = append(errs, err)
	}
	if s.Image == "" {
		errs = append(errs, fieldErrorf("image", "a broker needs an image, such as %s", DefaultImage(s.KafkaVersion)))
	}
	if s.Runtime != RuntimeDocker && s.Runtime != RuntimeMesos {
		errs = append(errs, fieldErrorf("runtime", "unknown runtime %q: use %s or %s", s.Runtime, RuntimeDocker, RuntimeMesos))
	}
	return errs
}

func checkGroup(group string) error {
	if !strings.HasPrefix(group, "/") || len(group) < 2 {
		return fieldErrorf("group", "%q is not an absolute Marathon path such as /kafka/main", group)
	}
	for _, segment := range strings.Split(group[1:], "/") {
		if len(segment) > maxDNSLabel {
			return fieldErrorf("group", "%q is too long: segment %q has %d characters, and becomes a part of host names that takes %d", group, segment, len(segment), maxDNSLabel)
		}
		if !pathSegment.MatchString(segment) {
			return fieldErrorf("group", "%q is not a Marathon path: segment %q must be lower-case letters, digits, '-' or '.'", group, segment)
		}
	}
	return nil
}

// CheckVersion demands a version whose brokers know the dynamic quorum that every cluster here is made with.
func CheckVersion(v string) error {
	parsed, err := version.NewVersion(v)
	if err != nil {
		return fieldErrorf("kafka_version", "%q is not a Kafka version such as 4.3.1", v)
	}
	if parsed.Core().LessThan(minVersion) {
		return fieldErrorf("kafka_version", "Kafka %s is too old: clusters are made with a dynamic KRaft quorum, which Kafka has since %s", v, minVersion)
	}
	return nil
}

func (s Spec) checkSizes() (errs []error) {
	if s.Brokers < 1 {
		errs = append(errs, fieldErrorf("brokers", "a cluster has at least one broker, not %d", s.Brokers))
	}
	if s.CPUs <= 0 {
		errs = append(errs, fieldErrorf("cpus", "cpus must be above 0, not %g", s.CPUs))
	}
	if err := CheckHeap(s.HeapMiB, s.MemoryMiB); err != nil {
		errs = append(errs, err)
	}
	for field, port := range map[string]int{"client_port": s.ClientPort, "controller_port": s.ControllerPort} {
		if port < 1 || port > 65535 {
			errs = append(errs, fieldErrorf(field, "%d is not a port: 1 to 65535", port))
		}
	}
	if s.ClientPort == s.ControllerPort {
		errs = append(errs, fieldErrorf("controller_port", "controller_port and client_port are both %d: a broker that is a controller listens on both, so choose two different ports", s.ClientPort))
	}
	if s.Storage != nil {
		if t := s.Storage.Type; t != "root" && t != "path" && t != "mount" {
			errs = append(errs, fieldErrorf("storage", "unknown storage type %q: use root, path or mount", t))
		}
		if s.Storage.SizeMiB < 1 {
			errs = append(errs, fieldErrorf("storage", "storage needs a size above 0 MiB, not %d", s.Storage.SizeMiB))
		}
	}
	return errs
}

// CheckHeap demands that memory holds the heap and what a JVM needs beside it.
func CheckHeap(heapMiB int, memoryMiB float64) error {
	if heapMiB < 1 {
		return fieldErrorf("heap", "a heap of %d MiB cannot run a broker", heapMiB)
	}
	if need := RequiredMemory(heapMiB); need > memoryMiB {
		return fieldErrorf("heap", "a heap of %d MiB needs a memory of at least %g MiB (heap + 25 %%, at least %d MiB, for the JVM itself; page cache comes on top), but memory is %g MiB: "+
			"raise memory or lower heap", heapMiB, need, minOverheadMiB, memoryMiB)
	}
	return nil
}

func (s Spec) checkPlacement() (errs []error) {
	hosts := s.Placement.Hosts
	if len(hosts) > 0 && len(hosts) != s.Brokers {
		errs = append(errs, fieldErrorf("placement.hosts", "placement.hosts names %d hosts for %d brokers: broker i runs on host i, so name one for each", len(hosts), s.Brokers))
	}
	seen := map[string]bool{}
	for _, h := range hosts {
		if !hostName.MatchString(h) {
			errs = append(errs, fieldErrorf("placement.hosts", "%q is not a host name or an address", h))
		}
		if seen[h] {
			errs = append(errs, fieldErrorf("placement.hosts", "host %q is named twice: both brokers would want port %d there", h, s.ClientPort))
		}
		seen[h] = true
	}
	switch s.ServiceDiscovery {
	case DiscoveryVIP, DiscoveryMesosDNS:
	case DiscoveryHosts:
		if len(hosts) == 0 {
			errs = append(errs, fieldErrorf("service_discovery", "service_discovery = %q needs placement.hosts: the URL is made of them", DiscoveryHosts))
		}
	default:
		errs = append(errs, fieldErrorf("service_discovery", "unknown service_discovery %q: use %s, %s or %s", s.ServiceDiscovery, DiscoveryVIP, DiscoveryMesosDNS, DiscoveryHosts))
	}
	for _, c := range s.Placement.Constraints {
		if len(c) > 1 && strings.TrimPrefix(c[0], "@") == "hostname" && (c[1] == "IS" || c[1] == "CLUSTER") {
			errs = append(errs, fieldErrorf("placement.constraints", "the constraint %q puts every broker on one host, where only one can have the ports: pin brokers by placement.hosts", c))
		}
	}
	if r := s.Placement.Rack; r != nil {
		if r.Attribute == "" || len(r.Values) == 0 {
			errs = append(errs, fieldErrorf("placement.rack", "placement.rack needs an agent attribute and at least one value"))
		}
		for _, v := range r.Values {
			if v == "" {
				errs = append(errs, fieldErrorf("placement.rack", "a value of placement.rack is empty"))
			}
		}
	}
	return errs
}

// anonymous is every client of a plaintext listener, the brokers themselves included.
const anonymous = "User:ANONYMOUS"

func (s Spec) checkAuthorization() (errs []error) {
	if s.Authorization == nil {
		return nil
	}
	brokersMayAct := s.Authorization.AllowEveryoneIfNoACL
	for _, u := range s.Authorization.SuperUsers {
		if kind, name, ok := strings.Cut(u, ":"); !ok || kind == "" || name == "" || strings.Contains(u, ";") {
			errs = append(errs, fieldErrorf("authorization.super_users", "%q is not a principal: write User:name, without ';'", u))
		}
		brokersMayAct = brokersMayAct || u == anonymous
	}
	if !brokersMayAct {
		errs = append(errs, fieldErrorf("authorization.super_users", "on plaintext listeners the brokers themselves are %s and may not act: add it to super_users or set allow_everyone_if_no_acl = true", anonymous))
	}
	return errs
}

func (s Spec) checkMaps() (errs []error) {
	for k, v := range s.Config {
		if err := CheckConfig(k, v); err != nil {
			errs = append(errs, err)
		}
	}
	for k, v := range s.Env {
		if err := CheckEnv(k, v); err != nil {
			errs = append(errs, err)
		}
	}
	for k := range s.Labels {
		if err := CheckLabel(k); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// CheckConfig refuses properties that follow from other attributes, and what no properties file can hold.
func CheckConfig(key, value string) error {
	field := "config[" + key + "]"
	switch owner := ownedBy(key); {
	case owner != "":
		return fieldErrorf(field, "the broker property %q cannot be set in config: it follows from %s", key, owner)
	case !propertyKey.MatchString(key):
		return fieldErrorf(field, "%q is not a broker property: letters, digits, '.', '_' and '-' only", key)
	case strings.ContainsRune(value, 0):
		return fieldErrorf(field, "the value of %q holds a NUL character", key)
	}
	return nil
}

// CheckEnv refuses variables that follow from other attributes or from the agent.
func CheckEnv(name, value string) error {
	field := "env[" + name + "]"
	switch why := ownedEnv[name]; {
	case why != "":
		return fieldErrorf(field, "the variable %s cannot be set in env: it %s", name, why)
	case !envName.MatchString(name):
		return fieldErrorf(field, "%q is not the name of an environment variable: letters, digits and '_', not starting with a digit", name)
	case strings.ContainsRune(value, 0):
		return fieldErrorf(field, "the value of %s holds a NUL character", name)
	}
	return nil
}

// CheckLabel refuses the labels by which a cluster is recognised.
func CheckLabel(name string) error {
	switch name {
	case LabelCluster, LabelBroker, LabelVersion:
		return fieldErrorf("labels["+name+"]", "the label %s cannot be set: the cluster is recognised by it", name)
	case "":
		return fieldErrorf("labels", "a label needs a name")
	}
	return nil
}
