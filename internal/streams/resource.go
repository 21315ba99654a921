// Package streams is the kafka_streams_application resource.
package streams

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

const (
	createTimeout = 20 * time.Minute
	updateTimeout = 30 * time.Minute
	deleteTimeout = 10 * time.Minute
	// lookTimeout bounds what a refresh or a plan asks Kafka for: it is information, not a condition.
	lookTimeout = 3 * time.Second
)

type applicationResource struct{ session *session.Session }

var (
	_ resource.ResourceWithConfigure      = (*applicationResource)(nil)
	_ resource.ResourceWithValidateConfig = (*applicationResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*applicationResource)(nil)
	_ resource.ResourceWithImportState    = (*applicationResource)(nil)
)

// NewResource constructs the kafka_streams_application resource.
func NewResource() resource.Resource { return &applicationResource{} }

func (r *applicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_streams_application"
}

func (r *applicationResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = tf.FromProviderData(req.ProviderData, &resp.Diagnostics)
}

func (r *applicationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	const summary = "Unable to Create Kafka Streams Application"
	var m model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	a, ok := r.prepare(ctx, m, summary, &resp.Diagnostics)
	if !ok {
		return
	}
	defer a.close()
	partitions, err := streamsapp.CheckTopics(ctx, a.kafka, a.spec)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	warnIdle(&resp.Diagnostics, a.spec, partitions)

	pending, err := a.service.Create(ctx, a.kafka, a.spec)
	lost := isLost(err)
	if err != nil && !lost {
		tf.AddError(&resp.Diagnostics, summary, describeConflict(err, a.spec), paths)
		return
	}
	// The app exists, or may: its identity is saved before anything is waited for.
	m.fromSpec(a.spec, a.spec.BootstrapServers)
	m.fromGroup(noGroup)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if lost {
		tf.AddError(&resp.Diagnostics, summary, unfinished(err, "The app may be in Marathon all the same, so it stays, tainted, in the state: the next apply looks for it, and replaces it if it is there."), paths)
		return
	}

	group, err := a.service.Wait(ctx, a.kafka, a.spec, pending)
	if err != nil {
		tf.AddError(&resp.Diagnostics, summary, unfinished(err, "The app stays in Marathon and, tainted, in the state: the next apply replaces it."), paths)
		return
	}
	warnUnseen(&resp.Diagnostics, a.spec, group)
	m.fromGroup(group)
	r.save(ctx, &m, a, summary, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (r *applicationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	const summary = "Unable to Update Kafka Streams Application"
	var m, before model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	a, ok := r.prepare(ctx, m, summary, &resp.Diagnostics)
	if !ok {
		return
	}
	defer a.close()
	if !m.InputTopics.Equal(before.InputTopics) || !m.OutputTopics.Equal(before.OutputTopics) {
		if _, err := streamsapp.CheckTopics(ctx, a.kafka, a.spec); tf.AddError(&resp.Diagnostics, summary, err, paths) {
			return
		}
	}
	earlier, diags := unfinishedDeployment(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	pending, err := r.change(ctx, a, m, before, earlier)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return // nothing happened: the old values stay in the state
	}
	// Marathon holds the new definition now; whether it works is not known yet. The mark makes the next plan an update,
	// even though the values are all as configured, and that update waits again.
	m.fromSpec(a.spec, a.spec.BootstrapServers)
	m.fromGroup(noGroup)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(markUnfinished(ctx, resp.Private, pending.Change.DeploymentID)...)

	group, err := a.service.Wait(ctx, a.kafka, a.spec, pending)
	if err != nil {
		tf.AddError(&resp.Diagnostics, summary, unfinished(err, "The new definition stays in Marathon: correct it and apply again, or apply again to wait once more."), paths)
		return
	}
	warnUnseen(&resp.Diagnostics, a.spec, group)
	m.fromGroup(group)
	r.save(ctx, &m, a, summary, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, unfinishedKey, nil)...)
	}
}

