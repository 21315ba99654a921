package topic

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// planLook bounds the look at the cluster during a plan: a help where it can
// be had, never a condition.
const planLook = 5 * time.Second

// ModifyPlan fails the plan for what is known not to work, and makes the id
// known.
func (r *topicResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var plan, state model
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	switch {
	case resp.Diagnostics.HasError():
	case req.Plan.Raw.IsNull():
		protect(state, "destroy", &resp.Diagnostics)
	case req.State.Raw.IsNull():
		planID(&plan)
		r.checkCreate(ctx, plan, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	case replaces(state, plan):
		protect(state, "replace", &resp.Diagnostics)
		planID(&plan)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	default:
		planUpdate(state, &plan, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// protect fails the plan of losing a protected topic.
func protect(state model, verb string, diags *diag.Diagnostics) {
	if !state.DeletionProtection.ValueBool() {
		return
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "Topic Is Protected From Deletion",
		fmt.Sprintf("This plan would %s the topic %q and delete its records, and deletion_protection is true. If that is what you want, set deletion_protection = false, apply, and then %s it; otherwise undo the change that leads to it.",
			verb, state.Name.ValueString(), verb))
}

func replaces(state, plan model) bool {
	return (!plan.Name.IsUnknown() && !plan.Name.Equal(state.Name)) || (!plan.Cluster.IsUnknown() && !plan.Cluster.Equal(state.Cluster))
}

func planID(plan *model) {
	if plan.Name.IsUnknown() || plan.Cluster.IsUnknown() {
		plan.ID = types.StringUnknown()
		return
	}
	plan.ID = types.StringValue(idOf(plan.Cluster.ValueString(), plan.Name.ValueString()))
}

// planUpdate judges a change in place, and keeps what only looks different.
func planUpdate(state model, plan *model, diags *diag.Diagnostics) {
	planID(plan)
	if !plan.Partitions.IsUnknown() && plan.Partitions.ValueInt64() < state.Partitions.ValueInt64() {
		diags.AddAttributeError(path.Root("partitions"), "Partitions Cannot Be Removed",
			fmt.Sprintf("The topic %q has %d partitions, and Kafka cannot take partitions away: %d is not possible. Keep at least %d, or create a topic under another name with fewer partitions and move the records.",
				state.Name.ValueString(), state.Partitions.ValueInt64(), plan.Partitions.ValueInt64(), state.Partitions.ValueInt64()))
	}
	if !plan.ReplicationFactor.IsUnknown() && !plan.ReplicationFactor.Equal(state.ReplicationFactor) {
		switch {
		case plan.ReplicationFactor.ValueInt64() == -1:
			// Left to the cluster, which has decided.
			plan.ReplicationFactor = state.ReplicationFactor
		case state.ReplicationFactor.ValueInt64() == -1:
			// Just created and not read since; the next refresh knows.
		default:
			diags.AddAttributeError(path.Root("replication_factor"), "Replication Factor Cannot Be Changed Yet",
				fmt.Sprintf("The topic %q has %d replicas of each partition, and this version of the provider cannot change that to %d. Keep replication_factor = %d; or move the replicas with kafka-reassign-partitions.sh and then write the new number here, which a refresh will confirm.",
					state.Name.ValueString(), state.ReplicationFactor.ValueInt64(), plan.ReplicationFactor.ValueInt64(), state.ReplicationFactor.ValueInt64()))
		}
	}
	if sameConfig(state.Config, plan.Config) {
		plan.Config = state.Config
	}
}

// checkCreate finds out at plan time what the cluster would refuse.
func (r *topicResource) checkCreate(ctx context.Context, plan model, diags *diag.Diagnostics) {
	if r.session == nil || !plan.known() {
		return
	}
	cluster := plan.Cluster.ValueString()
	if n, ok := r.session.PlannedBrokers(cluster); ok && plan.ReplicationFactor.ValueInt64() > int64(n) {
		diags.AddAttributeError(path.Root("replication_factor"), "Replication Factor Above Brokers",
			fmt.Sprintf("The topic %q asks for %d replicas, but the cluster %q has %d brokers: write at most %d, or give the cluster more brokers.",
				plan.Name.ValueString(), plan.ReplicationFactor.ValueInt64(), cluster, n, n))
		return
	}
	spec, d := plan.toSpec(ctx)
	if d.HasError() {
		return // Create reports it
	}
	if r.session.Silent(cluster) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, planLook)
	defer cancel()
	admin, err := r.admin(ctx, cluster)
	if err != nil {
		// The cluster may be about to be made by this very plan.
		r.session.NoteSilent(cluster)
		return
	}
	tf.AddError(diags, "Kafka Would Refuse the Topic", service{admin}.check(ctx, spec), paths)
}
