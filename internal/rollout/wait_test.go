package rollout

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// film plays observations to a Waiter, one a look; the last one stays.
type film struct {
	mu     sync.Mutex
	scenes []scene
	looks  int
	wake   chan struct{}
}

type scene struct {
	observation
	err   error
	tasks []marathon.Task
}

func play(scenes ...scene) *film { return &film{scenes: scenes, wake: make(chan struct{}, 1)} }

func (f *film) now() scene { return f.scenes[min(f.looks, len(f.scenes))-1] }

func (f *film) Deployments(context.Context) ([]marathon.Deployment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	return f.now().deployments, f.now().err
}

func (f *film) Status(context.Context, string) (marathon.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().gone {
		return marathon.Status{}, &marathon.Error{Kind: marathon.NotFound}
	}
	return f.now().status, nil
}

func (f *film) Queue(context.Context) ([]marathon.QueueItem, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := f.now().queue; q != nil {
		return []marathon.QueueItem{{AppID: "/other"}, *q}, nil
	}
	return nil, nil
}

func (f *film) AppTasks(context.Context, string) ([]marathon.Task, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now().tasks, nil
}

func (f *film) WakeOnEvents(context.Context) <-chan struct{} { return f.wake }

type logbook map[string]string

func (l logbook) Tail(_ context.Context, agentID, taskID, file string, _ int) (string, error) {
	if text, ok := l[agentID+" "+taskID+" "+file]; ok {
		return text, nil
	}
	return "", errors.New("no such file")
}

// run waits under a mock clock that always jumps to the next timer; ctx ends at the limit of that clock.
func run(t *testing.T, limit time.Duration, wait func(context.Context, quartz.Clock) error) (time.Duration, error) {
	t.Helper()
	clock := quartz.NewMock(t)
	begun := clock.Now()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	deadline := &deadlineContext{Context: ctx}
	trap := clock.Trap().NewTimer("rollout")
	defer trap.Close()
	result := make(chan error, 1)
	go func() { result <- wait(deadline, clock) }()
	guard, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	armed := make(chan *quartz.Call)
	go func() {
		for {
			call, err := trap.Wait(guard)
			if err != nil {
				return
			}
			armed <- call
		}
	}()
	for {
		select {
		case err := <-result:
			return clock.Since(begun), err
		case call := <-armed:
			call.MustRelease(guard)
			if limit > 0 && clock.Since(begun) >= limit {
				deadline.expire()
				cancel(context.DeadlineExceeded)
				continue
			}
			_, w := clock.AdvanceNext()
			w.MustWait(guard)
		case <-guard.Done():
			t.Fatal("the wait hangs")
		}
	}
}

// deadlineContext says DeadlineExceeded when told so, for a clock that is not the runtime's.
type deadlineContext struct {
	context.Context
	mu      sync.Mutex
	expired bool
}

func (d *deadlineContext) expire() { d.mu.Lock(); d.expired = true; d.mu.Unlock() }

func (d *deadlineContext) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.expired && d.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return d.Context.Err()
}

var target = Target{AppID: "/a", DeploymentID: "d1", Version: v2}

// still is a view whose time does not matter: look sets it.
func still(change ...func(*observation)) scene { return scene{observation: view(0, change...)} }

func TestWait(t *testing.T) {
	f := play(still(listed("d1"), short1), still(listed("d1"), short1), still())
	var said []string
	took, err := run(t, 0, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, nil, WithClock(clock), WithPoll(time.Second, 4*time.Second), WithSettle(3*time.Second), WithProgress(func(s string) { said = append(said, s) })).Wait(ctx, target)
	})
	if err != nil {
		t.Fatal(err)
	}
	if took < 4*time.Second || took > 8*time.Second {
		t.Errorf("took %s", took)
	}
	if len(said) != 3 || !strings.Contains(said[0], "step 1 of 2 ScaleApplication, 1 of 2 running") || !strings.HasSuffix(said[2], "ready") {
		t.Errorf("%q", said)
	}
}

func TestWaitOutlastsOutages(t *testing.T) {
	down := scene{err: &marathon.Error{Kind: marathon.Unreachable, Message: "no answer"}}
	page := scene{err: &marathon.Error{Kind: marathon.NotMarathon}}
	f := play(down, still(listed("d1")), page, scene{err: &marathon.Error{Kind: marathon.Server, Status: 502}}, still())
	if _, err := run(t, 0, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, nil, WithClock(clock)).Wait(ctx, target)
	}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []marathon.Kind{marathon.Unauthorized, marathon.Forbidden, marathon.NotMarathon} {
		f := play(scene{err: &marathon.Error{Kind: kind}})
		var e *marathon.Error
		if _, err := run(t, time.Minute, func(ctx context.Context, clock quartz.Clock) error {
			return New(f, nil, WithClock(clock)).Wait(ctx, target)
		}); !errors.As(err, &e) || e.Kind != kind {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}

func TestCrashLoopHasTheLastLines(t *testing.T) {
	logs := logbook{"S1 c3 stderr": "", "S1 c3 stdout": strings.Repeat("noise\n", 50) + "java.lang.OutOfMemoryError\n"}
	f := play(still(short1, failure("c1", v2, "TASK_FAILED")), still(short1, failure("c2", v2, "TASK_FAILED")), still(short1, failure("c3", v2, "TASK_FAILED")))
	_, err := run(t, time.Minute, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, logs, WithClock(clock)).Wait(ctx, target)
	})
	var crash *CrashLoopError
	if !errors.As(err, &crash) || crash.Failures != 3 || !strings.HasSuffix(err.Error(), "java.lang.OutOfMemoryError") || strings.Count(crash.LastLines, "\n") != tailLines-1 {
		t.Fatalf("%v", err)
	}
}

