package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"time"
)

// Clone is a deep copy.
func (a *App) Clone() *App {
	b, err := json.Marshal(a)
	c := &App{}
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil {
		// Apps come out of Create and Update, which make nothing that does not encode.
		panic(fmt.Sprintf("spec: app %s does not encode: %v", a.ID, err))
	}
	c.Version, c.LastScalingAt, c.LastConfigChangeAt = a.Version, a.LastScalingAt, a.LastConfigChangeAt
	return c
}

// IsUpgrade says whether the change from one definition to the other replaces tasks: any difference besides instances,
// versions and executorResources (which Marathon forgets to compare).
func IsUpgrade(from, to *App) bool {
	return !bytes.Equal(fingerprint(from), fingerprint(to))
}

// fingerprint is the definition with its sets in order, without what IsUpgrade does not compare.
func fingerprint(a *App) []byte {
	c := a.Clone()
	c.Instances, c.ExecutorResources = 0, nil
	c.Version, c.LastScalingAt, c.LastConfigChangeAt = time.Time{}, time.Time{}, time.Time{}
	sort.Strings(c.Dependencies)
	sort.Strings(c.AcceptedResourceRoles)
	sortBy(c.Constraints)
	sortBy(c.HealthChecks)
	b, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("spec: app %s does not encode: %v", a.ID, err))
	}
	return b
}

func sortBy[T any](l []T) {
	sort.SliceStable(l, func(i, j int) bool {
		x, errX := json.Marshal(l[i])
		y, errY := json.Marshal(l[j])
		return errX == nil && errY == nil && bytes.Compare(x, y) < 0
	})
}

// ResidentViolations are the rules that an update breaks because the app is or becomes resident (nil = none); call it
// after AssignServicePorts. Paths are relative to the app: "" is the app itself, else "/cpus" and the like; Marathon
// puts "/app(<n>)" in front, n counting the apps of the change.
func ResidentViolations(from, to *App) []Violation {
	if from == nil || !from.Resident() && !to.Resident() {
		return nil
	}
	const resources = "Services with persistent volumes configured may not change resource requirements. " +
		"If you need to make this change, please create a new service."
	var p problems
	if !sameSet(persistentVolumes(from), persistentVolumes(to)) {
		p.addRaw("", "Persistent volumes can not be changed!")
	}
	for _, r := range []struct {
		path    string
		changed bool
	}{
		{"/cpus", from.CPUs != to.CPUs},
		{"/mem", from.Mem != to.Mem},
		{"/disk", from.Disk != to.Disk},
		{"/gpus", from.GPUs != to.GPUs},
		{"/requirePorts", from.RequirePorts != to.RequirePorts},
	} {
		if r.changed {
			p.addRaw(r.path, resources)
		}
	}
	if !sameSet(hostPorts(from), hostPorts(to)) {
		p.addRaw("", "Services with persistent volumes configured may not change host ports. "+
			"If you need to make this change, please create a new service.")
	}
	return p.list
}

func persistentVolumes(a *App) []string {
	var out []string
	if a.Container == nil {
		return nil
	}
	for _, v := range a.Container.Volumes {
		if v.Persistent != nil {
			b, err := json.Marshal(v)
			if err == nil {
				out = append(out, string(b))
			}
		}
	}
	return out
}

// hostPorts are the declared numbers: in host mode those of the port definitions even without requirePorts.
func hostPorts(a *App) []string {
	var out []string
	if a.HostNetworking() {
		for _, d := range a.PortDefinitions {
			out = append(out, fmt.Sprint(d.Port))
		}
		return out
	}
	if a.Container != nil {
		for _, m := range a.Container.PortMappings {
			if m.HostPort != nil {
				out = append(out, fmt.Sprint(*m.HostPort))
			}
		}
	}
	return out
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	a, b = append([]string{}, a...), append([]string{}, b...)
	sort.Strings(a)
	sort.Strings(b)
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Range of automatic service ports, both ends included.
const (
	MinServicePort = 10000
	MaxServicePort = 20000
)

// servicePortRefs point at the app's service ports in order.
func (a *App) servicePortRefs() []*int {
	var out []*int
	if a.HostNetworking() {
		for i := range a.PortDefinitions {
			out = append(out, &a.PortDefinitions[i].Port)
		}
		return out
	}
	if a.Container != nil {
		for i := range a.Container.PortMappings {
			out = append(out, &a.Container.PortMappings[i].ServicePort)
		}
	}
	return out
}

// ServicePorts are the app's service ports in order: those of the port definitions in host mode, else of the mappings.
func (a *App) ServicePorts() []int {
	refs := a.servicePortRefs()
	out := make([]int, len(refs))
	for i, r := range refs {
		out[i] = *r
	}
	return out
}

// AssignServicePorts replaces zeros by service ports, reusing in order those of old (may be nil) that app does not name.
// inUse tells of numbers in use anywhere, those included that were assigned to other apps of the same change.
// The error (*ServerError) says that the pool is exhausted.
func AssignServicePorts(app, old *App, inUse func(int) bool) error {
	named := map[int]bool{}
	for _, p := range app.ServicePorts() {
		named[p] = true
	}
	var free []int
	if old != nil {
		for _, p := range old.ServicePorts() {
			if p >= MinServicePort && p <= MaxServicePort && !named[p] {
				free = append(free, p)
			}
		}
	}
	next := MinServicePort
	for _, ref := range app.servicePortRefs() {
		if *ref != 0 {
			continue
		}
		if len(free) > 0 {
			*ref, free = free[0], free[1:]
			named[*ref] = true
			continue
		}
		for next <= MaxServicePort && (named[next] || inUse(next)) {
			next++
		}
		if next > MaxServicePort {
			return &ServerError{Message: fmt.Sprintf(
				"No more service ports available: All ports in the range [%d-%d] are already in use", MinServicePort, MaxServicePort)}
		}
		*ref = next
		named[next] = true
	}
	return nil
}

// HostNetworking says whether tasks share the agent's network.
func (a *App) HostNetworking() bool { return !anyNonHost(a.Networks) }
