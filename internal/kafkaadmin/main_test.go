package kafkaadmin_test

import (
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }
