package spec

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// double prints with a decimal, as Marathon has since 1.9.100: 128.0.
type double float64

// MarshalJSON implements json.Marshaler.
func (d double) MarshalJSON() ([]byte, error) {
	b := strconv.AppendFloat(nil, float64(d), 'f', -1, 64)
	if !bytes.ContainsRune(b, '.') {
		b = append(b, ".0"...)
	}
	return b, nil
}

type plainApp App

// MarshalJSON prints the definition as a read returns it, without version and versionInfo.
// Ports depend on the network: port definitions are there in host mode only, mappings in the others only, even if empty.
func (a App) MarshalJSON() ([]byte, error) {
	out := struct {
		plainApp
		BackoffFactor     double            `json:"backoffFactor"`
		CPUs              double            `json:"cpus"`
		Disk              double            `json:"disk"`
		Mem               double            `json:"mem"`
		Labels            map[string]string `json:"labels"`
		PortDefinitions   *[]PortDefinition `json:"portDefinitions,omitempty"`
		Container         *containerOut     `json:"container,omitempty"`
		ExecutorResources *resourcesOut     `json:"executorResources,omitempty"`
		UpgradeStrategy   upgradeOut        `json:"upgradeStrategy"`
	}{
		plainApp:      plainApp(a),
		BackoffFactor: double(a.BackoffFactor), CPUs: double(a.CPUs), Disk: double(a.Disk), Mem: double(a.Mem),
		Labels:          a.Labels,
		UpgradeStrategy: upgradeOut{double(a.UpgradeStrategy.MaximumOverCapacity), double(a.UpgradeStrategy.MinimumHealthCapacity)},
	}
	if out.Labels == nil {
		out.Labels = map[string]string{}
	}
	host := a.HostNetworking()
	if host {
		out.PortDefinitions = ptr(a.PortDefinitions)
		if a.PortDefinitions == nil {
			out.PortDefinitions = &[]PortDefinition{}
		}
	}
	if c := a.Container; c != nil {
		out.Container = &containerOut{Container: *c}
		if c.Volumes == nil {
			out.Container.Volumes = []Volume{}
		}
		if !host {
			out.Container.PortMappings = ptr(c.PortMappings)
			if c.PortMappings == nil {
				out.Container.PortMappings = &[]PortMapping{}
			}
		}
	}
	if r := a.ExecutorResources; r != nil {
		out.ExecutorResources = &resourcesOut{double(r.CPUs), double(r.Mem), double(r.Disk)}
	}
	if a.ResourceLimits != nil {
		out.ResourceLimits = &ResourceLimits{CPUs: limitOut(a.ResourceLimits.CPUs), Mem: limitOut(a.ResourceLimits.Mem)}
	}
	return marshal(out)
}

type containerOut struct {
	Container
	PortMappings *[]PortMapping `json:"portMappings,omitempty"`
}

type resourcesOut struct {
	CPUs double `json:"cpus"`
	Mem  double `json:"mem"`
	Disk double `json:"disk"`
}

type upgradeOut struct {
	MaximumOverCapacity   double `json:"maximumOverCapacity"`
	MinimumHealthCapacity double `json:"minimumHealthCapacity"`
}

func limitOut(v any) any {
	if f, ok := v.(float64); ok {
		return double(f)
	}
	return v
}

// MarshalJSON prints a text or {"secret": name}.
func (e EnvValue) MarshalJSON() ([]byte, error) {
	if e.Secret != "" {
		return marshal(map[string]string{"secret": e.Secret})
	}
	return marshal(e.Value)
}

// UnmarshalJSON reads what MarshalJSON prints.
func (e *EnvValue) UnmarshalJSON(b []byte) error {
	*e = EnvValue{}
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) {
		var s struct {
			Secret string `json:"secret"`
		}
		err := json.Unmarshal(b, &s)
		e.Secret = s.Secret
		return err
	}
	return json.Unmarshal(b, &e.Value)
}

type delays struct {
	InactiveAfterSeconds int `json:"inactiveAfterSeconds"`
	ExpungeAfterSeconds  int `json:"expungeAfterSeconds"`
}

// MarshalJSON prints "disabled" or the two delays.
func (u UnreachableStrategy) MarshalJSON() ([]byte, error) {
	if u.Disabled {
		return []byte(`"disabled"`), nil
	}
	return json.Marshal(delays{u.InactiveAfterSeconds, u.ExpungeAfterSeconds})
}

// UnmarshalJSON reads what MarshalJSON prints.
func (u *UnreachableStrategy) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte(`"`)) {
		*u = UnreachableStrategy{Disabled: true}
		return nil
	}
	var d delays
	err := json.Unmarshal(b, &d)
	*u = UnreachableStrategy{InactiveAfterSeconds: d.InactiveAfterSeconds, ExpungeAfterSeconds: d.ExpungeAfterSeconds}
	return err
}
