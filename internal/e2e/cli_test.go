package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

// workspace is a folder with a configuration, and the CLI with the provider as a plugin, as users run it.
type workspace struct {
	cli *tfcli.CLI
	dir string
	env []string
}

func newWorkspace(t *testing.T, dir string, env ...string) workspace {
	t.Helper()
	root, err := tfcli.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cli, err := tfcli.Open(t.Context(), root, t.TempDir(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	w := workspace{cli: cli, dir: dir, env: env}
	w.must(t, "init", "-no-color", "-input=false")
	return w
}

func (w workspace) must(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := w.cli.Run(t.Context(), w.dir, w.env, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// With nothing running, the reference stack can be planned, and the connection URL is known.
func TestReferenceStackPlansWithNothingReachable(t *testing.T) {
	scratch := t.TempDir()
	for _, part := range []string{"modules", filepath.Join("examples", "reference-stack")} {
		if err := os.CopyFS(filepath.Join(scratch, part), os.DirFS(filepath.Join("..", "..", part))); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorkspace(t, filepath.Join(scratch, "examples", "reference-stack"))
	w.must(t, "plan", "-no-color", "-input=false", "-out=plan")
	var plan struct {
		PlannedValues struct {
			Outputs map[string]struct {
				Value any `json:"value"`
			} `json:"outputs"`
		} `json:"planned_values"`
	}
	if err := json.Unmarshal(w.must(t, "show", "-json", "plan"), &plan); err != nil {
		t.Fatal(err)
	}
	const want = "kafka-main.marathon.l4lb.thisdcos.directory:9092"
	if got := plan.PlannedValues.Outputs["bootstrap_servers"].Value; got != want {
		t.Errorf("bootstrap_servers is planned as %v, want %s", got, want)
	}
}

// Ctrl-C in the middle of an apply: the state holds what exists, and a second apply converges.
func TestSandboxInterruptedApplyConverges(t *testing.T) {
	sb := testkit.NewSandbox(t)
	m := testkit.MarathonClient(t, sb)
	dir := t.TempDir()
	config := "terraform {\n  required_providers {\n    kafka = {\n      source = \"kafka-mesos/kafka\"\n    }\n  }\n}\n" + `
resource "kafka_cluster" "main" {
  name   = "main"
  cpus   = 0.5
  memory = 1024
  heap   = 512
}
resource "kafka_topic" "lines" {
  cluster            = kafka_cluster.main.id
  name               = "lines"
  partitions         = 3
  replication_factor = 3
}
`
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t, dir, "MARATHON_URL="+sb.URL())

	// No offers: the brokers wait, and the apply with them.
	sb.Core().PauseOffers(true)
	apply := w.cli.Command(t.Context(), dir, w.env, "apply", "-no-color", "-auto-approve", "-input=false")
	apply.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's Ctrl-C reaches the whole group
	var out strings.Builder
	apply.Stdout, apply.Stderr = &out, &out
	if err := apply.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the broker apps", func() bool { return m.App("/kafka/main/broker-2") != nil })
	if err := syscall.Kill(-apply.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := apply.Wait()
	if _, failed := err.(*exec.ExitError); !failed { //nolint:errorlint // exactly what Wait answers
		t.Fatalf("the interrupted apply ended with %v\n%s", err, out.String())
	}
	listed := string(w.must(t, "state", "list"))
	if !strings.Contains(listed, "kafka_cluster.main") {
		t.Fatalf("the state lost the cluster that exists:\n%s\n%s", listed, out.String())
	}

	sb.Core().PauseOffers(false)
	w.must(t, "apply", "-no-color", "-auto-approve", "-input=false")
	w.must(t, "plan", "-no-color", "-input=false", "-detailed-exitcode")
	for _, id := range []string{"/kafka/main/broker-0", "/kafka/main/broker-1", "/kafka/main/broker-2"} {
		if len(m.TaskIDs(id)) != 1 {
			t.Errorf("%s has tasks %v", id, m.TaskIDs(id))
		}
	}
	w.must(t, "destroy", "-no-color", "-auto-approve", "-input=false")
	if status, _ := m.Do(http.MethodGet, "/v2/groups/kafka/main", nil); status != http.StatusNotFound {
		t.Errorf("the group is left: status %d", status)
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for tick := time.NewTicker(50 * time.Millisecond); !done(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
