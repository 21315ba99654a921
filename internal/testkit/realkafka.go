package testkit

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkahome"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
)

// RealKafkaHome is a home of Apache Kafka for tests of what the embedded one cannot tell. On a machine without a JVM (or
// without Maven and an unpacked distribution in KAFKA_HOME) the test is skipped, visibly; on any other it never is.
func RealKafkaHome(t testing.TB) string {
	t.Helper()
	if home := os.Getenv("KAFKA_HOME"); home != "" {
		return home
	}
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("real Kafka is left out: no %s on this machine, and KAFKA_HOME is not set", program)
		}
	}
	dir, err := kafkahome.Dir()
	if err != nil {
		t.Fatal(err)
	}
	home, err := kafkahome.Assemble(t.Context(), kafkahome.Supported[0], dir, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return home
}

// WithKafkaHome runs a real Kafka in the sandbox.
func WithKafkaHome(home string) Option {
	return func(c *sandbox.Config) { c.KafkaHome = home }
}

// RealBrokers starts three real brokers with an authorizer, and answers their addresses.
func RealBrokers(t testing.TB) []string {
	t.Helper()
	sb := NewSandbox(t, WithKafkaHome(RealKafkaHome(t)))
	m := MarathonClient(t, sb)
	spec := brokers.Spec{
		Name: "real", Group: "/kafka/real", ClusterID: "5L6g3nShT-eMCtK--X86sw", KafkaVersion: kafkahome.Supported[0], Image: "apache/kafka:" + kafkahome.Supported[0],
		Runtime: "docker", Brokers: 3, CPUs: 0.5, MemoryMiB: 512, HeapMiB: 128, ClientPort: 9092, ControllerPort: 9093, ServiceDiscovery: "vip",
		Authorization: &brokers.Authorization{SuperUsers: []string{"User:ANONYMOUS"}},
	}
	for id := range spec.Brokers {
		app, err := spec.App(id)
		if err != nil {
			t.Fatal(err)
		}
		if status, answer := m.Do(http.MethodPost, "/v2/apps", app); status != http.StatusCreated {
			t.Fatalf("POST of broker %d: status %d: %v", id, status, answer)
		}
	}
	var addresses []string
	for id := range spec.Brokers {
		addresses = append(addresses, m.healthyTask(fmt.Sprintf("/kafka/real/broker-%d", id)))
	}
	return addresses
}

// healthyTask waits for an app's single task to be healthy and answers its first address.
func (m *Marathon) healthyTask(id string) string {
	m.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for tick := time.NewTicker(200 * time.Millisecond); ; <-tick.C {
		app := m.App(id)
		if healthy, _ := app["tasksHealthy"].(float64); healthy == 1 {
			task := app["tasks"].([]any)[0].(map[string]any)
			port := task["ports"].([]any)[0].(float64)
			return net.JoinHostPort(task["host"].(string), strconv.Itoa(int(port)))
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("%s did not get healthy: %v", id, app)
		}
	}
}
