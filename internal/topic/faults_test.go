package topic_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestTopicValidation(t *testing.T) {
	w := newWorld(t)
	named := func(name string) string { return strings.Replace(orders(1, 1), `"orders"`, fmt.Sprintf("%q", name), 1) }
	for what, tc := range map[string]struct{ config, want string }{
		"blank":                {named("a b"), "is not a legal topic name"},
		"empty name":           {named(""), "A topic name must not be empty"},
		"dots":                 {named(".."), "A topic cannot be called"},
		"long name":            {named(strings.Repeat("x", 250)), "A topic name has at most 249 characters"},
		"no partitions":        {orders(0, 1), "Attribute partitions value must be between 1 and"},
		"half a partition":     {strings.Replace(orders(1, 1), "partitions = 1", "partitions = 1.5", 1), "Attribute partitions value must be a whole number, got: 1.5"},
		"replication 0":        {orders(1, 0), "Attribute replication_factor value must be -1 or at least 1, got: 0"},
		"replication -2":       {orders(1, -2), "Attribute replication_factor value must be -1 or at least 1, got: -2"},
		"rf above brokers":     {orders(1, 4), "the replication factor is not possible: at least 1 and not more than the number of usable brokers"},
		"null in config":       {orders(1, 1, `config = { "retention.ms" = null }`), "Null Map Value"},
		"empty key":            {orders(1, 1, `config = { "" = "1" }`), "string length must be at least 1"},
		"cluster not a path":   {orders(1, 1, `cluster = "main"`), "is not an absolute Marathon path"},
		"timeout":              {orders(1, 1, `timeouts = { create = "soon" }`), "Invalid Attribute Value Time Duration"},
		"cluster, no Marathon": {orders(1, 1, `cluster = "/kafka/main"`), "MARATHON_URL"},
	} {
		t.Run(what, func(t *testing.T) { run(t, w.fails(tc.config, tc.want)) })
	}
	if all, err := w.adm.ListTopics(w.ctx); err != nil || len(all) != 0 {
		t.Errorf("something was created: %v, %v", all.Names(), err)
	}
}

// Errors that only the cluster knows come at plan time where it can be reached.
func TestTopicRefusedAtPlan(t *testing.T) {
	w := newWorld(t)
	step := w.fails(orders(1, 4), "Kafka Would Refuse the Topic")
	step.PlanOnly = true
	run(t, step)
}

func TestTopicExists(t *testing.T) {
	w := newWorld(t, kfake.SeedTopics(1, "orders"))
	run(t, w.fails(orders(1, 1), "terraform import kafka_topic.<resource name> 'orders'"))
	if _, _, ok := w.topic(t, "orders"); !ok {
		t.Error("the other one's topic was deleted")
	}
}

func TestTopicNameCollides(t *testing.T) {
	w := newWorld(t, kfake.SeedTopics(1, "my.topic"))
	run(t, w.fails(strings.Replace(orders(1, 1), "orders", "my_topic", 1), "no other topic may differ from it only by '.' and '_'"))
}

// kfake takes every configuration; a real broker answers INVALID_CONFIG for
// the whole topic, and the provider finds the key.
func refuseConfig(w *world, key string) {
	w.ControlKey(int16(kmsg.CreateTopics), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		w.KeepControl()
		req := kr.(*kmsg.CreateTopicsRequest)
		for _, rt := range req.Topics {
			for _, c := range rt.Configs {
				if c.Name == key {
					resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
					st := kmsg.NewCreateTopicsResponseTopic()
					st.Topic, st.ErrorCode = rt.Topic, kerr.InvalidConfig.Code
					st.ErrorMessage = kmsg.StringPtr("Unknown topic config name: " + key)
					resp.Topics = append(resp.Topics, st)
					return resp, nil, true
				}
			}
		}
		return nil, nil, false
	})
	w.ControlKey(int16(kmsg.IncrementalAlterConfigs), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		w.KeepControl()
		req := kr.(*kmsg.IncrementalAlterConfigsRequest)
		for _, rr := range req.Resources {
			for _, c := range rr.Configs {
				if c.Name == key {
					resp := req.ResponseKind().(*kmsg.IncrementalAlterConfigsResponse)
					sr := kmsg.NewIncrementalAlterConfigsResponseResource()
					sr.ResourceType, sr.ResourceName, sr.ErrorCode = rr.ResourceType, rr.ResourceName, kerr.InvalidConfig.Code
					resp.Resources = append(resp.Resources, sr)
					return resp, nil, true
				}
			}
		}
		return nil, nil, false
	})
}

func TestTopicBadConfigKeyIsNamed(t *testing.T) {
	w := newWorld(t)
	refuseConfig(w, "no.such.config")
	bad := orders(1, 1, `config = { "retention.ms" = "1", "no.such.config" = "1" }`)
	run(t,
		w.fails(bad, `Key "no.such.config"`),
		w.step(orders(1, 1, `config = { "retention.ms" = "1" }`), plancheck.ResourceActionCreate),
		w.fails(bad, `Key "no.such.config"`),
	)
}

