// Package e2e holds tests that no single room owns: every example applied, plans with nothing reachable, an apply that is
// interrupted.
package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/provider"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// What an example says of a world that a test does not have, and what the test puts there.
func localised(t *testing.T, text string) string {
	worker := testkit.Wordcount(t)
	return strings.NewReplacer(
		`{ uri = "https://example.com/wordcount.jar" }`, `{ uri = "file://`+worker+`", executable = true }`,
		`exec java -jar wordcount.jar`, `exec ./`+filepath.Base(worker),
	).Replace(text)
}

func example(t *testing.T, parts ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", "..", "examples"}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return localised(t, string(raw))
}

// Every example of a resource is applied as it stands, changes nothing at a second look, and can be destroyed.
func TestSandboxExamples(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join("..", "..", "examples", "resources", "*"))
	if err != nil || len(dirs) < 4 {
		t.Fatalf("only %d examples of resources: %v", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			config := example(t, "resources", filepath.Base(dir), "resource.tf")
			applied(t, config)
		})
	}
	t.Run("data-sources", func(t *testing.T) {
		applied(t, example(t, "resources", "kafka_cluster", "resource.tf"),
			example(t, "data-sources", "kafka_cluster", "data-source.tf"))
	})
	t.Run("provider", func(t *testing.T) {
		// The provider block of a test harness is its own; the address is what differs.
		config := example(t, "provider", "provider.tf")
		_, config, _ = strings.Cut(config, "provider \"kafka\"")
		config = "provider \"kafka\"" + config
		sb := testkit.NewSandbox(t)
		run(t, strings.ReplaceAll(config, "http://marathon.mesos:8080", sb.URL()), nil, nil)
	})
}

// applied runs the configurations one after the other, each on top of those before.
func applied(t *testing.T, first string, more ...string) {
	t.Helper()
	sb := testkit.NewSandbox(t)
	// Examples without a cluster use the provider's bootstrap_servers: a Kafka that is not ours.
	foreign, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(foreign.Close)
	env := map[string]string{"MARATHON_URL": sb.URL(), "KAFKA_BOOTSTRAP_SERVERS": strings.Join(foreign.ListenAddrs(), ",")}
	run(t, first, more, env)
}

func run(t *testing.T, first string, more []string, env map[string]string) {
	t.Helper()
	empty := resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	configs := []string{first}
	for _, next := range more {
		// Outputs of one name stand in several examples.
		configs = append(configs, withoutOutputs(first)+"\n"+next)
	}
	var steps []resource.TestStep
	for _, config := range configs {
		steps = append(steps, resource.TestStep{Config: config, ConfigPlanChecks: empty})
	}
	last := configs[len(configs)-1]
	if strings.Contains(last, "deletion_protection = true") {
		// The example protects; a test must be able to destroy.
		steps = append(steps, resource.TestStep{Config: strings.ReplaceAll(last, "deletion_protection = true", "deletion_protection = false")})
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(provider.WithEnvironment(func(key string) string { return env[key] })),
		Steps:                    steps,
	})
}

func withoutOutputs(config string) string {
	before, _, _ := strings.Cut(config, "\noutput ")
	return before
}
