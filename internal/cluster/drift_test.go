package cluster_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// TestSandboxClusterDrift changes one app behind Terraform's back; the plan shows it at its attribute, and an apply mends
// that broker and no other.
func TestSandboxClusterDrift(t *testing.T) {
	b := newBench(t)
	config := b.cluster("  env = { TZ = \"UTC\" }\n  config = { \"log.retention.ms\" = \"1000000\" }")
	var before map[int]string
	drift := func(edit func(), shown string, checks ...resource.TestCheckFunc) resource.TestStep {
		s := step(config, plancheck.ResourceActionUpdate, append(checks, b.kafkaHas(0, 1, 2))...)
		s.PreConfig = func() { before = b.tasks(); edit() }
		s.ConfigPlanChecks.PreApply = append(s.ConfigPlanChecks.PreApply, changes{shown})
		return s
	}
	onlyBroker1 := func(*terraform.State) error {
		for id, task := range b.tasks() {
			if restarted := task != before[id]; restarted != (id == 1) {
				return fmt.Errorf("broker %d restarted: %t", id, restarted)
			}
		}
		return nil
	}
	b.run(
		step(config, plancheck.ResourceActionCreate),
		drift(func() { b.edit(1, map[string]any{"cpus": 0.2}) }, "cpus", b.appHas(1, "0.1", "cpus"), onlyBroker1),
		drift(func() {
			env := b.marathon.App(appID(1))["env"].(map[string]any)
			env["TZ"], env["DEBUG"] = "CET", "1"
			b.edit(1, map[string]any{"env": env})
		}, "env", b.appHas(1, "UTC", "env", "TZ"), b.appHas(1, "<nil>", "env", "DEBUG"), onlyBroker1),
		drift(func() {
			container := b.marathon.App(appID(1))["container"].(map[string]any)
			container["docker"].(map[string]any)["image"] = "apache/kafka:4.2.0"
			b.edit(1, map[string]any{"container": container})
		}, "image", b.appHas(1, "apache/kafka:4.3.1", "container", "docker", "image"), onlyBroker1),
		drift(func() { b.edit(1, map[string]any{"instances": 0}) }, "brokers", b.appHas(1, "1", "instances"), onlyBroker1),
		drift(func() { b.delete(1) }, "brokers", onlyBroker1),
		drift(func() { b.edit(1, map[string]any{"taskKillGracePeriodSeconds": 5}) }, "broker_list", b.appHas(1, "60", "taskKillGracePeriodSeconds"), onlyBroker1),
		drift(func() { b.forget("log.retention.ms") }, "config", b.dynamic("log.retention.ms", "1000000")),
	)
}

// TestSandboxClusterDisappears: only when Marathon says that no broker is left, the cluster is made anew.
func TestSandboxClusterDisappears(t *testing.T) {
	b := newBench(t)
	config := b.cluster("brokers = 1")
	again := step(config, plancheck.ResourceActionCreate, b.kafkaHas(0))
	again.PreConfig = func() { b.delete(0) }
	b.run(step(config, plancheck.ResourceActionCreate), again)
}

// TestSandboxClusterImport rebuilds everything that can be set.
func TestSandboxClusterImport(t *testing.T) {
	b := newBench(t)
	hosts := ""
	for i := range 3 {
		hosts += fmt.Sprintf("%q,", b.Core().Agents()[i].Hostname)
	}
	config := b.cluster(`
  group             = "/data/streams/main"
  kafka_version     = "4.2.0"
  image             = "apache/kafka:4.3.1"
  runtime           = "mesos"
  heap              = 96
  client_port       = 9192
  controller_port   = 9193
  service_discovery = "hosts"
  placement = {
    hosts       = [` + hosts + `]
    constraints = [["node", "LIKE", "n[1-3]"], ["hostname", "UNIQUE"]]
    rack        = { attribute = "zone", values = ["z1", "z2", "z3"] }
  }
  authorization = { super_users = ["User:ANONYMOUS", "User:a b"], allow_everyone_if_no_acl = true }
  config = { "num.partitions" = "6", "log.retention.ms" = "1000000", "x.y" = "it's $HOME\n\"ü\"" }
  env    = { X = "it's $HOME\n\"ü\"" }
  labels = { team = "data" }
`)
	create := resource.TestStep{Config: config}
	b.run(create, resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "/data/streams/main", ImportStateVerify: true},
		resource.TestStep{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
			plancheck.ExpectEmptyPlan(), plancheck.ExpectKnownValue(address, tfjsonpath.New("runtime"), knownvalue.StringExact("mesos")),
		}}})
}

func (b *bench) delete(broker int) {
	b.t.Helper()
	if status, answer := b.marathon.Do(http.MethodDelete, "/v2/apps"+appID(broker), nil); status != http.StatusOK {
		b.t.Fatalf("DELETE: %d %v", status, answer)
	}
	b.settled()
}
