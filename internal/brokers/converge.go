package brokers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// ExistsError says that the group already holds brokers.
type ExistsError struct {
	Group, Name, ClusterID string
}

func (e *ExistsError) Error() string {
	return fmt.Sprintf("group %s already holds the brokers of Kafka cluster %q (cluster id %s): import it (terraform import <address> %s), or choose another name or group", e.Group, e.Name, e.ClusterID, e.Group)
}

// Attribute is the name: the group follows from the name where none is given.
func (e *ExistsError) Attribute() string { return "name" }

// TakenError says that an app of the group is there although the cluster has no such broker: somebody else's, perhaps of a
// cluster that is made at this moment.
type TakenError struct {
	Group, AppID string
	Err          error
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("app %s was made by somebody else meanwhile, so group %s is not free (another kafka_cluster of this configuration may have it): "+
		"import what is there (terraform import <address> %s), or choose another name or group", e.AppID, e.Group, e.Group)
}

// Unwrap gives Marathon's answer.
func (e *TakenError) Unwrap() error { return e.Err }

// Attribute is the group.
func (e *TakenError) Attribute() string { return "group" }

// LaunchError says which brokers, of those that were made, scaled up or replaced because they did not serve, did not come up.
type LaunchError struct {
	Group   string
	Brokers map[int]error
}

func (e *LaunchError) Error() string {
	msg := fmt.Sprintf("Kafka cluster %s: ", e.Group)
	for i, id := range sortedKeys(e.Brokers) {
		if i > 0 {
			msg += "\n"
		}
		msg += fmt.Sprintf("broker %d did not come up: %s", id, e.Brokers[id])
	}
	return msg
}

// IDs are the brokers that failed, sorted.
func (e *LaunchError) IDs() []int { return sortedKeys(e.Brokers) }

// Unwrap gives the causes.
func (e *LaunchError) Unwrap() error {
	errs := make([]error, 0, len(e.Brokers))
	for _, id := range sortedKeys(e.Brokers) {
		errs = append(errs, e.Brokers[id])
	}
	return errors.Join(errs...)
}

// Vacant checks that nobody's brokers are in the group.
func (o Operator) Vacant(ctx context.Context, groupID string) error {
	found, err := o.Observe(ctx, groupID)
	if errors.Is(err, ErrNoCluster) {
		return nil
	}
	if err != nil {
		return err
	}
	return &ExistsError{Group: groupID, Name: found.Spec.Name, ClusterID: found.Spec.ClusterID}
}

// Converge makes the cluster what s wants, from whatever it is: brokers that serve nobody (missing, stopped, unhealthy and
// out of Kafka's service too) are made or replaced at once and together, as three of a new cluster must form its quorum;
// the others that differ are rolled one at a time behind the gates. It can be stopped at any point and called again.
func (o Operator) Converge(ctx context.Context, s Spec) error {
	found, err := o.Observe(ctx, s.Group)
	if err != nil && !errors.Is(err, ErrNoCluster) {
		return err
	}
	if _, ours := found.Of(s.ClusterID); !ours && len(found.Brokers) > 0 {
		return &ExistsError{Group: s.Group, Name: found.Spec.Name, ClusterID: found.Spec.ClusterID}
	}
	unlike, err := found.Unlike(s)
	if err != nil {
		return err
	}
	serving := o.serving(ctx, found, unlike)
	var down, roll []int
	for _, id := range unlike {
		if b := found.Broker(id); b == nil || !b.Healthy && !serving[id] {
			down = append(down, id)
		} else {
			roll = append(roll, id)
		}
	}
	if err := o.launch(ctx, s, found, down, found.starting(s, unlike)); err != nil {
		return err
	}
	if len(down) > 0 || len(roll) == 0 {
		if err := o.AwaitJoined(ctx, s); err != nil {
			return err
		}
	}
	return o.roll(ctx, s, roll, down)
}

// servesWithin bounds the question whether brokers serve.
const servesWithin = time.Minute

// serving are those of the brokers that Kafka has in service although Marathon does not show them as healthy. Health results
// get lost when Marathon's leader changes, and a busy agent fails checks: to replace such brokers all at once would take the
// cluster down, and its data where it has no storage. A broker must answer itself, as for 9 s a dead one counts as unfenced.
func (o Operator) serving(ctx context.Context, found Observed, of []int) map[int]bool {
	var unsure []int
	for _, id := range of {
		if b := found.Broker(id); b != nil && !b.Healthy && b.Instances > 0 {
			unsure = append(unsure, id)
		}
	}
	serving := map[int]bool{}
	if len(unsure) == 0 {
		return serving
	}
	ctx, cancel := context.WithTimeout(ctx, servesWithin)
	defer cancel()
	k, err := o.Kafka(ctx)
	if err != nil {
		return serving
	}
	registered, err := k.Brokers(ctx)
	if err != nil {
		return serving
	}
	var mu sync.Mutex
	var looks errgroup.Group
	for _, id := range unsure {
		if !slices.ContainsFunc(registered, func(b kafkaadmin.Broker) bool { return int(b.ID) == id && !b.Fenced }) {
			continue
		}
		looks.Go(func() error {
			if _, err := k.PartitionsFrom(ctx, int32(id)); err == nil {
				mu.Lock()
				serving[id] = true
				mu.Unlock()
			}
			return nil
		})
	}
	_ = looks.Wait()
	return serving
}

