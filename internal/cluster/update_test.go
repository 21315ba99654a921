package cluster_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// restarted remembers the tasks and tells whether all or none were replaced since.
type restarted struct {
	b    *bench
	seen map[int]string
}

func (r *restarted) none(*terraform.State) error {
	now := r.b.tasks()
	if r.seen != nil && !maps.Equal(now, r.seen) {
		return fmt.Errorf("brokers were restarted: tasks were %v and are %v", r.seen, now)
	}
	r.seen = now
	return nil
}

func (r *restarted) all(*terraform.State) error {
	now := r.b.tasks()
	for id, task := range now {
		if task == r.seen[id] {
			return fmt.Errorf("broker %d was not restarted: %s", id, task)
		}
	}
	r.seen = now
	return nil
}

// dynamic checks by kadm what the cluster-wide dynamic value of a property is, "" for none.
func (b *bench) dynamic(key, want string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		admin, err := b.admin()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
		defer cancel()
		configs, err := admin.DescribeBrokerConfigs(ctx)
		if err != nil {
			return err
		}
		got := ""
		for _, rc := range configs {
			for _, c := range rc.Configs {
				if c.Key == key && c.Source.String() == "DYNAMIC_DEFAULT_BROKER_CONFIG" && c.Value != nil {
					got = *c.Value
				}
			}
		}
		if got != want {
			return fmt.Errorf("Kafka's cluster-wide %s is %q, want %q", key, got, want)
		}
		return nil
	}
}

// commandHas checks the lines of a broker's server.properties.
func (b *bench) commandHas(broker int, line string, want bool) resource.TestCheckFunc {
	return func(*terraform.State) error {
		cmd, _ := b.marathon.App(appID(broker))["cmd"].(string)
		if strings.Contains(cmd, "\n"+line+"\n") != want {
			return fmt.Errorf("broker %d: line %q in the command: %t, want %t\n%s", broker, line, !want, want, cmd)
		}
		return nil
	}
}

// TestSandboxClusterUpdates changes one attribute after the other. What needs a restart restarts all, one by one; the rest
// restarts nobody. The cluster keeps its id, and a topic its place.
func TestSandboxClusterUpdates(t *testing.T) {
	b := newBench(t)
	r := &restarted{b: b}
	sameID := statecheck.CompareValue(same{})
	update := func(arguments string, restart bool, checks ...resource.TestCheckFunc) resource.TestStep {
		if restart {
			checks = append(checks, r.all)
		} else {
			checks = append(checks, r.none)
		}
		s := step(b.cluster(arguments), plancheck.ResourceActionUpdate, append(checks, b.kafkaHas(0, 1, 2))...)
		s.ConfigStateChecks = []statecheck.StateCheck{sameID.AddStateValue(address, tfjsonpath.New("cluster_id"))}
		return s
	}
	first := step(b.cluster(""), plancheck.ResourceActionCreate, r.none)
	first.ConfigStateChecks = []statecheck.StateCheck{sameID.AddStateValue(address, tfjsonpath.New("cluster_id"))}
	b.run(
		first,
		update(`config = { "num.partitions" = "6" }`, true, b.commandHas(1, "num.partitions=6", true)),
		update(`config = { "num.partitions" = "6", "log.retention.ms" = "1000000" }`, false, b.dynamic("log.retention.ms", "1000000"), b.commandHas(1, "log.retention.ms=1000000", false)),
		update(`config = { "num.partitions" = "6", "log.retention.ms" = "2000000" }`, false, b.dynamic("log.retention.ms", "2000000")),
		update(`config = { "num.partitions" = "6" }`, false, b.dynamic("log.retention.ms", "")),
		update(`env = { TZ = "UTC" }`, true, b.appHas(2, "UTC", "env", "TZ"), b.commandHas(1, "num.partitions=6", false)),
		update(`labels = { team = "a" }`, true, b.appHas(0, "a", "labels", "team"), b.appHas(0, "<nil>", "env", "TZ")),
		update(`heap = 100`, true, b.appHas(0, "-Xms100m -Xmx100m", "env", "KAFKA_HEAP_OPTS")),
		update(`kafka_version = "4.3.0"`, true, b.appHas(2, "apache/kafka:4.3.0", "container", "docker", "image"), b.appHas(2, "4.3.0", "labels", "KAFKA_VERSION")),
		update(`authorization = { super_users = ["User:ANONYMOUS", "User:admin"] }`, true, b.commandHas(1, "super.users=User:ANONYMOUS;User:admin", true)),
		update(`placement = { constraints = [["node", "LIKE", "n.*"]] }`, true, b.appHas(1, "[[node LIKE n.*]]", "constraints")),
		update(`service_discovery = "mesos-dns"`, true, resource.TestCheckResourceAttr(address, "bootstrap_servers",
			"broker-0.main.kafka.marathon.mesos:9092,broker-1.main.kafka.marathon.mesos:9092,broker-2.main.kafka.marathon.mesos:9092")),
		update(`deletion_protection = true`, true),
		update(`timeouts = { update = "10m" }`, false),
	)
}

