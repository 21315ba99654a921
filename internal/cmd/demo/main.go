// Command demo shows the project's main job from end to end on one machine: a sandbox, the reference stack by a real
// apply, a text through it with an instance killed on the way, the counts compared word by word, and destroy.
// It exits non-zero at the first thing that is not true.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/pflag"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkahome"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

// embedded is the Kafka that needs no JVM.
const embedded = "embedded"

// enoughWords is the least that the demo counts.
const enoughWords = 100_000

func main() {
	d := &demo{report: newReport(os.Stdout)}
	pflag.BoolVar(&d.keep, "keep", false, "leave the stack and the sandbox up and say how to look at them")
	pflag.StringVar(&d.kafka, "kafka", embedded, "Kafka to run: "+embedded+", or a version that is assembled from Apache's jars (needs a JDK and Maven)")
	pflag.StringVar(&d.kafkaHome, "kafka-home", "", "unpacked Apache Kafka to run")
	pflag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := errors.Join(d.run(ctx), d.close())
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo failed after %.1f s: %v\n", d.report.Seconds(), err)
		os.Exit(1)
	}
}

type demo struct {
	report    *report
	keep      bool
	scratch   string
	kafka     string // embedded, or a version
	kafkaHome string // a real Kafka's folder; wins over kafka

	kept    bool // everything went well and stays up
	sandbox *sandboxProcess
	stack   *stack
	out     outputs
	pids    map[int]string // process groups of tasks seen on the way
}

// run is the demo, in the order of its parts.
func (d *demo) run(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.prepare, d.apply, d.show, d.count, d.planAgain} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	if d.keep {
		d.kept = true
		d.explain()
		return nil
	}
	if err := d.destroy(ctx); err != nil {
		return err
	}
	d.report.Step("All true. %.1f s in all.", d.report.Seconds())
	return nil
}

// close ends what run started; tasks end with the sandbox. With KEEP and success all stays.
func (d *demo) close() error {
	if d.kept || d.sandbox == nil {
		return nil
	}
	err := d.sandbox.Stop()
	if left := d.alive(); len(left) > 0 {
		err = errors.Join(err, fmt.Errorf("processes outlive the sandbox: %s", strings.Join(left, ", ")))
	}
	if err == nil {
		err = os.RemoveAll(d.scratch)
	}
	return err
}

func (d *demo) prepare(ctx context.Context) error {
	d.report.Step("Building the provider, the sandbox and the word-count worker")
	cli, err := tfcli.Here(ctx, os.Stderr)
	if err != nil {
		return err
	}
	program := filepath.Join(cli.Cache, "bin", "kafka-sandbox")
	if err := build(ctx, cli.Root, program, "./internal/cmd/kafka-sandbox"); err != nil {
		return err
	}
	worker, err := d.worker(ctx, cli)
	if err != nil {
		return err
	}
	arguments, err := d.kafkaArguments(ctx)
	if err != nil {
		return err
	}
	d.report.Took("%s %s will be used, Kafka: %s", cli.Name, cli.Version, cmp.Or(d.kafkaHome, d.kafka))

	if d.scratch, err = os.MkdirTemp("", "kafka-demo-"); err != nil {
		return err
	}
	d.report.Step("Starting the sandbox: a Marathon with three agents on loopback")
	if d.sandbox, err = startSandbox(ctx, program, filepath.Join(d.scratch, "sandbox"), arguments...); err != nil {
		return err
	}
	d.report.Took("Marathon answers at %s", d.sandbox.URL)
	if d.stack, err = newStack(cli, d.scratch, d.sandbox.URL, worker, d.report); err != nil {
		return err
	}
	if d.kafka != embedded {
		d.stack.env = append(d.stack.env, "TF_VAR_kafka_version="+d.kafka)
	}
	return d.stack.Init(ctx)
}

// worker builds the word count: with real brokers the Kafka Streams application, else the program that needs no JVM.
func (d *demo) worker(ctx context.Context, cli *tfcli.CLI) (string, error) {
	if d.kafka == embedded && d.kafkaHome == "" {
		path := filepath.Join(cli.Cache, "bin", "wordcount-go")
		return path, build(ctx, cli.Root, path, "./examples/apps/wordcount-go")
	}
	dir := filepath.Join(cli.Root, "examples", "apps", "wordcount")
	mvn := exec.CommandContext(ctx, "mvn", "--batch-mode", "--quiet", "-DskipTests", "package")
	mvn.Dir = dir
	if out, err := mvn.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the Java word count with Maven: %w\n%s", err, out)
	}
	return filepath.Join(dir, "target", "wordcount.jar"), nil
}

