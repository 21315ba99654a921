package streams_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

const (
	address = "kafka_streams_application.wordcount"
	appID   = "/streams/wordcount"
)

// rig is a sandbox and a Kafka, and writes configurations for both.
type rig struct {
	sandbox  *sandbox.Sandbox
	marathon *testkit.Marathon
	servers  []string
	program  string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{servers: kafka(t), program: program(t)}
	r.sandbox = testkit.NewSandbox(t)
	r.marathon = testkit.MarathonClient(t, r.sandbox)
	return r
}

func (r *rig) provider() string {
	return fmt.Sprintf("provider \"kafka\" {\n  marathon = { url = %q }\n  bootstrap_servers = [%q]\n}\n", r.sandbox.URL(), strings.Join(r.servers, `", "`))
}

// config is an application with the given arguments, which may replace the usual ones.
func (r *rig) config(arguments ...string) string {
	usual := []string{
		`application_id = "wordcount"`,
		fmt.Sprintf("artifacts = [{ uri = %q, executable = true }]", r.program),
		`command = "exec ./worker"`,
		"cpus = 0.1", "memory = 64", "kill_grace_period = 10",
		`input_topics = ["lines"]`, `output_topics = ["counts"]`,
		`env = { WORKER_MODE = "work" }`,
		"health_check = { path = \"/live\", grace_period = 20, interval = 1, timeout = 1 }",
		`timeouts = { create = "60s", update = "60s", delete = "60s" }`,
	}
	name := func(argument string) string { return strings.TrimSpace(strings.SplitN(argument, "=", 2)[0]) }
	var lines []string
	for _, u := range usual {
		if !slices.ContainsFunc(arguments, func(a string) bool { return name(a) == name(u) }) {
			lines = append(lines, u)
		}
	}
	lines = append(lines, arguments...)
	return r.provider() + "resource \"kafka_streams_application\" \"wordcount\" {\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

func state(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, tfjsonpath.New(attribute), value)
}

func planned(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{
		PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)},
		PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
	}
}

// gone proves by Marathon's own words that nothing is left.
func (r *rig) gone(t *testing.T) resource.TestCheckFunc {
	return func(*terraform.State) error {
		t.Helper()
		if app := r.marathon.App(appID); app != nil {
			return fmt.Errorf("Marathon still has %v", app["id"])
		}
		return nil
	}
}

func (r *rig) waitGone(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); r.marathon.App(appID) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("the app does not go away")
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestSandboxApplicationLifeCycle(t *testing.T) {
	r := newRig(t)
	var two, three []string
	sameID := statecheck.CompareValue(compare.ValuesSame())
	members := func(n int64) []statecheck.StateCheck {
		return []statecheck.StateCheck{
			sameID.AddStateValue(address, tfjsonpath.New("id")), state("id", knownvalue.StringExact(appID)),
			state("group_state", knownvalue.StringExact("Stable")), state("members", knownvalue.Int64Exact(n)),
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(),
		CheckDestroy:             r.gone(t),
		Steps: []resource.TestStep{
			{
				Config: r.config("instances = 2"), ConfigPlanChecks: planned(plancheck.ResourceActionCreate), ConfigStateChecks: members(2),
				Check: func(*terraform.State) error {
					two = r.marathon.TaskIDs(appID)
					env, _ := r.marathon.App(appID)["env"].(map[string]any)
					want := map[string]any{
						"STREAMS_APPLICATION_ID": "wordcount", "STREAMS_BOOTSTRAP_SERVERS": strings.Join(r.servers, ","), "WORKER_MODE": "work",
						"INPUT_TOPICS": "lines", "INPUT_TOPIC": "lines", "OUTPUT_TOPICS": "counts", "OUTPUT_TOPIC": "counts",
					}
					if fmt.Sprint(env) != fmt.Sprint(want) {
						return fmt.Errorf("environment %v, want %v", env, want)
					}
					return nil
				},
			},
			{
				// Scaling restarts nothing: the two tasks are there still.
				Config: r.config("instances = 3"), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), ConfigStateChecks: members(3),
				Check: func(*terraform.State) error {
					three = r.marathon.TaskIDs(appID)
					for _, id := range two {
						if !slices.Contains(three, id) {
							return fmt.Errorf("task %s was restarted: %v", id, three)
						}
					}
					return nil
				},
			},
			{
				Config: r.config("instances = 2"), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), ConfigStateChecks: members(2),
				Check: func(*terraform.State) error {
					for _, id := range r.marathon.TaskIDs(appID) {
						if !slices.Contains(three, id) {
							return fmt.Errorf("task %s was restarted: %v", id, three)
						}
					}
					return nil
				},
			},
			{
				// Any other change replaces them, and brings the strategy for the number there is now.
				Config:            r.config("instances = 3", `config = { "commit.interval.ms" = "100" }`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: append(members(3), statecheck.ExpectKnownValue(address, tfjsonpath.New("upgrade").AtMapKey("minimum_health_capacity"), knownvalue.Float64Exact(0.66))),
				Check: func(*terraform.State) error {
					for _, id := range r.marathon.TaskIDs(appID) {
						if slices.Contains(three, id) {
							return fmt.Errorf("task %s still runs the old configuration", id)
						}
					}
					return nil
				},
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: appID, ImportStateVerify: true, ImportStateVerifyIgnore: []string{"timeouts"},
			},
			{
				ResourceName: address, ImportState: true, ImportStateId: "wordcount", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"timeouts"},
			},
			{
				// Paused: the group is empty, the application stays.
				Config: r.config("instances = 0", `config = { "commit.interval.ms" = "100" }`), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate),
				ConfigStateChecks: []statecheck.StateCheck{state("group_state", knownvalue.StringExact("Empty")), state("members", knownvalue.Int64Exact(0))},
			},
			{
				// Threads count as members.
				Config: r.config("instances = 1", "threads = 2"), ConfigPlanChecks: planned(plancheck.ResourceActionUpdate), ConfigStateChecks: members(2),
			},
			{
				// Another application id is another application.
				Config:            r.config(`application_id = "wordcount-2"`, `app_id = "/streams/wordcount"`),
				ConfigPlanChecks:  planned(plancheck.ResourceActionReplace),
				ConfigStateChecks: []statecheck.StateCheck{state("application_id", knownvalue.StringExact("wordcount-2")), state("members", knownvalue.Int64Exact(1))},
			},
		},
	})
}

