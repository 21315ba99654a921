package kafkaadmin

import "time"

// Broker is one registered broker.
type Broker struct {
	ID   int32
	Host string // of the listener that was asked
	Port int32
	Rack string // empty when the broker has none
	// Fenced brokers are registered but not serving: starting, stopping or
	// dead. Known only where the cluster offers DescribeCluster v2 (Kafka 4.0).
	Fenced bool
}

// Topic is a topic as the cluster shows it.
type Topic struct {
	Name       string
	Partitions int32
	// ReplicationFactor is that of partition 0.
	ReplicationFactor int16
	// MixedReplication is set when another partition has a different number
	// of replicas.
	MixedReplication bool
	// Internal topics belong to Kafka itself (__consumer_offsets …).
	Internal bool
	// Config holds every entry that the broker answers, defaults included.
	// Nil in the answer of Topics.
	Config map[string]ConfigEntry
}

// ConfigEntry is one configuration value and where it comes from.
type ConfigEntry struct {
	Value     string // empty when Sensitive
	Source    Source
	Sensitive bool
	ReadOnly  bool
}

// Source says which layer of Kafka's configuration a value comes from.
type Source int

// Sources, in the order of Kafka's protocol.
const (
	SourceUnknown Source = iota
	SourceTopic
	SourceDynamicBroker
	SourceDynamicDefaultBroker
	SourceStaticBroker
	SourceDefault
)

// String gives the name of the source as the contract spells it.
func (s Source) String() string {
	switch s {
	case SourceTopic:
		return "Topic"
	case SourceDynamicBroker:
		return "DynamicBroker"
	case SourceDynamicDefaultBroker:
		return "DynamicDefaultBroker"
	case SourceStaticBroker:
		return "StaticBroker"
	case SourceDefault:
		return "Default"
	default:
		return "Unknown"
	}
}

// NewTopic is a topic to create.
type NewTopic struct {
	Name              string
	Partitions        int32 // -1 = the broker's num.partitions
	ReplicationFactor int16 // -1 = the broker's default.replication.factor
	Config            map[string]string
}

// Partition is one partition's placement.
type Partition struct {
	Topic     string
	Partition int32
	Leader    int32 // -1 when there is none
	Replicas  []int32
	ISR       []int32
}

// ACL is one access control binding. The words are those of sarama and of the
// kafka_acl resource: "Topic", "Literal", "DescribeConfigs", "Allow" …
type ACL struct {
	ResourceType   string
	ResourceName   string
	PatternType    string
	Principal      string
	Host           string
	Operation      string
	PermissionType string
}

// Quorum is the state of the KRaft metadata quorum.
type Quorum struct {
	LeaderID  int32 // -1 when there is none
	Voters    []QuorumReplica
	Observers []QuorumReplica
}

// QuorumReplica is one member of the metadata quorum. The times are zero where
// the leader does not know them.
type QuorumReplica struct {
	ID           int32
	LogEndOffset int64
	LastFetch    time.Time
	LastCaughtUp time.Time
}

// Group is a consumer group. A group that does not exist has the state "Dead".
type Group struct {
	ID           string
	State        string
	ProtocolType string
	Members      []GroupMember
}

// GroupMember is one member of a consumer group.
type GroupMember struct {
	ID         string
	ClientID   string
	Host       string
	Partitions map[string][]int32 // assigned partitions by topic
}