// kafkaArguments are the sandbox's, for the Kafka that was asked for.
func (d *demo) kafkaArguments(ctx context.Context) ([]string, error) {
	switch {
	case d.kafkaHome != "":
		return []string{"--kafka-home", d.kafkaHome}, nil
	case d.kafka == embedded:
		return nil, nil
	}
	dir, err := kafkahome.Dir()
	if err != nil {
		return nil, err
	}
	_, err = kafkahome.Assemble(ctx, d.kafka, dir, os.Stderr)
	return []string{"--kafka-homes", dir}, err
}

func (d *demo) apply(ctx context.Context) error {
	d.report.Step("%s apply of examples/reference-stack", d.stack.cli.Name)
	if err := d.stack.Apply(ctx); err != nil {
		return err
	}
	var err error
	if d.out, err = d.stack.Outputs(ctx); err != nil {
		return err
	}
	d.report.Took("applied; the connection URL is %s", d.out.BootstrapServers)
	return nil
}

// show prints the brokers and the instances as they run.
func (d *demo) show(ctx context.Context) error {
	d.report.Step("What runs now")
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"", "app", "address", "state"})
	for _, b := range d.out.Brokers {
		tasks, err := d.sandbox.Tasks(ctx, b.AppID)
		if err != nil {
			return err
		}
		if len(tasks) != 1 {
			return fmt.Errorf("broker %d has %d tasks", b.ID, len(tasks))
		}
		t.AppendRow(table.Row{fmt.Sprintf("broker %d", b.ID), b.AppID, fmt.Sprintf("%s:%d", b.Host, b.Port), tasks[0].State})
	}
	instances, err := d.sandbox.Tasks(ctx, d.out.AppID)
	if err != nil {
		return err
	}
	for i, task := range instances {
		t.AppendRow(table.Row{fmt.Sprintf("instance %d", i+1), task.AppID, fmt.Sprintf("%s:%d", task.Host, task.Ports[0]), task.State})
	}
	for _, line := range strings.Split(t.Render(), "\n") {
		d.report.Line("%s", line)
	}
	return d.remember()
}

func (d *demo) planAgain(ctx context.Context) error {
	d.report.Step("%s plan must be empty", d.stack.cli.Name)
	if err := d.stack.PlanIsEmpty(ctx); err != nil {
		return err
	}
	d.report.Took("no changes")
	return nil
}

func (d *demo) destroy(ctx context.Context) error {
	d.report.Step("%s destroy", d.stack.cli.Name)
	if err := d.stack.Destroy(ctx); err != nil {
		return err
	}
	apps, err := d.sandbox.Apps(ctx)
	if err != nil {
		return err
	}
	if len(apps) > 0 {
		return fmt.Errorf("apps are left: %s", strings.Join(apps, ", "))
	}
	if left := d.alive(); len(left) > 0 {
		return fmt.Errorf("processes are left: %s", strings.Join(left, ", "))
	}
	d.report.Took("nothing is left: no app, no process")
	return nil
}

// remember keeps the process groups of all tasks, to prove later that they ended.
func (d *demo) remember() error {
	pids, err := agent.RecordedPids(filepath.Join(d.sandbox.Dir, "mesos"))
	if err != nil {
		return err
	}
	if d.pids == nil {
		d.pids = map[int]string{}
	}
	for id, pid := range pids {
		d.pids[pid] = id
	}
	return nil
}

// alive lists the remembered process groups that still have a process.
func (d *demo) alive() []string {
	var left []string
	for pid, id := range d.pids {
		if err := syscall.Kill(-pid, 0); err == nil {
			left = append(left, fmt.Sprintf("%s (process group %d)", id, pid))
		}
	}
	return left
}

func (d *demo) explain() {
	d.report.Step("The stack stays up. To look at it:")
	d.report.Line("export MARATHON_URL=%s", d.sandbox.URL)
	d.report.Line("curl $MARATHON_URL/v2/apps | less")
	d.report.Line("tail -f %s", filepath.Join(d.sandbox.Dir, "..", "sandbox.log"))
	d.report.Line("brokers: %s", strings.Join(addresses(d.out.Brokers), ", "))
	d.report.Line("cd %s; export TF_CLI_CONFIG_FILE=%s %s; %s plan", d.stack.dir, d.stack.cli.Config, strings.Join(d.stack.env[1:], " "), d.stack.cli.Name)
	d.report.Line("end it all with: kill %d", d.sandbox.cmd.Process.Pid)
}
