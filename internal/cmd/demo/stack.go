package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

// stack is a copy of examples/reference-stack in the demo's own folder, where its state and lock file are too.
type stack struct {
	cli    *tfcli.CLI
	dir    string
	env    []string
	report *report
}

func newStack(cli *tfcli.CLI, scratch, marathonURL, worker string, r *report) (*stack, error) {
	for _, part := range []string{"modules", filepath.Join("examples", "reference-stack")} {
		if err := os.CopyFS(filepath.Join(scratch, part), os.DirFS(filepath.Join(cli.Root, part))); err != nil {
			return nil, err
		}
	}
	return &stack{
		cli:    cli,
		dir:    filepath.Join(scratch, "examples", "reference-stack"),
		env:    []string{"MARATHON_URL=" + marathonURL, "TF_VAR_worker_uri=file://" + worker},
		report: r,
	}, nil
}

func (s *stack) Init(ctx context.Context) error {
	_, err := s.cli.Run(ctx, s.dir, s.env, "init", "-no-color", "-input=false")
	return err
}

// Apply and Destroy print one line for each resource that is done.
func (s *stack) Apply(ctx context.Context) error {
	return s.stream(ctx, "apply", "-json", "-auto-approve", "-input=false")
}

// Destroy removes the whole stack.
func (s *stack) Destroy(ctx context.Context) error {
	return s.stream(ctx, "destroy", "-json", "-auto-approve", "-input=false")
}

// PlanIsEmpty is the proof that state, configuration and reality agree.
func (s *stack) PlanIsEmpty(ctx context.Context) error {
	if _, err := s.cli.Run(ctx, s.dir, s.env, "plan", "-no-color", "-detailed-exitcode", "-input=false"); err != nil {
		return fmt.Errorf("the plan is not empty: %w", err)
	}
	return nil
}

// outputs are the example's; see its outputs.tf.
type outputs struct {
	BootstrapServers string
	Brokers          []broker
	ApplicationID    string
	AppID            string
	InputTopic       string
	OutputTopic      string
	Instances        int
}

type broker struct {
	ID    int    `json:"id"`
	AppID string `json:"app_id"`
	Host  string `json:"host"`
	Port  int    `json:"port"`
	Rack  string `json:"rack"`
}

func (s *stack) Outputs(ctx context.Context) (outputs, error) {
	raw, err := s.cli.Run(ctx, s.dir, s.env, "output", "-json")
	if err != nil {
		return outputs{}, err
	}
	var values map[string]struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &values); err != nil {
		return outputs{}, err
	}
	var o outputs
	for name, target := range map[string]any{
		"bootstrap_servers": &o.BootstrapServers, "brokers": &o.Brokers, "application_id": &o.ApplicationID, "app_id": &o.AppID,
		"input_topic": &o.InputTopic, "output_topic": &o.OutputTopic, "instances": &o.Instances,
	} {
		if err := json.Unmarshal(values[name].Value, target); err != nil {
			return outputs{}, fmt.Errorf("output %s of the reference stack: %w", name, err)
		}
	}
	return o, nil
}

// stream runs a command that speaks JSON lines and shows what a person wants to know of them.
func (s *stack) stream(ctx context.Context, args ...string) error {
	cmd := s.cli.Command(ctx, s.dir, s.env, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var failures []string
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var line struct {
			Type       string `json:"type"`
			Message    string `json:"@message"`
			Diagnostic struct {
				Severity, Summary, Detail string
			} `json:"diagnostic"`
		}
		if json.Unmarshal(scanner.Bytes(), &line) != nil {
			continue
		}
		switch line.Type {
		case "apply_complete", "apply_errored", "change_summary":
			s.report.Line("%s", line.Message)
		case "diagnostic":
			text := line.Diagnostic.Summary + ": " + line.Diagnostic.Detail
			if line.Diagnostic.Severity == "error" {
				failures = append(failures, text)
			} else {
				s.report.Line("%s: %s", line.Diagnostic.Severity, text)
			}
		}
	}
	if err := scanner.Err(); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s\n%s", s.cli.Name, args[0], err, strings.Join(failures, "\n"), errs.String())
	}
	return nil
}

// build compiles a command of this repository.
func build(ctx context.Context, root, target, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", target, pkg)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", pkg, err, out)
	}
	return nil
}
