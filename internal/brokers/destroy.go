package brokers

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// Destroy removes the broker apps of one cluster id, and then the group if nothing else is in it. What is gone already is
// fine.
func (o Operator) Destroy(ctx context.Context, groupID, clusterID string) error {
	found, err := o.Observe(ctx, groupID)
	if errors.Is(err, ErrNoCluster) {
		return o.removeEmpty(ctx, groupID)
	}
	if err != nil {
		return err
	}
	ours, ok := found.Of(clusterID)
	if !ok {
		return nil
	}
	appIDs := make([]string, len(ours.Brokers))
	for i, b := range ours.Brokers {
		appIDs[i] = b.AppID
	}
	o.release(ctx, appIDs)
	var deletes errgroup.Group
	for _, b := range ours.Brokers {
		deletes.Go(func() error {
			change, err := o.Marathon.DeleteApp(ctx, b.AppID)
			if errors.Is(err, marathon.ErrNotFound) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("broker %d: %w", b.ID, err)
			}
			if err := o.Waiter.WaitGone(ctx, b.AppID, change.DeploymentID); err != nil {
				return fmt.Errorf("broker %d: %w", b.ID, err)
			}
			return nil
		})
	}
	if err := deletes.Wait(); err != nil {
		return err
	}
	return o.removeEmpty(ctx, groupID)
}

func (o Operator) removeEmpty(ctx context.Context, groupID string) error {
	group, err := o.Marathon.Group(ctx, groupID)
	if errors.Is(err, marathon.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(group.Apps)+len(group.Groups)+group.Pods > 0 {
		return nil
	}
	if _, err := o.Marathon.DeleteGroup(ctx, groupID); err != nil && !errors.Is(err, marathon.ErrNotFound) {
		return err
	}
	return nil
}
