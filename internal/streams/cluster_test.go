package streams_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// A cluster, its topics and an application on it, from one apply: the application finds the brokers by the cluster's static
// connection URL, and the provider finds them through Marathon.
func TestSandboxApplicationOnCluster(t *testing.T) {
	sb := testkit.NewSandbox(t)
	marathon := testkit.MarathonClient(t, sb)
	config := func(instances int) string {
		return testkit.ProviderConfig(sb) + fmt.Sprintf(`
resource "kafka_cluster" "main" {
  name    = "main"
  brokers = 1
  cpus    = 0.5
  memory  = 512
  heap    = 128
}
resource "kafka_topic" "lines" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = 4
  replication_factor = 1
}
resource "kafka_topic" "counts" {
  cluster            = kafka_cluster.main.id
  name               = "counts"
  partitions         = 4
  replication_factor = 1
}
resource "kafka_streams_application" "wordcount" {
  cluster           = kafka_cluster.main.id
  application_id    = "wordcount"
  artifacts         = [{ uri = "file://%s", executable = true }]
  command           = "exec ./wordcount-go"
  instances         = %d
  cpus              = 0.1
  memory            = 64
  kill_grace_period = 10
  config            = { "consumer.session.timeout.ms" = "6000" }
  readiness_path    = "/ready"
  input_topics      = [kafka_topic.lines.name]
  output_topics     = [kafka_topic.counts.name]
  health_check      = { grace_period = 30, interval = 1, timeout = 1 }
}
`, testkit.Wordcount(t), instances)
	}
	var two []string
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(),
		Steps: []resource.TestStep{
			{
				Config: config(2), ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
				ConfigStateChecks: []statecheck.StateCheck{state("group_state", knownvalue.StringExact("Stable")), state("members", knownvalue.Int64Exact(2))},
				Check: func(*terraform.State) error {
					two = marathon.TaskIDs(appID)
					env, _ := marathon.App(appID)["env"].(map[string]any)
					if servers, _ := env["STREAMS_BOOTSTRAP_SERVERS"].(string); !strings.HasPrefix(servers, "kafka-main.marathon.l4lb.") {
						return fmt.Errorf("brokers %q are not the static connection URL", servers)
					}
					return nil
				},
			},
			{
				Config: config(3), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("members", knownvalue.Int64Exact(3))},
				Check: func(*terraform.State) error {
					three := marathon.TaskIDs(appID)
					for _, id := range two {
						if !slices.Contains(three, id) {
							return fmt.Errorf("task %s was restarted: %v", id, three)
						}
					}
					return nil
				},
			},
			{ResourceName: address, ImportState: true, ImportStateId: "wordcount", ImportStateVerify: true},
		},
	})
}
