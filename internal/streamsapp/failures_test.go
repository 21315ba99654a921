package streamsapp

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// phoenix is an app whose one task runs whenever it is looked at, and has failed in between.
type phoenix struct {
	Marathon
	status marathon.Status
}

func (p *phoenix) Status(context.Context, string) (marathon.Status, error)    { return p.status, nil }
func (p *phoenix) Deployments(context.Context) ([]marathon.Deployment, error) { return nil, nil }
func (p *phoenix) Queue(context.Context) ([]marathon.QueueItem, error)        { return nil, nil }
func (p *phoenix) AppTasks(context.Context, string) ([]marathon.Task, error)  { return nil, nil }
func (p *phoenix) WakeOnEvents(context.Context) <-chan struct{}               { return nil }
func (p *phoenix) Tail(_ context.Context, _, task, _ string, _ int) (string, error) {
	return "last of " + task, nil
}

const before, now = "2021-01-01T00:00:01.000Z", "2021-01-01T00:00:02.000Z"

func (p *phoenix) fail(task, version, state string) {
	p.status = marathon.Status{
		ID: "/a", Instances: 1, Version: now, LastConfigChangeAt: now, Running: 1,
		Tasks:           []marathon.Task{{ID: task + "-next", AppID: "/a", State: "TASK_RUNNING", Version: now}},
		LastTaskFailure: &marathon.TaskFailure{TaskID: task, SlaveID: "S1", Version: version, State: state, Message: "exited with status 1"},
	}
}

// Each task lives long enough for its rollout to end well; that it happens again and again must be told all the same.
func TestAnApplicationThatDiesLaterIsReported(t *testing.T) {
	type failure struct{ task, version, state string }
	var crash *rollout.CrashLoopError
	var sick *rollout.UnhealthyError
	cases := map[string]struct {
		looks []failure
		err   any
		says  string
	}{
		"three tasks":                       {looks: []failure{{"t1", now, "TASK_FAILED"}, {"t1", now, "TASK_FAILED"}, {"t2", now, "TASK_FAILED"}, {"t3", now, "TASK_FAILED"}}, err: &crash, says: "last of t3"},
		"one task, seen often":              {looks: []failure{{"t1", now, "TASK_FAILED"}, {"t1", now, "TASK_FAILED"}, {"t1", now, "TASK_FAILED"}, {"t1", now, "TASK_FAILED"}}},
		"one that failed before counts not": {looks: []failure{{"t0", now, "TASK_FAILED"}, {"t1", now, "TASK_FAILED"}, {"t2", now, "TASK_FAILED"}}},
		"of the former configuration":       {looks: []failure{{"t1", before, "TASK_FAILED"}, {"t2", before, "TASK_FAILED"}, {"t3", before, "TASK_FAILED"}}},
		"killed for their health":           {looks: []failure{{"t1", now, "TASK_KILLED"}, {"t2", now, "TASK_KILLED"}, {"t3", now, "TASK_KILLED"}}, err: &sick, says: "last of t3"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := &phoenix{}
			w := failureWatch{service: Service{Marathon: p, Waiter: rollout.New(p, p, rollout.WithSettle(0))}, id: "/a", known: "t0"}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			for i, f := range tc.looks {
				p.fail(f.task, f.version, f.state)
				err := w.check(ctx)
				switch last := i == len(tc.looks)-1; {
				case !last || tc.err == nil:
					if err != nil {
						t.Fatalf("look %d: %v", i, err)
					}
				case !errors.As(err, tc.err) || !strings.Contains(err.Error(), tc.says):
					t.Fatalf("got %v", err)
				}
			}
		})
	}
}
