package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// Create starts the brokers. The identity is in state before the first request that makes something, so that whatever
// happens then, an interruption included, nothing is lost.
func (r *clusterResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	const summary = "Unable to Create Kafka Cluster"
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, d := plan.Timeouts.Create(ctx, createTimeout)
	resp.Diagnostics.Append(d...)
	// The plan may have held unknown values that were checked nowhere.
	plan.derive(ctx, plan.unset(), &resp.Diagnostics)
	plan.ClusterID = types.StringValue(brokers.NewClusterID())
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
	if err := op.Vacant(ctx, spec.Group); err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}

	early := plan
	early.BrokerList = types.ListNull(brokerType)
	early.DeletionProtection = types.BoolValue(false) // a cluster that never came up holds nothing to protect
	layoutOf(spec).write(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &early)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if err := op.Converge(ctx, spec); err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	if err := op.ApplyDynamic(ctx, nil, spec); err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	found, err := op.Observe(ctx, spec.Group)
	if err != nil {
		addError(&resp.Diagnostics, "Unable to Read Kafka Cluster after Creating It", err)
		return
	}
	plan.fromObserved(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// unset is a configuration for derive at apply: what is still unknown is taken as not given.
func (m model) unset() model {
	config := m
	if config.Group.IsUnknown() {
		config.Group = types.StringNull()
	}
	if config.Image.IsUnknown() {
		config.Image = types.StringNull()
	}
	if config.Heap.IsUnknown() {
		config.Heap = types.Int64Null()
	}
	if config.DeletionProtection.IsUnknown() {
		config.DeletionProtection = types.BoolNull()
	}
	return config
}
