package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

// count is the heart: every word exactly once, although an instance dies.
func (d *demo) count(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	t, err := readText(d.stack.cli.Root, enoughWords)
	if err != nil {
		return err
	}
	seeds := addresses(d.out.Brokers)
	d.report.Step("Producing %d lines with %d words (%d different ones) of this repository's pages", len(t.Lines), t.Words, len(t.Counts))
	reader, err := follow(ctx, seeds, d.out.OutputTopic)
	if err != nil {
		return err
	}
	defer reader.Close()
	half := len(t.Lines) / 2
	if err := produce(ctx, seeds, d.out.InputTopic, t.Lines[:half]); err != nil {
		return err
	}
	if err := reader.WaitFor(ctx, 1, t.Words); err != nil {
		return err
	}
	victim, err := d.kill(ctx)
	if err != nil {
		return err
	}
	if err := produce(ctx, seeds, d.out.InputTopic, t.Lines[half:]); err != nil {
		return err
	}
	d.report.Took("all lines are acknowledged by all replicas")

	d.report.Step("Waiting until every word is counted")
	if err := reader.WaitFor(ctx, t.Words, t.Words); err != nil {
		return err
	}
	if err := reader.Compare(t.Counts); err != nil {
		return err
	}
	d.report.Took("%d words counted once each, equal to a count made here, word by word", t.Words)
	if err := d.relaunched(ctx, victim); err != nil {
		return err
	}
	return reader.Compare(t.Counts) // the successor of the killed instance counted nothing again
}

// kill ends one instance the hard way, behind Marathon's back.
func (d *demo) kill(ctx context.Context) (task, error) {
	instances, err := d.sandbox.Tasks(ctx, d.out.AppID)
	if err != nil {
		return task{}, err
	}
	if len(instances) == 0 {
		return task{}, errors.New("no instance runs")
	}
	pids, err := agent.RecordedPids(filepath.Join(d.sandbox.Dir, "mesos"))
	if err != nil {
		return task{}, err
	}
	victim := instances[len(instances)/2]
	pid := pids[victim.ID]
	if pid <= 1 {
		return task{}, fmt.Errorf("the process of task %s is not known", victim.ID)
	}
	d.report.Line("kill -9 of %s while it works", victim.ID)
	return victim, syscall.Kill(-pid, syscall.SIGKILL)
}

// relaunched waits until as many instances run as before, the victim's successor among them.
func (d *demo) relaunched(ctx context.Context, victim task) error {
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		instances, err := d.sandbox.Tasks(ctx, d.out.AppID)
		if err != nil {
			return err
		}
		running := 0
		for _, t := range instances {
			if t.State == "TASK_RUNNING" && t.ID != victim.ID {
				running++
			}
		}
		if running == d.out.Instances {
			d.report.Line("%d instances run again: Marathon relaunched the one that was killed", running)
			return d.remember()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d instances run, not %d: %w", running, d.out.Instances, ctx.Err())
		case <-tick.C:
		}
	}
}
