// Package brokers lays a Kafka cluster out on Marathon: one app per broker in one group, with a KRaft quorum of the first
// three. It builds the app definitions, reads them back into the Spec they came from, and carries changes through one
// broker at a time behind the gates that keep every partition available. It knows nothing of Terraform.
package brokers

import (
	"errors"
	"fmt"
)

// Labels that every broker app carries. A cluster is recognised by them, and only apps that carry them are ever removed.
const (
	LabelCluster = "KAFKA_CLUSTER"
	LabelBroker  = "KAFKA_BROKER_ID"
	// LabelVersion holds the Kafka version, which an image's tag need not tell.
	LabelVersion = "KAFKA_VERSION"
)

// Ways to run the image.
const (
	RuntimeDocker = "docker" // Docker containerizer
	RuntimeMesos  = "mesos"  // Mesos's own (UCR)
)

// Ways for clients and controllers to find brokers.
const (
	DiscoveryVIP      = "vip"
	DiscoveryMesosDNS = "mesos-dns"
	DiscoveryHosts    = "hosts"
)

// Spec is everything that is wanted of a cluster. Memory, heap and sizes are in MiB.
type Spec struct {
	Name         string // one DNS label
	Group        string // absolute Marathon path, holds the broker apps and is the cluster's id
	ClusterID    string // 22 characters, see NewClusterID
	KafkaVersion string
	Image        string
	Runtime      string
	Brokers      int
	CPUs         float64
	MemoryMiB    float64
	HeapMiB      int
	// Storage is nil for the task's own disk, which is gone with the task.
	Storage          *Storage
	Authorization    *Authorization
	ClientPort       int
	ControllerPort   int
	Placement        Placement
	ServiceDiscovery string
	// Config holds broker properties on top of the defaults. Those that IsDynamic knows live in Kafka, not in the apps.
	Config map[string]string
	Env    map[string]string
	Labels map[string]string
}

// Storage is a persistent volume per broker.
type Storage struct {
	Type    string // root, path or mount
	SizeMiB int64
}

// Authorization switches Kafka's StandardAuthorizer on.
type Authorization struct {
	SuperUsers           []string // User:name
	AllowEveryoneIfNoACL bool
}

// Placement says which agents brokers may use. Without any, the fixed ports alone keep two brokers off one agent.
type Placement struct {
	Hosts       []string // broker i runs on Hosts[i]; empty or one per broker
	Constraints [][]string
	Rack        *Rack
}

// Rack spreads brokers over the values of an agent attribute: broker i gets Values[i mod len].
type Rack struct {
	Attribute string
	Values    []string
}

// ErrNoCluster says that no app carries the cluster labels.
var ErrNoCluster = errors.New("no broker apps of a Kafka cluster")

// FieldError is a rule that a Spec breaks. Field is the attribute's name, or name[key] for a map.
type FieldError struct {
	Field   string
	Message string
}

func (e *FieldError) Error() string { return e.Message }

// Attribute names the attribute that the error belongs to.
func (e *FieldError) Attribute() string { return e.Field }

func fieldErrorf(field, format string, args ...any) *FieldError {
	return &FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}
