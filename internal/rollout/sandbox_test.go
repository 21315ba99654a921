package rollout_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/mesos"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// within bounds one wait.
func within(ctx context.Context, t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(ctx, d)
	t.Cleanup(cancel)
	return ctx
}

func TestAgainstTheSandbox(t *testing.T) {
	sb := testkit.NewSandbox(t)
	c, err := marathon.New(marathon.Config{URLs: []string{sb.URL()}})
	if err != nil {
		t.Fatal(err)
	}
	base, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	info, err := c.Info(base)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	waiter := func(more ...rollout.Option) *rollout.Waiter {
		opts := append([]rollout.Option{rollout.WithPoll(100*time.Millisecond, 500*time.Millisecond), rollout.WithSettle(500 * time.Millisecond)}, more...)
		return rollout.New(c, mesos.New(info.MesosLeaderUI, nil), opts...)
	}
	create := func(t *testing.T, app marathon.App) rollout.Target {
		t.Helper()
		app["mem"] = 32
		change, err := c.CreateApp(base, app)
		if err != nil {
			t.Fatal(err)
		}
		return rollout.Target{AppID: app.ID(), DeploymentID: change.DeploymentID, Version: change.Version}
	}

	t.Run("create, update, scale, delete", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/good", "cmd": "sleep 1000", "cpus": 0.1, "instances": 2})
		if err := waiter(rollout.WithProgress(func(s string) { said = append(said, s) })).Wait(within(base, t, 20*time.Second), target); err != nil {
			t.Fatal(err)
		}
		if len(said) == 0 || !strings.HasSuffix(said[len(said)-1], "2 of 2 running: ready") {
			t.Errorf("%q", said)
		}
		before, err := c.Status(base, "/w/good")
		if err != nil {
			t.Fatal(err)
		}
		change, err := c.ReplaceApp(base, "/w/good", func(a marathon.App) (marathon.App, error) { a["cmd"] = "sleep 2000"; return a, nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := waiter().Wait(within(base, t, 20*time.Second), rollout.Target{AppID: "/w/good", DeploymentID: change.DeploymentID, Version: change.Version}); err != nil {
			t.Fatal(err)
		}
		after, err := c.Status(base, "/w/good")
		if err != nil || len(after.Tasks) != 2 {
			t.Fatalf("%+v, %v", after, err)
		}
		for _, old := range before.Tasks {
			for _, now := range after.Tasks {
				if old.ID == now.ID {
					t.Errorf("task %s survived the update", old.ID)
				}
			}
		}
		if change, err = c.ScaleApp(base, "/w/good", 1); err != nil {
			t.Fatal(err)
		}
		if err := waiter().Wait(within(base, t, 20*time.Second), rollout.Target{AppID: "/w/good", DeploymentID: change.DeploymentID, Version: change.Version}); err != nil {
			t.Fatal(err)
		}
		if change, err = c.DeleteApp(base, "/w/good"); err != nil {
			t.Fatal(err)
		}
		if err := waiter().WaitGone(within(base, t, 20*time.Second), "/w/good", change.DeploymentID); err != nil {
			t.Fatal(err)
		}
		if left, err := c.AppTasks(base, "/w/good"); err != nil || len(left) != 0 {
			t.Errorf("%+v, %v", left, err)
		}
	})

	t.Run("crash loop, with the task's last lines", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/crash", "cmd": "echo fine so far; echo no bootstrap servers >&2; exit 3", "cpus": 0.1})
		err := waiter().Wait(within(base, t, 40*time.Second), target)
		var crash *rollout.CrashLoopError
		if !errors.As(err, &crash) {
			t.Fatalf("%v", err)
		}
		if crash.Failures < 3 || !strings.Contains(crash.LastLines, "no bootstrap servers") || !strings.Contains(crash.Message, "3") || crash.Host == "" {
			t.Errorf("%+v", crash)
		}
	})

	t.Run("exit 0 is no success", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/ends", "cmd": "sleep 0.3", "cpus": 0.1})
		err := waiter().Wait(within(base, t, 40*time.Second), target)
		var crash *rollout.CrashLoopError
		var timeout *rollout.TimeoutError
		if !errors.As(err, &crash) && !errors.As(err, &timeout) {
			t.Fatalf("%v", err)
		}
	})

	t.Run("never healthy", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/sick", "cmd": "echo warming up >&2; sleep 1000", "cpus": 0.1, "healthChecks": []any{map[string]any{
			"protocol": "COMMAND", "command": map[string]any{"value": "false"}, "gracePeriodSeconds": 1, "intervalSeconds": 1, "delaySeconds": 0, "timeoutSeconds": 1, "maxConsecutiveFailures": 100,
		}}})
		err := waiter().Wait(within(base, t, 6*time.Second), target)
		var timeout *rollout.TimeoutError
		var sick *rollout.UnhealthyError
		if !errors.As(err, &timeout) || !errors.As(err, &sick) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v", err)
		}
		t.Log(err)
	})

	t.Run("unschedulable, with numbers", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/big", "cmd": "sleep 1000", "cpus": 64})
		err := waiter(rollout.WithUnschedulableAfter(2*time.Second)).Wait(within(base, t, 30*time.Second), target)
		var none *rollout.UnschedulableError
		if !errors.As(err, &none) || !strings.Contains(err.Error(), "needs 64 cpus; largest free on an agent ") {
			t.Fatalf("%v", err)
		}
		t.Log(err)
	})

	t.Run("overtaken", func(t *testing.T) {
		target := create(t, marathon.App{"id": "/w/taken", "cmd": "sleep 1000", "cpus": 0.1})
		if err := waiter().Wait(within(base, t, 20*time.Second), target); err != nil {
			t.Fatal(err)
		}
		if _, err := c.RestartApp(base, "/w/taken"); err != nil {
			t.Fatal(err)
		}
		var overtaken *rollout.OvertakenError
		if err := waiter().Wait(within(base, t, 20*time.Second), target); !errors.As(err, &overtaken) {
			t.Fatalf("%v", err)
		}
	})
}
