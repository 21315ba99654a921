package streams

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// ValidateConfig checks the rules between arguments, as far as these are known.
func (r *applicationResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	const summary = "Invalid Kafka Streams Application"
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	s, diags := m.toSpec(ctx)
	resp.Diagnostics.Append(diags...)
	check := func(err error) { tf.AddError(&resp.Diagnostics, summary, err, paths) }
	if known(m.Image, m.Artifacts, m.Command, m.Runtime) {
		check(streamsapp.CheckSource(s.Image, len(s.Artifacts), s.Command, s.Runtime))
	}
	if known(m.Heap, m.Memory) {
		if m.Memory.IsNull() {
			s.MemoryMiB = defaultMemory
		}
		check(streamsapp.CheckHeap(s.HeapMiB, s.MemoryMiB))
	}
	if known(m.Config) {
		check(streamsapp.CheckConfig(s.Config, !m.Threads.IsNull(), !m.ProcessingGuarantee.IsNull()))
	}
	if known(m.Env) {
		check(streamsapp.CheckEnv(s.Env, !m.Heap.IsNull()))
	}
	if known(m.Labels) {
		check(streamsapp.CheckLabels(s.Labels))
	}
	if known(m.HealthCheck) && s.HealthCheck != nil {
		if s.HealthCheck.Protocol == "" {
			s.HealthCheck.Protocol = defaultProtocol
		}
		if s.HealthCheck.Path == "" && streamsapp.UsesPath(s.HealthCheck.Protocol) {
			s.HealthCheck.Path = defaultPath
		}
		if slices.Contains(streamsapp.Protocols, s.HealthCheck.Protocol) { // else its own validator has said so
			check(streamsapp.CheckHealth(s.HealthCheck))
		}
	}
	if m.AppID.IsNull() && known(m.ApplicationID) {
		validate := validator.StringResponse{}
		tf.AppID().ValidateString(ctx, validator.StringRequest{Path: path.Root("application_id"), ConfigValue: types.StringValue(defaultAppID(s.ApplicationID))}, &validate)
		if validate.Diagnostics.HasError() {
			resp.Diagnostics.AddAttributeError(path.Root("application_id"), summary, fmt.Sprintf("The application id %q cannot be part of an app's id in Marathon (lower-case letters, digits, '-' and '.'): set app_id, for example %q.", s.ApplicationID, "/streams/my-application"))
		}
	}
}

// ModifyPlan completes what follows from other values, and warns where threads would idle.
func (r *applicationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	var state *model
	if !req.State.Raw.IsNull() {
		state = &model{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if config.AppID.IsNull() {
		plan.AppID = types.StringUnknown()
		if !plan.ApplicationID.IsUnknown() {
			plan.AppID = types.StringValue(defaultAppID(plan.ApplicationID.ValueString()))
		}
		if state != nil && plan.ApplicationID.Equal(state.ApplicationID) && !plan.AppID.Equal(state.AppID) {
			resp.RequiresReplace = append(resp.RequiresReplace, path.Root("app_id"))
		}
	}
	if state == nil || !plan.AppID.Equal(state.AppID) {
		plan.ID = plan.AppID
	}
	if config.Runtime.IsNull() {
		plan.Runtime = defaultRuntime(plan)
	}
	if config.Upgrade.IsNull() {
		plan.Upgrade = defaultUpgrade(ctx, plan, state, &resp.Diagnostics)
	}
	if state != nil {
		mark, diags := req.Private.GetKey(ctx, unfinishedKey)
		resp.Diagnostics.Append(diags...)
		same := plan.sameDefinition(*state) && plan.Instances.Equal(state.Instances) && plan.Upgrade.Equal(state.Upgrade) && plan.Timeouts.Equal(state.Timeouts)
		if same && len(mark) == 0 {
			// The framework takes these for unknown where another computed value had no default in the schema.
			plan.GroupState, plan.Members = state.GroupState, state.Members
		} else {
			plan.GroupState, plan.Members = types.StringUnknown(), types.Int64Unknown()
		}
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	if state == nil || !plan.Instances.Equal(state.Instances) || !plan.sameDefinition(*state) {
		r.warnAtPlan(ctx, plan, &resp.Diagnostics)
	}
}

// defaultRuntime is Docker's for images, as for brokers; fetched files run without an image.
func defaultRuntime(plan model) types.String {
	switch {
	case plan.Artifacts.IsUnknown():
		return types.StringUnknown()
	case plan.Artifacts.IsNull():
		return types.StringValue(streamsapp.RuntimeDocker)
	}
	return types.StringValue(streamsapp.RuntimeMesos)
}

// defaultUpgrade is one at a time. A change of instances alone keeps what is stored, as another strategy would itself
// replace every task; the next change that replaces them anyhow brings the right one along.
func defaultUpgrade(ctx context.Context, plan model, state *model, diags *diag.Diagnostics) types.Object {
	if state != nil && plan.sameDefinition(*state) {
		known, more := state.toSpec(ctx)
		diags.Append(more...)
		if known.Upgrade != nil && known.Upgrade.IsOneAtATime() {
			return state.Upgrade
		}
	}
	if plan.Instances.IsUnknown() {
		return types.ObjectUnknown(upgradeType)
	}
	return upgradeValue(streamsapp.OneAtATime(int(plan.Instances.ValueInt64())))
}

// warnAtPlan asks Kafka for the partitions of the inputs where that is possible now; a cluster or topic that does not
// exist yet is warned of, if need be, when the application is created.
func (r *applicationResource) warnAtPlan(ctx context.Context, plan model, diags *diag.Diagnostics) {
	if r.session == nil || !known(plan.Cluster, plan.BootstrapServers, plan.Instances, plan.Threads, plan.Config, plan.InputTopics) || len(plan.InputTopics.Elements()) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	s, more := plan.toSpec(ctx)
	a, err := r.kafka(ctx, plan)
	if more.HasError() || err != nil {
		return
	}
	defer a.close()
	s.OutputTopics = nil
	if partitions, err := streamsapp.CheckTopics(ctx, a.kafka, s); err == nil {
		warnIdle(diags, s, partitions)
	}
}

func warnIdle(diags *diag.Diagnostics, s streamsapp.Spec, partitions map[string]int) {
	if len(partitions) == 0 {
		return
	}
	p := s.ParallelismOver(partitions)
	if p.Idle() == 0 {
		return
	}
	diags.AddAttributeWarning(path.Root("instances"), "Idle Stream Threads", fmt.Sprintf(
		"%d instances with %s each make %d threads, but the inputs of application %q have at most %d partitions: %d threads get no task of a sub-topology that reads them. "+
			"%d instances are useful. More make sense only as hot spares, or where the topology repartitions or reads its inputs in several sub-topologies.",
		s.Instances, plural(s.ThreadsPerInstance(), "thread"), p.Threads, s.ApplicationID, p.Partitions, p.Idle(), p.UsefulInstances))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func defaultAppID(applicationID string) string { return streamsapp.DefaultGroup + "/" + applicationID }

// known says whether none of the values, nor anything inside, is unknown.
func known(list ...attr.Value) bool {
	for _, v := range list {
		if v.IsUnknown() {
			return false
		}
		var inside []attr.Value
		switch v := v.(type) {
		case basetypes.MapValue:
			inside = slices.Collect(maps.Values(v.Elements()))
		case basetypes.ObjectValue:
			inside = slices.Collect(maps.Values(v.Attributes()))
		case basetypes.ListValue:
			inside = v.Elements()
		case basetypes.SetValue:
			inside = v.Elements()
		}
		if !known(inside...) {
			return false
		}
	}
	return true
}
