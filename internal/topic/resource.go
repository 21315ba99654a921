// Package topic is the kafka_topic resource.
package topic

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

var (
	_ resource.ResourceWithConfigure   = (*topicResource)(nil)
	_ resource.ResourceWithImportState = (*topicResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*topicResource)(nil)
)

type topicResource struct{ session *session.Session }

// NewResource constructs the kafka_topic resource.
func NewResource() resource.Resource { return &topicResource{} }

var paths = tf.Paths{
	"name":               path.Root("name"),
	"partitions":         path.Root("partitions"),
	"replication_factor": path.Root("replication_factor"),
	"config":             path.Root("config"),
	"cluster":            path.Root("cluster"),
}

func (r *topicResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_topic"
}

func (r *topicResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = tf.FromProviderData(req.ProviderData, &resp.Diagnostics)
}

func (r *topicResource) admin(ctx context.Context, cluster string) (Admin, error) {
	c, err := r.session.Kafka(ctx, cluster)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (r *topicResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	const summary = "Unable to Create Kafka Topic"
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, d := plan.Timeouts.Create(ctx, minutesCreate*time.Minute)
	resp.Diagnostics.Append(d...)
	spec, d := plan.toSpec(ctx)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cluster := plan.Cluster.ValueString()
	admin, err := r.admin(ctx, cluster)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	plan.ID = types.StringValue(idOf(cluster, spec.Name))
	created, err := service{admin}.create(ctx, spec, plan.ID.ValueString())
	if created {
		// Every attribute is known and the cluster has taken it: nothing that
		// follows may lose the topic.
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
	switch {
	case err == nil:
	case created:
		resp.Diagnostics.AddWarning("Kafka Topic Not Visible Everywhere Yet", fmt.Sprintf("The topic is created and can be used: %s.", err))
	default:
		r.session.Renew(cluster, err)
		tf.AddError(&resp.Diagnostics, summary, err, paths)
	}
}

func (r *topicResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cluster, name := state.Cluster.ValueString(), state.Name.ValueString()
	seen, err := r.read(ctx, cluster, name)
	switch {
	case err == nil:
	case errors.Is(err, kafkaadmin.ErrNotFound):
		resp.State.RemoveResource(ctx)
		return
	case session.IsDown(err) && !state.Partitions.IsNull():
		// The plan that mends the cluster must not fail over the cluster's
		// topics. They stay in the state; the next refresh sees what is left.
		resp.Diagnostics.AddWarning("Kafka Topic Not Refreshed", fmt.Sprintf("The topic %q is kept as it was: %s.", name, err))
		return
	default:
		tf.AddError(&resp.Diagnostics, "Unable to Read Kafka Topic", err, paths)
		return
	}
	if seen.MixedReplication {
		resp.Diagnostics.AddAttributeWarning(path.Root("replication_factor"), "Partitions Differ in Replicas",
			fmt.Sprintf("Not every partition of the topic %q has the %d replicas of partition 0: a reassignment is under way or was left unfinished.", name, seen.ReplicationFactor))
	}
	state.fromObserved(seen)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (r *topicResource) read(ctx context.Context, cluster, name string) (kafkaadmin.Topic, error) {
	for again := false; ; again = true {
		admin, err := r.admin(ctx, cluster)
		if err != nil {
			return kafkaadmin.Topic{}, err
		}
		seen, err := admin.Topic(ctx, name)
		if again || !r.session.Renew(cluster, err) {
			return seen, err
		}
	}
}

func (r *topicResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	const summary = "Unable to Update Kafka Topic"
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, d := plan.Timeouts.Update(ctx, minutesUpdate*time.Minute)
	resp.Diagnostics.Append(d...)
	want, d := plan.toSpec(ctx)
	resp.Diagnostics.Append(d...)
	have, d := state.toSpec(ctx)
	resp.Diagnostics.Append(d...)
	r.refuse(plan, state, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	// What did not happen keeps its old value in the state.
	now := state
	now.DeletionProtection, now.Timeouts = plan.DeletionProtection, plan.Timeouts
	defer func() { resp.Diagnostics.Append(resp.State.Set(context.WithoutCancel(ctx), &now)...) }()

	ch := changeOf(have, want)
	if len(ch.set)+len(ch.unset) == 0 && ch.partitions == 0 {
		now = plan
		return
	}
	cluster := plan.Cluster.ValueString()
	admin, err := r.admin(ctx, cluster)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	s := service{admin}
	if err := s.applyConfig(ctx, want.Name, ch); err == nil || kafkaadmin.Accepted(err) {
		now.Config = plan.Config
	} else {
		r.session.Renew(cluster, err)
		tf.AddError(&resp.Diagnostics, summary, err, paths)
		return
	}
	if err := s.applyPartitions(ctx, want.Name, ch); err == nil || kafkaadmin.Accepted(err) {
		now = plan
	} else {
		r.session.Renew(cluster, err)
		tf.AddError(&resp.Diagnostics, summary, err, paths)
	}
}

// refuse catches what was unknown when the plan was made.
func (r *topicResource) refuse(plan, state model, diags *diag.Diagnostics) {
	if replaces(state, plan) {
		diags.AddError("Topic Must Be Replaced",
			fmt.Sprintf("The cluster or the name of the topic %q turned out to be another one than before, which was not known when the plan was made. Nothing was changed; apply again to get a plan that replaces the topic.", state.Name.ValueString()))
		return
	}
	planUpdate(state, &plan, diags)
}

func (r *topicResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, d := state.Timeouts.Delete(ctx, minutesDelete*time.Minute)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cluster := state.Cluster.ValueString()
	admin, err := r.admin(ctx, cluster)
	if err == nil {
		err = service{admin}.delete(ctx, state.Name.ValueString())
	}
	var gone *session.ClusterNotFoundError
	if errors.As(err, &gone) {
		// Marathon has no such cluster any more, and no cluster has no topics.
		resp.Diagnostics.AddWarning("Kafka Cluster Is Gone", fmt.Sprintf("The topic %q went with its cluster %q.", state.Name.ValueString(), cluster))
		return
	}
	r.session.Renew(cluster, err)
	tf.AddError(&resp.Diagnostics, "Unable to Delete Kafka Topic", err, paths)
}

// ImportState takes `name` or `cluster|name`.
func (r *topicResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	cluster, name, err := parseID(req.ID)
	if err != nil {
		resp.Diagnostics.AddError("Invalid Import Id", err.Error())
		return
	}
	set := func(at string, v any) { resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(at), v)...) }
	set("id", req.ID)
	set("name", name)
	if cluster != "" {
		set("cluster", cluster)
	}
	set("deletion_protection", false)
}
