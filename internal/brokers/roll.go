package brokers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// Stages of a broker's turn in a roll.
const (
	StageGate   = "before it was touched" // waiting for the gate
	StageChange = "changing its app"
	StageStart  = "starting again"
	StageReturn = "returning to its partitions" // until it is in sync again
)

// RollError says at which broker a roll stopped. Nothing of what is left was touched.
type RollError struct {
	Group  string
	Broker int
	Stage  string
	Done   []int // run the new definition
	Left   []int // still run the old one
	Err    error
}

func (e *RollError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "rolling Kafka cluster %s stopped at broker %d (%s): %s\n", e.Group, e.Broker, e.Stage, e.Err)
	if len(e.Done) > 0 {
		fmt.Fprintf(&b, "Already changed: broker %s. ", ids(e.Done))
	}
	if len(e.Left) > 0 {
		fmt.Fprintf(&b, "Not touched: broker %s. ", ids(e.Left))
	}
	b.WriteString("Apply again when the cause is mended: it goes on with what is left.")
	return b.String()
}

func (e *RollError) Unwrap() error { return e.Err }

// BlockedError says that the gate stayed closed until the time was up.
type BlockedError struct {
	Broker   int
	Blockers []string
}

func (e *BlockedError) Error() string {
	return fmt.Sprintf("broker %d cannot be taken down: %s", e.Broker, strings.Join(e.Blockers, "; "))
}

// roll changes running brokers one at a time. The order is decided anew before each, as the active controller moves.
func (o Operator) roll(ctx context.Context, s Spec, brokers, done []int) error {
	remaining := slices.Clone(brokers)
	done = slices.Clone(done)
	for len(remaining) > 0 {
		id, err := o.next(ctx, s, remaining)
		if err != nil {
			return &RollError{Group: s.Group, Broker: remaining[0], Stage: StageGate, Done: done, Left: remaining, Err: err}
		}
		left := slices.DeleteFunc(slices.Clone(remaining), func(other int) bool { return other == id })
		if stage, err := o.turn(ctx, s, id); err != nil {
			if stage == StageGate {
				left = remaining
			}
			return &RollError{Group: s.Group, Broker: id, Stage: stage, Done: done, Left: left, Err: err}
		}
		remaining, done = left, append(done, id)
		o.progressf("broker %d of %s is back: %d of %d left", id, s.Group, len(remaining), len(brokers))
	}
	return nil
}

func (o Operator) next(ctx context.Context, s Spec, remaining []int) (int, error) {
	id := remaining[0]
	err := o.until(ctx, func(ctx context.Context) error {
		v, err := o.look(ctx)
		if err != nil {
			return err
		}
		leader := -1
		if v.Quorum != nil {
			leader = int(v.Quorum.LeaderID)
		}
		ready := map[int]bool{}
		for _, b := range v.Brokers {
			ready[int(b.ID)] = !b.Fenced
		}
		id = Next(remaining, ready, leader, s.IsController)
		return nil
	})
	return id, err
}

// turn takes one broker through its change and answers the stage at which it failed.
func (o Operator) turn(ctx context.Context, s Spec, id int) (stage string, err error) {
	gate := func(ctx context.Context) error { return o.awaitGate(ctx, id) }
	if err := gate(ctx); err != nil {
		return StageGate, err
	}
	o.progressf("changing broker %d of %s", id, s.Group)
	target, err := o.write(ctx, s, id, false, gate)
	var blocked *BlockedError
	if errors.As(err, &blocked) {
		return StageGate, err
	}
	if err != nil {
		return StageChange, err
	}
	if err := o.Waiter.Wait(ctx, target); err != nil {
		o.abandon(ctx, map[int]rollout.Target{id: target})
		return StageStart, err
	}
	if err := o.awaitReturn(ctx, s, id); err != nil {
		return StageReturn, err
	}
	return "", nil
}

func (o Operator) awaitGate(ctx context.Context, id int) error {
	var warnings []string
	err := o.until(ctx, func(ctx context.Context) error {
		v, err := o.look(ctx)
		if err != nil {
			return err
		}
		var blockers []string
		if blockers, warnings = v.Gate(id); len(blockers) > 0 {
			return &BlockedError{Broker: id, Blockers: blockers}
		}
		return nil
	})
	if err == nil {
		for _, w := range warnings {
			o.warnf("%s", w)
		}
	}
	return err
}

// awaitReturn waits until the broker serves again. Its own view comes first: until its old session has timed out (9 s) all
// others still show the old incarnation in every ISR.
func (o Operator) awaitReturn(ctx context.Context, s Spec, id int) error {
	if err := o.until(ctx, func(ctx context.Context) error {
		k, err := o.Kafka(ctx)
		if err != nil {
			return err
		}
		own, err := k.PartitionsFrom(ctx, int32(id))
		if err != nil {
			return fmt.Errorf("broker %d does not answer yet: %w", id, err)
		}
		return outOfSync(NotInSync(own, id), id)
	}); err != nil {
		return err
	}
	return o.until(ctx, func(ctx context.Context) error {
		if err := o.joined(ctx, s); err != nil {
			return err
		}
		v, err := o.look(ctx)
		if err != nil {
			return err
		}
		return outOfSync(NotInSync(v.Partitions, id), id)
	})
}

func outOfSync(partitions []string, id int) error {
	if len(partitions) == 0 {
		return nil
	}
	return fmt.Errorf("broker %d is not yet in sync on %s", id, shortList(partitions))
}
