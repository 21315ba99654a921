package streamsapp

import (
	"context"
	"errors"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// lastFailure is the task that failed last, "" when none ever did.
func (v Service) lastFailure(ctx context.Context, id string) (string, error) {
	status, err := v.Marathon.Status(ctx, id)
	if err != nil || status.LastTaskFailure == nil {
		return "", err
	}
	return status.LastTaskFailure.TaskID, nil
}

// failureWatch looks for tasks that fail while the consumer group is waited for: an application that starts well and gives
// up on its brokers later is then reported with its last lines instead of being waited for.
type failureWatch struct {
	service  Service
	id       string
	known    string                 // task of a failure that is older than the watch
	failures []marathon.TaskFailure // since then, each task once
}

// check follows the rollout again once another task than the known one has failed. Failures are kept over the looks, as each
// rollout ends well where the tasks live for a while.
func (w *failureWatch) check(ctx context.Context) error {
	status, err := w.service.Marathon.Status(ctx, w.id)
	if err != nil {
		if errors.Is(err, marathon.ErrNotFound) {
			return err
		}
		return nil // an outage of Marathon says nothing about the application
	}
	f := status.LastTaskFailure
	if f == nil || f.TaskID == w.known {
		return nil
	}
	if n := len(w.failures); n == 0 || w.failures[n-1].TaskID != f.TaskID {
		w.failures = append(w.failures, *f)
	}
	if err := w.service.Waiter.Crashed(ctx, status, w.failures); err != nil {
		return err
	}
	return w.service.Waiter.Wait(ctx, rollout.Target{AppID: w.id, Version: status.Version})
}
