package topic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

func value(attribute string, v knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue("kafka_topic.t", tfjsonpath.New(attribute), v)
}

func TestTopicBasic(t *testing.T) {
	w := newWorld(t)
	create := w.step(orders(3, 2), plancheck.ResourceActionCreate,
		value("id", knownvalue.StringExact("orders")),
		value("name", knownvalue.StringExact("orders")),
		value("partitions", knownvalue.Int64Exact(3)),
		value("replication_factor", knownvalue.Int64Exact(2)),
		value("config", knownvalue.Null()),
		value("cluster", knownvalue.Null()),
		value("deletion_protection", knownvalue.Bool(false)),
	)
	create.ConfigPlanChecks.PreApply = append(create.ConfigPlanChecks.PreApply,
		plancheck.ExpectKnownValue("kafka_topic.t", tfjsonpath.New("id"), knownvalue.StringExact("orders")))
	create.Check = func(*terraform.State) error {
		d, config, ok := w.topic(t, "orders")
		if !ok || len(d.Partitions) != 3 || d.Partitions.NumReplicas() != 2 || len(config) != 0 {
			t.Errorf("there is %v, %+v, %v", ok, d, config)
		}
		return nil
	}
	run(t, create, w.step(orders(3, 2), plancheck.ResourceActionNoop))
	if _, _, ok := w.topic(t, "orders"); ok {
		t.Error("the topic is still there after destroy")
	}
}

func TestTopicUpdatesInPlace(t *testing.T) {
	w := newWorld(t)
	same := statecheck.CompareValue(compare.ValuesSame())
	sameID := func() statecheck.StateCheck { return same.AddStateValue("kafka_topic.t", tfjsonpath.New("id")) }
	after := func(step resource.TestStep, partitions int, config map[string]string) resource.TestStep {
		step.Check = func(*terraform.State) error {
			d, got, _ := w.topic(t, "orders")
			if len(d.Partitions) != partitions {
				t.Errorf("%d partitions, want %d", len(d.Partitions), partitions)
			}
			if diff := cmp.Diff(config, got); diff != "" {
				t.Error(diff)
			}
			return nil
		}
		return step
	}
	foreign := "4242"
	grown := after(w.step(orders(6, 3, `config = { "retention.ms" = "60000" }`), plancheck.ResourceActionUpdate, sameID()),
		6, map[string]string{"retention.ms": "60000"})
	changed := after(w.step(orders(6, 3, `config = { "retention.ms" = "70000", "cleanup.policy" = "compact" }`), plancheck.ResourceActionUpdate, sameID()),
		6, map[string]string{"retention.ms": "70000", "cleanup.policy": "compact"})
	// A key that somebody else set is none of ours, through every change.
	oneLess := after(w.step(orders(6, 3, `config = { "retention.ms" = "70000" }`), plancheck.ResourceActionUpdate, sameID()),
		6, map[string]string{"retention.ms": "70000", "segment.ms": "4242"})
	oneLess.PreConfig = func() { w.set(t, "orders", "segment.ms", &foreign) }
	empty := after(w.step(orders(6, 3, `config = {}`), plancheck.ResourceActionUpdate, sameID(), value("config", knownvalue.MapSizeExact(0))),
		6, map[string]string{"segment.ms": "4242"})
	both := after(w.step(orders(8, 3, `config = { "retention.ms" = "80000" }`), plancheck.ResourceActionUpdate, sameID()),
		8, map[string]string{"retention.ms": "80000", "segment.ms": "4242"})
	removed := after(w.step(orders(8, 3), plancheck.ResourceActionUpdate, sameID(), value("config", knownvalue.Null())),
		8, map[string]string{"segment.ms": "4242"})
	protected := w.step(orders(8, 3, `deletion_protection = true`), plancheck.ResourceActionUpdate, sameID(), value("deletion_protection", knownvalue.Bool(true)))
	unprotected := w.step(orders(8, 3), plancheck.ResourceActionUpdate, sameID(), value("deletion_protection", knownvalue.Bool(false)))
	timed := w.step(orders(8, 3, `timeouts = { create = "1m", update = "2m", delete = "3m" }`), plancheck.ResourceActionUpdate, sameID())
	untimed := w.step(orders(8, 3), plancheck.ResourceActionUpdate, sameID())
	run(t, w.step(orders(3, 3), plancheck.ResourceActionCreate, sameID()),
		grown, changed, oneLess, empty, both, removed, protected, unprotected, timed, untimed)
}

func TestTopicNameReplaces(t *testing.T) {
	w := newWorld(t)
	renamed := `
resource "kafka_topic" "t" {
  name = "invoices"
  partitions = 1
  replication_factor = 1
}`
	step := w.step(renamed, plancheck.ResourceActionReplace, value("id", knownvalue.StringExact("invoices")))
	step.Check = func(*terraform.State) error {
		if _, _, ok := w.topic(t, "orders"); ok {
			t.Error("the old topic is still there")
		}
		return nil
	}
	run(t, w.step(orders(1, 1), plancheck.ResourceActionCreate), step)
}

