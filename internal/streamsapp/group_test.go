package streamsapp_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
)

// look is one answer of the scripted Kafka; the last one repeats.
type look struct {
	group kafkaadmin.Group
	err   error
}

type script struct {
	looks []look
	asked int
}

func (s *script) Group(context.Context, string) (kafkaadmin.Group, error) {
	l := s.looks[min(s.asked, len(s.looks)-1)]
	s.asked++
	return l.group, l.err
}

func group(state string, members ...string) look {
	g := kafkaadmin.Group{ID: "wordcount", State: state}
	for _, m := range members {
		g.Members = append(g.Members, kafkaadmin.GroupMember{ID: m})
	}
	return look{group: g}
}

// endable is a context that ends when the test says so, with the error that it says.
type endable struct {
	context.Context
	done chan struct{}
	err  atomic.Pointer[error]
}

func (e *endable) Done() <-chan struct{} { return e.done }

func (e *endable) Err() error {
	if err := e.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (e *endable) end(err error) {
	e.err.Store(&err)
	close(e.done)
}

// wait runs a GroupWait against a script for at most a minute of mocked time.
func wait(t *testing.T, w streamsapp.GroupWait, s *script) (time.Duration, error) {
	t.Helper()
	clock := quartz.NewMock(t)
	trap := clock.Trap().NewTimer("group")
	defer trap.Close()
	w.ID, w.Clock, w.Poll = "wordcount", clock, time.Second
	ctx := &endable{Context: t.Context(), done: make(chan struct{})}
	start := clock.Now()
	done := make(chan error, 1)
	go func() {
		_, err := w.Wait(ctx, s)
		done <- err
	}()
	for {
		asked := make(chan *quartz.Call, 1)
		go func() {
			if call, err := trap.Wait(t.Context()); err == nil {
				asked <- call
			}
		}()
		select {
		case err := <-done:
			return clock.Since(start), err
		case call := <-asked:
			call.MustRelease(t.Context())
			if clock.Since(start) >= time.Minute {
				ctx.end(context.DeadlineExceeded)
				return clock.Since(start), <-done
			}
			clock.Advance(time.Second).MustWait(t.Context())
		}
	}
}

func TestGroupWaitSucceeds(t *testing.T) {
	unreachable := look{err: fmt.Errorf("no broker: %w", kafkaadmin.ErrUnreachable)}
	cases := map[string]struct {
		wait  streamsapp.GroupWait
		looks []look
		after time.Duration
	}{
		"at once":                     {streamsapp.GroupWait{Members: 2}, []look{group("Stable", "a", "b")}, 0},
		"through a rebalance":         {streamsapp.GroupWait{Members: 2}, []look{group("Dead"), group("PreparingRebalance", "a"), group("CompletingRebalance", "a", "b"), group("Stable", "a", "b")}, 3 * time.Second},
		"not with too few":            {streamsapp.GroupWait{Members: 2}, []look{group("Stable", "a"), group("Stable", "a", "b")}, time.Second},
		"not with dead ones":          {streamsapp.GroupWait{Members: 2}, []look{group("Stable", "a", "b", "dead"), group("Stable", "a", "b")}, time.Second},
		"not with the former ones":    {streamsapp.GroupWait{Members: 2, Former: map[string]bool{"a": true, "b": true}}, []look{group("Stable", "a", "b"), group("Stable", "b", "c"), group("Stable", "c", "d")}, 2 * time.Second},
		"a Kafka that comes back":     {streamsapp.GroupWait{Members: 1}, []look{unreachable, unreachable, group("Stable", "a")}, 2 * time.Second},
		"a group that is not there":   {streamsapp.GroupWait{Members: 1}, []look{{err: kafkaadmin.ErrNotFound}, group("Stable", "a")}, time.Second},
		"paused":                      {streamsapp.GroupWait{}, []look{group("Stable", "a"), group("PreparingRebalance", "a"), group("Empty")}, 2 * time.Second},
		"paused, there never was one": {streamsapp.GroupWait{}, []look{group("Dead")}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			after, err := wait(t, c.wait, &script{looks: c.looks})
			if err != nil || after != c.after {
				t.Errorf("after %s: %v, want %s", after, err, c.after)
			}
		})
	}
}

