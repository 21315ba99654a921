package brokers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// Marathon is what an Operator needs of *marathon.Client.
type Marathon interface {
	Group(ctx context.Context, id string) (marathon.Group, error)
	App(ctx context.Context, id string) (marathon.App, error)
	CreateApp(ctx context.Context, app marathon.App) (marathon.Change, error)
	ReplaceApp(ctx context.Context, id string, overlay func(current marathon.App) (marathon.App, error)) (marathon.Change, error)
	DeleteApp(ctx context.Context, id string) (marathon.Change, error)
	DeleteGroup(ctx context.Context, id string) (marathon.Change, error)
	Deployments(ctx context.Context) ([]marathon.Deployment, error)
	// StopDeployment frees the apps of a plan that will never end, and leaves them as they are.
	StopDeployment(ctx context.Context, id string) error
}

// Waiter follows deployments to their end; *rollout.Waiter is one.
type Waiter interface {
	Wait(ctx context.Context, t rollout.Target) error
	WaitGone(ctx context.Context, appID, deploymentID string) error
}

// Kafka is what an Operator needs of *kafkaadmin.Client.
type Kafka interface {
	Brokers(ctx context.Context) ([]kafkaadmin.Broker, error)
	Quorum(ctx context.Context) (kafkaadmin.Quorum, error)
	Partitions(ctx context.Context) ([]kafkaadmin.Partition, error)
	PartitionsFrom(ctx context.Context, brokerID int32) ([]kafkaadmin.Partition, error)
	MinISR(ctx context.Context, topics []string) (map[string]int, error)
	BrokerConfig(ctx context.Context, broker int32) (map[string]kafkaadmin.ConfigEntry, error)
	AlterBrokerConfig(ctx context.Context, broker int32, set map[string]string, unset []string) error
}

// Operator carries out what a Spec wants. All waits end with the context of the call.
type Operator struct {
	Marathon Marathon
	Waiter   Waiter
	// Kafka answers a client of the cluster; it is asked again for every look, as brokers move.
	Kafka func(ctx context.Context) (Kafka, error)
	// Forget drops a client that leads nowhere any more; may be nil.
	Forget func()
	// Progress is told what is being waited for; may be nil.
	Progress func(string)
	// Warn is told what the user should know although it stops nothing; may be nil.
	Warn func(string)
	// Poll is the time between two looks at Kafka, a second when zero.
	Poll time.Duration
}

func (o Operator) progressf(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

func (o Operator) warnf(format string, args ...any) {
	if o.Warn != nil {
		o.Warn(fmt.Sprintf(format, args...))
	}
}

// Observe reads the cluster from Marathon. A group or cluster that Marathon says is not there is ErrNoCluster; an outage
// never is.
func (o Operator) Observe(ctx context.Context, groupID string) (Observed, error) {
	found, err := o.readGroup(ctx, groupID)
	if !errors.Is(err, ErrNoCluster) {
		return found, err
	}
	if err := o.confirm(ctx, groupID, err); err != nil {
		return Observed{}, err
	}
	// The first broker is there: it was made between the two looks, or groups do not show it.
	if found, err = o.readGroup(ctx, groupID); errors.Is(err, ErrNoCluster) {
		return Observed{}, fmt.Errorf("app %s is there, but group %s shows no broker of a Kafka cluster: give the broker apps their labels %s, %s and %s back, or remove the app",
			Spec{Group: groupID}.AppID(0), groupID, LabelCluster, LabelBroker, LabelVersion)
	}
	return found, err
}

// readGroup reads the group; ErrNoCluster where there is none, or no broker in it.
func (o Operator) readGroup(ctx context.Context, groupID string) (Observed, error) {
	group, err := o.Marathon.Group(ctx, groupID)
	switch {
	case errors.Is(err, marathon.ErrNotFound):
		return Observed{}, fmt.Errorf("%w: Marathon has no group %s", ErrNoCluster, groupID)
	case err != nil:
		return Observed{}, err
	}
	return FromApps(groupID, group.Apps)
}

// confirm asks for the first broker's app itself before the cluster counts as gone, and answers gone where it is: out of
// groups Marathon leaves what the credentials may not see, and of an app it says so.
func (o Operator) confirm(ctx context.Context, groupID string, gone error) error {
	if _, err := o.Marathon.App(ctx, Spec{Group: groupID}.AppID(0)); errors.Is(err, marathon.ErrNotFound) {
		return gone
	} else if err != nil {
		return err
	}
	return nil
}

// until looks again and again until look has nothing to complain about, and answers its last complaint when ctx ends.
func (o Operator) until(ctx context.Context, look func(context.Context) error) error {
	every := o.Poll
	if every <= 0 {
		every = time.Second
	}
	var last string
	for unreachable := 0; ; {
		err := look(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		}
		var stop *finalError
		if errors.As(err, &stop) {
			return stop.err
		}
		if said := err.Error(); said != last {
			o.progressf("waiting: %s", said)
			last = said
		}
		if unreachable++; !errors.Is(err, kafkaadmin.ErrUnreachable) {
			unreachable = 0
		} else if unreachable%3 == 0 && o.Forget != nil {
			o.Forget()
		}
		timer := time.NewTimer(every)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		case <-timer.C:
		}
	}
}

// finalError ends a wait at once.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }

// release stops plans that touch nothing but the given apps, so that a change to them is not locked out by a plan that
// an earlier run left behind and that may never end.
func (o Operator) release(ctx context.Context, appIDs []string) {
	deployments, err := o.Marathon.Deployments(ctx)
	if err != nil {
		return // the change itself will say what is wrong
	}
	for _, d := range deployments {
		ours := len(d.AffectedApps) > 0
		for _, app := range d.AffectedApps {
			ours = ours && slices.Contains(appIDs, app)
		}
		if ours {
			o.progressf("stopping deployment %s of %s", d.ID, strings.Join(d.AffectedApps, ", "))
			_ = o.Marathon.StopDeployment(ctx, d.ID)
		}
	}
}
