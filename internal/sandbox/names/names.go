// Package names keeps the addresses of a virtual cluster: a hosts file with the names Mesos-DNS and DC/OS would serve, and
// a TCP balancer per VIP label.
package names

import (
	"fmt"
	"strings"
)

// appName is the DiscoveryInfo name Marathon gives the tasks of an app: the path reversed, joined with dots.
func appName(appID string) string {
	parts := strings.Split(strings.Trim(appID, "/"), "/")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.ToLower(strings.Join(parts, "."))
}

// label is Mesos-DNS's RFC 1123 form of a name: one DNS label.
func label(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == '-', r == '.', r == '_':
			b.WriteByte('-')
		}
	}
	s := strings.TrimLeft(b.String(), "-")
	if len(s) > 63 {
		s = s[:63]
	}
	return strings.TrimRight(s, "-")
}

// taskNames are all names of a running task; every one leads to its agent's address, as tasks share the agent's network.
func taskNames(appID, framework string) []string {
	name := appName(appID)
	short := label(name)
	names := []string{name + "." + framework + ".mesos"}
	if name != short {
		names = append(names, short+"."+framework+".mesos")
	}
	names = append(names, short+"."+framework+".slave.mesos")
	for _, kind := range []string{"autoip", "containerip", "agentip"} {
		names = append(names, fmt.Sprintf("%s.%s.%s.dcos.thisdcos.directory", short, framework, kind))
	}
	return names
}

// vip is one virtual address: what a port label VIP_n asks for. Two labels are one VIP only when they are byte-identical.
type vip struct {
	raw  string // the text before the port, which is the key beside it
	port int
}

// parseVIP reads a label's value, /name:port. It answers false for values that are no VIP of a name.
func parseVIP(value string) (vip, bool) {
	i := strings.LastIndexByte(value, ':')
	if i <= 0 {
		return vip{}, false
	}
	var port int
	if _, err := fmt.Sscanf(value[i+1:], "%d", &port); err != nil || port < 1 || port > 65535 || fmt.Sprint(port) != value[i+1:] {
		return vip{}, false
	}
	return vip{raw: value[:i], port: port}, true
}

// isVIPLabel says whether a port label's key asks for a VIP.
func isVIPLabel(key string) bool {
	return strings.HasPrefix(key, "VIP") || strings.HasPrefix(key, "vip")
}

// host is the name DC/OS serves for the VIP: each part between dots becomes a label, slashes vanish.
func (v vip) host(framework string) string {
	var parts []string
	for part := range strings.SplitSeq(v.raw, ".") {
		if l := label(strings.ReplaceAll(part, "/", "")); l != "" {
			parts = append(parts, l)
		}
	}
	return strings.Join(parts, ".") + "." + framework + ".l4lb.thisdcos.directory"
}
