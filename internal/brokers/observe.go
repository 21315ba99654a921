package brokers

import "github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"

// Observed is a cluster as Marathon holds it.
type Observed struct {
	ID   string // the group's path
	Spec Spec   // what the lowest broker says, completed by the others; Brokers is the highest id + 1
	// Brokers are the apps found, by id.
	Brokers []Broker
}

// Broker is one broker's app with its task.
type Broker struct {
	ID        int
	AppID     string
	Version   string // of the app
	Instances int
	Spec      Spec // as this app alone tells it
	Host      string
	Port      int // of the client listener
	Rack      string
	TaskID    string // of the running task, empty without one
	Healthy   bool
}

// FromApps rebuilds a cluster from the apps of its group.
func FromApps(groupID string, apps []marathon.App) (Observed, error) {
	return Observed{}, errNotYet
}

// Addresses are the client listeners of the brokers that run, host:port each.
func Addresses(o Observed) []string { return nil }