// change scales where the number of instances alone differs, and replaces the definition otherwise. earlier is a deployment
// of ours that was not seen to end: it goes on where nothing differs, and makes way where something does.
func (r *applicationResource) change(ctx context.Context, a *application, m, before model, earlier string) (streamsapp.Pending, error) {
	same := m.sameDefinition(before) && m.Upgrade.Equal(before.Upgrade)
	if !same || !m.Instances.Equal(before.Instances) {
		if err := a.service.Abandon(ctx, earlier); err != nil {
			return streamsapp.Pending{}, err
		}
	}
	if same && earlier == "" && !m.Instances.Equal(before.Instances) {
		return a.service.Scale(ctx, a.spec)
	}
	pending, err := a.service.Replace(ctx, a.kafka, a.spec)
	if pending.Change.Unchanged && pending.Change.DeploymentID == "" {
		pending.Change.DeploymentID = earlier
	}
	return pending, err
}

func (r *applicationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	const summary = "Unable to Delete Kafka Streams Application"
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, diags := m.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(diags...)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	service, err := r.service(ctx)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	if tf.AddError(&resp.Diagnostics, summary, service.Delete(ctx, m.ID.ValueString()), paths) {
		return
	}
	// The app is gone, and with it the resource. What is left of the group is worth waiting for, since an application that
	// comes back under the same id shares it with dead members; but it is no reason to keep the resource.
	a, err := r.kafka(ctx, m)
	if err == nil {
		defer a.close()
		err = service.WaitEmpty(ctx, a.kafka, m.ApplicationID.ValueString())
	}
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) {
		resp.Diagnostics.AddWarning("Consumer Group Not Seen Empty",
			"The app "+m.ID.ValueString()+" is gone from Marathon, but its consumer group could not be seen without members: "+err.Error()+
				".\n\nMembers that do not say goodbye are dropped when their session times out.")
	}
}

func (r *applicationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	const summary = "Unable to Import Kafka Streams Application"
	service, err := r.service(ctx)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	id, err := service.Find(ctx, req.ID)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	if _, err := service.Marathon.App(ctx, id); tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// service makes the plain-Go side over the session's clients.
func (r *applicationResource) service(ctx context.Context) (streamsapp.Service, error) {
	client, err := r.session.Marathon()
	if err != nil {
		return streamsapp.Service{}, err
	}
	waiter, err := r.session.Waiter(ctx)
	if err != nil {
		return streamsapp.Service{}, err
	}
	progress := func(line string) { tflog.Info(ctx, line) }
	return streamsapp.Service{Marathon: client, Waiter: waiter, Progress: progress}, nil
}

// isLost says that a change may have been made although it failed.
func isLost(err error) bool {
	var m *marathon.Error
	return errors.As(err, &m) && m.Unknown
}

// describeConflict says how to take over an app that exists.
func describeConflict(err error, s streamsapp.Spec) error {
	if !errors.Is(err, marathon.ErrExists) {
		return err
	}
	return &streamsapp.FieldError{Field: "app_id", Message: "Marathon has an app " + s.AppID + " already. To manage it here: terraform import kafka_streams_application.<name> " + s.AppID + "; otherwise choose another app_id"}
}

// unfinishedError adds to a failed wait what it means for the state.
type unfinishedError struct {
	err  error
	note string
}

func unfinished(err error, note string) error { return &unfinishedError{err: err, note: note} }

func (e *unfinishedError) Error() string { return e.err.Error() + "\n\n" + e.note }
func (e *unfinishedError) Unwrap() error { return e.err }

func warnUnseen(diags *diag.Diagnostics, s streamsapp.Spec, group kafkaadmin.Group) {
	if group.State == "" {
		diags.AddWarning("Consumer Group Not Checked",
			"The application "+s.ApplicationID+" uses a group protocol whose groups cannot be described here (group.protocol = streams): its tasks run as Marathon says, but whether they joined was not seen.")
	}
}
