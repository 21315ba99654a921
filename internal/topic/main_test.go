package topic_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// world is a Kafka cluster, the provider block that points to it, and a client
// of another make to look at effects.
type world struct {
	*kfake.Cluster
	provider string
	adm      *kadm.Client
	ctx      context.Context
}

func newWorld(t *testing.T, opts ...kfake.Opt) *world {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...), kgo.MetadataMinAge(10*time.Millisecond)) // fresh answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	return &world{Cluster: fake, provider: providerBlock(fake.ListenAddrs()...), adm: kadm.NewClient(cl), ctx: ctx}
}

func providerBlock(addrs ...string) string {
	return fmt.Sprintf("provider \"kafka\" {\n  bootstrap_servers = [\"%s\"]\n}\n", strings.Join(addrs, `", "`))
}

// topic looks at a topic from outside; ok is false when there is none.
func (w *world) topic(t *testing.T, name string) (d kadm.TopicDetail, config map[string]string, ok bool) {
	t.Helper()
	all, err := w.adm.ListTopics(w.ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if all[name].Err != nil {
		return d, nil, false
	}
	rc, err := w.adm.DescribeTopicConfigs(w.ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	config = map[string]string{}
	for _, c := range rc[0].Configs {
		if c.Source.String() == "DYNAMIC_TOPIC_CONFIG" {
			config[c.Key] = c.MaybeValue()
		}
	}
	return all[name], config, true
}

// set writes one configuration key from outside; nil resets it.
func (w *world) set(t *testing.T, topic, key string, value *string) {
	t.Helper()
	op := kadm.SetConfig
	if value == nil {
		op = kadm.DeleteConfig
	}
	rs, err := w.adm.AlterTopicConfigs(w.ctx, []kadm.AlterConfig{{Op: op, Name: key, Value: value}}, topic)
	if err != nil || rs[0].Err != nil {
		t.Fatal(err, rs)
	}
}

// step applies a configuration: the planned action is checked before, an empty
// plan after.
func (w *world) step(config string, action plancheck.ResourceActionType, checks ...statecheck.StateCheck) resource.TestStep {
	return resource.TestStep{
		Config: w.provider + config,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("kafka_topic.t", action)},
			PostApplyPreRefresh:  []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
		ConfigStateChecks: checks,
	}
}

func (w *world) fails(config, message string) resource.TestStep {
	return resource.TestStep{Config: w.provider + config, ExpectError: spaced(message)}
}

// spaced finds a text that Terraform has wrapped into lines.
func spaced(s string) *regexp.Regexp {
	words := strings.Fields(s)
	for i := range words {
		words[i] = regexp.QuoteMeta(words[i])
	}
	return regexp.MustCompile(strings.Join(words, `[\s│╷╵]+`))
}

func run(t *testing.T, steps ...resource.TestStep) {
	t.Helper()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: testkit.Providers(), Steps: steps})
}

// orders is a kafka_topic "t" named orders with further lines.
func orders(partitions, rf int, lines ...string) string {
	return fmt.Sprintf("resource \"kafka_topic\" \"t\" {\n  name = \"orders\"\n  partitions = %d\n  replication_factor = %d\n  %s\n}\n", partitions, rf, strings.Join(lines, "\n  "))
}
