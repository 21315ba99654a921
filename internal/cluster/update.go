package cluster

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// Update brings the apps in line, then the properties that live in Kafka. What did not happen keeps its old value in state.
func (r *clusterResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	const summary = "Unable to Update Kafka Cluster"
	var state, plan model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Update(ctx, updateTimeout)
	resp.Diagnostics.Append(d...)
	plan.derive(ctx, plan.unset(), &resp.Diagnostics)
	plan.ClusterID = state.ClusterID
	plan.validate(ctx, &resp.Diagnostics)
	spec := plan.toSpec(ctx, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	op, flush, err := operator(ctx, r.session, spec.Group, &resp.Diagnostics)
	if err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	defer flush()

	if plan.BrokerList.IsUnknown() || plan.restarts(ctx, state) {
		if err := op.Converge(ctx, spec); err != nil {
			addError(&resp.Diagnostics, summary, err)
			return
		}
		layoutOf(spec).write(ctx, resp.Private, &resp.Diagnostics)
		half := plan
		static, _ := brokers.SplitConfig(spec.Config)
		_, before := brokers.SplitConfig(stringMap(state.Config))
		maps.Copy(static, before)
		half.Config = mapLike(plan.Config, static)
		half.BrokerList = state.BrokerList
		resp.Diagnostics.Append(resp.State.Set(ctx, &half)...)
	}
	if err := op.ApplyDynamic(ctx, stringMap(state.Config), spec); err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	if plan.BrokerList.IsUnknown() {
		found, err := op.Observe(ctx, spec.Group)
		if err != nil {
			plan.BrokerList = types.ListNull(brokerType)
			resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
			addError(&resp.Diagnostics, "Unable to Read Kafka Cluster after Updating It", err)
			return
		}
		plan.fromObserved(found)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}
