package streamsapp

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Overhead of a JVM beyond its heap, in MiB: threads, metaspace, code and buffers. A Streams process with a heap of
// 64 MiB was measured at 162 to 168 MiB under load; the share counts for larger heaps. RocksDB comes on top.
const (
	overheadMiB   = 128
	overheadShare = 0.25
)

// MemoryFor is the least memory, in MiB, for a heap.
func MemoryFor(heapMiB int) int {
	return heapMiB + max(overheadMiB, int(overheadShare*float64(heapMiB)))
}

// Validate checks every rule that needs no server. Its error joins *FieldError values.
func (s Spec) Validate() error {
	all := []error{
		CheckApplicationID(s.ApplicationID), CheckSource(s.Image, len(s.Artifacts), s.Command, s.Runtime), CheckHeap(s.HeapMiB, s.MemoryMiB),
		CheckConfig(s.Config, s.Threads > 0, s.ProcessingGuarantee != ""), CheckEnv(s.Env, s.HeapMiB > 0), CheckLabels(s.Labels),
		CheckHealth(s.HealthCheck), CheckUpgrade(s.Upgrade),
	}
	if s.Instances < 0 {
		all = append(all, fieldErrorf("instances", "instances must not be negative; 0 pauses the application"))
	}
	if s.BootstrapServers == "" {
		all = append(all, fieldErrorf("bootstrap_servers", "the application %q has no brokers to start from: set cluster or bootstrap_servers", s.ApplicationID))
	}
	return errors.Join(all...)
}

var legalApplicationID = regexp.MustCompile(`^[a-zA-Z0-9._-]{1,200}$`)

// CheckApplicationID applies Kafka's rule for topic names, which the id begins, with room for the rest.
func CheckApplicationID(id string) error {
	if !legalApplicationID.MatchString(id) || id == "." || id == ".." {
		return fieldErrorf("application_id", "%q is not a legal application id: 1 to 200 letters, digits, '.', '_' and '-', as it begins the names of the application's internal topics", id)
	}
	return nil
}

// CheckSource checks that the program comes from one place and can be started.
func CheckSource(image string, artifacts int, command, runtime string) error {
	switch {
	case image != "" && artifacts > 0:
		return fieldErrorf("artifacts", "image and artifacts exclude each other: an application comes from a container image or from files that are fetched")
	case image == "" && artifacts == 0:
		return fieldErrorf("image", "either image or artifacts must say what to run")
	case artifacts > 0 && command == "":
		return fieldErrorf("command", "artifacts need a command that starts them, for example \"exec ./app\"")
	case image == "" && runtime == RuntimeDocker:
		return fieldErrorf("runtime", "the docker runtime needs an image; artifacts run with the mesos runtime")
	}
	return nil
}

// CheckHeap checks that the heap leaves room for the rest of the process, or the agent kills it for its memory.
func CheckHeap(heapMiB int, memoryMiB float64) error {
	if heapMiB == 0 || memoryMiB >= float64(MemoryFor(heapMiB)) {
		return nil
	}
	return fieldErrorf("heap", "a heap of %d MiB does not fit into a memory of %g MiB: the process needs at least %d MiB (heap and %d MiB, or a quarter of the heap, for the rest of the JVM). Raise memory or lower heap",
		heapMiB, memoryMiB, MemoryFor(heapMiB), overheadMiB)
}

var keyShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$`)

func checkKey(k string) error {
	if !keyShape.MatchString(k) {
		return fmt.Errorf("%q is not a configuration key of Kafka Streams: letters and digits, in parts separated by single '.', '-' or '_', such as commit.interval.ms", k)
	}
	return nil
}

// CheckConfig checks the shape of each key, that no two end in one variable, and that none says what an attribute says.
func CheckConfig(config map[string]string, threads, guarantee bool) error {
	var all []error
	seen := map[string]string{}
	for _, k := range slices.Sorted(maps.Keys(config)) {
		field := "config[" + k + "]"
		if err := checkKey(k); err != nil {
			all = append(all, fieldErrorf(field, "%s", err.Error()))
			continue
		}
		variable := Variable(k)
		if other, ok := seen[variable]; ok {
			all = append(all, fieldErrorf(field, "%q and %q both become the environment variable %s: keep one of them", other, k, variable))
			continue
		}
		seen[variable] = k
		switch {
		case variable == EnvApplicationID:
			all = append(all, fieldErrorf(field, "%s is set by the argument application_id", k))
		case variable == EnvBootstrapServers:
			all = append(all, fieldErrorf(field, "%s is set by the argument cluster or bootstrap_servers", k))
		case variable == EnvThreads && threads:
			all = append(all, fieldErrorf(field, "%s is set by the argument threads already: keep one of them", k))
		case variable == EnvGuarantee && guarantee:
			all = append(all, fieldErrorf(field, "%s is set by the argument processing_guarantee already: keep one of them", k))
		}
	}
	return errors.Join(all...)
}

// CheckEnv checks the user's own variables: a name that an argument writes would say one thing in two places.
func CheckEnv(env map[string]string, heap bool) error {
	var all []error
	for _, k := range slices.Sorted(maps.Keys(env)) {
		field := "env[" + k + "]"
		switch {
		case k == "" || strings.ContainsAny(k, "=\x00"):
			all = append(all, fieldErrorf(field, "%q is not a name of an environment variable", k))
		case strings.HasPrefix(k, EnvPrefix):
			all = append(all, fieldErrorf(field, "%s belongs into config, as %q: variables that begin with %s are written from there", k, key(k), EnvPrefix))
		case k == EnvInputTopic || k == EnvInputTopics:
			all = append(all, fieldErrorf(field, "%s is written from the argument input_topics", k))
		case k == EnvOutputTopic || k == EnvOutputTopics:
			all = append(all, fieldErrorf(field, "%s is written from the argument output_topics", k))
		case k == EnvHeap && heap:
			all = append(all, fieldErrorf(field, "%s is written from the argument heap: put other options into JAVA_TOOL_OPTIONS or the command, or leave heap away and write all of them here", k))
		}
	}
	return errors.Join(all...)
}

// CheckLabels keeps our own labels ours.
func CheckLabels(labels map[string]string) error {
	var all []error
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		if k == LabelApplication || k == LabelCluster || k == LabelConfigKeys {
			all = append(all, fieldErrorf("labels["+k+"]", "the label %s is written by the provider, which recognises the application by it", k))
		}
	}
	return errors.Join(all...)
}

// CheckHealth checks that a health check has what its protocol needs and nothing else.
func CheckHealth(h *HealthCheck) error {
	switch {
	case h == nil:
		return nil
	case !slices.Contains(Protocols, h.Protocol):
		return fieldErrorf("health_check.protocol", "%q is not a protocol of a health check: use one of %s", h.Protocol, strings.Join(Protocols, ", "))
	case h.Protocol == "COMMAND" && h.Command == "":
		return fieldErrorf("health_check.command", "a health check with the protocol COMMAND needs a command")
	case h.Protocol != "COMMAND" && h.Command != "":
		return fieldErrorf("health_check.command", "a command belongs to the protocol COMMAND, not to %s", h.Protocol)
	case !UsesPath(h.Protocol) && h.Path != "":
		return fieldErrorf("health_check.path", "a path belongs to the HTTP protocols, not to %s", h.Protocol)
	case UsesPath(h.Protocol) && !strings.HasPrefix(h.Path, "/"):
		return fieldErrorf("health_check.path", "the path %q must begin with '/'", h.Path)
	}
	return nil
}

// CheckUpgrade keeps both shares in 0..1.
func CheckUpgrade(u *Upgrade) error {
	if u == nil {
		return nil
	}
	var all []error
	for field, share := range map[string]float64{"upgrade.minimum_health_capacity": u.MinimumHealthCapacity, "upgrade.maximum_over_capacity": u.MaximumOverCapacity} {
		if share < 0 || share > 1 {
			all = append(all, fieldErrorf(field, "%g is not a share of the instances: use 0 to 1", share))
		}
	}
	return errors.Join(all...)
}