// What did not happen keeps its old value: the next plan shows it again.
func TestTopicHalfAnUpdate(t *testing.T) {
	w := newWorld(t)
	half := w.fails(orders(5, 1, `config = { "retention.ms" = "2" }`), "a policy of the cluster forbids this")
	half.PreConfig = func() {
		w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreatePartitions}, Err: kerr.PolicyViolation})
	}
	rest := w.step(orders(5, 1, `config = { "retention.ms" = "2" }`), plancheck.ResourceActionUpdate, value("partitions", knownvalue.Int64Exact(5)))
	rest.ConfigPlanChecks.PreApply = append(rest.ConfigPlanChecks.PreApply, onlyChanges{"partitions"})
	run(t, w.step(orders(3, 1, `config = { "retention.ms" = "1" }`), plancheck.ResourceActionCreate), half, rest)
}

// Neither an outage nor a missing right takes a topic out of the state.
func TestTopicStaysInStateThroughTrouble(t *testing.T) {
	w := newWorld(t)
	var f *kfake.FaultHandle
	denied := w.fails(orders(3, 1), "the principal that the provider connects as may not do this to the topic")
	denied.PreConfig = func() {
		f = w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Resource: "orders", Err: kerr.TopicAuthorizationFailed, Count: -1})
	}
	well := w.step(orders(3, 1), plancheck.ResourceActionNoop)
	well.PreConfig = func() {
		if f.Hits() == 0 {
			t.Error("the fault was never met")
		}
		f.Remove()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	away := resource.TestStep{Config: providerBlock(nobody) + orders(3, 1), ExpectError: spaced(nobody + ": connection refused")}
	run(t, w.step(orders(3, 1), plancheck.ResourceActionCreate), denied, well, away, w.step(orders(3, 1), plancheck.ResourceActionNoop))
}

// Nothing is lost when the answer of a create is.
func TestTopicCreateWithLostAnswer(t *testing.T) {
	w := newWorld(t)
	step := w.step(orders(3, 2), plancheck.ResourceActionCreate)
	step.PreConfig = func() {
		w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.RequestTimedOut, When: func(r kmsg.Request) bool {
			return !r.(*kmsg.CreateTopicsRequest).ValidateOnly
		}})
	}
	run(t, step)
}

// New topics plan with nothing reachable.
func TestTopicPlansWithoutACluster(t *testing.T) {
	run(t, resource.TestStep{
		Config: providerBlock("127.0.0.1:1") + orders(3, 2), PlanOnly: true, ExpectNonEmptyPlan: true,
	})
}

func TestTopicPlansWithUnknowns(t *testing.T) {
	w := newWorld(t)
	config := `
resource "terraform_data" "x" {
  input = { name = "orders", n = 2, ms = "1000" }
}
resource "kafka_topic" "t" {
  name               = terraform_data.x.output.name
  partitions         = terraform_data.x.output.n
  replication_factor = terraform_data.x.output.n
  config             = { "retention.ms" = terraform_data.x.output.ms }
}`
	run(t, w.step(config, plancheck.ResourceActionCreate, value("id", knownvalue.StringExact("orders"))))
}

// Many topics in one apply and one plan cost few requests.
func TestTopicManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var counts [128]atomic.Int64
	w.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		counts[r.Key()].Add(1)
		return nil, nil, false
	})
	const n = 60
	config := fmt.Sprintf(`
resource "kafka_topic" "many" {
  count              = %d
  name               = "topic-${count.index}"
  partitions         = 2
  replication_factor = 1
  config             = { "retention.ms" = "1000" }
}`, n)
	var metadata, configs int64
	run(t,
		resource.TestStep{Config: w.provider + config, Check: func(*terraform.State) error {
			t.Logf("apply of %d topics: %d CreateTopics, %d Metadata, %d DescribeConfigs", n,
				counts[kmsg.CreateTopics].Load(), counts[kmsg.Metadata].Load(), counts[kmsg.DescribeConfigs].Load())
			return nil
		}},
		resource.TestStep{
			RefreshState: true,
			PreConfig:    func() { metadata, configs = counts[kmsg.Metadata].Load(), counts[kmsg.DescribeConfigs].Load() },
			Check: func(*terraform.State) error {
				m, c := counts[kmsg.Metadata].Load()-metadata, counts[kmsg.DescribeConfigs].Load()-configs
				t.Logf("refreshing %d topics: %d Metadata, %d DescribeConfigs", n, m, c)
				if m > 4 || c > 4 {
					return errors.New("a refresh costs requests per topic")
				}
				return nil
			},
		},
	)
}

// onlyChanges checks that an update changes one attribute and nothing else.
type onlyChanges struct{ attribute string }

func (o onlyChanges) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, rc := range req.Plan.ResourceChanges {
		before, _ := rc.Change.Before.(map[string]any)
		after, _ := rc.Change.After.(map[string]any)
		for k := range after {
			if changed := fmt.Sprint(before[k]) != fmt.Sprint(after[k]); changed != (k == o.attribute) {
				resp.Error = fmt.Errorf("%s: %v → %v", k, before[k], after[k])
			}
		}
	}
}