func TestTopicImport(t *testing.T) {
	w := newWorld(t)
	config := orders(2, 3, `config = { "retention.ms" = "1000", "cleanup.policy" = "compact" }`)
	fresh := func(name string) resource.TestStep {
		return resource.TestStep{
			Config: w.provider + config, ResourceName: "kafka_topic.t", ImportState: true, ImportStateVerify: true, ImportStateId: name,
		}
	}
	bad := func(id string) resource.TestStep {
		return resource.TestStep{
			Config: w.provider + config, ResourceName: "kafka_topic.t", ImportState: true, ImportStateId: id,
			ExpectError: spaced("is not the id of a topic"),
		}
	}
	missing := resource.TestStep{
		Config: w.provider + config, ResourceName: "kafka_topic.t", ImportState: true, ImportStateId: "nobody",
		ExpectError: spaced("Cannot import non-existent remote object"),
	}
	run(t, w.step(config, plancheck.ResourceActionCreate), fresh("orders"), bad("|orders"), bad("/kafka/main|"), bad("a|b|c"), missing)
}

// A plan after an import block is an import and nothing else.
func TestTopicImportBlockIsCleanly(t *testing.T) {
	w := newWorld(t)
	if _, err := w.adm.CreateTopic(w.ctx, 4, 2, map[string]*string{"retention.ms": ptr("5000")}, "orders"); err != nil {
		t.Fatal(err)
	}
	config := orders(4, 2, `config = { "retention.ms" = "5000" }`)
	run(t, resource.TestStep{
		Config: w.provider + config + "import {\n  to = kafka_topic.t\n  id = \"orders\"\n}\n",
		ConfigPlanChecks: resource.ConfigPlanChecks{
			PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction("kafka_topic.t", plancheck.ResourceActionNoop)},
			PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
		},
	})
}

func TestTopicDisappears(t *testing.T) {
	w := newWorld(t)
	gone := w.step(orders(3, 1), plancheck.ResourceActionCreate)
	gone.PreConfig = func() {
		if _, err := w.adm.DeleteTopic(w.ctx, "orders"); err != nil {
			t.Fatal(err)
		}
	}
	run(t, w.step(orders(3, 1), plancheck.ResourceActionCreate), gone)
}

func TestTopicDestroyOfAnAbsentOne(t *testing.T) {
	w := newWorld(t)
	run(t, w.step(orders(3, 1), plancheck.ResourceActionCreate), resource.TestStep{
		Config: w.provider + orders(3, 1), Destroy: true,
		PreConfig: func() {
			if _, err := w.adm.DeleteTopic(w.ctx, "orders"); err != nil {
				t.Fatal(err)
			}
		},
	})
}

func TestTopicDrift(t *testing.T) {
	w := newWorld(t)
	config := orders(3, 1, `config = { "retention.ms" = "060000", "cleanup.policy" = "compact, delete" }`)
	fix := func(change func()) resource.TestStep {
		step := w.step(config, plancheck.ResourceActionUpdate)
		step.PreConfig = change
		step.Check = func(*terraform.State) error {
			if _, got, _ := w.topic(t, "orders"); got["retention.ms"] != "060000" {
				t.Errorf("not mended: %v", got)
			}
			return nil
		}
		return step
	}
	same := w.step(config, plancheck.ResourceActionNoop)
	same.PreConfig = func() {
		w.set(t, "orders", "retention.ms", ptr("60000"))
		w.set(t, "orders", "cleanup.policy", ptr("compact,delete"))
	}
	spelled := w.step(orders(3, 1, `config = { "retention.ms" = "60000", "cleanup.policy" = "compact,delete" }`), plancheck.ResourceActionNoop)
	run(t,
		w.step(config, plancheck.ResourceActionCreate),
		fix(func() { w.set(t, "orders", "retention.ms", ptr("1")) }),
		fix(func() { w.set(t, "orders", "retention.ms", nil) }),
		same, spelled,
	)
}

func TestTopicGrownOutside(t *testing.T) {
	w := newWorld(t)
	shrink := w.fails(orders(3, 1), "The topic \"orders\" has 5 partitions, and Kafka cannot take partitions away: 3 is not possible. Keep at least 5")
	shrink.PreConfig = func() {
		if _, err := w.adm.CreatePartitions(w.ctx, 2, "orders"); err != nil {
			t.Fatal(err)
		}
	}
	run(t, w.step(orders(3, 1), plancheck.ResourceActionCreate), shrink, w.step(orders(5, 1), plancheck.ResourceActionNoop))
}

func TestTopicReplicationFactorLeftToTheCluster(t *testing.T) {
	w := newWorld(t)
	run(t,
		w.step(orders(1, -1), plancheck.ResourceActionCreate),
		w.step(orders(1, -1), plancheck.ResourceActionNoop),
		w.step(orders(1, 3), plancheck.ResourceActionNoop),
		w.fails(orders(1, 2), "this version of the provider cannot change that to 2"),
	)
}

func TestTopicDeletionProtection(t *testing.T) {
	w := newWorld(t)
	protected := orders(1, 1, `deletion_protection = true`)
	run(t,
		w.step(protected, plancheck.ResourceActionCreate),
		resource.TestStep{Config: w.provider + protected, Destroy: true, ExpectError: spaced("This plan would destroy the topic \"orders\" and delete its records")},
		resource.TestStep{Config: w.provider, ExpectError: spaced("Topic Is Protected From Deletion")},
		w.fails(`
resource "kafka_topic" "t" {
  name = "other"
  partitions = 1
  replication_factor = 1
}`, "This plan would replace the topic \"orders\""),
		w.step(orders(1, 1), plancheck.ResourceActionUpdate),
	)
	if _, _, ok := w.topic(t, "orders"); ok {
		t.Error("the topic is still there after destroy")
	}
}

func ptr(s string) *string { return &s }
