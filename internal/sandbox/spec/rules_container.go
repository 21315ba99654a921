package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// Names of external volumes and their providers.
var labelPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

func containerRules(d *draft, opts Options, p *problems) {
	c := d.Container
	if c == nil {
		return
	}
	mappingRules(or(c.PortMappings, nil), or(d.Networks, nil), p)
	secrets := or(d.Secrets, nil)
	switch {
	case c.Type == "DOCKER" && c.Docker == nil:
		p.add("/container/docker", "not defined")
	case c.Type == "DOCKER" && c.Docker.PullConfig != nil:
		p.add("/container/docker/pullConfig", "pullConfig is not supported with Docker containerizer")
	case c.Docker != nil && c.Docker.PullConfig != nil:
		if !opts.Features[FeatureSecrets] {
			p.add("/container/docker/pullConfig", featureMissing(FeatureSecrets))
		}
		name, _ := c.Docker.PullConfig["secret"].(string)
		if _, ok := secrets[name]; !ok {
			p.add("/container/docker/pullConfig", "pullConfig.secret must refer to an existing secret")
		}
	}
	if c.Type == "DOCKER" {
		count := 0
		for _, n := range or(d.Networks, nil) {
			if n.Mode == "container" {
				count++
			}
		}
		if count > 1 {
			p.add("/", "may only specify a single container network when using the Docker container engine")
		}
	}
	if s, ok := c.LinuxInfo["seccomp"].(map[string]any); ok && c.Type == "MESOS" {
		unconfined, _ := s["unconfined"].(bool)
		_, profile := s["profileName"]
		switch {
		case unconfined && profile:
			p.add("/container/linuxInfo/seccomp", "Seccomp unconfined can NOT be true when Profile is defined")
		case !unconfined && !profile:
			p.add("/container/linuxInfo/seccomp", "Seccomp unconfined must be true when Profile is NOT defined")
		}
	}
	var names []string
	for i, v := range c.Volumes {
		at := fmt.Sprintf("/container/volumes(%d)", i)
		switch {
		case v.Persistent != nil:
			persistentRules(v, at, p)
		case v.External != nil:
			if n, ok := v.External["name"].(string); ok {
				names = append(names, n)
			}
			externalRules(v, at, opts, p)
		case v.Secret != "":
			if _, ok := secrets[v.Secret]; !ok {
				p.add(at, "volume.secret must refer to an existing secret")
			}
			if !opts.Features[FeatureSecrets] {
				p.add("/container/volumes", featureMissing(FeatureSecrets))
			}
		}
	}
	if duplicateNames(names) {
		p.add("/container/volumes", "Volume names must be unique")
	}
}

func mappingRules(ms []PortMapping, networks []Network, p *problems) {
	if duplicateNames(mappingNames(ms)) {
		p.add("/container/portMappings", "Port names must be unique.")
	}
	containers := 0
	var names []string
	for _, n := range networks {
		if n.Mode == "container" {
			containers++
		}
		if n.Name != nil {
			names = append(names, *n.Name)
		}
	}
	for i, m := range ms {
		at := fmt.Sprintf("/container/portMappings(%d)", i)
		if containers > 1 && m.HostPort != nil && len(m.NetworkNames) != 1 {
			p.add(at, "networkNames must be a single item list when hostPort is specified and more than 1 container network is defined")
		}
		for j, n := range m.NetworkNames {
			known := false
			for _, k := range names {
				known = known || k == n
			}
			if !known {
				p.add(fmt.Sprintf("%s/networkNames(%d)", at, j), "is not one of ("+strings.Join(names, ",")+")")
			}
		}
	}
}

func persistentRules(v Volume, at string, p *problems) {
	switch {
	case v.ContainerPath == "." || v.ContainerPath == "..":
		p.add(at+"/containerPath", "can not be one of (.,..)")
	case strings.Contains(v.ContainerPath, "/"):
		p.add(at+"/containerPath", `value must not contain "/"`)
	}
	if v.Mode != "RW" {
		p.add(at+"/mode", "does not equal RW")
	}
	pv := v.Persistent
	at += "/persistent"
	if pv.Size <= 0 {
		p.add(at+"/size", fmt.Sprintf("got %d, expected more than 0", pv.Size))
	}
	if pv.MaxSize != nil {
		if pv.Type != "mount" {
			p.add(at, "Only mount volumes can have maxSize")
		} else if *pv.MaxSize <= pv.Size {
			p.add(at, "Max size must be larger than size")
		}
	}
	if pv.Type == "root" && len(pv.Constraints) > 0 {
		p.add(at, "Constraints on root volumes are not supported")
	}
	for i, c := range pv.Constraints {
		if msg := volumeConstraint(c); msg != "" {
			p.add(fmt.Sprintf("%s/constraints(%d)", at, i), msg)
		}
	}
}

func volumeConstraint(c []string) string {
	switch {
	case len(c) == 0:
		return "Missing field and operator"
	case len(c) < 3 || c[0] != "path":
		return "Unsupported constraint " + strings.Join(c, ",")
	case c[1] != "LIKE" && c[1] != "UNLIKE":
		return "Operator must be one of LIKE, UNLIKE"
	}
	if _, err := regexp.Compile(c[2]); err != nil {
		return "Invalid regular expression"
	}
	return ""
}

func externalRules(v Volume, at string, opts Options, p *problems) {
	at += "/external"
	for _, key := range []string{"name", "provider"} {
		s, ok := v.External[key].(string)
		switch {
		case !ok:
			p.add(at+"/"+key, "not defined")
		case !labelPattern.MatchString(s):
			p.add(at+"/"+key, "must match regular expression '"+labelPattern.String()+"'")
		}
	}
	options, _ := v.External["options"].(map[string]any)
	switch provider, _ := v.External["provider"].(string); provider {
	case "":
	case "dvdi":
		if _, ok := options["dvdi/driver"]; !ok {
			p.add(at+`/options("dvdi/driver")`, "not defined")
		}
	case "csi":
	default:
		p.add(at+"/provider", "is unknown provider")
	}
	if !opts.Features[FeatureExternalVolumes] {
		p.add(strings.TrimSuffix(at, "/external"), featureMissing(FeatureExternalVolumes))
	}
}
