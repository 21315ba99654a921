package brokers

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// NotJoinedError says that Marathon runs the brokers, but Kafka does not have all of them.
type NotJoinedError struct {
	Group    string
	NoLeader bool
	Missing  []int // not registered
	Fenced   []int // registered, not serving
	Err      error // why Kafka could not be asked
}

func (e *NotJoinedError) Error() string {
	var parts []string
	if e.NoLeader {
		parts = append(parts, "the controller quorum has no leader")
	}
	if len(e.Missing) > 0 {
		parts = append(parts, "not registered: broker "+ids(e.Missing))
	}
	if len(e.Fenced) > 0 {
		parts = append(parts, "registered but fenced: broker "+ids(e.Fenced))
	}
	if e.Err != nil {
		parts = append(parts, "Kafka could not be asked: "+e.Err.Error())
	}
	return fmt.Sprintf("Kafka cluster %s is not complete: %s", e.Group, strings.Join(parts, "; "))
}

func (e *NotJoinedError) Unwrap() error { return e.Err }

// AwaitJoined waits until the quorum has a leader and every broker is registered and unfenced. Only then is a cluster
// done: a topic made earlier keeps all its leaders on the brokers that were there.
func (o Operator) AwaitJoined(ctx context.Context, s Spec) error {
	return o.until(ctx, func(ctx context.Context) error {
		return o.joined(ctx, s)
	})
}

func (o Operator) joined(ctx context.Context, s Spec) error {
	k, err := o.Kafka(ctx)
	if err != nil {
		return &NotJoinedError{Group: s.Group, Err: err}
	}
	quorum, err := quorumOf(ctx, k)
	if err != nil {
		return &NotJoinedError{Group: s.Group, Err: err}
	}
	if quorum != nil && quorum.LeaderID < 0 {
		return &NotJoinedError{Group: s.Group, NoLeader: true}
	}
	found, err := k.Brokers(ctx)
	if err != nil {
		return &NotJoinedError{Group: s.Group, Err: err}
	}
	missing, fenced := absent(found, s.Brokers)
	if len(missing)+len(fenced) > 0 {
		return &NotJoinedError{Group: s.Group, Missing: missing, Fenced: fenced}
	}
	return nil
}

func absent(found []kafkaadmin.Broker, brokers int) (missing, fenced []int) {
	state := map[int32]bool{}
	for _, b := range found {
		state[b.ID] = b.Fenced
	}
	for id := range brokers {
		switch isFenced, ok := state[int32(id)]; {
		case !ok:
			missing = append(missing, id)
		case isFenced:
			fenced = append(fenced, id)
		}
	}
	return missing, fenced
}

// quorumOf answers nil where the brokers have no such API.
func quorumOf(ctx context.Context, k Kafka) (*kafkaadmin.Quorum, error) {
	q, err := k.Quorum(ctx)
	if errors.Is(err, kafkaadmin.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &q, nil
}

// look takes the view that a gate decides on.
func (o Operator) look(ctx context.Context) (View, error) {
	var v View
	k, err := o.Kafka(ctx)
	if err != nil {
		return v, err
	}
	if v.Quorum, err = quorumOf(ctx, k); err != nil {
		return v, fmt.Errorf("the controller quorum does not answer, so it may have no majority: %w", err)
	}
	if v.Brokers, err = k.Brokers(ctx); err != nil {
		return v, err
	}
	if v.Partitions, err = k.Partitions(ctx); err != nil {
		return v, err
	}
	v.MinISR, err = k.MinISR(ctx, topicsOf(v.Partitions))
	return v, err
}

func topicsOf(partitions []kafkaadmin.Partition) []string {
	var topics []string
	seen := map[string]bool{}
	for _, p := range partitions {
		if !seen[p.Topic] {
			seen[p.Topic] = true
			topics = append(topics, p.Topic)
		}
	}
	return topics
}

func ids(list []int) string {
	words := make([]string, len(list))
	for i, id := range list {
		words[i] = strconv.Itoa(id)
	}
	return commas(words)
}

func commas(words []string) string { return strings.Join(words, ", ") }
