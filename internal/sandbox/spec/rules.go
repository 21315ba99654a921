package spec

import (
	"fmt"
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// Features that must be enabled before a definition may use what they name.
const (
	FeatureSecrets         = "secrets"
	FeatureGPUs            = "gpu_resources"
	FeatureExternalVolumes = "external_volumes"
)

func featureMissing(f string) string {
	return fmt.Sprintf("Feature %s is not enabled. Enable with --enable_features %s)", f, f)
}

// fmtDouble prints a number as Scala does.
func fmtDouble(x float64) string {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// legacyRules look at the old forms, before they are translated.
func legacyRules(d *draft) error {
	var p problems
	if c := d.Container; c != nil && c.Docker != nil {
		if c.Type == "MESOS" {
			if c.Docker.Network != nil {
				p.add("/container/docker/network", "must be empty")
			}
			if len(c.Docker.Parameters) > 0 {
				p.add("/container/docker/parameters", "must be empty")
			}
			if c.Docker.PortMappings != nil {
				p.add("/container/docker/portMappings", "must be empty")
			}
		}
		if duplicateNames(mappingNames(or(c.Docker.PortMappings, nil))) {
			p.add("/container/docker/portMappings", "Port names must be unique.")
		}
		if c.Docker.Network != nil && d.Networks != nil && len(*d.Networks) > 0 {
			p.add("/", "must not specify both container.docker.network and networks")
		}
	}
	if ip := d.IPAddress; ip != nil {
		if d.Container != nil && d.Container.Type == "DOCKER" && ip.Discovery != nil {
			p.add("/ipAddress", "ipAddress/discovery is not allowed for Docker containers")
		}
		if d.Networks != nil && len(*d.Networks) > 0 {
			p.add("/", "must not specify both networks and ipAddress")
		}
		if d.Ports != nil && len(*d.Ports) > 0 || d.PortDefinitions != nil && len(*d.PortDefinitions) > 0 {
			p.add("/", "cannot specify both an IP address and port")
		}
	}
	for i, u := range or(d.URIs, nil) {
		if !validURI(u) {
			p.add(fmt.Sprintf("/uris(%d)", i), "URI has invalid syntax.")
		}
	}
	if d.URIs != nil && len(*d.URIs) > 0 && d.Fetch != nil && len(*d.Fetch) > 0 {
		p.add("/uris", "may not be set in conjunction with fetch")
	}
	if duplicatePorts(or(d.Ports, nil)) {
		p.add("/", "ports must be unique")
	}
	if d.Ports != nil && d.PortDefinitions != nil && !samePorts(*d.Ports, *d.PortDefinitions) {
		p.add("/", "cannot specify both ports and port definitions")
	}
	return p.ruleError()
}

func samePorts(ports []int, defs []PortDefinition) bool {
	if len(ports) != len(defs) {
		return false
	}
	for i := range ports {
		if ports[i] != defs[i].Port {
			return false
		}
	}
	return true
}

func duplicatePorts(ports []int) bool {
	seen := map[int]bool{}
	for _, p := range ports {
		if p != 0 && seen[p] {
			return true
		}
		seen[p] = true
	}
	return false
}

func duplicateNames(names []string) bool {
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			return true
		}
		seen[n] = true
	}
	return false
}

func mappingNames(ms []PortMapping) []string {
	var out []string
	for _, m := range ms {
		if m.Name != nil {
			out = append(out, *m.Name)
		}
	}
	return out
}

// validURI is java.net.URI's view: stricter about characters than net/url.
func validURI(s string) bool {
	if strings.ContainsAny(s, " <>\"{}|\\^`") {
		return false
	}
	_, err := url.Parse(s)
	return err == nil
}

// appRules are the rules of one definition in its canonical form.
func appRules(d *draft, opts Options, roles roleRules) error {
	var p problems
	idRules(d, &p)
	commandRules(d, &p)
	roles.check(d, &p)
	acceptedRoleRules(d, &p)
	resourceRules(d, opts, &p)
	portRules(d, &p)
	networkRules(d, opts, &p)
	secretRules(d, opts, &p)
	containerRules(d, opts, &p)
	checkRules(d, &p)
	constraintRules(d, &p)
	strategyRules(d, &p)
	for i, f := range or(d.Fetch, nil) {
		if !validURI(f.URI) {
			p.add(fmt.Sprintf("/fetch(%d)/uri", i), "URI has invalid syntax.")
		}
	}
	labels := or(d.Labels, nil)
	if v := labels["DCOS_MIGRATION_API_VERSION"]; v != "" &&
		(v != "v1" || labels["DCOS_PACKAGE_FRAMEWORK_NAME"] == "" || labels["DCOS_MIGRATION_API_PATH"] == "") {
		p.add("/", "DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION")
	}
	return p.ruleError()
}

