package cluster_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const vip = "kafka-main.marathon.l4lb.thisdcos.directory:9092"

func TestSandboxClusterBasic(t *testing.T) {
	b := newBench(t)
	data := "\ndata \"kafka_cluster\" \"main\" {\n  name = kafka_cluster.main.name\n}\n"
	create := step(b.cluster("  config = { \"num.partitions\" = \"6\", \"log.retention.ms\" = \"3600000\" }\n  env = { TZ = \"UTC\" }\n  labels = { team = \"data\" }\n  authorization = {}")+data,
		plancheck.ResourceActionCreate, b.kafkaHas(0, 1, 2))
	create.ConfigPlanChecks.PreApply = append(create.ConfigPlanChecks.PreApply,
		plancheck.ExpectKnownValue(address, tfjsonpath.New("bootstrap_servers"), knownvalue.StringExact(vip)),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("/kafka/main")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("image"), knownvalue.StringExact("apache/kafka:4.3.1")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("heap"), knownvalue.Int64Exact(128)),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("broker_list")),
	)
	at := tfjsonpath.New[string]
	create.ConfigStateChecks = []statecheck.StateCheck{
		statecheck.ExpectKnownValue(address, at("cluster_id"), knownvalue.StringRegexp(regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{21}$`))),
		statecheck.ExpectKnownValue(address, at("deletion_protection"), knownvalue.Bool(false)),
		statecheck.ExpectKnownValue(address, at("broker_list"), knownvalue.ListSizeExact(3)),
		statecheck.ExpectKnownValue(address, at("broker_list").AtSliceIndex(2).AtMapKey("app_id"), knownvalue.StringExact("/kafka/main/broker-2")),
		statecheck.ExpectKnownValue(address, at("broker_list").AtSliceIndex(2).AtMapKey("port"), knownvalue.Int64Exact(9092)),
		statecheck.ExpectKnownValue("data.kafka_cluster.main", at("bootstrap_servers"), knownvalue.StringExact(vip)),
		statecheck.ExpectKnownValue("data.kafka_cluster.main", at("kafka_version"), knownvalue.StringExact("4.3.1")),
		statecheck.ExpectKnownValue("data.kafka_cluster.main", at("brokers"), knownvalue.Int64Exact(3)),
		statecheck.CompareValuePairs(address, at("cluster_id"), "data.kafka_cluster.main", at("cluster_id"), same{}),
		statecheck.CompareValuePairs(address, at("broker_list"), "data.kafka_cluster.main", at("broker_list"), same{}),
	}
	b.run(
		create,
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "/kafka/main", ImportStateVerify: true},
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "main", ImportStateVerify: true},
	)
}
