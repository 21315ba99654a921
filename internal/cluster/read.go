package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// Read asks Marathon, and Kafka where dynamic properties are managed. Only Marathon's own word that no broker app is left
// removes the cluster from state.
func (r *clusterResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	const summary = "Unable to Read Kafka Cluster"
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	id := state.ID.ValueString()
	op, _, err := operator(ctx, r.session, id, &resp.Diagnostics)
	if err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	found, err := op.Observe(ctx, id)
	imported := state.Name.IsNull()
	switch {
	case errors.Is(err, brokers.ErrNoCluster) && imported:
		resp.Diagnostics.AddError("Kafka Cluster Not Found", fmt.Sprintf("Nothing to import: %s.", err))
		return
	case errors.Is(err, brokers.ErrNoCluster):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		addError(&resp.Diagnostics, summary, err)
		return
	}
	if imported {
		state.fromImport(ctx, op, found, &resp.Diagnostics)
		layoutOf(found.Spec).with(found, found.Spec).write(ctx, resp.Private, &resp.Diagnostics)
	} else {
		ours, ok := found.Of(state.ClusterID.ValueString())
		if !ok {
			resp.Diagnostics.AddWarning("Kafka Cluster Was Replaced by Somebody",
				fmt.Sprintf("Group %s now holds brokers of another Kafka cluster (id %s instead of %s). The cluster of this state is gone; the other one is not touched.", id, found.Spec.ClusterID, state.ClusterID.ValueString()))
			resp.State.RemoveResource(ctx)
			return
		}
		l, ok := readLayout(ctx, req.Private, &resp.Diagnostics)
		if !ok {
			l = layoutOf(ours.Spec)
		}
		l = state.refresh(ctx, op, ours, l, &resp.Diagnostics)
		l.write(ctx, resp.Private, &resp.Diagnostics)
		found = ours
	}
	state.fromObserved(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// refresh takes over what Marathon and Kafka say, attribute by attribute.
func (m *model) refresh(ctx context.Context, op brokers.Operator, found brokers.Observed, l layout, diags *diag.Diagnostics) layout {
	prior := m.toSpec(ctx, diags)
	prior.Brokers = l.Brokers
	now := found.Against(prior)
	if _, managed := brokers.SplitConfig(prior.Config); len(managed) > 0 {
		live, err := dynamic(ctx, op)
		if err != nil {
			diags.AddAttributeWarning(path.Root("config"), "Unable to Read Dynamic Broker Properties",
				fmt.Sprintf("Kafka did not answer, so the properties that live in it are taken as they were: %s.", err))
		} else {
			static, _ := brokers.SplitConfig(now.Config)
			for key := range managed {
				if v, ok := live[key]; ok {
					static[key] = v
				}
			}
			now.Config = static
		}
	}
	m.fromSpec(ctx, now, diags)
	made := now
	made.Brokers = l.Brokers
	m.BootstrapServers = types.StringValue(made.BootstrapServers())
	return l.with(found, made)
}

// with notes the brokers that differ from what the state says.
func (l layout) with(found brokers.Observed, s brokers.Spec) layout {
	unlike, err := found.Unlike(s)
	if err != nil {
		// The state's values break a rule (somebody edited an app so): each is shown at its attribute, and all differ.
		unlike = nil
		for _, b := range found.Brokers {
			unlike = append(unlike, b.ID)
		}
	}
	l.Unlike = unlike
	return l
}

// fromImport takes everything from what is there.
func (m *model) fromImport(ctx context.Context, op brokers.Operator, found brokers.Observed, diags *diag.Diagnostics) {
	s := found.Spec
	live, err := dynamic(ctx, op)
	if err != nil {
		diags.AddAttributeWarning(path.Root("config"), "Unable to Read Dynamic Broker Properties",
			fmt.Sprintf("Kafka did not answer, so the properties that live in it were not imported: %s.", err))
	}
	maps.Copy(s.Config, s.WrittenBy(live))
	m.fromSpec(ctx, s, diags)
	m.BootstrapServers = types.StringValue(s.BootstrapServers())
	m.DeletionProtection = types.BoolValue(s.Storage != nil)
}

func dynamic(ctx context.Context, op brokers.Operator) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, kafkaReadTimeout)
	defer cancel()
	return op.Dynamic(ctx)
}
