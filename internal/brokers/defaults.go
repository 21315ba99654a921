package brokers

import (
	"sort"
	"strconv"
	"strings"
)

// DefaultHeap is the heap for a memory where none is given: half of it up to 4 GiB, as the rest is page cache, and
// always with room for the JVM's own.
func DefaultHeap(memoryMiB float64) int {
	return max(1, min(int(memoryMiB)/2, 4096, int(memoryMiB)-minOverheadMiB))
}

// minOverheadMiB is what a JVM needs beside its heap at the least (metaspace, stacks, direct buffers); a broker with a
// heap of 256 MiB was measured at 203–250 MiB resident when idle and 311–455 MiB after a gigabyte of writes.
const minOverheadMiB = 256

// RequiredMemory is the least memory for a heap: a quarter more, and never less than 256 MiB more.
func RequiredMemory(heapMiB int) float64 {
	return float64(heapMiB) + max(float64(heapMiB)*0.25, minOverheadMiB)
}

// smallHeapMiB: below it Kafka's default cleaner buffer (128 MiB, on the heap) keeps the broker from starting.
const smallHeapMiB = 256

// defaultProperties are ours where the user's config says nothing. They fit three brokers and shrink with fewer.
func (s Spec) defaultProperties() map[string]string {
	replicas := min(s.Brokers, 3)
	inSync := strconv.Itoa(max(1, replicas-1))
	rf := strconv.Itoa(replicas)
	d := map[string]string{
		"default.replication.factor":                       rf,
		"min.insync.replicas":                              inSync,
		"offsets.topic.replication.factor":                 rf,
		"transaction.state.log.replication.factor":         rf,
		"transaction.state.log.min.isr":                    inSync,
		"share.coordinator.state.topic.replication.factor": rf,
		"share.coordinator.state.topic.min.isr":            inSync,
		"auto.create.topics.enable":                        "false",
	}
	if s.HeapMiB > 0 && s.HeapMiB < smallHeapMiB {
		d["log.cleaner.dedupe.buffer.size"] = "4194304"
	}
	return d
}

// dynamicKeys are broker properties that Kafka changes cluster-wide without a restart. They never enter an app definition,
// because Marathon restarts a task for any difference in it. Left out on purpose although dynamic in Kafka: thread pools
// (a change may at most double or halve them, so a first value far from the default is refused), and the cleaner's buffers
// (a broker with a small heap needs them before it starts).
var dynamicKeys = map[string]bool{
	"compression.type":                  true,
	"log.cleaner.delete.retention.ms":   true,
	"log.cleaner.max.compaction.lag.ms": true,
	"log.cleaner.min.cleanable.ratio":   true,
	"log.cleaner.min.compaction.lag.ms": true,
	"log.cleanup.policy":                true,
	"log.flush.interval.messages":       true,
	"log.flush.interval.ms":             true,
	"log.index.interval.bytes":          true,
	"log.index.size.max.bytes":          true,
	"log.message.timestamp.type":        true,
	"log.preallocate":                   true,
	"log.retention.bytes":               true,
	"log.retention.ms":                  true,
	"log.roll.jitter.ms":                true,
	"log.roll.ms":                       true,
	"log.segment.bytes":                 true,
	"log.segment.delete.delay.ms":       true,
	"max.connection.creation.rate":      true,
	"max.connections":                   true,
	"max.connections.per.ip":            true,
	"message.max.bytes":                 true,
	"min.insync.replicas":               true,
	"unclean.leader.election.enable":    true,
}

// IsDynamic says whether a broker property is changed through Kafka's admin API instead of a rolling restart.
func IsDynamic(key string) bool { return dynamicKeys[key] }

// DynamicKeys lists them, sorted.
func DynamicKeys() []string {
	keys := make([]string, 0, len(dynamicKeys))
	for k := range dynamicKeys {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// SplitConfig parts a config into what goes to server.properties and what lives in Kafka.
func SplitConfig(config map[string]string) (static, dynamic map[string]string) {
	static, dynamic = map[string]string{}, map[string]string{}
	for k, v := range config {
		if IsDynamic(k) {
			dynamic[k] = v
		} else {
			static[k] = v
		}
	}
	return static, dynamic
}

// ownedKeys are properties that follow from other attributes; the value says from which.
var ownedKeys = map[string]string{
	"process.roles": "brokers", "node.id": "brokers", "broker.id": "brokers", "broker.id.generation.enable": "brokers",
	"broker.rack": "placement.rack", "log.dirs": "storage", "log.dir": "storage", "metadata.log.dir": "storage",
	"listeners": "client_port", "advertised.listeners": "client_port", "listener.security.protocol.map": "client_port",
	"inter.broker.listener.name": "client_port", "security.inter.broker.protocol": "client_port", "port": "client_port", "host.name": "client_port",
	"advertised.port": "client_port", "advertised.host.name": "client_port",
	"authorizer.class.name": "authorization", "super.users": "authorization", "allow.everyone.if.no.acl.found": "authorization",
	"early.start.listeners": "controller_port",
}

// ownedBy names the attribute that a property follows from, "" when the user may set it.
func ownedBy(key string) string {
	if owner := ownedKeys[key]; owner != "" {
		return owner
	}
	switch {
	case strings.HasPrefix(key, "controller.quorum.voters"), key == "controller.quorum.bootstrap.servers",
		key == "controller.listener.names", key == "controller.quorum.auto.join.enable":
		return "controller_port"
	case strings.HasPrefix(key, "zookeeper."):
		return "kafka_version"
	}
	return ""
}
