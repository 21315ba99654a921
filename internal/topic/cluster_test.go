package topic_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// A cluster, its topics and their import in one configuration.
func TestSandboxTopicOnACluster(t *testing.T) {
	sb := testkit.NewSandbox(t)
	w := &world{provider: testkit.ProviderConfig(sb)}
	config := func(partitions string) string {
		return `
resource "kafka_cluster" "main" {
  name          = "main"
  authorization = {}
}
resource "kafka_topic" "t" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = ` + partitions + `
  replication_factor = 3
  config             = { "retention.ms" = "1000" }
}
resource "kafka_acl" "a" {
  cluster             = kafka_cluster.main.id
  resource_type       = "Topic"
  resource_name       = kafka_topic.t.name
  acl_principal       = "User:alice"
  acl_host            = "*"
  acl_operation       = "Read"
  acl_permission_type = "Allow"
}`
	}
	imported := func(address, id string) resource.TestStep {
		return resource.TestStep{Config: w.provider + config("12"), ResourceName: address, ImportState: true, ImportStateVerify: true, ImportStateId: id}
	}
	// A cluster that is gone must not stop the plan that brings it back; what
	// was on it comes back with the plan after.
	lost := resource.TestStep{
		Config: w.provider + config("12"), PreConfig: func() { deleteGroup(t, sb.URL(), "/kafka/main") },
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectResourceAction("kafka_cluster.main", plancheck.ResourceActionCreate),
			plancheck.ExpectResourceAction("kafka_topic.t", plancheck.ResourceActionNoop),
		}},
		ExpectNonEmptyPlan: true,
	}
	again := w.step(config("12"), plancheck.ResourceActionCreate)
	run(t,
		w.step(config("10"), plancheck.ResourceActionCreate, value("id", knownvalue.StringExact("/kafka/main|lines"))),
		w.step(config("12"), plancheck.ResourceActionUpdate),
		imported("kafka_topic.t", "/kafka/main|lines"),
		imported("kafka_acl.a", "/kafka/main|User:alice|*|Read|Allow|Topic|lines|Literal"),
		lost, again,
	)
}

// deleteGroup removes a group of apps from Marathon behind everyone's back, and
// waits until it is gone.
func deleteGroup(t *testing.T, marathon, id string) {
	t.Helper()
	do := func(method, path string) int {
		req, err := http.NewRequestWithContext(t.Context(), method, marathon+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if status := do(http.MethodDelete, "/v2/groups"+id+"?force=true"); status != http.StatusOK {
		t.Fatalf("deleting %s: %d", id, status)
	}
	deadline := time.After(60 * time.Second)
	for do(http.MethodGet, "/v2/groups"+id) != http.StatusNotFound {
		select {
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%s is still there", id)
		}
	}
}
