package rollout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// departure is one look at an app that is being deleted.
type departure struct {
	listed *marathon.Deployment // our deployment, while it runs
	exists bool
	now    marathon.Status
	tasks  []marathon.Task // still known to Marathon, ended ones left out
}

// leaving remembers what earlier looks saw.
type leaving struct {
	seenGone  bool
	surprises int
}

func (l *leaving) observe(appID, deploymentID string, d departure) (done bool, err error) {
	if !d.exists {
		l.seenGone, l.surprises = true, 0
		return d.listed == nil && len(d.tasks) == 0, nil
	}
	if l.seenGone {
		return false, &OvertakenError{AppID: appID, DeploymentID: deploymentID, Version: d.now.Version, Deployments: d.now.Deployments}
	}
	if d.listed != nil {
		l.surprises = 0
		return false, nil
	}
	if l.surprises++; l.surprises <= confirmations {
		return false, nil
	}
	return false, &RolledBackError{
		AppID: appID, DeploymentID: deploymentID, Version: d.now.Version,
		Reason: "the app still exists, but no deployment deletes it any more: the deletion was undone by somebody else",
	}
}

// WaitGone returns nil when the deployment is over, the app is gone and so are its tasks. deploymentID may be empty.
func (w *Waiter) WaitGone(ctx context.Context, appID, deploymentID string) error {
	start := w.opts.clock.Now()
	f := w.follow(ctx)
	defer f.stop()
	var l leaving
	var last *departure
	for {
		d, err := w.lookGone(ctx, appID, deploymentID)
		switch {
		case ctx.Err() != nil:
			return w.notGone(ctx, appID, deploymentID, start, last, f.trouble)
		case err != nil:
			if !transient(err, last != nil) {
				return err
			}
			f.trouble = err
			f.report(appID + ": Marathon does not answer at the moment, still waiting")
		default:
			f.trouble = nil
			last = &d
			done, err := l.observe(appID, deploymentID, d)
			if done || err != nil {
				return err
			}
			f.report(fmt.Sprintf("%s: being deleted, %d tasks left", appID, len(d.tasks)))
		}
		if f.pause(ctx) != nil {
			return w.notGone(ctx, appID, deploymentID, start, last, f.trouble)
		}
	}
}

func (w *Waiter) lookGone(ctx context.Context, appID, deploymentID string) (departure, error) {
	var d departure
	running, err := w.marathon.Deployments(ctx)
	if err != nil {
		return d, err
	}
	d.listed = observation{deployments: running}.own(deploymentID)
	d.now, err = w.marathon.Status(ctx, appID)
	switch {
	case err == nil:
		d.exists = true
	case !errors.Is(err, marathon.ErrNotFound):
		return d, err
	}
	tasks, err := w.marathon.AppTasks(ctx, appID)
	if err != nil {
		return d, err
	}
	for _, t := range tasks {
		if !terminal[t.State] {
			d.tasks = append(d.tasks, t)
		}
	}
	return d, nil
}

func (w *Waiter) notGone(ctx context.Context, appID, deploymentID string, start time.Time, last *departure, trouble error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("waiting for the end of app %s was interrupted: %w", appID, ctx.Err())
	}
	e := &TimeoutError{AppID: appID, DeploymentID: deploymentID, Waited: w.opts.clock.Now().Sub(start), Err: ctx.Err(), gone: true}
	if last != nil {
		if last.exists {
			e.Evidence = append(e.Evidence, "Marathon still has the app")
		}
		if last.listed != nil {
			e.Evidence = append(e.Evidence, fmt.Sprintf("its deployment is at step %d of %d", last.listed.CurrentStep, last.listed.TotalSteps))
		}
		for _, t := range last.tasks {
			e.Evidence = append(e.Evidence, fmt.Sprintf("task %s on %s is still in state %s", t.ID, t.Host, t.State))
		}
	}
	if trouble != nil {
		e.Evidence = append(e.Evidence, "the last look failed: "+trouble.Error())
	}
	return e
}
