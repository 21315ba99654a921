package kafkahome

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// launcher starts a class of Kafka's. The heap is the distribution's own variable; JAVA_HOME wins over the PATH, as there.
const launcher = `#!/bin/sh
# %[1]s of Kafka %[2]s: a launcher over the published jars.
home=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# shellcheck disable=SC2086 # the options are several words
exec "$java" ${KAFKA_HEAP_OPTS:-%[3]s} %[4]s ${KAFKA_OPTS:-} -cp "$home/libs/*" %[5]s "$@"
`

// jvmOptions suit small heaps, as tests and demonstrations have; KAFKA_JVM_PERFORMANCE_OPTS replaces them, as in the
// distribution.
const jvmOptions = `${KAFKA_JVM_PERFORMANCE_OPTS:--XX:+UseSerialGC -XX:TieredStopAtLevel=4}`

// mains are the launchers' classes by script. AclCommand and ConfigCommand have moved over the versions.
func mains(version string) map[string]string {
	classes := map[string]string{
		"kafka-server-start.sh": "kafka.Kafka",
		"kafka-storage.sh":      "kafka.tools.StorageTool",
	}
	if withoutTools[version] {
		return classes
	}
	classes["kafka-topics.sh"] = "org.apache.kafka.tools.TopicCommand"
	classes["kafka-consumer-groups.sh"] = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
	classes["kafka-metadata-quorum.sh"] = "org.apache.kafka.tools.MetadataQuorumCommand"
	classes["kafka-configs.sh"] = "kafka.admin.ConfigCommand"
	classes["kafka-acls.sh"] = "org.apache.kafka.tools.AclCommand"
	classes["kafka-console-consumer.sh"] = "org.apache.kafka.tools.consumer.ConsoleConsumer"
	classes["kafka-console-producer.sh"] = "org.apache.kafka.tools.ConsoleProducer"
	if strings.HasPrefix(version, "3.") {
		classes["kafka-acls.sh"] = "kafka.admin.AclCommand"
		classes["kafka-console-producer.sh"] = "kafka.tools.ConsoleProducer"
	}
	return classes
}

func writeLaunchers(home, version string) error {
	bin := filepath.Join(home, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for script, class := range mains(version) {
		heap, options := "-Xmx256m", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
		if script == "kafka-server-start.sh" {
			heap, options = "-Xms256m -Xmx256m", jvmOptions
		}
		text := fmt.Sprintf(launcher, script, version, heap, options, class)
		if err := os.WriteFile(filepath.Join(bin, script), []byte(text), 0o755); err != nil { //nolint:gosec // a script has to be executable
			return err
		}
	}
	return nil
}
