package marathon_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func context30(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func client(t *testing.T, cfg marathon.Config) *marathon.Client {
	c, err := marathon.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// until polls a condition on an app.
func until(t *testing.T, c *marathon.Client, id string, what string, ok func(marathon.Status) bool) marathon.Status {
	t.Helper()
	ctx := context30(t)
	for {
		s, err := c.Status(ctx, id)
		if err == nil && ok(s) {
			return s
		}
		if ctx.Err() != nil {
			t.Fatalf("%s: not %s: %+v, %v", id, what, s, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestAgainstTheSandbox(t *testing.T) {
	sb := testkit.NewSandbox(t, testkit.WithCredentials("admin", "s3cret"))
	c := client(t, marathon.Config{URLs: []string{sb.URL()}, User: "admin", Password: "s3cret"})
	ctx := context30(t)

	info, err := c.Info(ctx)
	if err != nil || info.Version == "" || info.MesosLeaderUI == "" {
		t.Fatalf("%+v, %v", info, err)
	}
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	if leader, err := c.Leader(ctx); err != nil || leader == "" {
		t.Errorf("%q, %v", leader, err)
	}
	if _, err := client(t, marathon.Config{URLs: []string{sb.URL()}, User: "admin", Password: "wrong"}).Info(ctx); !errors.Is(err, marathon.ErrUnauthorized) {
		t.Errorf("wrong password: %v", err)
	}
	wake := c.WakeOnEvents(ctx)

	app := marathon.App{
		"id": "/t/a", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "instances": 1, "env": map[string]string{"V": "1"},
		"portDefinitions":   []any{map[string]any{"port": 0, "name": "main", "labels": map[string]any{"VIP_0": "/a:80"}}},
		"upgradeStrategy":   map[string]any{"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
		"executorResources": map[string]any{"cpus": 0.1, "mem": 32}, "resourceLimits": map[string]any{"mem": "unlimited"}, "tty": true,
	}
	created, err := c.CreateApp(ctx, app)
	if err != nil || created.DeploymentID == "" || created.Version == "" {
		t.Fatalf("%+v, %v", created, err)
	}
	if _, err := c.CreateApp(ctx, app); !errors.Is(err, marathon.ErrExists) {
		t.Errorf("twice: %v", err)
	}
	select {
	case <-wake:
	case <-ctx.Done():
		t.Error("no event woke us")
	}
	s := until(t, c, "/t/a", "running", func(s marathon.Status) bool { return s.Running == 1 && len(s.Deployments) == 0 })
	if len(s.Tasks) != 1 || s.Tasks[0].SlaveID == "" || len(s.Tasks[0].Ports) != 1 || s.Version != created.Version {
		t.Errorf("%+v", s)
	}

	// What the server normalised is no difference, and what we do not model is not lost.
	same, err := c.ReplaceApp(ctx, "/t/a", func(a marathon.App) (marathon.App, error) { return a, nil })
	if err != nil || !same.Unchanged || same.Version != created.Version {
		t.Errorf("unchanged: %+v, %v", same, err)
	}
	noop, err := c.ReplaceApp(ctx, "/t/a", func(a marathon.App) (marathon.App, error) {
		a.List("portDefinitions")[0].(map[string]any)["port"] = 0 // stands for the number that the server assigned
		return a, nil
	})
	if err != nil || !noop.Unchanged || noop.Version != created.Version {
		t.Errorf("no change to the server: %+v, %v", noop, err)
	}
	changed, err := c.ReplaceApp(ctx, "/t/a", func(a marathon.App) (marathon.App, error) {
		a["env"] = map[string]string{"V": "2"}
		delete(a, "tty")
		return a, nil
	})
	if err != nil || changed.Unchanged || changed.DeploymentID == "" || changed.Version == created.Version {
		t.Fatalf("changed: %+v, %v", changed, err)
	}
	now, err := c.App(ctx, "/t/a")
	if err != nil {
		t.Fatal(err)
	}
	if mem, _ := now.Int("executorResources", "mem"); mem != 32 || now.String("resourceLimits", "mem") != "unlimited" || now.Env()["V"] != "2" ||
		now["tty"] != nil || now.String("portDefinitions", "0", "labels", "VIP_0") != "/a:80" {
		t.Errorf("after the update: %v", now)
	}

	// The update's deployment may still hold the app: this waits for it.
	scaled, err := c.ScaleApp(ctx, "/t/a", 2)
	if err != nil || scaled.DeploymentID == "" {
		t.Fatalf("%+v, %v", scaled, err)
	}
	if now, err = c.App(ctx, "/t/a"); err != nil || now["executorResources"] == nil || now["resourceLimits"] == nil {
		t.Errorf("scaling lost something: %v, %v", now, err)
	}
	restarted, err := c.RestartApp(ctx, "/t/a")
	if err != nil || restarted.DeploymentID == "" || restarted.Version == scaled.Version {
		t.Errorf("%+v, %v", restarted, err)
	}

	group, err := c.Group(ctx, "/t")
	if err != nil || group.ID != "/t" || len(group.Apps) != 1 || group.Apps[0].ID() != "/t/a" {
		t.Fatalf("%+v, %v", group, err)
	}
	if _, err := c.Group(ctx, "/nope"); !errors.Is(err, marathon.ErrNotFound) {
		t.Errorf("no group: %v", err)
	}
	if _, err := c.App(ctx, "/nope"); !errors.Is(err, marathon.ErrNotFound) {
		t.Errorf("no app: %v", err)
	}
	deleted, err := c.DeleteApp(ctx, "/t/a")
	if err != nil || deleted.DeploymentID == "" {
		t.Fatalf("%+v, %v", deleted, err)
	}
	if _, err := c.DeleteApp(ctx, "/t/a"); !errors.Is(err, marathon.ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := c.DeleteGroup(ctx, "/t"); err != nil {
		t.Error(err)
	}
}

func TestLockAndQueueInTheSandbox(t *testing.T) {
	sb := testkit.NewSandbox(t)
	c := client(t, marathon.Config{URLs: []string{sb.URL()}})
	ctx := context30(t)
	stuck, err := c.CreateApp(ctx, marathon.App{"id": "/t/stuck", "cmd": "sleep 1000", "cpus": 64, "mem": 32})
	if err != nil {
		t.Fatal(err)
	}
	for {
		queue, err := c.Queue(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(queue) == 1 && queue[0].AppID == "/t/stuck" && queue[0].ProcessedOffers > 0 && len(queue[0].LastUnusedOffers) > 0 {
			if o := queue[0].LastUnusedOffers[0]; o.CPUs <= 0 || o.Hostname == "" || len(o.Ports) == 0 || len(o.Reasons) == 0 {
				t.Errorf("%+v", o)
			}
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err = c.ScaleApp(brief, "/t/stuck", 2)
	var e *marathon.Error
	if !errors.As(err, &e) || !errors.Is(err, marathon.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) || len(e.Deployments) != 1 || e.Deployments[0] != stuck.DeploymentID {
		t.Fatalf("%v", err)
	}
	if _, err := c.DeleteApp(brief, "/t/stuck"); err == nil {
		t.Error("a locked app was deleted: the request was forced")
	}
	running, err := c.Deployments(ctx)
	if err != nil || len(running) != 1 || running[0].ID != stuck.DeploymentID || len(running[0].CurrentActions) != 1 {
		t.Errorf("%+v, %v", running, err)
	}
}
