package topic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// Admin is what the service needs of *kafkaadmin.Client.
type Admin interface {
	Topic(ctx context.Context, name string) (kafkaadmin.Topic, error)
	CreateTopic(ctx context.Context, t kafkaadmin.NewTopic, validateOnly bool) error
	CreatePartitions(ctx context.Context, name string, total int32, validateOnly bool) error
	AlterTopicConfig(ctx context.Context, name string, set map[string]string, unset []string, validateOnly bool) error
	DeleteTopic(ctx context.Context, name string) error
}

// Spec is a topic as the user wants it.
type Spec struct {
	Name              string
	Partitions        int32
	ReplicationFactor int16 // -1 = the cluster decides
	Config            map[string]string
}

func (s Spec) newTopic() kafkaadmin.NewTopic {
	return kafkaadmin.NewTopic{Name: s.Name, Partitions: s.Partitions, ReplicationFactor: s.ReplicationFactor, Config: s.Config}
}

// service does to a cluster's topics what the resource asks for.
type service struct{ admin Admin }

// create makes the topic. created is true also with an error when the topic
// exists now and is ours.
func (s service) create(ctx context.Context, want Spec, id string) (created bool, err error) {
	err = s.admin.CreateTopic(ctx, want.newTopic(), false)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, kafkaadmin.ErrExists):
		return false, &existsError{name: want.Name, id: id, err: err}
	case errors.Is(err, kafkaadmin.ErrInvalidConfig):
		return false, s.blame(ctx, err, want.Config, func(key, value string) error {
			one := want
			one.Config = map[string]string{key: value}
			return s.admin.CreateTopic(ctx, one.newTopic(), true)
		})
	}
	return kafkaadmin.Accepted(err), err
}

// check asks the cluster whether it would take the topic, for errors that are
// better known at plan time. Whether the name is free, and what the principal
// may do, can be different when the plan is applied.
func (s service) check(ctx context.Context, want Spec) error {
	err := s.admin.CreateTopic(ctx, want.newTopic(), true)
	switch {
	case errors.Is(err, kafkaadmin.ErrInvalidReplicationFactor), errors.Is(err, kafkaadmin.ErrPolicy):
		return err
	case errors.Is(err, kafkaadmin.ErrInvalidConfig):
		return s.blame(ctx, err, want.Config, func(key, value string) error {
			one := want
			one.Config = map[string]string{key: value}
			return s.admin.CreateTopic(ctx, one.newTopic(), true)
		})
	}
	return nil
}

// change is what an update does, in this order.
type change struct {
	set        map[string]string
	unset      []string
	partitions int32 // 0 = as they are
}

// changeOf compares what is managed now with what is wanted. Keys that the
// user never wrote are nobody's business.
func changeOf(have, want Spec) change {
	ch := change{set: map[string]string{}}
	for k, v := range want.Config {
		if old, ok := have.Config[k]; !ok || old != v {
			ch.set[k] = v
		}
	}
	for _, k := range slices.Sorted(maps.Keys(have.Config)) {
		if _, kept := want.Config[k]; !kept {
			ch.unset = append(ch.unset, k)
		}
	}
	if want.Partitions > have.Partitions {
		ch.partitions = want.Partitions
	}
	return ch
}

// applyConfig does the configuration half of a change.
func (s service) applyConfig(ctx context.Context, name string, ch change) error {
	err := s.admin.AlterTopicConfig(ctx, name, ch.set, ch.unset, false)
	if errors.Is(err, kafkaadmin.ErrInvalidConfig) {
		return s.blame(ctx, err, ch.set, func(key, value string) error {
			return s.admin.AlterTopicConfig(ctx, name, map[string]string{key: value}, nil, true)
		})
	}
	return err
}

// applyPartitions does the other half.
func (s service) applyPartitions(ctx context.Context, name string, ch change) error {
	if ch.partitions == 0 {
		return nil
	}
	err := s.admin.CreatePartitions(ctx, name, ch.partitions, false)
	if !errors.Is(err, kafkaadmin.ErrInvalidPartitions) {
		return err
	}
	// Somebody may have grown it to the same size meanwhile.
	if now, rerr := s.admin.Topic(ctx, name); rerr == nil && now.Partitions == ch.partitions {
		return nil
	}
	return err
}

// delete removes the topic; one that is not there is removed already.
func (s service) delete(ctx context.Context, name string) error {
	err := s.admin.DeleteTopic(ctx, name)
	if errors.Is(err, kafkaadmin.ErrNotFound) || kafkaadmin.Accepted(err) {
		return nil
	}
	return err
}

// blame finds the keys that the broker refuses, by trying each alone without
// effect: its answer names them in a text only.
func (s service) blame(ctx context.Context, whole error, config map[string]string, try func(key, value string) error) error {
	var errs []error
	for _, k := range slices.Sorted(maps.Keys(config)) {
		if ctx.Err() != nil {
			return whole
		}
		if err := try(k, config[k]); errors.Is(err, kafkaadmin.ErrInvalidConfig) {
			errs = append(errs, &keyError{key: k, err: err})
		}
	}
	if len(errs) == 0 {
		return whole
	}
	return errors.Join(errs...)
}

// keyError is a refused configuration key. It knows its place for diagnostics.
type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string     { return fmt.Sprintf("key %q: %s", e.key, e.err) }
func (e *keyError) Unwrap() error     { return e.err }
func (e *keyError) Attribute() string { return "config[" + e.key + "]" }

// existsError says how to take over a topic that is there already.
type existsError struct {
	name, id string
	err      error
}

func (e *existsError) Error() string {
	return fmt.Sprintf("a topic named %q exists already and is not managed here. To manage it, import it:\n\n  terraform import kafka_topic.<resource name> '%s'\n\nOr choose another name", e.name, e.id)
}
func (e *existsError) Unwrap() error     { return e.err }
func (e *existsError) Attribute() string { return "name" }
