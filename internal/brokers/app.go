package brokers

import (
	"errors"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

var errNotYet = errors.New("brokers: not built yet")

// App is the definition of one broker's app.
func (s Spec) App(broker int) (marathon.App, error) { return nil, errNotYet }

// BootstrapServers is the static connection URL: it depends on nothing but the Spec.
func (s Spec) BootstrapServers() string { return "" }
