package cluster_test

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/provider"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// deadURL is an address on which nothing listens.
func deadURL(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

// TestSandboxClusterOutage: an unreachable Marathon, or one that refuses us, fails and takes nothing out of the state.
func TestSandboxClusterOutage(t *testing.T) {
	b := newBench(t)
	config := b.cluster("brokers = 1")
	down := strings.Replace(config, b.URL(), deadURL(t), 1)
	b.run(
		resource.TestStep{Config: down, ExpectError: regexp.MustCompile(`(?s)Unable to Create Kafka Cluster.*no answer from`)},
		step(config, plancheck.ResourceActionCreate),
		resource.TestStep{Config: down, ExpectError: regexp.MustCompile(`(?s)Unable to Read Kafka Cluster.*no answer from`)},
		resource.TestStep{Config: config, PlanOnly: true},
	)
}

func TestSandboxClusterWrongCredentials(t *testing.T) {
	b := newBench(t, testkit.WithCredentials("admin", "right"))
	b.marathon = b.marathon.WithCredentials("admin", "right")
	with := func(password string) string {
		return strings.Replace(b.cluster("brokers = 1"), "  marathon = {\n", fmt.Sprintf("  marathon = {\n    user = \"admin\"\n    password = %q\n", password), 1)
	}
	b.run(
		resource.TestStep{Config: with("wrong"), ExpectError: regexp.MustCompile(`(?s)Unable to Create Kafka Cluster.*Invalid username or password.*MARATHON_PASSWORD`)},
		step(with("right"), plancheck.ResourceActionCreate),
		resource.TestStep{Config: with("wrong"), ExpectError: regexp.MustCompile(`(?s)Unable to Read Kafka Cluster.*Invalid username or password`)},
		resource.TestStep{Config: with("right"), PlanOnly: true},
	)
}

// TestSandboxClusterCrash: brokers that end at once end the apply before its time, with their last lines; the cluster stays
// in state and the next apply makes it anew.
func TestSandboxClusterCrash(t *testing.T) {
	b := newBench(t)
	started := time.Now()
	b.run(
		resource.TestStep{Config: b.cluster(`env = { KAFKA_HOME = "/no/kafka/here" }`), ExpectError: regexp.MustCompile(`(?s)Unable to Create Kafka Cluster.*did not\s+come\s+up.*/no/kafka/here/bin/kafka-storage.sh`)},
		resource.TestStep{
			Config:           b.cluster(""),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate)}},
			Check: resource.ComposeAggregateTestCheckFunc(b.kafkaHas(0, 1, 2), func(*terraform.State) error {
				if took := time.Since(started); took > 2*time.Minute {
					return fmt.Errorf("failing and mending took %s", took)
				}
				return nil
			}),
		},
	)
}

// TestSandboxClusterFailedRoll: a roll stops at the first broker that does not come back, the others go on serving, and the
// next apply mends that one first.
func TestSandboxClusterFailedRoll(t *testing.T) {
	b := newBench(t)
	var before map[int]string
	bad := resource.TestStep{
		Config:      b.cluster(`env = { KAFKA_HOME = "/no/kafka/here" }`),
		PreConfig:   func() { before = b.tasks() },
		ExpectError: regexp.MustCompile(`(?s)Unable to Update Kafka Cluster.*stopped at\s+broker\s+\d.*kafka-storage.sh.*Not\s+touched`),
	}
	untouched := func() int {
		n := 0
		for id, task := range b.tasks() {
			if before[id] == task {
				n++
			}
		}
		return n
	}
	again := bad
	again.PreConfig = func() {
		if n := untouched(); n != 2 {
			t.Errorf("%d brokers were left alone, want 2", n)
		}
	}
	again.ExpectError = regexp.MustCompile(`(?s)Unable to Update Kafka Cluster.*kafka-storage.sh`)
	mended := step(b.cluster(`env = { TZ = "UTC" }`), plancheck.ResourceActionUpdate, b.kafkaHas(0, 1, 2))
	mended.PreConfig = func() {
		if n := untouched(); n != 2 {
			t.Errorf("%d brokers were left alone by the second try, want 2", n)
		}
	}
	b.run(step(b.cluster(""), plancheck.ResourceActionCreate, b.kafkaHas(0, 1, 2)), bad, again, mended)
}

// TestSandboxClusterStoppedUpdate: brokers that differ from each other are brought in line, although every attribute says
// what the configuration says.
func TestSandboxClusterStoppedUpdate(t *testing.T) {
	b := newBench(t)
	var before map[int]string
	resume := step(b.cluster(`labels = { team = "b" }`), plancheck.ResourceActionUpdate, b.appHas(1, "b", "labels", "team"), b.appHas(2, "b", "labels", "team"), func(*terraform.State) error {
		if now := b.tasks(); now[0] != before[0] || now[1] == before[1] || now[2] == before[2] {
			return fmt.Errorf("tasks were %v and are %v: broker 0 was changed before", before, now)
		}
		return nil
	})
	resume.PreConfig = func() {
		labels := b.marathon.App(appID(0))["labels"].(map[string]any)
		labels["team"] = "b"
		b.edit(0, map[string]any{"labels": labels})
		before = maps.Clone(b.tasks())
	}
	b.run(step(b.cluster(`labels = { team = "a" }`), plancheck.ResourceActionCreate), resume)
}

