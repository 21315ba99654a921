package cluster_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const address = "kafka_cluster.main"

// bench is a sandbox with its witnesses.
type bench struct {
	*sandbox.Sandbox
	marathon *testkit.Marathon
	t        *testing.T
}

func newBench(t *testing.T, opts ...testkit.Option) *bench {
	t.Helper()
	t.Parallel() // sandboxes have addresses of their own, and a test mostly waits
	sb := testkit.NewSandbox(t, opts...)
	return &bench{Sandbox: sb, marathon: testkit.MarathonClient(t, sb), t: t}
}

// cluster is a configuration: the provider and one small cluster with the given arguments.
func (b *bench) cluster(arguments string) string {
	return testkit.ProviderConfig(b.Sandbox) + fmt.Sprintf("resource \"kafka_cluster\" \"main\" {\n  name = \"main\"\n  cpus = 0.1\n  memory = 384\n%s\n}\n", arguments)
}

func (b *bench) run(steps ...resource.TestStep) {
	b.t.Helper()
	resource.UnitTest(b.t, resource.TestCase{ProtoV6ProviderFactories: testkit.Providers(), CheckDestroy: b.nothingLeft, Steps: steps})
}

// step applies a configuration, checks the planned action before and an empty plan after.
func step(config string, action plancheck.ResourceActionType, checks ...resource.TestCheckFunc) resource.TestStep {
	return resource.TestStep{
		Config: config,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
		Check: resource.ComposeAggregateTestCheckFunc(checks...),
	}
}

// nothingLeft asks Marathon: no app and no group of ours, and no process listens.
func (b *bench) nothingLeft(*terraform.State) error {
	status, answer := b.marathon.Do(http.MethodGet, "/v2/apps", nil)
	if apps, _ := answer.(map[string]any)["apps"].([]any); status != http.StatusOK || len(apps) > 0 {
		return fmt.Errorf("after destroy Marathon answers %d with %d apps: %v", status, len(apps), answer)
	}
	if status, answer := b.marathon.Do(http.MethodGet, "/v2/groups/kafka/main", nil); status != http.StatusNotFound {
		return fmt.Errorf("after destroy the group is there (%d): %v", status, answer)
	}
	return nil
}

func appID(broker int) string { return fmt.Sprintf("/kafka/main/broker-%d", broker) }

// tasks are the running tasks of all brokers, by broker.
func (b *bench) tasks() map[int]string {
	out := map[int]string{}
	for i := range 5 {
		if b.marathon.App(appID(i)) == nil {
			continue
		}
		out[i] = strings.Join(b.marathon.TaskIDs(appID(i)), ",")
	}
	return out
}

// edit changes an app behind Terraform's back and waits until Marathon is done.
func (b *bench) edit(broker int, body map[string]any) {
	b.t.Helper()
	if status, answer := b.marathon.Do(http.MethodPut, "/v2/apps"+appID(broker), body); status != http.StatusOK {
		b.t.Fatalf("PUT: %d %v", status, answer)
	}
	b.settled()
}

func (b *bench) settled() {
	b.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		_, answer := b.marathon.Do(http.MethodGet, "/v2/deployments", nil)
		if list, _ := answer.([]any); len(list) == 0 {
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatalf("deployments go on: %v", answer)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// addresses are host:port of all running brokers, from Marathon.
func (b *bench) addresses() []string {
	var out []string
	for i := range 5 {
		app := b.marathon.App(appID(i))
		tasks, _ := app["tasks"].([]any)
		for _, t := range tasks {
			task := t.(map[string]any)
			if ports, _ := task["ports"].([]any); len(ports) > 0 {
				out = append(out, fmt.Sprintf("%v:%v", task["host"], ports[0]))
			}
		}
	}
	return out
}

// admin is an independent client of the brokers.
func (b *bench) admin() (*kadm.Client, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(b.addresses()...))
	if err != nil {
		return nil, err
	}
	b.t.Cleanup(client.Close)
	return kadm.NewClient(client), nil
}

// kafkaHas checks by kadm that exactly these brokers are in the cluster.
func (b *bench) kafkaHas(ids ...int32) resource.TestCheckFunc {
	return func(*terraform.State) error {
		admin, err := b.admin()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
		defer cancel()
		m, err := admin.BrokerMetadata(ctx)
		if err != nil {
			return err
		}
		got := m.Brokers.NodeIDs()
		slices.Sort(got)
		if !slices.Equal(got, ids) {
			return fmt.Errorf("Kafka has brokers %v, want %v", got, ids)
		}
		return nil
	}
}

// appHas checks a value in a broker's app by path, as text.
func (b *bench) appHas(broker int, want string, path ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		var v any = b.marathon.App(appID(broker))
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		if got := fmt.Sprint(v); got != want {
			return fmt.Errorf("broker %d has %s = %s, want %s", broker, strings.Join(path, "."), got, want)
		}
		return nil
	}
}
