package acl_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

type world struct {
	*kfake.Cluster
	provider string
	adm      *kadm.Client
	ctx      context.Context
}

func newWorld(t *testing.T) *world {
	t.Helper()
	fake, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	cl, err := kgo.NewClient(kgo.SeedBrokers(fake.ListenAddrs()...))
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

// acls lists every ACL as another client sees it, sorted.
func (w *world) acls(t *testing.T) []string {
	t.Helper()
	b := kadm.NewACLs().AnyResource().ResourcePatternType(kadm.ACLPatternAny).
		Allow().AllowHosts().Deny().DenyHosts().Operations(kadm.OpAny)
	rs, err := w.adm.DescribeACLs(w.ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rs {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		for _, a := range r.Described {
			s := fmt.Sprintf("%s %s %s %s %s:%s %s", a.Principal, a.Host, a.Permission, a.Operation, a.Type, a.Name, a.Pattern)
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) expect(t *testing.T, want ...string) func(*terraform.State) error {
	return func(*terraform.State) error {
		if got := w.acls(t); !slices.Equal(got, want) {
			return fmt.Errorf("ACLs %q, want %q", got, want)
		}
		return nil
	}
}

func (w *world) step(config string, action plancheck.ResourceActionType, checks ...statecheck.StateCheck) resource.TestStep {
	return resource.TestStep{
		Config: w.provider + config,
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("kafka_acl.t", action)},
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

// fields of an ACL; change pairs replace or add a field.
func acl(change ...string) string {
	fields := map[string]string{
		"resource_type": "Topic", "resource_name": "orders",
		"acl_principal": "User:alice", "acl_host": "*", "acl_operation": "Read", "acl_permission_type": "Allow",
	}
	for i := 0; i < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	var b strings.Builder
	b.WriteString("resource \"kafka_acl\" \"t\" {\n")
	for k, v := range fields {
		fmt.Fprintf(&b, "  %s = %q\n", k, v)
	}
	b.WriteString("}\n")
	return b.String()
}

const readOrders = "User:alice * ALLOW READ TOPIC:orders LITERAL"

func id(v string) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("kafka_acl.t", tfjsonpath.New("id"), knownvalue.StringExact(v))
}

func TestACLBasic(t *testing.T) {
	w := newWorld(t)
	create := w.step(acl(), plancheck.ResourceActionCreate,
		id("User:alice|*|Read|Allow|Topic|orders|Literal"),
		statecheck.ExpectKnownValue("kafka_acl.t", tfjsonpath.New("resource_pattern_type_filter"), knownvalue.StringExact("Literal")),
		statecheck.ExpectKnownValue("kafka_acl.t", tfjsonpath.New("cluster"), knownvalue.Null()),
	)
	create.ConfigPlanChecks.PreApply = append(create.ConfigPlanChecks.PreApply,
		plancheck.ExpectKnownValue("kafka_acl.t", tfjsonpath.New("id"), knownvalue.StringExact("User:alice|*|Read|Allow|Topic|orders|Literal")))
	create.Check = w.expect(t, readOrders)
	run(t, create, w.step(acl(), plancheck.ResourceActionNoop))
	if left := w.acls(t); len(left) != 0 {
		t.Errorf("left after destroy: %q", left)
	}
}

// Every field is the identity: a change of any one replaces.
func TestACLEachFieldReplaces(t *testing.T) {
	w := newWorld(t)
	steps := []resource.TestStep{w.step(acl(), plancheck.ResourceActionCreate)}
	for _, c := range []struct {
		change []string
		want   string
	}{
		{[]string{"resource_type", "Group"}, "User:alice * ALLOW READ GROUP:orders LITERAL"},
		{[]string{"resource_type", "TransactionalID", "acl_operation", "Write"}, "User:alice * ALLOW WRITE TRANSACTIONAL_ID:orders LITERAL"},
		{[]string{"resource_type", "Cluster", "resource_name", "kafka-cluster", "acl_operation", "IdempotentWrite"}, "User:alice * ALLOW IDEMPOTENT_WRITE CLUSTER:kafka-cluster LITERAL"},
		{[]string{"resource_name", "invoices"}, "User:alice * ALLOW READ TOPIC:invoices LITERAL"},
		{[]string{"resource_pattern_type_filter", "Prefixed"}, "User:alice * ALLOW READ TOPIC:orders PREFIXED"},
		{nil, readOrders}, // and without the optional field back to its default
		{[]string{"acl_principal", "User:bob"}, "User:bob * ALLOW READ TOPIC:orders LITERAL"},
		{[]string{"acl_host", "10.1.2.3"}, "User:alice 10.1.2.3 ALLOW READ TOPIC:orders LITERAL"},
		{[]string{"acl_operation", "DescribeConfigs"}, "User:alice * ALLOW DESCRIBE_CONFIGS TOPIC:orders LITERAL"},
		{[]string{"acl_permission_type", "Deny"}, "User:alice * DENY READ TOPIC:orders LITERAL"},
	} {
		step := w.step(acl(c.change...), plancheck.ResourceActionReplace)
		step.Check = w.expect(t, c.want)
		steps = append(steps, step)
	}
	run(t, steps...)
}

func TestACLTimeoutsChangeNothing(t *testing.T) {
	w := newWorld(t)
	timed := strings.Replace(acl(), "}\n", "  timeouts = { create = \"1m\", delete = \"1m\" }\n}\n", 1)
	run(t,
		w.step(acl(), plancheck.ResourceActionCreate),
		w.step(timed, plancheck.ResourceActionUpdate),
		w.step(acl(), plancheck.ResourceActionUpdate),
	)
}

func TestACLImport(t *testing.T) {
	w := newWorld(t)
	config := acl("resource_pattern_type_filter", "Prefixed", "resource_name", "a|b")
	imported := func(id string) resource.TestStep {
		return resource.TestStep{Config: w.provider + config, ResourceName: "kafka_acl.t", ImportState: true, ImportStateVerify: true, ImportStateId: id}
	}
	refused := func(id, message string) resource.TestStep {
		return resource.TestStep{Config: w.provider + config, ResourceName: "kafka_acl.t", ImportState: true, ImportStateId: id, ExpectError: spaced(message)}
	}
	run(t,
		w.step(config, plancheck.ResourceActionCreate),
		imported("User:alice|*|Read|Allow|Topic|a|b|Prefixed"),
		refused("User:alice|*|Read|Allow|Topic|a|b", "is not the id of an ACL"),
		refused("User:nobody|*|Read|Allow|Topic|x|Literal", "Cannot import non-existent remote object"),
	)
}

func TestACLDisappears(t *testing.T) {
	w := newWorld(t)
	remove := func() {
		b := kadm.NewACLs().Topics("orders").ResourcePatternType(kadm.ACLPatternLiteral).Allow("User:alice").AllowHosts("*").Operations(kadm.OpRead)
		if _, err := w.adm.DeleteACLs(w.ctx, b); err != nil {
			t.Fatal(err)
		}
		if left := w.acls(t); len(left) != 0 {
			t.Fatalf("left: %q", left)
		}
	}
	again := w.step(acl(), plancheck.ResourceActionCreate)
	again.PreConfig = remove
	again.Check = w.expect(t, readOrders)
	run(t, w.step(acl(), plancheck.ResourceActionCreate), again,
		resource.TestStep{Config: w.provider + acl(), Destroy: true, PreConfig: remove})
}

func TestACLValidation(t *testing.T) {
	w := newWorld(t)
	for what, tc := range map[string]struct{ config, want string }{
		"type in lower case":    {acl("resource_type", "topic"), `write "Topic"`},
		"type of Java":          {acl("resource_type", "TRANSACTIONAL_ID"), `write "TransactionalID"`},
		"type of a filter":      {acl("resource_type", "Any"), "is not a legal value"},
		"pattern":               {acl("resource_pattern_type_filter", "Match"), "one of Literal, Prefixed"},
		"operation":             {acl("acl_operation", "READ"), `write "Read"`},
		"operation of a filter": {acl("acl_operation", "Any"), "is not a legal value"},
		"permission":            {acl("acl_permission_type", "allow"), `write "Allow"`},
		"principal":             {acl("acl_principal", "alice"), "is not a principal"},
		"principal, no name":    {acl("acl_principal", "User:"), "is not a principal"},
		"cluster's name":        {acl("resource_type", "Cluster", "acl_operation", "Alter"), `is always "kafka-cluster"`},
		"empty name":            {acl("resource_name", ""), "string length must be between 1"},
		"cluster not a path":    {acl("cluster", "main"), "is not an absolute Marathon path"},
		"cluster, no Marathon":  {acl("cluster", "/kafka/main"), "MARATHON_URL"},
	} {
		t.Run(what, func(t *testing.T) { run(t, w.fails(tc.config, tc.want)) })
	}
	if left := w.acls(t); len(left) != 0 {
		t.Errorf("something was created: %q", left)
	}
}

func TestACLWithoutAnAuthorizer(t *testing.T) {
	w := newWorld(t)
	step := w.fails(acl(), "authorization = {}")
	step.PreConfig = func() {
		w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateACLs, kmsg.DescribeACLs}, Err: kerr.SecurityDisabled, Count: -1})
	}
	other := w.fails(acl(), "authorizer.class.name")
	run(t, step, other)
}

// Neither an outage nor a missing right takes an ACL out of the state.
func TestACLStaysInStateThroughTrouble(t *testing.T) {
	w := newWorld(t)
	var f *kfake.FaultHandle
	denied := w.fails(acl(), "may not do this on the cluster")
	denied.PreConfig = func() {
		f = w.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeACLs}, Err: kerr.ClusterAuthorizationFailed, Count: -1})
	}
	well := w.step(acl(), plancheck.ResourceActionNoop)
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
	away := resource.TestStep{Config: providerBlock(nobody) + acl(), ExpectError: spaced(nobody + ": connection refused")}
	run(t, w.step(acl(), plancheck.ResourceActionCreate), denied, well, away, w.step(acl(), plancheck.ResourceActionNoop))
}

