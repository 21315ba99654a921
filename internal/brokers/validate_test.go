package brokers

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func fields(err error) []string {
	var out []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // exactly this level
		for _, e := range joined.Unwrap() {
			var f *FieldError
			if errors.As(e, &f) {
				out = append(out, f.Field)
			}
		}
	}
	slices.Sort(out)
	return out
}

// A label of a DNS name has at most 63 characters; a longer one resolves nowhere, and only clients would notice.
func TestNamesMustFitIntoDNS(t *testing.T) {
	long := strings.Repeat("a", 58)
	for name, tc := range map[string]struct {
		group, discovery, field string
	}{
		"a VIP of the default group": {DefaultGroup(long), DiscoveryVIP, "name"},
		"a VIP of a group":           {"/data/kafka/" + long, DiscoveryVIP, "group"},
		"a segment":                  {"/data/" + strings.Repeat("b", 64), DiscoveryMesosDNS, "group"},
		"no VIP":                     {DefaultGroup(long), DiscoveryMesosDNS, ""},
		"just fits":                  {"/kafka/" + long[1:], DiscoveryVIP, ""},
	} {
		s := plainSpec()
		s.Name, s.Group, s.ServiceDiscovery = long, tc.group, tc.discovery
		err := s.Validate()
		if got := fields(err); tc.field == "" && err != nil || tc.field != "" && !slices.Equal(got, []string{tc.field}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, s := range map[string]Spec{"plain": plainSpec(), "rich": richSpec(), "nasty": nastySpec()} {
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for field, breakIt := range map[string]func(*Spec){
		"name":                             func(s *Spec) { s.Name = "Main" },
		"group":                            func(s *Spec) { s.Group = "/kafka/$(x)" },
		"cluster_id":                       func(s *Spec) { s.ClusterID = "x" },
		"kafka_version":                    func(s *Spec) { s.KafkaVersion = "3.8.1" },
		"image":                            func(s *Spec) { s.Image = "" },
		"runtime":                          func(s *Spec) { s.Runtime = "podman" },
		"brokers":                          func(s *Spec) { s.Brokers = 0 },
		"cpus":                             func(s *Spec) { s.CPUs = 0 },
		"heap":                             func(s *Spec) { s.HeapMiB = 257 },
		"client_port":                      func(s *Spec) { s.ClientPort = 0 },
		"controller_port":                  func(s *Spec) { s.ControllerPort = 9092 },
		"storage":                          func(s *Spec) { s.Storage = &Storage{Type: "tape", SizeMiB: 1} },
		"service_discovery":                func(s *Spec) { s.ServiceDiscovery = DiscoveryHosts },
		"placement.hosts":                  func(s *Spec) { s.Placement.Hosts = []string{"a", "b"} },
		"placement.constraints":            func(s *Spec) { s.Placement.Constraints = [][]string{{"hostname", "IS", "a"}} },
		"placement.rack":                   func(s *Spec) { s.Placement.Rack = &Rack{Attribute: "zone"} },
		"authorization.super_users":        func(s *Spec) { s.Authorization = &Authorization{SuperUsers: []string{"User:admin"}} },
		"config[node.id]":                  func(s *Spec) { s.Config = map[string]string{"node.id": "1"} },
		"config[super.users]":              func(s *Spec) { s.Config = map[string]string{"super.users": "x"} },
		"config[controller.quorum.voters]": func(s *Spec) { s.Config = map[string]string{"controller.quorum.voters": "x"} },
		"config[a\nb]":                     func(s *Spec) { s.Config = map[string]string{"a\nb": "x"} },
		"env[CLUSTER_ID]":                  func(s *Spec) { s.Env = map[string]string{"CLUSTER_ID": "x"} },
		"env[A B]":                         func(s *Spec) { s.Env = map[string]string{"A B": "x"} },
		"labels[KAFKA_BROKER_ID]":          func(s *Spec) { s.Labels = map[string]string{"KAFKA_BROKER_ID": "x"} },
	} {
		s := plainSpec()
		breakIt(&s)
		if got := fields(s.Validate()); !slices.Equal(got, []string{field}) {
			t.Errorf("%s: broken rules at %v: %v", field, got, s.Validate())
		}
		if _, err := s.App(0); err == nil {
			t.Errorf("%s: an app is made all the same", field)
		}
	}
	for _, host := range []string{"$(touch x)", "a b", "a;b", "a\nEND", "`x`"} {
		s := richSpec()
		s.Placement.Hosts[0] = host
		if s.Validate() == nil {
			t.Errorf("host %q passes", host)
		}
	}
}

func TestHeapRule(t *testing.T) {
	for _, tc := range []struct {
		heap int
		mem  float64
		ok   bool
	}{{1024, 1280, true}, {1024, 1279, false}, {128, 384, true}, {128, 383, false}, {4096, 5120, true}, {4096, 5119, false}} {
		if err := CheckHeap(tc.heap, tc.mem); (err == nil) != tc.ok {
			t.Errorf("heap %d in %g: %v", tc.heap, tc.mem, err)
		}
	}
	for mem := 320.0; mem < 70000; mem += 61 {
		if heap := DefaultHeap(mem); CheckHeap(heap, mem) != nil {
			t.Errorf("the default heap of %g is %d: %v", mem, heap, CheckHeap(heap, mem))
		}
	}
}
