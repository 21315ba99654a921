package mesos_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/mesos"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// Running tasks and ended ones, by what Marathon says of them: the agent's id and the task's.
func TestAgainstTheSandbox(t *testing.T) {
	sb := testkit.NewSandbox(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	m, err := marathon.New(marathon.Config{URLs: []string{sb.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range []marathon.App{
		{"id": "/l/runs", "cmd": "for i in $(seq 2000); do echo line $i; done; echo oops >&2; sleep 1000", "cpus": 0.1, "mem": 32, "instances": 3, "constraints": []any{[]any{"hostname", "UNIQUE"}}},
		{"id": "/l/fails", "cmd": "echo last words; exit 1", "cpus": 0.1, "mem": 32},
	} {
		if _, err := m.CreateApp(ctx, app); err != nil {
			t.Fatal(err)
		}
	}
	logs := mesos.New(sb.MesosURL(), nil)
	poll := func(what string, ok func() bool) {
		t.Helper()
		for !ok() {
			if ctx.Err() != nil {
				t.Fatal(what)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	poll("three tasks with their output", func() bool {
		s, err := m.Status(ctx, "/l/runs")
		if err != nil || len(s.Tasks) != 3 {
			return false
		}
		for _, task := range s.Tasks { // one on each agent
			out, errOut := logs.Tail(ctx, task.SlaveID, task.ID, "stdout", 200)
			stderr, errErr := logs.Tail(ctx, task.SlaveID, task.ID, "stderr", 200)
			if errOut != nil || errErr != nil || !strings.HasPrefix(out, "line 19") || !strings.HasSuffix(out, "line 2000") || !strings.Contains(stderr, "oops") {
				return false
			}
		}
		return true
	})
	poll("the last words of a failed task", func() bool {
		s, err := m.Status(ctx, "/l/fails")
		if err != nil || s.LastTaskFailure == nil {
			return false
		}
		out, err := logs.Tail(ctx, s.LastTaskFailure.SlaveID, s.LastTaskFailure.TaskID, "stdout", 200)
		return err == nil && strings.HasSuffix(out, "last words")
	})
}
