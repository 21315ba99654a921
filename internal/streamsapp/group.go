package streamsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// States of a consumer group that the wait looks at, as Kafka spells them.
const (
	groupStable = "Stable"
	groupDead   = "Dead"
)

// Groups describes consumer groups. *kafkaadmin.Client is one.
type Groups interface {
	Group(ctx context.Context, id string) (kafkaadmin.Group, error)
}

// GroupWait waits for the consumer group of an application.
type GroupWait struct {
	ID      string
	Members int // expected; 0 = the group must have none left
	// Former are ids of members that a rolling replacement ends: as long as one is listed, the group is not the new one.
	Former map[string]bool
	// Check, when set, runs at every look and ends the wait with its error: an application that crashes needs no patience.
	Check func(ctx context.Context) error
	// Progress, when set, gets a line whenever the group has changed.
	Progress func(string)

	Clock quartz.Clock  // real when nil
	Poll  time.Duration // 1 s when zero
}

// GroupError says that the group is not what it should be, and that time is up.
type GroupError struct {
	ID       string
	State    string // last one seen, empty when Kafka never answered
	Seen     int    // members
	Former   int    // of these, members that should have left
	Expected int
	Waited   time.Duration
	Last     error // of Kafka, nil when it answered
	Err      error // the context's
}

func (e *GroupError) Error() string {
	if e.State == "" {
		return fmt.Sprintf("Kafka did not answer for the consumer group %q within %s: %v", e.ID, e.Waited.Round(time.Second), e.Last)
	}
	s := fmt.Sprintf("the consumer group %q is %s with %s after %s, expected %s", e.ID, e.State, count(e.Seen, "member"), e.Waited.Round(time.Second), want(e.Expected))
	if errors.Is(e.Err, context.Canceled) {
		return "interrupted: " + s
	}
	switch {
	case e.Former > 0:
		s += fmt.Sprintf("; %d of them belong to instances that were stopped and leave only when their session times out (session.timeout.ms): wait and apply again, or let the application leave its group on close", e.Former)
	case e.Seen > e.Expected:
		s += ": other processes use this application id, or stopped instances are not timed out yet (session.timeout.ms)"
	case e.State == groupDead || e.Seen == 0 && e.Expected > 0:
		s += ": no instance has joined. Look at the tasks' output: brokers that cannot be reached, missing topics or missing rights (READ on the group) keep an application out of its group"
	case e.Seen < e.Expected:
		s += ": some instances run, but have not joined; look at their tasks' output"
	default:
		s += ": the instances keep rebalancing; look at their tasks' output"
	}
	return s
}

// Unwrap gives the context's error and Kafka's last one.
func (e *GroupError) Unwrap() []error {
	errs := []error{e.Err}
	if e.Last != nil {
		errs = append(errs, e.Last)
	}
	return errs
}

func want(members int) string {
	if members == 0 {
		return "no members"
	}
	return groupStable + " with " + count(members, "member")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Wait returns the group once it is complete (or, with Members 0, empty). It ends with a *GroupError when ctx does, at
// once with the error of Check, and at once where the group cannot be described: for want of the right, or because it is
// of a protocol that has another API. Brokers that do not answer are waited for.
func (w GroupWait) Wait(ctx context.Context, groups Groups) (kafkaadmin.Group, error) {
	clock := w.Clock
	if clock == nil {
		clock = quartz.NewReal()
	}
	poll := w.Poll
	if poll == 0 {
		poll = time.Second
	}
	start := clock.Now()
	status := &GroupError{ID: w.ID, Expected: w.Members}
	said := ""
	for {
		group, err := groups.Group(ctx, w.ID)
		switch {
		case err == nil || errors.Is(err, kafkaadmin.ErrNotFound):
			if err != nil {
				group = kafkaadmin.Group{ID: w.ID, State: groupDead}
			}
			status.State, status.Seen, status.Former, status.Last = group.State, len(group.Members), w.former(group), nil
			if w.complete(group) {
				return group, nil
			}
			said = w.say(said, status)
		case ctx.Err() == nil:
			if errors.Is(err, kafkaadmin.ErrAuthorization) || errors.Is(err, kafkaadmin.ErrUnsupported) {
				return kafkaadmin.Group{}, err
			}
			status.Last = err
		}
		if w.Check != nil && ctx.Err() == nil {
			if err := w.Check(ctx); err != nil {
				return kafkaadmin.Group{}, err
			}
		}
		timer := clock.NewTimer(poll, "group")
		select {
		case <-ctx.Done():
			timer.Stop()
			status.Waited, status.Err = clock.Since(start), ctx.Err()
			if status.Last == nil && status.State == "" {
				status.Last = ctx.Err()
			}
			return kafkaadmin.Group{}, status
		case <-timer.C:
		}
	}
}

func (w GroupWait) complete(group kafkaadmin.Group) bool {
	if w.Members == 0 {
		return len(group.Members) == 0
	}
	return group.State == groupStable && len(group.Members) == w.Members && w.former(group) == 0
}

func (w GroupWait) former(group kafkaadmin.Group) int {
	n := 0
	for _, m := range group.Members {
		if w.Former[m.ID] {
			n++
		}
	}
	return n
}

func (w GroupWait) say(before string, status *GroupError) string {
	now := fmt.Sprintf("consumer group %s: %s, %d of %s", w.ID, status.State, status.Seen, count(w.Members, "member"))
	if w.Progress != nil && now != before {
		w.Progress(strings.TrimSpace(now))
	}
	return now
}