// TestSandboxClusterInterrupted: what an apply that ran out of time has made is in state, and the next one converges.
func TestSandboxClusterInterrupted(t *testing.T) {
	b := newBench(t)
	next := step(b.cluster(""), plancheck.ResourceActionDestroyBeforeCreate, b.kafkaHas(0, 1, 2))
	next.PreConfig = func() {
		if b.marathon.App(appID(0)) == nil {
			t.Error("the first apply made nothing")
		}
	}
	b.run(resource.TestStep{Config: b.cluster(`timeouts = { create = "1s" }`), ExpectError: regexp.MustCompile(`(?s)Unable to Create Kafka Cluster`)}, next)
}

// TestSandboxClusterExists: the group of another cluster is not taken over, and that cluster is not touched.
func TestSandboxClusterExists(t *testing.T) {
	b := newBench(t)
	config := b.cluster("brokers = 1")
	second := config + "resource \"kafka_cluster\" \"twin\" {\n  name = \"main\"\n  brokers = 1\n  depends_on = [kafka_cluster.main]\n}\n"
	var before map[int]string
	b.run(
		step(config, plancheck.ResourceActionCreate),
		resource.TestStep{Config: second, PreConfig: func() { before = b.tasks() }, ExpectError: regexp.MustCompile(`(?s)already holds the\s+brokers.*terraform import`)},
		resource.TestStep{Config: config, PlanOnly: true, PreConfig: func() {
			if now := b.tasks(); !maps.Equal(now, before) {
				t.Errorf("tasks were %v and are %v", before, now)
			}
		}},
	)
}

// TestSandboxClusterTwiceAtOnce: two resources of one name are made together. One has the group, and the other says so.
func TestSandboxClusterTwiceAtOnce(t *testing.T) {
	b := newBench(t)
	config := b.cluster("brokers = 1")
	b.run(
		resource.TestStep{
			Config:      config + "resource \"kafka_cluster\" \"twin\" {\n  name = \"main\"\n  brokers = 1\n  cpus = 0.1\n  memory = 384\n}\n",
			ExpectError: regexp.MustCompile(`(?s)Unable to Create Kafka Cluster.*([Gg]roup\s+/kafka/main\s+already\s+holds|app\s+/kafka/main/broker-0\s+was\s+made\s+by).*terraform\s+import`),
		},
	)
}

// TestSandboxClusterPortClash: two on one port of one host is a plan error where it can be known, and else the rollout's; two of
// one VIP are a plan error.
func TestSandboxClusterPortClash(t *testing.T) {
	b := newBench(t)
	host := b.Core().Agents()[1].Hostname
	other := map[string]any{
		"id": "/other", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "requirePorts": true,
		"portDefinitions": []any{map[string]any{"port": 9092, "labels": map[string]any{"VIP_0": "/kafka-main:9292"}}}, "constraints": []any{[]any{"hostname", "IS", host}},
	}
	if status, answer := b.marathon.Do(http.MethodPost, "/v2/apps", other); status != http.StatusCreated {
		t.Fatalf("POST: %d %v", status, answer)
	}
	b.settled()
	pinned := func(port int) string {
		return b.cluster(fmt.Sprintf("brokers = 1\n  client_port = %d\n  controller_port = 9193\n  placement = { hosts = [%q] }", port, host))
	}
	constrained := b.cluster(fmt.Sprintf("brokers = 1\n  placement = { constraints = [[\"hostname\", \"LIKE\", %q]] }", host))
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(provider.WithRollout(rollout.WithUnschedulableAfter(2 * time.Second))),
		Steps: []resource.TestStep{
			{Config: pinned(9092), PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)client_port = 9092.*port 9092 on\s+host\s+\S+\s+where app\s+/other`)},
			{Config: b.cluster("brokers = 1\n  client_port = 9292"), PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)VIP Is Taken.*app\s+/other\s+has\s+the\s+same\s+VIP`)},
			{Config: constrained, ExpectError: regexp.MustCompile(`(?s)no\s+agent\s+offers.*9092`)},
			{Config: pinned(9192), Check: b.kafkaHas(0)},
			// The cluster that this one replaces has the ports until then: no clash.
			step(strings.Replace(pinned(9192), `name = "main"`, `name = "renamed"`, 1), plancheck.ResourceActionDestroyBeforeCreate),
		},
	})
}
