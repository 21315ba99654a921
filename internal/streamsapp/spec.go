// Package streamsapp turns the description of a Kafka Streams application into the app definition that Marathon runs and
// back, does its parallelism arithmetic, and says when its consumer group is complete. Pure but for the two narrow
// interfaces of the group wait.
package streamsapp

import "fmt"

// Labels of every app this package writes. They recognise an application and hold what its environment cannot.
const (
	// LabelApplication holds the application id.
	LabelApplication = "KAFKA_STREAMS_APPLICATION"
	// LabelCluster holds the id of the kafka_cluster, absent where the brokers are named directly.
	LabelCluster = "KAFKA_STREAMS_CLUSTER"
	// LabelConfigKeys lists configuration keys whose spelling cannot be told from the environment variable alone
	// (dashes, upper case), separated by commas; absent where there are none.
	LabelConfigKeys = "KAFKA_STREAMS_CONFIG_KEYS"
)

// Runtimes of a container image.
const (
	RuntimeMesos  = "mesos"  // Universal Container Runtime
	RuntimeDocker = "docker" // the Docker engine
)

// PortName is the name of the one dynamic port that every instance gets; its number is in $PORT0 and $PORT_HTTP.
const PortName = "http"

// Spec describes one application. Zero values mean "not set" except where said.
type Spec struct {
	AppID            string // Marathon's, absolute
	ApplicationID    string // Kafka's: consumer group, prefix of internal topics and transactional ids
	Cluster          string // id of the kafka_cluster, may be empty
	BootstrapServers string // host:port,host:port

	Image     string
	Runtime   string // of the image; RuntimeMesos when empty
	Artifacts []Artifact
	Command   string // run by /bin/sh -c; empty = the image's own entry point

	Instances           int
	CPUs                float64
	MemoryMiB           float64
	HeapMiB             int // 0 = the JVM's own default
	Threads             int // stream threads per instance; 0 = Kafka Streams' default, 1
	ProcessingGuarantee string

	Config map[string]string // Kafka's spelling: "commit.interval.ms"
	Env    map[string]string
	Labels map[string]string

	Constraints     [][]string
	HealthCheck     *HealthCheck
	ReadinessPath   string // HTTP path that must answer 200 before a deployment goes on; empty = none
	KillGracePeriod int    // seconds between SIGTERM and SIGKILL
	Upgrade         *Upgrade

	InputTopics  []string
	OutputTopics []string
}

// Artifact is fetched into the sandbox of each task before its start.
type Artifact struct {
	URI        string
	Extract    bool
	Executable bool
	DestPath   string
}

// HealthCheck is Marathon's, in seconds.
type HealthCheck struct {
	Protocol               string // see Protocols
	Path                   string // HTTP protocols
	Command                string // COMMAND
	GracePeriod            int
	Interval               int
	Timeout                int
	MaxConsecutiveFailures int
}

// Protocols of a health check. The MESOS_ ones and COMMAND run beside the task on its agent, the others from Marathon.
var Protocols = []string{"MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP", "COMMAND", "HTTP", "HTTPS", "TCP"}

// UsesPath says whether a protocol asks an HTTP path.
func UsesPath(protocol string) bool {
	switch protocol {
	case "MESOS_HTTP", "MESOS_HTTPS", "HTTP", "HTTPS":
		return true
	}
	return false
}

// Guarantees that Kafka Streams 4 knows.
var Guarantees = []string{"at_least_once", "exactly_once_v2"}

// Upgrade is Marathon's upgradeStrategy: shares of the instances in 0..1.
type Upgrade struct {
	MinimumHealthCapacity float64
	MaximumOverCapacity   float64
}

// FieldError says which attribute of the application is wrong. Field is the attribute's name, or "config[key]" for an
// entry of a map.
type FieldError struct {
	Field   string
	Message string
}

func (e *FieldError) Error() string { return e.Message }

// Attribute is the field word, for the translation to diagnostics.
func (e *FieldError) Attribute() string { return e.Field }

func fieldErrorf(field, format string, args ...any) *FieldError {
	return &FieldError{Field: field, Message: fmt.Sprintf(format, args...)}
}
