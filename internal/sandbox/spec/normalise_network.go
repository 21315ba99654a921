package spec

// translateNetworks merges the three ways to name networks; nil = none named.
func translateNetworks(d *draft) (*[]Network, error) {
	if d.Networks != nil && len(*d.Networks) > 0 {
		return d.Networks, nil
	}
	network := ""
	if d.Container != nil && d.Container.Docker != nil {
		network = or(d.Container.Docker.Network, "")
	}
	user := func() *[]Network {
		n := Network{Mode: "container"}
		if d.IPAddress != nil {
			n.Name = d.IPAddress.NetworkName
			if len(d.IPAddress.Labels) > 0 {
				n.Labels = d.IPAddress.Labels
			}
		}
		return &[]Network{n}
	}
	switch network {
	case "":
		if d.IPAddress != nil {
			return user(), nil
		}
		return d.Networks, nil
	case "HOST":
		return &[]Network{{Mode: "host"}}, nil
	case "BRIDGE":
		return &[]Network{{Mode: "container/bridge"}}, nil
	case "USER":
		return user(), nil
	default:
		return nil, &ServerError{Message: "unsupported docker network type " + network}
	}
}

// translateContainer moves the port mappings of docker and of ipAddress to the container.
func translateContainer(in *draftContainer, ip *ipAddress) (*draftContainer, error) {
	c := *in
	if c.Docker != nil {
		d := *c.Docker
		if d.PortMappings != nil {
			switch {
			case c.PortMappings != nil && len(*c.PortMappings) > 0 && len(*d.PortMappings) > 0:
				return nil, &ServerError{Message: "cannot specify both portMappings and docker.portMappings"}
			case c.PortMappings == nil || len(*c.PortMappings) == 0:
				c.PortMappings = d.PortMappings
			}
		}
		d.PortMappings, d.Network = nil, nil
		c.Docker = &d
	}
	if ip != nil && ip.Discovery != nil && len(*ip.Discovery) > 0 {
		if c.Type != "MESOS" {
			return nil, &ServerError{Message: "ipAddress.discovery.ports do not apply for container type DOCKER"}
		}
		if c.PortMappings != nil && len(*c.PortMappings) > 0 {
			return nil, &ServerError{Message: "container.portMappings and ipAddress.discovery.ports must not both be set"}
		}
		c.PortMappings = ip.Discovery
	}
	return &c, nil
}

func anyNonHost(networks []Network) bool {
	for _, n := range networks {
		if n.Mode != "host" {
			return true
		}
	}
	return false
}

// finishNetworks fills in default names; nil stays nil.
func finishNetworks(networks *[]Network, opts Options) (*[]Network, error) {
	if networks == nil {
		return nil, nil
	}
	out := make([]Network, len(*networks))
	for i, n := range *networks {
		if n.Mode == "container" && n.Name == nil {
			if opts.DefaultNetwork == "" {
				return nil, &ServerError{Message: "container network name is not defined"}
			}
			n.Name = ptr(opts.DefaultNetwork)
		}
		out[i] = n
	}
	return &out, nil
}

// finishContainer creates the container that other networks need and gives bridge mappings their host ports.
func finishContainer(c *draftContainer, networks []Network) *draftContainer {
	if c == nil {
		if !anyNonHost(networks) {
			return nil
		}
		c = &draftContainer{Type: "MESOS", PortMappings: ptr(defaultMappings())}
	}
	out := *c
	if out.PortMappings == nil {
		return &out
	}
	bridge := false
	for _, n := range networks {
		bridge = bridge || n.Mode == "container/bridge"
	}
	mappings := make([]PortMapping, len(*out.PortMappings))
	for i, m := range *out.PortMappings {
		if bridge && m.HostPort == nil {
			m.HostPort = ptr(0)
		}
		mappings[i] = m
	}
	out.PortMappings = &mappings
	return &out
}
