package spec

import "math"

func readContainer(n node) *draftContainer {
	c, ok := n.opt("container")
	if !ok {
		return nil
	}
	out := &draftContainer{
		Type:         or(c.optEnum("type", "MESOS", "DOCKER"), "DOCKER"),
		Volumes:      or(optList(c, "volumes", readVolume), nil),
		PortMappings: optList(c, "portMappings", readPortMapping),
	}
	if d, ok := c.opt("docker"); ok {
		out.Docker = &draftDocker{
			Docker: Docker{
				Image:          d.reqText("image", 1, nil),
				ForcePullImage: or(d.optBool("forcePullImage"), false),
				Privileged:     or(d.optBool("privileged"), false),
				Parameters: or(optList(d, "parameters", func(p node) DockerParameter {
					return DockerParameter{Key: p.reqText("key", 1, nil), Value: p.reqText("value", 0, nil)}
				}), []DockerParameter{}),
			},
			Network:      d.optEnum("network", "BRIDGE", "HOST", "NONE", "USER"),
			PortMappings: optList(d, "portMappings", readPortMapping),
		}
		if pc, ok := d.opt("pullConfig"); ok {
			out.Docker.PullConfig = map[string]any{"secret": pc.reqText("secret", 0, nil)}
		}
	}
	if l, ok := c.opt("linuxInfo"); ok && l.v.kind == kindObject {
		out.LinuxInfo = readLinuxInfo(l)
	}
	return out
}

func readLinuxInfo(n node) map[string]any {
	out := map[string]any{}
	if s, ok := n.opt("seccomp"); ok {
		m := map[string]any{}
		setIf(m, "unconfined", s.optBool("unconfined"))
		setIf(m, "profileName", s.optString("profileName"))
		out["seccomp"] = m
	}
	if i, ok := n.opt("ipcInfo"); ok {
		m := map[string]any{}
		setIf(m, "mode", i.optEnum("mode", "PRIVATE", "SHARE_PARENT"))
		setIf(m, "shmSize", i.optInt("shmSize", math.MaxInt32))
		out["ipcInfo"] = m
	}
	return out
}

func setIf[T any](m map[string]any, key string, v *T) {
	if v != nil {
		m[key] = *v
	}
}

// readVolume tells the kinds apart as Marathon does: what cannot be read as one of the others is a host volume.
func readVolume(n node) Volume {
	v := Volume{ContainerPath: n.reqText("containerPath", 1, nil)}
	if e, ok := n.opt("external"); ok && e.v.kind == kindObject {
		v.External = readExternal(e)
		v.Mode = or(n.optEnum("mode", "RO", "RW"), "RW")
		return v
	}
	if p, ok := n.opt("persistent"); ok {
		if _, sized := p.opt("size"); sized {
			v.Persistent = readPersistent(p)
			v.Mode = or(n.optEnum("mode", "RO", "RW"), "RW")
			return v
		}
	}
	if s, ok := n.opt("secret"); ok && s.v.kind == kindString {
		v.Secret = s.v.text
		return v
	}
	v.HostPath = n.reqText("hostPath", 1, nil)
	if m, ok := n.req("mode"); ok {
		v.Mode = or(m.enum("RO", "RW"), "")
	}
	return v
}

func readExternal(n node) map[string]any {
	options := map[string]any{}
	for k, s := range or(n.optStringMap("options"), nil) {
		options[k] = s
	}
	m := map[string]any{"options": options, "shared": or(n.optBool("shared"), false)}
	setIf(m, "size", n.optLong("size"))
	setIf(m, "name", n.optString("name"))
	setIf(m, "provider", n.optString("provider"))
	return m
}

func readPersistent(n node) *PersistentVolume {
	p := &PersistentVolume{
		Size:        or(n.optLong("size"), 0),
		MaxSize:     n.optLong("maxSize"),
		ProfileName: n.optText("profileName", nil),
		Constraints: or(n.optStringLists("constraints"), [][]string{}),
	}
	def := "root"
	if p.ProfileName != nil {
		def = "mount"
	}
	p.Type = or(n.optEnum("type", "root", "path", "mount"), def)
	return p
}
