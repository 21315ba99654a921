// Package testkit is for acceptance tests: a sandbox in process, the provider in process, a client of Marathon that is not
// ours, and the environment that Terraform needs.
package testkit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/provider"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

// Option changes the sandbox of a test.
type Option func(*sandbox.Config)

// WithCredentials turns basic authentication on.
func WithCredentials(user, password string) Option {
	return func(c *sandbox.Config) { c.User, c.Password = user, password }
}

// WithMesosRole gives Marathon a role that can reserve resources, which persistent volumes need.
func WithMesosRole(role string) Option {
	return func(c *sandbox.Config) { c.MesosRole = role }
}

// NewSandbox starts a sandbox whose tasks are real processes; it ends, with all of them, when the test does.
func NewSandbox(t testing.TB, opts ...Option) *sandbox.Sandbox {
	t.Helper()
	dir := t.TempDir()
	cfg := sandbox.Config{
		Dir:    dir,
		Listen: "127.0.0.1:0",
		// Packages test at the same time: each sandbox has addresses of its own, and its tasks end with the test's process.
		Agents:        sandbox.IsolatedAgents(dir, 3),
		Ephemeral:     true,
		Program:       program(t, "kafka-sandbox", "./internal/cmd/kafka-sandbox"),
		OfferInterval: 200 * time.Millisecond,
	}
	for _, opt := range opts {
		opt(&cfg)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sb, err := sandbox.Start(ctx, cfg)
	if err != nil {
		t.Fatalf("starting the sandbox: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		if err := sb.Close(ctx); err != nil {
			t.Errorf("closing the sandbox: %v", err)
		}
	})
	return sb
}

// Wordcount is the path of the Go worker that stands in for a Kafka Streams application, built once per test process.
func Wordcount(t testing.TB) string {
	return program(t, "wordcount-go", "./examples/apps/wordcount-go")
}

// Providers serves the provider in process. Waits settle faster than in production; nothing else differs.
func Providers(opts ...provider.Option) map[string]func() (tfprotov6.ProviderServer, error) {
	all := append([]provider.Option{
		provider.WithRollout(rollout.WithSettle(500*time.Millisecond), rollout.WithPoll(100*time.Millisecond, 500*time.Millisecond)),
		provider.WithRequestTimeout(5 * time.Second),
	}, opts...)
	return map[string]func() (tfprotov6.ProviderServer, error){
		"kafka": providerserver.NewProtocol6WithError(provider.New("test", all...)()),
	}
}

// ProviderConfig is the provider block for a sandbox, to stand before a test's own configuration.
func ProviderConfig(sb *sandbox.Sandbox) string {
	return fmt.Sprintf("provider \"kafka\" {\n  marathon = {\n    url = %q\n  }\n}\n", sb.URL())
}

// Main runs a package's tests with Terraform's environment set up, and removes what was built for them:
//
//	func TestMain(m *testing.M) { testkit.Main(m) }
func Main(m *testing.M) {
	setup()
	code := m.Run()
	for _, path := range programs {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// setup gives Terraform an environment of its own: the user's CLI configuration may be broken or name mirrors, and
// variables of a developer's shell must not reach a test.
func setup() {
	_ = os.Setenv("TF_ACC", "1")
	_ = os.Setenv("CHECKPOINT_DISABLE", "1")
	_ = os.Unsetenv("TF_CLI_CONFIG_FILE")
	for _, name := range []string{"MARATHON_URL", "MARATHON_USER", "MARATHON_PASSWORD", "MARATHON_DCOS_TOKEN", "MARATHON_CA_CERT", "KAFKA_BOOTSTRAP_SERVERS"} {
		_ = os.Unsetenv(name)
	}
	if os.Getenv("TF_ACC_TERRAFORM_PATH") != "" {
		return
	}
	cli, err := findCLI()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "testkit: no Terraform-compatible program for acceptance tests:", err)
		return
	}
	_ = os.Setenv("TF_ACC_TERRAFORM_PATH", cli.Path)
	if cli.Name == "tofu" {
		_ = os.Setenv("TF_ACC_PROVIDER_NAMESPACE", "hashicorp")
		_ = os.Setenv("TF_ACC_PROVIDER_HOST", "registry.opentofu.org")
	}
}

// findCLI takes the program that the repository's own runs take: one that is broken or too old is passed over, and where
// there is none OpenTofu is built.
func findCLI() (*tfcli.CLI, error) {
	ctx := context.Background()
	root, err := tfcli.Root(ctx)
	if err != nil {
		return nil, err
	}
	return tfcli.Find(ctx, root, os.Stderr)
}

var (
	programsMu sync.Mutex
	programs   = map[string]string{}
)

// program builds a command of this repository once per test process.
func program(t testing.TB, name, pkg string) string {
	t.Helper()
	programsMu.Lock()
	defer programsMu.Unlock()
	if path, ok := programs[name]; ok {
		return path
	}
	dir, err := os.MkdirTemp("", "kafka-testkit-") //nolint:usetesting // it outlives this test; Main removes it
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, pkg)
	if build.Dir, err = tfcli.Root(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, out)
	}
	programs[name] = path
	return path
}
