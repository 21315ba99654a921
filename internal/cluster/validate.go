package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// ValidateConfig checks keys and constraints one by one, also where others are not known yet.
func (r *clusterResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	eachEntry(m.Config, &resp.Diagnostics, "config", brokers.CheckConfig)
	eachEntry(m.Env, &resp.Diagnostics, "env", brokers.CheckEnv)
	eachEntry(m.Labels, &resp.Diagnostics, "labels", func(k, _ string) error { return brokers.CheckLabel(k) })
	m.checkConstraints(ctx, &resp.Diagnostics)
}

func eachEntry(m types.Map, diags *diag.Diagnostics, name string, check func(k, v string) error) {
	for k, v := range m.Elements() {
		s, ok := v.(types.String)
		if ok && s.IsNull() {
			diags.AddAttributeError(path.Root(name).AtMapKey(k), "Invalid Kafka Cluster", "The value is null. Leave the key out instead.")
			continue
		}
		if ok {
			addRules(diags, check(k, s.ValueString()))
		}
	}
}

func (m model) checkConstraints(ctx context.Context, diags *diag.Diagnostics) {
	if m.Placement.IsNull() || m.Placement.IsUnknown() {
		return
	}
	var p placementModel
	diags.Append(m.Placement.As(ctx, &p, objectMayBeUnknown)...)
	for i, c := range p.Constraints.Elements() {
		l, ok := c.(types.List)
		if !ok || !known(ctx, l) {
			continue
		}
		if err := tf.CheckConstraint(texts(l.Elements())); err != nil {
			diags.AddAttributeError(path.Root("placement").AtName("constraints").AtListIndex(i), "Invalid Constraint", sentence(err))
		}
	}
}
