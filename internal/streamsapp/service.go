package streamsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// Marathon is what a Service needs of *marathon.Client.
type Marathon interface {
	App(ctx context.Context, id string) (marathon.App, error)
	Status(ctx context.Context, id string) (marathon.Status, error)
	Group(ctx context.Context, id string) (marathon.Group, error)
	CreateApp(ctx context.Context, app marathon.App) (marathon.Change, error)
	ReplaceApp(ctx context.Context, id string, overlay func(marathon.App) (marathon.App, error)) (marathon.Change, error)
	ScaleApp(ctx context.Context, id string, instances int) (marathon.Change, error)
	DeleteApp(ctx context.Context, id string) (marathon.Change, error)
	Deployments(ctx context.Context) ([]marathon.Deployment, error)
	// StopDeployment stops a plan and leaves the app as it is. A plan whose instances crash never ends by itself and locks
	// its app.
	StopDeployment(ctx context.Context, id string) error
}

// Waiter follows deployments. *rollout.Waiter is one.
type Waiter interface {
	Wait(ctx context.Context, t rollout.Target) error
	WaitGone(ctx context.Context, appID, deploymentID string) error
	// Crashed judges the failures that were gathered over several looks; nil while they are few.
	Crashed(ctx context.Context, status marathon.Status, failures []marathon.TaskFailure) error
}

// Kafka is what a Service needs of *kafkaadmin.Client.
type Kafka interface {
	Groups
	Topic(ctx context.Context, name string) (kafkaadmin.Topic, error)
}

// Service carries out changes of applications. Every method ends when its context does.
type Service struct {
	Marathon Marathon
	Waiter   Waiter
	Progress func(string) // may be nil
}

// Pending is a change that Marathon accepted and that has not been waited for.
type Pending struct {
	Change marathon.Change
	Former map[string]bool // members of the group that the change ends
}

// MissingTopicError names input or output topics that do not exist. Kafka Streams never creates those.
type MissingTopicError struct {
	Field  string // input_topics or output_topics
	Topics []string
}

func (e *MissingTopicError) Error() string {
	noun, them := "topic", "it"
	if len(e.Topics) > 1 {
		noun, them = "topics", "them"
	}
	quoted := make([]string, len(e.Topics))
	for i, t := range e.Topics {
		quoted[i] = fmt.Sprintf("%q", t)
	}
	return fmt.Sprintf("the %s %s of the application does not exist, and Kafka Streams never creates its inputs and outputs. Create %s first, with its final number of partitions: "+
		"a kafka_topic that is referred to here (%s = [kafka_topic.<name>.name]) is made before the application", noun, strings.Join(quoted, ", "), them, e.Field)
}

// Attribute names the argument.
func (e *MissingTopicError) Attribute() string { return e.Field }

// CheckTopics looks whether the inputs and outputs exist, and answers the inputs' partition counts.
func CheckTopics(ctx context.Context, kafka Kafka, s Spec) (map[string]int, error) {
	partitions := map[string]int{}
	var problems []error
	for _, list := range []struct {
		field string
		names []string
	}{{"input_topics", s.InputTopics}, {"output_topics", s.OutputTopics}} {
		var missing []string
		for _, name := range slices.Sorted(slices.Values(list.names)) {
			topic, err := kafka.Topic(ctx, name)
			switch {
			case errors.Is(err, kafkaadmin.ErrNotFound):
				missing = append(missing, name)
			case err != nil:
				return nil, fmt.Errorf("looking for topic %q: %w", name, err)
			case list.field == "input_topics":
				partitions[name] = int(topic.Partitions)
			}
		}
		if len(missing) > 0 {
			problems = append(problems, &MissingTopicError{Field: list.field, Topics: missing})
		}
	}
	return partitions, errors.Join(problems...)
}

// Create hands the application to Marathon. Wait follows it. An app of the id that was there before is marathon.ErrExists;
// so where the error says that the outcome is not known, an app that is found later is this one.
func (v Service) Create(ctx context.Context, kafka Kafka, s Spec) (Pending, error) {
	app, err := s.App()
	if err != nil {
		return Pending{}, err
	}
	former, err := members(ctx, kafka, s)
	if err != nil {
		return Pending{}, err
	}
	switch _, err := v.Marathon.App(ctx, s.AppID); {
	case err == nil:
		return Pending{}, &marathon.Error{Kind: marathon.Exists, Op: "create app", Target: s.AppID}
	case !errors.Is(err, marathon.ErrNotFound):
		return Pending{}, err
	}
	change, err := v.Marathon.CreateApp(ctx, app)
	if err != nil {
		return Pending{}, err
	}
	return Pending{Change: change, Former: former}, nil
}

// Scale changes the number of instances and nothing else: running tasks stay as they are.
func (v Service) Scale(ctx context.Context, s Spec) (Pending, error) {
	change, err := v.Marathon.ScaleApp(ctx, s.AppID, s.Instances)
	if err != nil {
		return Pending{}, err
	}
	return Pending{Change: change}, nil
}

