package streamsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// managed are the keys of an app definition that a Spec decides: set, or absent. All others are left as they are found.
var managed = []string{
	"id", "cmd", "args", "cpus", "mem", "instances", "env", "labels", "fetch", "constraints", "container", "networks", "portDefinitions",
	"requirePorts", "healthChecks", "readinessChecks", "taskKillGracePeriodSeconds", "upgradeStrategy",
}

// App is the complete definition for Marathon. Nothing in it but "instances" (and, unless Upgrade is given,
// "upgradeStrategy") depends on the number of instances, so that scaling restarts no task.
func (s Spec) App() (marathon.App, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	upgrade := OneAtATime(s.Instances)
	if s.Upgrade != nil {
		upgrade = *s.Upgrade
	}
	app := map[string]any{
		"id": s.AppID, "cpus": s.CPUs, "mem": s.MemoryMiB, "instances": s.Instances,
		"env": s.environment(), "labels": s.labels(),
		"networks":        []any{map[string]any{"mode": "host"}},
		"portDefinitions": []any{map[string]any{"port": 0, "name": PortName, "protocol": "tcp"}},
		"requirePorts":    false,
		"upgradeStrategy": map[string]any{"minimumHealthCapacity": upgrade.MinimumHealthCapacity, "maximumOverCapacity": upgrade.MaximumOverCapacity},
	}
	if s.Command != "" {
		app["cmd"] = s.Command
	}
	if s.Image != "" {
		app["container"] = map[string]any{"type": containerType(s.Runtime), "docker": map[string]any{"image": s.Image}}
	}
	if len(s.Artifacts) > 0 {
		app["fetch"] = s.fetch()
	}
	if len(s.Constraints) > 0 {
		app["constraints"] = s.Constraints
	}
	if s.HealthCheck != nil {
		app["healthChecks"] = []any{s.HealthCheck.definition()}
	}
	if s.ReadinessPath != "" {
		app["readinessChecks"] = []any{map[string]any{
			"name": "ready", "protocol": "HTTP", "portName": PortName, "path": s.ReadinessPath, "intervalSeconds": 5, "timeoutSeconds": 4,
		}}
	}
	if s.KillGracePeriod > 0 {
		app["taskKillGracePeriodSeconds"] = s.KillGracePeriod
	}
	return asJSON(app)
}

// Overlay puts the Spec on a definition that Marathon holds, for marathon.Client.ReplaceApp: what the Spec decides is set
// or taken away, what it does not know is carried over, down to members of nested objects and assigned port numbers.
func (s Spec) Overlay(current marathon.App) (marathon.App, error) {
	wanted, err := s.App()
	if err != nil {
		return nil, err
	}
	out := current.Clone()
	for _, key := range managed {
		found := out[key]
		delete(out, key)
		value, ok := wanted[key]
		if !ok {
			continue
		}
		out[key] = value
		switch key {
		case "env":
			carrySecrets(value, found)
		case "portDefinitions":
			carryMembers(value, found, "name", "protocol")
		case "fetch":
			carryMembers(value, found, "uri", "extract", "executable", "destPath")
		case "healthChecks":
			carryMembers(value, found, "protocol", "path", "command", "port", "portIndex", "gracePeriodSeconds", "intervalSeconds", "timeoutSeconds", "maxConsecutiveFailures")
		case "readinessChecks":
			carryMembers(value, found, "name", "protocol", "path", "portName")
		case "container":
			carryContainer(value, found)
		}
	}
	return out, nil
}

func containerType(runtime string) string {
	if runtime == RuntimeDocker {
		return "DOCKER"
	}
	return "MESOS"
}

func (s Spec) labels() map[string]string {
	labels := map[string]string{LabelApplication: s.ApplicationID}
	if s.Cluster != "" {
		labels[LabelCluster] = s.Cluster
	}
	if keys := s.spelledKeys(); len(keys) > 0 {
		labels[LabelConfigKeys] = strings.Join(keys, ",")
	}
	maps.Copy(labels, s.Labels)
	return labels
}

func (s Spec) fetch() []any {
	out := make([]any, 0, len(s.Artifacts))
	for _, a := range s.Artifacts {
		item := map[string]any{"uri": a.URI, "extract": a.Extract, "executable": a.Executable, "cache": false}
		if a.DestPath != "" {
			item["destPath"] = a.DestPath
		}
		out = append(out, item)
	}
	return out
}

// definition always names the port: Marathon adds a missing index at the next update, which would then restart the tasks.
// The first probe comes at once; the grace period, not a delay, covers a slow start.
func (h HealthCheck) definition() map[string]any {
	check := map[string]any{
		"protocol": h.Protocol, "gracePeriodSeconds": h.GracePeriod, "intervalSeconds": h.Interval, "timeoutSeconds": h.Timeout,
		"maxConsecutiveFailures": h.MaxConsecutiveFailures, "delaySeconds": 0,
	}
	if h.Protocol == "COMMAND" {
		check["command"] = map[string]any{"value": h.Command}
		return check
	}
	check["portIndex"] = 0
	if UsesPath(h.Protocol) {
		check["path"] = h.Path
	}
	return check
}

// carrySecrets keeps variables that take a secret, as they have no place in a Spec, unless the Spec has one of the name.
func carrySecrets(value, found any) {
	env, _ := value.(map[string]any)
	old, _ := found.(map[string]any)
	for name, v := range old {
		_, plain := v.(string)
		if _, wanted := env[name]; !plain && !wanted {
			env[name] = v
		}
	}
}

// carryMembers keeps the members of list elements that we do not model, as far as the list has the same shape.
func carryMembers(value, found any, modelled ...string) {
	list, _ := value.([]any)
	old, _ := found.([]any)
	if len(list) != len(old) {
		return
	}
	for i := range list {
		carry(list[i], old[i], modelled...)
	}
}

func carryContainer(value, found any) {
	container, _ := value.(map[string]any)
	old, _ := found.(map[string]any)
	if old == nil || old["type"] != container["type"] {
		return // the members of one runtime may be illegal for the other
	}
	carry(container["docker"], old["docker"], "image")
	carry(container, old, "type", "docker")
}

// carry copies members of found that are not modelled, over what value holds of them (a 0 for "assign a port").
func carry(value, found any, modelled ...string) {
	object, _ := value.(map[string]any)
	old, _ := found.(map[string]any)
	if object == nil {
		return
	}
	for k, v := range old {
		if !slices.Contains(modelled, k) {
			object[k] = v
		}
	}
}

// asJSON gives the definition the types that a read has, so that the two compare.
func asJSON(app map[string]any) (marathon.App, error) {
	raw, err := json.Marshal(app)
	if err != nil {
		return nil, fmt.Errorf("encoding the definition of app %v: %w", app["id"], err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var out marathon.App
	if err := decoder.Decode(&out); err != nil {
		return nil, fmt.Errorf("encoding the definition of app %v: %w", app["id"], err)
	}
	return out, nil
}