// starting are the brokers that are as s wants them and do not serve yet: an earlier run was stopped while it waited.
func (o Observed) starting(s Spec, unlike []int) map[int]rollout.Target {
	targets := map[int]rollout.Target{}
	for _, b := range o.Brokers {
		if b.ID < s.Brokers && !b.Healthy && !slices.Contains(unlike, b.ID) {
			targets[b.ID] = rollout.Target{AppID: b.AppID, Version: b.Version}
		}
	}
	return targets
}

// launch makes or replaces brokers that do not serve, all at once, and waits for them and for those that start already.
func (o Operator) launch(ctx context.Context, s Spec, found Observed, down []int, targets map[int]rollout.Target) error {
	if len(down)+len(targets) == 0 {
		return nil
	}
	var existing []string
	for _, id := range down {
		if found.Broker(id) != nil {
			existing = append(existing, s.AppID(id))
		}
	}
	if len(existing) > 0 {
		o.release(ctx, existing)
	}
	o.progressf("starting %d brokers of %s", len(down)+len(targets), s.Group)
	failed := &LaunchError{Group: s.Group, Brokers: map[int]error{}}
	var mu sync.Mutex
	var writes errgroup.Group
	for _, id := range down {
		writes.Go(func() error {
			target, err := o.write(ctx, s, id, found.Broker(id) == nil, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed.Brokers[id] = err
			} else {
				targets[id] = target
			}
			return nil
		})
	}
	_ = writes.Wait()
	if len(failed.Brokers) == 0 {
		o.awaitAll(ctx, targets, failed)
	}
	if len(failed.Brokers) > 0 {
		o.abandon(ctx, targets)
		return failed
	}
	return nil
}

// write sends one broker's definition. recheck, where given, is asked before every delivery but the first: a lock may have
// held the app for long.
func (o Operator) write(ctx context.Context, s Spec, id int, create bool, recheck func(context.Context) error) (rollout.Target, error) {
	wanted, err := s.App(id)
	if err != nil {
		return rollout.Target{}, err
	}
	var change marathon.Change
	if create {
		if change, err = o.Marathon.CreateApp(ctx, wanted); errors.Is(err, marathon.ErrExists) {
			err = &TakenError{Group: s.Group, AppID: s.AppID(id), Err: err}
		}
	} else {
		deliveries := 0
		change, err = o.Marathon.ReplaceApp(ctx, s.AppID(id), func(current marathon.App) (marathon.App, error) {
			if deliveries++; deliveries > 1 && recheck != nil && !holds(current, wanted) {
				if err := recheck(ctx); err != nil {
					return nil, err
				}
			}
			return overlay(current, wanted), nil
		})
	}
	if err != nil {
		return rollout.Target{}, err
	}
	return rollout.Target{AppID: s.AppID(id), DeploymentID: change.DeploymentID, Version: change.Version}, nil
}

// awaitAll waits for brokers that need each other: the first that fails ends the wait for all.
func (o Operator) awaitAll(ctx context.Context, targets map[int]rollout.Target, failed *LaunchError) {
	var mu sync.Mutex
	waits, waitCtx := errgroup.WithContext(ctx)
	for id, target := range targets {
		waits.Go(func() error {
			err := o.Waiter.Wait(waitCtx, target)
			if err == nil {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if waitCtx.Err() == nil || ctx.Err() != nil || len(failed.Brokers) == 0 {
				failed.Brokers[id] = err
			}
			return err
		})
	}
	_ = waits.Wait()
}

// abandon stops the plans of a launch that failed: they would never end and would lock the apps against the next try. The
// apps stay as they are. It has a time of its own, as the caller's may be over.
func (o Operator) abandon(ctx context.Context, targets map[int]rollout.Target) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	running, err := o.Marathon.Deployments(ctx)
	if err != nil {
		return
	}
	for _, target := range targets {
		if slices.ContainsFunc(running, func(d marathon.Deployment) bool { return d.ID == target.DeploymentID }) {
			_ = o.Marathon.StopDeployment(ctx, target.DeploymentID)
		}
	}
}

func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
