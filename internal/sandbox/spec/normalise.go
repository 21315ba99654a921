package spec

import "strings"

// The steps a definition passes on its way into the tree, in Marathon's order: legacy rules, translation of legacy forms,
// role, rules, networks and containers, conversion. The order shows: which error wins, and that a health check of an app
// posted without ports gets no portIndex, because ports are defaulted after health checks.

// normaliseApp turns a complete draft into the draft that is converted. canonical tells drafts that were stored already.
func normaliseApp(d *draft, opts Options, roles roleRules) (*draft, error) {
	if err := legacyRules(d); err != nil {
		return nil, err
	}
	d, err := translateApp(d, opts)
	if err != nil {
		return nil, err
	}
	d.Role = ptr(or(d.Role, roles.def))
	if err := appRules(d, opts, roles); err != nil {
		return nil, err
	}
	return finishApp(d, opts)
}

func translateApp(in *draft, opts Options) (*draft, error) {
	d := *in
	if d.ID != nil {
		d.ID = ptr(AbsoluteID(*d.ID, opts.ParentGroup))
	}
	if d.Dependencies != nil {
		deps := make([]string, len(*d.Dependencies))
		for i, dep := range *d.Dependencies {
			deps[i] = dep
			if validID(dep) {
				deps[i] = AbsoluteID(dep, opts.ParentGroup)
			}
		}
		d.Dependencies = &deps
	}
	translateFetch(&d)
	networks, err := translateNetworks(in)
	if err != nil {
		return nil, err
	}
	if networks == nil {
		networks = &[]Network{}
	}
	host := !anyNonHost(*networks)

	migrated := d.PortDefinitions
	if migrated == nil && d.Ports != nil {
		migrated = ptr(definitionsOf(*d.Ports))
	}
	container := d.Container
	if container == nil && d.IPAddress != nil {
		container = &draftContainer{Type: "MESOS"}
	}
	if container != nil {
		c, err := translateContainer(container, d.IPAddress)
		if err != nil {
			return nil, err
		}
		switch {
		case host:
			c.PortMappings = nil
		case c.PortMappings == nil:
			c.PortMappings = ptr(defaultMappings())
		}
		if !host && migrated != nil {
			for len(*c.PortMappings) < len(*migrated) {
				c.PortMappings = ptr(append(*c.PortMappings, PortMapping{Protocol: "tcp", Labels: map[string]string{}}))
			}
		}
		container = c
	}
	// Deliberately the ports as sent: see above.
	if d.PortDefinitions != nil && len(*d.PortDefinitions) > 0 ||
		container != nil && container.PortMappings != nil && len(*container.PortMappings) > 0 {
		d.HealthChecks = withPortIndex(d.HealthChecks)
	}
	switch {
	case !host:
		d.PortDefinitions = nil
	case migrated == nil:
		d.PortDefinitions = ptr([]PortDefinition{{Name: ptr("default"), Protocol: "tcp"}})
	default:
		d.PortDefinitions = migrated
	}
	d.Container = container
	d.Networks = networks
	if d.resident() && d.Residency == nil {
		d.Residency = defaultResidency()
	}
	d.Ports, d.IPAddress, d.URIs = nil, nil, nil
	return &d, nil
}

// translateUpdate is translateApp for an update: nothing is defaulted that it does not name.
func translateUpdate(in *draft) (*draft, error) {
	d := *in
	translateFetch(&d)
	networks, err := translateNetworks(in)
	if err != nil {
		return nil, err
	}
	d.Networks = networks
	container := d.Container
	if container == nil && d.IPAddress != nil {
		container = &draftContainer{Type: "MESOS"}
	}
	if container != nil {
		if container, err = translateContainer(container, d.IPAddress); err != nil {
			return nil, err
		}
	}
	d.Container = container
	if d.PortDefinitions == nil && d.Ports != nil {
		d.PortDefinitions = ptr(definitionsOf(*d.Ports))
	}
	d.HealthChecks = withPortIndex(d.HealthChecks)
	d.Ports, d.IPAddress, d.URIs = nil, nil, nil
	return &d, nil
}

func defaultMappings() []PortMapping {
	return []PortMapping{{Name: ptr("default"), Protocol: "tcp", Labels: map[string]string{}}}
}

func defaultResidency() *Residency {
	return &Residency{RelaunchEscalationTimeoutSeconds: 3600, TaskLostBehavior: "WAIT_FOREVER"}
}

func definitionsOf(ports []int) []PortDefinition {
	out := make([]PortDefinition, len(ports))
	for i, p := range ports {
		out[i] = PortDefinition{Port: p, Protocol: "tcp"}
	}
	return out
}

func withPortIndex(checks *[]HealthCheck) *[]HealthCheck {
	if checks == nil {
		return nil
	}
	out := make([]HealthCheck, len(*checks))
	for i, c := range *checks {
		if c.Protocol != "COMMAND" && c.Port == nil && c.PortIndex == nil {
			c.PortIndex = ptr(0)
		}
		out[i] = c
	}
	return &out
}

// archives are the endings that Marathon unpacks when they come by uris.
var archives = []string{".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".zip"}

func translateFetch(d *draft) {
	if d.URIs == nil || len(*d.URIs) == 0 {
		return
	}
	out := make([]Fetch, len(*d.URIs))
	for i, u := range *d.URIs {
		out[i] = Fetch{URI: u}
		for _, a := range archives {
			out[i].Extract = out[i].Extract || strings.HasSuffix(u, a)
		}
	}
	d.Fetch = &out
}

func finishApp(in *draft, opts Options) (*draft, error) {
	d := *in
	networks, err := finishNetworks(d.Networks, opts)
	if err != nil {
		return nil, err
	}
	if networks == nil || len(*networks) == 0 {
		networks = &[]Network{{Mode: "host"}}
	}
	d.Networks = networks
	d.Container = finishContainer(d.Container, *networks)
	if d.UnreachableStrategy == nil {
		d.UnreachableStrategy = &UnreachableStrategy{Disabled: d.resident()}
	}
	if anyNonHost(*networks) {
		d.RequirePorts = ptr(false)
	}
	return &d, nil
}

func finishUpdate(in *draft, opts Options) (*draft, error) {
	d := *in
	networks, err := finishNetworks(d.Networks, opts)
	if err != nil {
		return nil, err
	}
	d.Networks = networks
	if networks != nil || d.Container != nil {
		d.Container = finishContainer(d.Container, or(networks, nil))
	}
	return &d, nil
}

// defaultUpgrade depends on volumes: what holds data gives up half its instances rather than start extra ones.
func defaultUpgrade(d *draft) UpgradeStrategy {
	if d.resident() || d.externalVolumes() > 0 {
		return UpgradeStrategy{MaximumOverCapacity: 0, MinimumHealthCapacity: 0.5}
	}
	return UpgradeStrategy{MaximumOverCapacity: 1, MinimumHealthCapacity: 1}
}

// withUpdateDefaults is what Marathon fixes before it takes an update for a new or complete definition.
func withUpdateDefaults(in *draft) *draft {
	d := *in
	if d.UpgradeStrategy == nil {
		d.UpgradeStrategy = ptr(defaultUpgrade(&d))
	}
	if d.UnreachableStrategy == nil {
		d.UnreachableStrategy = &UnreachableStrategy{Disabled: d.resident()}
	}
	return &d
}