func TestACLPlansWithoutACluster(t *testing.T) {
	run(t, resource.TestStep{Config: providerBlock("127.0.0.1:1") + acl(), PlanOnly: true, ExpectNonEmptyPlan: true})
}

func TestACLPlansWithUnknowns(t *testing.T) {
	w := newWorld(t)
	config := "resource \"terraform_data\" \"x\" {\n  input = \"orders\"\n}\n" +
		strings.Replace(acl(), `"orders"`, "terraform_data.x.output", 1)
	run(t, w.step(config, plancheck.ResourceActionCreate, id("User:alice|*|Read|Allow|Topic|orders|Literal")))
}

func TestACLManyAtOnce(t *testing.T) {
	w := newWorld(t)
	var described, created atomic.Int64
	w.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		switch kmsg.Key(r.Key()) {
		case kmsg.DescribeACLs:
			described.Add(1)
		case kmsg.CreateACLs:
			created.Add(1)
		}
		return nil, nil, false
	})
	const n = 60
	config := strings.Replace(strings.Replace(acl(), `"t"`, `"many"`, 1), `"orders"`, `"topic-${count.index}"`, 1)
	config = strings.Replace(config, "{\n", fmt.Sprintf("{\n  count = %d\n", n), 1)
	var before int64
	run(t,
		resource.TestStep{Config: w.provider + config, Check: func(*terraform.State) error {
			t.Logf("apply of %d ACLs: %d CreateAcls, %d DescribeAcls", n, created.Load(), described.Load())
			if created.Load() > n/2 {
				return errors.New("ACLs are created one by one")
			}
			return nil
		}},
		resource.TestStep{
			RefreshState: true,
			PreConfig:    func() { before = described.Load() },
			Check: func(*terraform.State) error {
				t.Logf("refreshing %d ACLs: %d DescribeAcls", n, described.Load()-before)
				if described.Load()-before > 4 {
					return errors.New("a refresh costs requests per ACL")
				}
				return nil
			},
		},
	)
}