// Every change made outside shows at its attribute, and an apply mends it.
func TestSandboxApplicationDrift(t *testing.T) {
	r := newRig(t)
	edit := func(change map[string]any) func() {
		return func() {
			if status, answer := r.marathon.Do(http.MethodPut, "/v2/apps"+appID+"?force=true", change); status != http.StatusOK {
				t.Fatalf("editing: %d %v", status, answer)
			}
		}
	}
	config := r.config("instances = 1", `labels = { team = "words" }`)
	drift := func(change map[string]any, attribute tfjsonpath.Path, want knownvalue.Check) []resource.TestStep {
		return []resource.TestStep{
			{
				PreConfig: edit(change), RefreshState: true, ExpectNonEmptyPlan: true,
			},
			{
				Config: config,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), plancheck.ExpectKnownValue(address, attribute, want)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		}
	}
	steps := []resource.TestStep{{Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionCreate)}}
	steps = append(steps, drift(map[string]any{"instances": 0}, tfjsonpath.New("instances"), knownvalue.Int64Exact(1))...)
	steps = append(steps, drift(map[string]any{"cpus": 0.3, "mem": 96}, tfjsonpath.New("cpus"), knownvalue.Float64Exact(0.1))...)
	steps = append(steps, drift(map[string]any{"labels": map[string]any{}}, tfjsonpath.New("labels"), knownvalue.MapExact(map[string]knownvalue.Check{"team": knownvalue.StringExact("words")}))...)
	steps = append(steps, drift(map[string]any{"env": map[string]any{"WORKER_MODE": "work", "STREAMS_APPLICATION_ID": "other", "STREAMS_BOOTSTRAP_SERVERS": strings.Join(r.servers, ","), "INPUT_TOPICS": "lines"}},
		tfjsonpath.New("env"), knownvalue.MapExact(map[string]knownvalue.Check{"WORKER_MODE": knownvalue.StringExact("work")}))...)
	// An app that is gone is made again.
	steps = append(steps, resource.TestStep{
		PreConfig: func() {
			if status, answer := r.marathon.Do(http.MethodDelete, "/v2/apps"+appID+"?force=true", nil); status != http.StatusOK {
				t.Fatalf("deleting: %d %v", status, answer)
			}
			r.waitGone(t)
		},
		Config: config, ConfigPlanChecks: planned(plancheck.ResourceActionCreate),
	})
	resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: testkit.Providers(), CheckDestroy: r.gone(t), Steps: steps})
}

func TestSandboxApplicationFailures(t *testing.T) {
	r := newRig(t)
	step := func(says string, arguments ...string) resource.TestStep {
		return resource.TestStep{Config: r.config(arguments...), ExpectError: regexp.MustCompile(`(?s)` + strings.ReplaceAll(says, " ", `[\s│]+`))}
	}
	cases := map[string][]resource.TestStep{
		"crashes at once": {step("disk on fire", `env = { WORKER_MODE = "crash" }`)},
		"never healthy":   {step("does not become healthy", `env = { WORKER_MODE = "sick" }`, "health_check = { path = \"/live\", grace_period = 2, interval = 1, timeout = 1, max_consecutive_failures = 3 }")},
		"never joins":     {step(`"wordcount" is Dead with 0 members`, `env = { WORKER_MODE = "alone" }`, `timeouts = { create = "15s" }`)},
		"missing input":   {step(`input_topics.*never creates`, `input_topics = ["nowhere"]`)},
		"missing output":  {step(`output_topics.*never creates`, `output_topics = ["nowhere", "lines"]`)},
		"no such cluster": {step(`cluster.*No Kafka cluster`, `cluster = "/kafka/none"`)},
		// A bad update: the failure is told, the next plan knows that something is left to do, a good one gets through.
		"bad update": {
			{Config: r.config(`application_id = "wordcount-b"`)},
			step("disk on fire", `application_id = "wordcount-b"`, `env = { WORKER_MODE = "crash" }`),
			{
				Config: r.config(`application_id = "wordcount-b"`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: testkit.Providers(), CheckDestroy: r.gone(t), Steps: steps})
		})
	}
}

// An app that was not made here is not taken over.
func TestSandboxApplicationExists(t *testing.T) {
	r := newRig(t)
	if status, answer := r.marathon.Do(http.MethodPost, "/v2/apps", map[string]any{"id": appID, "cmd": "sleep 1000", "cpus": 0.1, "mem": 32}); status != http.StatusCreated {
		t.Fatalf("creating: %d %v", status, answer)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(),
		Steps:                    []resource.TestStep{{Config: r.config(), ExpectError: regexp.MustCompile(`(?s)terraform[\s│]+import`)}},
	})
	if app := r.marathon.App(appID); app == nil || app["cmd"] != "sleep 1000" {
		t.Errorf("the foreign app is not as it was: %v", app)
	}
}
