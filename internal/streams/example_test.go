package streams_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/config"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// The example of the reference stack as it is, but for the modules' place.
func TestSandboxReferenceStackExample(t *testing.T) {
	sb := testkit.NewSandbox(t)
	marathon := testkit.MarathonClient(t, sb)
	t.Setenv("TF_ACC_PROVIDER_NAMESPACE", "kafka-mesos") // the modules name their provider in full
	t.Setenv("MARATHON_URL", sb.URL())

	// The test driver moves the example elsewhere, so it gets the modules as a package of their own.
	example, modules, empty := t.TempDir(), t.TempDir(), t.TempDir()
	for from, to := range map[string]string{"examples/reference-stack": example, "modules": filepath.Join(modules, "modules")} {
		if err := os.CopyFS(to, os.DirFS(filepath.Join("..", "..", from))); err != nil {
			t.Fatal(err)
		}
	}
	edit := func(name, to string, change func(string) string) {
		raw, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), []byte(change(string(raw))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit("main.tf", example, func(text string) string { return strings.ReplaceAll(text, "../../modules", modules+"//modules") })
	edit("versions.tf", empty, func(text string) string { return text + "\nprovider \"kafka\" {}\n" })
	resource.UnitTest(t, resource.TestCase{
		Steps: []resource.TestStep{{
			// With a folder and the step's own providers, the test driver initialises the configuration and so its modules.
			ProtoV6ProviderFactories: testkit.Providers(),
			ConfigDirectory:          config.StaticDirectory(example),

			ConfigVariables: config.Variables{"worker_uri": config.StringVariable("file://" + testkit.Wordcount(t))},
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply:             []plancheck.PlanCheck{plancheck.ExpectKnownOutputValue("bootstrap_servers", knownvalue.StringExact("kafka-main.marathon.l4lb.thisdcos.directory:9092"))},
				PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
			},
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("brokers", knownvalue.ListSizeExact(3)),
				statecheck.ExpectKnownOutputValueAtPath("application", tfjsonpath.New("group_state"), knownvalue.StringExact("Stable")),
				statecheck.ExpectKnownOutputValueAtPath("application", tfjsonpath.New("members"), knownvalue.Int64Exact(5)),
				statecheck.ExpectKnownOutputValueAtPath("application", tfjsonpath.New("acls"), knownvalue.ListSizeExact(6)),
			},
		}, {
			// The driver's own destroy cannot handle modules: the stack goes by an empty configuration.
			PreConfig: func() {
				if tasks := marathon.TaskIDs(appID); len(tasks) != 5 {
					t.Errorf("Marathon runs %d instances: %v", len(tasks), tasks)
				}
			},
			ProtoV6ProviderFactories: testkit.Providers(),
			ConfigDirectory:          config.StaticDirectory(empty),
		}},
	})
	if app := marathon.App(appID); app != nil {
		t.Errorf("Marathon still has %v", app["id"])
	}
}

// The examples of the documentation plan as they are, with nothing reachable.
func TestSandboxExamplesPlan(t *testing.T) {
	t.Setenv("TF_ACC_PROVIDER_NAMESPACE", "kafka-mesos")
	t.Setenv("MARATHON_URL", "http://127.0.0.1:1")
	for _, example := range []string{"provider/provider.tf", "resources/kafka_streams_application/resource.tf"} {
		t.Run(example, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join("..", "..", "examples", example))
			if err != nil {
				t.Fatal(err)
			}
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: testkit.Providers(),
				Steps:                    []resource.TestStep{{Config: string(raw), PlanOnly: true, ExpectNonEmptyPlan: true}},
			})
		})
	}
}