func idRules(d *draft, p *problems) {
	id := or(d.ID, "")
	segs := segments(id)
	if len(segs) == 0 {
		p.add("/id", "Path must contain at least one path element")
		p.add("/", "must not be root")
		return
	}
	switch segs[len(segs)-1] {
	case "restart", "tasks", "versions", ".", "..":
		p.add("/id", "must not end with any of the following reserved keywords: restart, tasks, versions, ., ..")
	}
	if !validID(id) {
		p.add("/id", "must fully match regular expression '"+idSegment+"'")
	}
	for i, dep := range or(d.Dependencies, nil) {
		if !validID(dep) {
			p.add(fmt.Sprintf("/dependencies(%d)", i), "must fully match regular expression '"+idSegment+"'")
		}
	}
}

func commandRules(d *draft, p *problems) {
	cmd := d.Cmd != nil
	args := d.Args != nil && len(*d.Args) > 0
	image := d.Container != nil && d.Container.Docker != nil
	// A Docker container without docker is told about elsewhere.
	if cmd == args && (cmd || !image) {
		p.add("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
	}
	if cmd && len([]rune(*d.Cmd)) <= 1 {
		p.add("/", "must not be an empty string")
	}
}

func resourceRules(d *draft, opts Options, p *problems) {
	if or(d.GPUs, 0) > 0 {
		if d.Container != nil && d.Container.Type == "DOCKER" {
			p.add("/", "GPU resources only work with the Mesos containerizer")
		} else if !opts.Features[FeatureGPUs] {
			p.add("/", featureMissing(FeatureGPUs))
		}
	}
	if l := d.ResourceLimits; l != nil {
		limitRule("/resourceLimits/cpus", l.CPUs, or(d.CPUs, 1), p)
		limitRule("/resourceLimits/mem", l.Mem, or(d.Mem, 128), p)
	}
}

func limitRule(path string, limit any, request float64, p *problems) {
	switch l := limit.(type) {
	case string:
		if l != "unlimited" {
			p.add(path, fmt.Sprintf("'%s' is an invalid resource limit. It must be 'unlimited' or a number", l))
		}
	case float64:
		if l < request {
			p.add(path, fmt.Sprintf("resource limit must be greater than or equal to requested resource (%s)", fmtDouble(request)))
		}
	}
}

func portRules(d *draft, p *problems) {
	var ports []int
	var names []string
	for _, def := range or(d.PortDefinitions, nil) {
		ports = append(ports, def.Port)
		if def.Name != nil {
			names = append(names, *def.Name)
		}
	}
	if duplicatePorts(ports) {
		p.add("/portDefinitions", "Ports must be unique.")
	}
	if duplicateNames(names) {
		p.add("/portDefinitions", "Port names must be unique.")
	}
}

func networkRules(d *draft, opts Options, p *problems) {
	const at = "/networks"
	hosts, bridges, containers := 0, 0, 0
	seen := map[string]bool{}
	for _, n := range or(d.Networks, nil) {
		switch n.Mode {
		case "host":
			hosts++
			if n.Name != nil || len(n.Labels) > 0 {
				p.add(at, "Host networks may not have names or labels")
			}
		case "container/bridge":
			bridges++
			if n.Name != nil {
				p.add(at, "Bridge networks may not have names")
			}
		default:
			containers++
			if n.Name == nil {
				if opts.DefaultNetwork == "" {
					p.add(at, "Network name must be specified when container network is selected.")
				}
				continue
			}
			if seen[*n.Name] {
				p.add(at, "Duplicate networks are not allowed")
			}
			seen[*n.Name] = true
		}
	}
	if hosts > 1 || bridges > 1 || hosts > 0 && bridges+containers > 0 || bridges > 0 && containers > 0 {
		p.add(at, "May specify a single host network, single bridge network, or else 1-to-n container networks")
	}
}

func secretRules(d *draft, opts Options, p *problems) {
	secrets := or(d.Secrets, nil)
	if len(secrets) > 0 && !opts.Features[FeatureSecrets] {
		p.add("/secrets", featureMissing(FeatureSecrets))
	}
	env := or(d.Env, nil)
	for _, k := range sortedKeys(env) {
		if k == "" {
			p.add("/env", "must not be empty")
		}
		if s := env[k].Secret; s != "" {
			if _, ok := secrets[s]; !ok {
				p.add("/env/"+k+"/secret", "references an undefined secret")
			}
			if !opts.Features[FeatureSecrets] {
				p.add("/env/"+k, featureMissing(FeatureSecrets))
			}
		}
	}
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