func TestTimeout(t *testing.T) {
	sick := status(func(s *marathon.Status) {
		s.HasHealthChecks, s.Healthy, s.Unhealthy = true, 1, 1
		s.Tasks[1].Dead, s.Tasks[1].FailureCause = true, "connection refused"
	})
	f := play(still(listed("d1"), sick))
	took, err := run(t, time.Minute, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, logbook{"S1 t2 stderr": "cannot bind"}, WithClock(clock)).Wait(ctx, target)
	})
	var out *TimeoutError
	var unhealthy *UnhealthyError
	if !errors.As(err, &out) || !errors.As(err, &unhealthy) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"/a", "d1", "connection refused", "cannot bind", "step 1 of 2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if out.Waited < time.Minute || took > 70*time.Second {
		t.Errorf("waited %s, took %s", out.Waited, took)
	}
}

func TestTimeoutWithoutAnyAnswer(t *testing.T) {
	f := play(scene{err: &marathon.Error{Kind: marathon.Unreachable, Message: "no answer from http://h"}})
	_, err := run(t, time.Minute, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, nil, WithClock(clock)).Wait(ctx, target)
	})
	var out *TimeoutError
	if !errors.As(err, &out) || !strings.Contains(err.Error(), "no answer from http://h") {
		t.Fatalf("%v", err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := New(play(still(listed("d1"))), nil).Wait(ctx, target)
	var out *TimeoutError
	if !errors.Is(err, context.Canceled) || errors.As(err, &out) {
		t.Fatalf("%v", err)
	}
	if err := New(play(still()), nil).WaitGone(ctx, "/a", "d1"); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
}

func TestAnEventShortensThePause(t *testing.T) {
	f := play(still(listed("d1")), still())
	f.wake <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	begun := time.Now()
	// Two looks an hour apart, unless the event is heard; the first quarter of the smallest pause is always kept.
	w := New(f, nil, WithPoll(time.Millisecond, time.Hour), WithSettle(0))
	w.opts.pollMin = 40 * time.Millisecond
	p := w.follow(ctx)
	p.interval = time.Hour
	defer p.stop()
	if err := p.pause(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < 10*time.Millisecond {
		t.Errorf("events are not spaced: %s", took)
	}
}

func TestWaitGone(t *testing.T) {
	f := play(
		scene{observation: view(0, missing, listed("d1")), tasks: []marathon.Task{task("t1", v1)}},
		scene{observation: view(0, missing), tasks: []marathon.Task{task("t1", v1)}},
		scene{observation: view(0, missing), tasks: []marathon.Task{{ID: "t1", State: "TASK_KILLED"}}},
	)
	if _, err := run(t, 0, func(ctx context.Context, clock quartz.Clock) error {
		return New(f, nil, WithClock(clock)).WaitGone(ctx, "/a", "d1")
	}); err != nil || f.looks != 3 {
		t.Fatal(err, f.looks)
	}
	stuck := play(scene{observation: view(0, missing, listed("d1")), tasks: []marathon.Task{task("t1", v1)}})
	_, err := run(t, time.Minute, func(ctx context.Context, clock quartz.Clock) error {
		return New(stuck, nil, WithClock(clock)).WaitGone(ctx, "/a", "d1")
	})
	var out *TimeoutError
	if !errors.As(err, &out) || !strings.Contains(err.Error(), "task t1 on h1 is still in state TASK_RUNNING") || !strings.Contains(err.Error(), "was not gone") {
		t.Fatalf("%v", err)
	}
}

func TestCrashedJudgesWhatWasGathered(t *testing.T) {
	now := view(0).status
	gathered := func(version string, tasks ...string) (list []marathon.TaskFailure) {
		for _, id := range tasks {
			list = append(list, *view(0, failure(id, version, "TASK_FAILED")).status.LastTaskFailure)
		}
		return list
	}
	w := New(play(still()), logbook{"S1 c3 stderr": "no brokers"}, WithCrashLimit(3))
	for name, few := range map[string][]marathon.TaskFailure{
		"two": gathered(v2, "c1", "c2"), "one task twice": gathered(v2, "c1", "c2", "c2"), "of the version before": gathered(v1, "c1", "c2", "c3"),
	} {
		if err := w.Crashed(t.Context(), now, few); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var crash *CrashLoopError
	if err := w.Crashed(t.Context(), now, gathered(v2, "c1", "c2", "c3")); !errors.As(err, &crash) || crash.AppID != "/a" || crash.Failures != 3 || crash.LastLines != "no brokers" {
		t.Errorf("got %v", err)
	}
}