func TestSandboxClusterRefusals(t *testing.T) {
	b := newBench(t)
	refuse := func(arguments, message string) resource.TestStep {
		return resource.TestStep{Config: b.cluster(arguments), PlanOnly: true, ExpectError: regexp.MustCompile(message)}
	}
	b.run(
		step(b.cluster(`brokers = 1`), plancheck.ResourceActionCreate),
		refuse(`brokers = 2`, `(?s)keep\s+brokers = 1`),
		refuse("brokers = 1\n  client_port = 9192", `(?s)client_port = 9192.*made with client_port 9092`),
		refuse("brokers = 1\n  controller_port = 9193", `(?s)made with controller_port\s+9093`),
		refuse("brokers = 1\n  storage = { size = 100 }", `(?s)Storage of a Kafka Cluster Cannot Be Changed`),
	)
}

func TestSandboxClusterReplace(t *testing.T) {
	b := newBench(t)
	renamed := func(arguments string) string {
		return strings.Replace(b.cluster(arguments), `name = "main"`, `name = "other"`, 1)
	}
	different := statecheck.CompareValue(differ{})
	first := step(b.cluster("brokers = 1\n  deletion_protection = true"), plancheck.ResourceActionCreate)
	first.ConfigStateChecks = []statecheck.StateCheck{different.AddStateValue(address, tfjsonpath.New("cluster_id"))}
	last := step(renamed("brokers = 1\n"), plancheck.ResourceActionReplace)
	last.ConfigStateChecks = []statecheck.StateCheck{different.AddStateValue(address, tfjsonpath.New("cluster_id"))}
	b.run(
		first,
		resource.TestStep{Config: renamed("brokers = 1\n  deletion_protection = true"), ExpectError: regexp.MustCompile(`(?s)would replace Kafka cluster\s+/kafka/main`)},
		resource.TestStep{Config: b.cluster("brokers = 1\n  deletion_protection = true"), Destroy: true, ExpectError: regexp.MustCompile(`(?s)would destroy Kafka\s+cluster\s+/kafka/main.*deletion_protection = false`)},
		step(b.cluster("brokers = 1\n  deletion_protection = false"), plancheck.ResourceActionUpdate),
		last,
	)
}

// TestSandboxClusterStorage: data on a volume survives a restart, what Marathon cannot change is refused, and the cluster is
// protected unless told otherwise.
func TestSandboxClusterStorage(t *testing.T) {
	b := newBench(t, testkit.WithMesosRole("kafka"))
	with := func(more string) string {
		return b.cluster("brokers = 1\n  storage = { size = 100 }\n" + more)
	}
	refuse := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile(message)}
	}
	topic := func(make bool) resource.TestCheckFunc {
		return func(*terraform.State) error {
			admin, err := b.admin()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
			defer cancel()
			if make {
				_, err = admin.CreateTopic(ctx, 1, 1, nil, "kept")
				return err
			}
			topics, err := admin.ListTopics(ctx, "kept")
			if err == nil && !topics.Has("kept") {
				err = fmt.Errorf("the topic did not survive the restart: %v", topics.Names())
			}
			return err
		}
	}
	r := &restarted{b: b}
	protected := resource.TestCheckResourceAttr(address, "deletion_protection", "true")
	b.run(
		step(with(""), plancheck.ResourceActionCreate, protected, topic(true), r.none),
		step(with(`env = { TZ = "UTC" }`), plancheck.ResourceActionUpdate, r.all, topic(false)),
		refuse(strings.Replace(with(""), "cpus = 0.1", "cpus = 0.2", 1), `(?s)cpus = 0.2.*Keep cpus as it was \(0.1`),
		refuse(with(`placement = { hosts = ["a"] }`), `Brokers with Storage Cannot Move`),
		refuse(b.cluster("brokers = 1\n  storage = { size = 200 }"), `Storage of a Kafka Cluster Cannot Be Changed`),
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "main", ImportStateVerify: true},
		resource.TestStep{Config: with(`env = { TZ = "UTC" }`), Destroy: true, ExpectError: regexp.MustCompile(`would destroy Kafka`)},
		step(with("env = { TZ = \"UTC\" }\n  deletion_protection = false"), plancheck.ResourceActionUpdate, r.none),
	)
}