// Replace changes the definition, which replaces every task unless only the number of instances differs.
func (v Service) Replace(ctx context.Context, kafka Kafka, s Spec) (Pending, error) {
	former, err := members(ctx, kafka, s)
	if err != nil {
		return Pending{}, err
	}
	replaces := false
	change, err := v.Marathon.ReplaceApp(ctx, s.AppID, func(current marathon.App) (marathon.App, error) {
		next, err := s.Overlay(current)
		replaces = err == nil && restarts(current, next)
		return next, err
	})
	if err != nil {
		return Pending{}, err
	}
	if change.Unchanged || !replaces {
		former = nil
	}
	return Pending{Change: change, Former: former}, nil
}

// members are the ids of the group's members before a change. A group that the classic description does not show has none.
func members(ctx context.Context, kafka Kafka, s Spec) (map[string]bool, error) {
	group, err := kafka.Group(ctx, s.ApplicationID)
	if err != nil && !errors.Is(err, kafkaadmin.ErrNotFound) && !errors.Is(err, kafkaadmin.ErrUnsupported) {
		return nil, fmt.Errorf("describing the consumer group %q: %w", s.ApplicationID, err)
	}
	ids := map[string]bool{}
	for _, m := range group.Members {
		ids[m.ID] = true
	}
	return ids, nil
}

// Wait follows a change until the tasks run as they should and the consumer group is complete. The group that it answers
// has no State where groups of its protocol cannot be described.
func (v Service) Wait(ctx context.Context, kafka Kafka, s Spec, p Pending) (kafkaadmin.Group, error) {
	target := rollout.Target{AppID: s.AppID, DeploymentID: p.Change.DeploymentID, Version: p.Change.Version}
	if err := v.Waiter.Wait(ctx, target); err != nil {
		return kafkaadmin.Group{}, err
	}
	if s.StreamsProtocol() {
		return kafkaadmin.Group{ID: s.ApplicationID}, nil
	}
	known, err := v.lastFailure(ctx, s.AppID)
	if err != nil {
		return kafkaadmin.Group{}, err
	}
	wait := GroupWait{
		ID: s.ApplicationID, Members: s.Members(), Former: p.Former, Progress: v.Progress,
		Check: (&failureWatch{service: v, id: s.AppID, known: known}).check,
	}
	group, err := wait.Wait(ctx, kafka)
	if errors.Is(err, kafkaadmin.ErrUnsupported) {
		return kafkaadmin.Group{ID: s.ApplicationID}, nil
	}
	return group, err
}

// Delete removes the app and returns when it is gone; an app that is gone already is none to delete. Plans that touch
// nothing but this app are stopped first: what they are about is over, and one that is stuck would lock the app for good.
func (v Service) Delete(ctx context.Context, id string) error {
	err := v.stop(ctx, func(d marathon.Deployment) bool { return len(d.AffectedApps) == 1 && d.AffectedApps[0] == id })
	if err != nil {
		return err
	}
	change, err := v.Marathon.DeleteApp(ctx, id)
	if err != nil {
		if errors.Is(err, marathon.ErrNotFound) {
			return nil
		}
		return err
	}
	return v.Waiter.WaitGone(ctx, id, change.DeploymentID)
}

// Abandon stops a deployment of an earlier apply that never came to its end, so that the next change is not locked out.
func (v Service) Abandon(ctx context.Context, deploymentID string) error {
	if deploymentID == "" {
		return nil
	}
	return v.stop(ctx, func(d marathon.Deployment) bool { return d.ID == deploymentID })
}

func (v Service) stop(ctx context.Context, which func(marathon.Deployment) bool) error {
	running, err := v.Marathon.Deployments(ctx)
	if err != nil {
		return err
	}
	for _, d := range running {
		if !which(d) {
			continue
		}
		if err := v.Marathon.StopDeployment(ctx, d.ID); err != nil && !errors.Is(err, marathon.ErrNotFound) {
			return err
		}
	}
	return nil
}

// WaitEmpty returns when the group has no members left. Group, offsets and internal topics stay in Kafka.
func (v Service) WaitEmpty(ctx context.Context, kafka Kafka, applicationID string) error {
	_, err := GroupWait{ID: applicationID, Progress: v.Progress}.Wait(ctx, kafka)
	return err
}

// DefaultGroup is the Marathon group of applications whose app id is not given.
const DefaultGroup = "/streams"

// Find answers the Marathon id of an application that is given by that id or by its application id. The latter is looked
// up by its label in the default group.
func (v Service) Find(ctx context.Context, id string) (string, error) {
	if strings.HasPrefix(id, "/") {
		return id, nil
	}
	group, err := v.Marathon.Group(ctx, DefaultGroup)
	if err != nil && !errors.Is(err, marathon.ErrNotFound) {
		return "", err
	}
	var found []string
	for _, app := range group.Apps {
		if app.Labels()[LabelApplication] == id {
			found = append(found, app.ID())
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fmt.Errorf("no app below %s on this Marathon has the label %s=%s: import by the app's id, such as /streams/wordcount: %w", DefaultGroup, LabelApplication, id, ErrNoApplication)
	}
	slices.Sort(found)
	return "", fmt.Errorf("several apps run the application %q: import one of them by its id: %s", id, strings.Join(found, ", "))
}