func TestGroupWaitFails(t *testing.T) {
	crash := errors.New("crashed")
	denied := fmt.Errorf("DescribeGroups: %w", kafkaadmin.ErrAuthorization)
	cases := map[string]struct {
		wait  streamsapp.GroupWait
		looks []look
		after time.Duration
		is    error
		says  []string
	}{
		"nobody joins":      {streamsapp.GroupWait{Members: 5}, []look{group("Dead")}, time.Minute, context.DeadlineExceeded, []string{`"wordcount" is Dead with 0 members`, "expected Stable with 5 members", "no instance has joined"}},
		"one is missing":    {streamsapp.GroupWait{Members: 5}, []look{group("Stable", "a", "b", "c", "d")}, time.Minute, context.DeadlineExceeded, []string{"Stable with 4 members", "have not joined"}},
		"one too many":      {streamsapp.GroupWait{Members: 1}, []look{group("Stable", "a", "b")}, time.Minute, context.DeadlineExceeded, []string{"Stable with 2 members", "other processes use this application id"}},
		"former stay":       {streamsapp.GroupWait{Members: 1, Former: map[string]bool{"a": true}}, []look{group("Stable", "a", "b")}, time.Minute, context.DeadlineExceeded, []string{"1 of them belong to instances that were stopped", "session.timeout.ms"}},
		"rebalances on":     {streamsapp.GroupWait{Members: 1}, []look{group("PreparingRebalance", "a")}, time.Minute, context.DeadlineExceeded, []string{"PreparingRebalance with 1 member ", "keep rebalancing"}},
		"never empty":       {streamsapp.GroupWait{}, []look{group("Stable", "a")}, time.Minute, context.DeadlineExceeded, []string{"expected no members"}},
		"Kafka is away":     {streamsapp.GroupWait{Members: 1}, []look{{err: kafkaadmin.ErrUnreachable}}, time.Minute, kafkaadmin.ErrUnreachable, []string{"did not answer"}},
		"no right":          {streamsapp.GroupWait{Members: 1}, []look{{err: denied}}, 0, kafkaadmin.ErrAuthorization, []string{"DescribeGroups"}},
		"another protocol":  {streamsapp.GroupWait{Members: 1}, []look{{err: kafkaadmin.ErrUnsupported}}, 0, kafkaadmin.ErrUnsupported, nil},
		"the app has ended": {streamsapp.GroupWait{Members: 1, Check: func(context.Context) error { return crash }}, []look{group("Dead")}, 0, crash, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			after, err := wait(t, c.wait, &script{looks: c.looks})
			if !errors.Is(err, c.is) || after != c.after {
				t.Fatalf("after %s: %v", after, err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("does not say %q: %v", s, err)
				}
			}
		})
	}
}

func TestGroupWaitTellsProgressOnce(t *testing.T) {
	var lines []string
	w := streamsapp.GroupWait{Members: 2, Progress: func(line string) { lines = append(lines, line) }}
	if _, err := wait(t, w, &script{looks: []look{group("Dead"), group("Dead"), group("PreparingRebalance", "a"), group("Stable", "a", "b")}}); err != nil {
		t.Fatal(err)
	}
	if want := "consumer group wordcount: Dead, 0 of 2 members|consumer group wordcount: PreparingRebalance, 1 of 2 members"; strings.Join(lines, "|") != want {
		t.Errorf("got %q", lines)
	}
}

func TestGroupWaitIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := streamsapp.GroupWait{ID: "wordcount", Members: 2}.Wait(ctx, &script{looks: []look{group("Stable", "a")}})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "interrupted: ") {
		t.Errorf("got %v", err)
	}
}
