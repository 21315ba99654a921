package brokers

import (
	"maps"
	"reflect"
	"slices"
)

// Against is the Spec to report where prior was known before: prior where every broker still agrees with it, else what the
// first broker that deviates says. So a change of one app shows at the attribute that it belongs to. Brokers counts those
// that Marathon is asked to run. Dynamic properties are taken from prior, as the apps do not hold them.
func (o Observed) Against(prior Spec) Spec {
	s := prior
	s.Group = o.ID
	s.Name = deviating(o, prior.Name, func(b Broker) string { return b.Spec.Name })
	s.KafkaVersion = deviating(o, prior.KafkaVersion, func(b Broker) string { return b.Spec.KafkaVersion })
	s.Image = deviating(o, prior.Image, func(b Broker) string { return b.Spec.Image })
	s.Runtime = deviating(o, prior.Runtime, func(b Broker) string { return b.Spec.Runtime })
	s.CPUs = deviating(o, prior.CPUs, func(b Broker) float64 { return b.Spec.CPUs })
	s.MemoryMiB = deviating(o, prior.MemoryMiB, func(b Broker) float64 { return b.Spec.MemoryMiB })
	s.HeapMiB = deviating(o, prior.HeapMiB, func(b Broker) int { return b.Spec.HeapMiB })
	s.Storage = deviating(o, prior.Storage, func(b Broker) *Storage { return b.Spec.Storage })
	s.Authorization = deviating(o.readable(), prior.Authorization, func(b Broker) *Authorization { return b.Spec.Authorization })
	s.ClientPort = deviating(o, prior.ClientPort, func(b Broker) int { return b.Spec.ClientPort })
	s.ControllerPort = deviating(o.readable(), prior.ControllerPort, func(b Broker) int { return b.Spec.ControllerPort })
	s.ServiceDiscovery = deviating(o.readable(), prior.ServiceDiscovery, func(b Broker) string { return b.Spec.ServiceDiscovery })
	s.Env = deviating(o, prior.Env, func(b Broker) map[string]string { return b.Spec.Env })
	s.Labels = deviating(o, prior.Labels, func(b Broker) map[string]string { return b.Spec.Labels })

	static, dynamic := SplitConfig(prior.Config)
	s.Config = maps.Clone(deviating(o.readable(), static, func(b Broker) map[string]string { return b.Spec.Config }))
	maps.Copy(s.Config, dynamic)

	s.Placement = o.placement(prior.Placement, prior.Brokers)
	s.Brokers = 0
	for _, b := range o.Brokers {
		if b.Instances > 0 {
			s.Brokers++
		}
	}
	return s
}

// readable leaves out the brokers whose command tells nothing; that they differ is seen by Unlike.
func (o Observed) readable() Observed {
	o.Brokers = slices.DeleteFunc(slices.Clone(o.Brokers), func(b Broker) bool { return b.opaque })
	return o
}

// deviating is prior unless a broker says something else.
func deviating[T any](o Observed, prior T, get func(Broker) T) T {
	for _, b := range o.Brokers {
		if v := get(b); !same(v, prior) {
			return v
		}
	}
	return prior
}

// same holds nil and empty maps and lists for equal.
func same[T any](a, b T) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	if k := va.Kind(); (k == reflect.Map || k == reflect.Slice) && va.Len() == 0 && vb.Len() == 0 {
		return true
	}
	return reflect.DeepEqual(a, b)
}

// placement puts together what each broker's constraints say. What a missing broker cannot tell is taken from prior.
func (o Observed) placement(prior Placement, brokers int) Placement {
	return Placement{
		Hosts:       o.hosts(prior.Hosts, brokers),
		Constraints: deviating(o.readable(), prior.Constraints, func(b Broker) [][]string { return b.Spec.Placement.Constraints }),
		Rack:        o.readable().rack(prior.Rack, brokers),
	}
}

func (o Observed) hosts(prior []string, brokers int) []string {
	hosts := make([]string, brokers)
	copy(hosts, prior)
	pinned := false
	for _, b := range o.Brokers {
		if b.ID < brokers {
			hosts[b.ID] = b.pinned
		}
		pinned = pinned || b.pinned != ""
	}
	if !pinned {
		return nil
	}
	return hosts
}

// rack finds the shortest list of values that deals out what the brokers have; prior where it does so as well.
func (o Observed) rack(prior *Rack, brokers int) *Rack {
	if len(o.Brokers) == 0 {
		return prior
	}
	attribute, values := "", make([]string, brokers)
	for i := range values {
		if prior != nil && len(prior.Values) > 0 {
			values[i] = prior.Values[i%len(prior.Values)]
		}
	}
	for _, b := range o.Brokers {
		if b.ID < brokers {
			values[b.ID] = b.Rack
		}
		if b.rackAttribute != "" && (attribute == "" || prior != nil && b.rackAttribute != prior.Attribute) {
			attribute = b.rackAttribute
		}
	}
	if attribute == "" {
		return nil
	}
	if prior != nil && attribute == prior.Attribute && dealsOut(prior.Values, values) {
		return prior
	}
	for n := 1; n < len(values); n++ {
		if dealsOut(values[:n], values) {
			return &Rack{Attribute: attribute, Values: slices.Clone(values[:n])}
		}
	}
	return &Rack{Attribute: attribute, Values: values}
}

func dealsOut(list, values []string) bool {
	for i, v := range values {
		if len(list) == 0 || v != list[i%len(list)] {
			return false
		}
	}
	return true
}
