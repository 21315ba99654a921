package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// ModifyPlan fills in what follows from other attributes, so that the URL is known at plan, and refuses what cannot be done.
func (r *clusterResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	var state, config, plan model
	exists := !req.State.Raw.IsNull()
	if exists {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if req.Plan.Raw.IsNull() {
		if !resp.Diagnostics.HasError() {
			protect(state, "destroy", &resp.Diagnostics)
		}
		return
	}
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.derive(ctx, config, &resp.Diagnostics)

	replaced := exists && r.planReplace(state, plan, resp)
	if !exists || replaced {
		plan.ClusterID, plan.BrokerList = types.StringUnknown(), types.ListUnknown(brokerType)
	} else {
		plan.ClusterID = state.ClusterID
		l, ok := readLayout(ctx, req.Private, &resp.Diagnostics)
		if !ok {
			l = layout{Brokers: int(state.Brokers.ValueInt64()), ClientPort: int(state.ClientPort.ValueInt64()), ControllerPort: int(state.ControllerPort.ValueInt64())}
		}
		plan.planUpdate(ctx, state, l, &resp.Diagnostics)
	}
	plan.validate(ctx, &resp.Diagnostics)
	if r.session != nil && !plan.ID.IsUnknown() && !plan.Brokers.IsUnknown() {
		r.session.PlanBrokers(plan.ID.ValueString(), int(plan.Brokers.ValueInt64()))
	}
	if !resp.Diagnostics.HasError() {
		r.checkClashes(ctx, plan, !exists || !plan.Placement.Equal(state.Placement), !exists || !plan.ServiceDiscovery.Equal(state.ServiceDiscovery), &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// derive sets the attributes that follow from others where the configuration has none.
func (m *model) derive(ctx context.Context, config model, diags *diag.Diagnostics) {
	if config.Group.IsNull() {
		m.Group = types.StringUnknown()
		if !m.Name.IsUnknown() {
			m.Group = types.StringValue(brokers.DefaultGroup(m.Name.ValueString()))
		}
	}
	m.ID = m.Group
	if config.Image.IsNull() {
		m.Image = types.StringUnknown()
		if !m.KafkaVersion.IsUnknown() {
			m.Image = types.StringValue(brokers.DefaultImage(m.KafkaVersion.ValueString()))
		}
	}
	if config.Heap.IsNull() {
		m.Heap = types.Int64Unknown()
		if !m.Memory.IsUnknown() {
			m.Heap = types.Int64Value(int64(brokers.DefaultHeap(float64(m.Memory.ValueInt64()))))
		}
	}
	if config.DeletionProtection.IsNull() {
		m.DeletionProtection = types.BoolUnknown()
		if !m.Storage.IsUnknown() {
			m.DeletionProtection = types.BoolValue(!m.Storage.IsNull())
		}
	}
	m.BootstrapServers = types.StringUnknown()
	needs := []attr.Value{m.Group, m.ServiceDiscovery, m.ClientPort}
	switch m.ServiceDiscovery.ValueString() {
	case brokers.DiscoveryHosts:
		needs = append(needs, m.Brokers, m.Placement)
	case brokers.DiscoveryMesosDNS:
		needs = append(needs, m.Brokers)
	}
	if known(ctx, needs...) {
		m.BootstrapServers = types.StringValue(m.toSpec(ctx, diags).BootstrapServers())
	}
}

// planReplace marks a change of what the cluster is known by.
func (r *clusterResource) planReplace(state, plan model, resp *resource.ModifyPlanResponse) bool {
	replaced := false
	for name, v := range map[string][2]types.String{"name": {state.Name, plan.Name}, "group": {state.Group, plan.Group}} {
		if !v[0].Equal(v[1]) {
			resp.RequiresReplace = append(resp.RequiresReplace, path.Root(name))
			replaced = true
		}
	}
	if replaced {
		if r.session != nil { // Terraform plans the new one next, as if there had been none
			r.session.PlanLeaves(state.ID.ValueString())
		}
		protect(state, "replace", &resp.Diagnostics)
	}
	return replaced
}

func protect(state model, verb string, diags *diag.Diagnostics) {
	if state.DeletionProtection.ValueBool() {
		diags.AddAttributeError(path.Root("deletion_protection"), "Kafka Cluster Is Protected",
			fmt.Sprintf("The plan would %s Kafka cluster %s and with it all its data, but deletion_protection is true in its state. "+
				"To go on, set deletion_protection = false and apply that first.", verb, state.ID.ValueString()))
	}
}

// planUpdate refuses what cannot be changed in place and decides whether the list of brokers is still known.
func (m *model) planUpdate(ctx context.Context, state model, l layout, diags *diag.Diagnostics) {
	m.refuse(ctx, state, l, diags)
	m.BrokerList = state.BrokerList
	if !known(ctx, state.BrokerList) {
		m.BrokerList = types.ListUnknown(brokerType)
	}
	if m.restarts(ctx, state) {
		m.BrokerList = types.ListUnknown(brokerType)
	}
	if len(l.Unlike) > 0 {
		m.BrokerList = types.ListUnknown(brokerType)
		diags.AddAttributeWarning(path.Root("broker_list"), "Kafka Brokers Differ",
			fmt.Sprintf("Not every broker of the Kafka cluster runs the definition that the state has (broker %s of %s does not): an update was stopped on the way, or somebody changed an app. Applying brings them in line.",
				strings.Trim(strings.ReplaceAll(fmt.Sprint(l.Unlike), " ", ", "), "[]"), m.ID.ValueString()))
	}
}

// restarts says whether the plan changes what is in the apps, and so may move brokers.
func (m *model) restarts(ctx context.Context, state model) bool {
	before, after := state.wanted(), m.wanted()
	for name, v := range after {
		if name == "config" && known(ctx, v) {
			old, _ := brokers.SplitConfig(stringMap(state.Config))
			now, _ := brokers.SplitConfig(stringMap(m.Config))
			if !mapLike(types.MapNull(types.StringType), old).Equal(mapLike(types.MapNull(types.StringType), now)) {
				return true
			}
			continue
		}
		if !v.Equal(before[name]) {
			return true
		}
	}
	return false
}

func (m *model) refuse(ctx context.Context, state model, l layout, diags *diag.Diagnostics) {
	if m.Brokers.ValueInt64() != int64(l.Brokers) && !m.Brokers.IsUnknown() {
		diags.AddAttributeError(path.Root("brokers"), "Number of Brokers Cannot Be Changed",
			fmt.Sprintf("Kafka cluster %s was made with %d brokers and the configuration asks for %d. Scaling has to move partitions, which this provider does not do yet: "+
				"keep brokers = %d, or make a second cluster of the size you want and move over.", m.ID.ValueString(), l.Brokers, m.Brokers.ValueInt64(), l.Brokers))
	}
	for name, port := range map[string]struct {
		now  types.Int64
		made int
	}{"client_port": {m.ClientPort, l.ClientPort}, "controller_port": {m.ControllerPort, l.ControllerPort}} {
		if !port.now.IsUnknown() && port.now.ValueInt64() != int64(port.made) {
			diags.AddAttributeError(path.Root(name), "Port of a Kafka Cluster Cannot Be Changed",
				fmt.Sprintf("Kafka cluster %s was made with %s %d: clients and controllers know it by that. Keep %s = %d, or make a new cluster with the other port and move over.",
					m.ID.ValueString(), name, port.made, name, port.made))
		}
	}
	if !m.Storage.IsUnknown() && !m.Storage.Equal(state.Storage) {
		diags.AddAttributeError(path.Root("storage"), "Storage of a Kafka Cluster Cannot Be Changed",
			fmt.Sprintf("Marathon cannot change the volumes of an app, so a broker would lose its data. Keep the storage of Kafka cluster %s as it is, or make a new cluster with the other storage and move over.", m.ID.ValueString()))
	}
	if !state.Storage.IsNull() {
		m.refuseResident(ctx, state, diags)
		return
	}
	m.refuseSwap(ctx, state, diags)
}

// refuseSwap: brokers move one at a time, so none can move to where another one still has the ports; the first would be
// down for good.
func (m *model) refuseSwap(ctx context.Context, state model, diags *diag.Diagnostics) {
	if !known(ctx, m.Placement, state.BrokerList) || m.Placement.Equal(state.Placement) {
		return
	}
	before, after := state.placement(ctx, diags), m.placement(ctx, diags)
	var now []brokerModel
	diags.Append(state.BrokerList.ElementsAs(ctx, &now, false)...)
	for i, host := range after.Hosts {
		for _, b := range now {
			if int(b.ID.ValueInt64()) != i && b.Host.ValueString() == host {
				diags.AddAttributeError(path.Root("placement").AtName("hosts").AtListIndex(i), "Host Is Taken by Another Broker",
					fmt.Sprintf("Broker %d of Kafka cluster %s would have to move to %s, where broker %d runs on the same ports. Brokers move one at a time: move broker %d to a free host first, or keep the order of hosts.",
						i, m.ID.ValueString(), host, b.ID.ValueInt64(), b.ID.ValueInt64()))
			}
		}
	}
	if after.Rack != nil && !sameRack(before.Rack, after.Rack) {
		diags.AddAttributeWarning(path.Root("placement").AtName("rack"), "Brokers May Have to Change Agents",
			fmt.Sprintf("Brokers of Kafka cluster %s that run outside their new rack have to move, one at a time. One whose new rack has no agent with free ports %d and %d stays down until there is one, and the apply stops there.",
				m.ID.ValueString(), m.ClientPort.ValueInt64(), m.ControllerPort.ValueInt64()))
	}
}

// refuseResident: Marathon keeps the resources of an app with volumes reserved and refuses to change them, and a broker
// cannot leave the agent that its volume is on.
func (m *model) refuseResident(ctx context.Context, state model, diags *diag.Diagnostics) {
	for name, v := range map[string][2]attr.Value{"cpus": {state.CPUs, m.CPUs}, "memory": {state.Memory, m.Memory}} {
		if known(ctx, v[1]) && !v[0].Equal(v[1]) {
			diags.AddAttributeError(path.Root(name), "Resources of a Kafka Cluster with Storage Cannot Be Changed",
				fmt.Sprintf("Marathon keeps the resources of brokers with volumes reserved and refuses to change them. Keep %s as it was (%s), or make a new cluster and move over.", name, v[0]))
		}
	}
	if !known(ctx, m.Placement) {
		return
	}
	before, after := state.placement(ctx, diags), m.placement(ctx, diags)
	if !slices.Equal(before.Hosts, after.Hosts) || !sameRack(before.Rack, after.Rack) {
		diags.AddAttributeError(path.Root("placement"), "Brokers with Storage Cannot Move",
			fmt.Sprintf("Each broker of Kafka cluster %s is tied to the agent that its volume is on, so placement.hosts and placement.rack cannot be changed. Keep them, or make a new cluster and move over.", m.ID.ValueString()))
	}
}

func sameRack(a, b *brokers.Rack) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Attribute == b.Attribute && slices.Equal(a.Values, b.Values)
}

// validate checks the whole as soon as it is known; single values were checked before.
func (m model) validate(ctx context.Context, diags *diag.Diagnostics) {
	if known(ctx, m.Heap, m.Memory) {
		addRules(diags, brokers.CheckHeap(int(m.Heap.ValueInt64()), float64(m.Memory.ValueInt64())))
	}
	for _, v := range m.wanted() {
		if !known(ctx, v) {
			return
		}
	}
	if diags.HasError() {
		return
	}
	s := m.toSpec(ctx, diags)
	if s.ClusterID == "" {
		s.ClusterID = brokers.NewClusterID()
	}
	addRules(diags, s.Validate())
}

// addRules puts broken rules on their attributes.
func addRules(diags *diag.Diagnostics, err error) {
	if err == nil {
		return
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each member on its own
		for _, e := range joined.Unwrap() {
			addRules(diags, e)
		}
		return
	}
	detail := sentence(err)
	var rule *brokers.FieldError
	if errors.As(err, &rule) {
		diags.AddAttributeError(fieldPath(rule.Field), "Invalid Kafka Cluster", detail)
		return
	}
	diags.AddError("Invalid Kafka Cluster", detail)
}

// fieldPath turns name, name.name and name[key] into a path.
func fieldPath(field string) path.Path {
	base, key, isMap := strings.Cut(strings.TrimSuffix(field, "]"), "[")
	if isMap {
		return path.Root(base).AtMapKey(key)
	}
	names := strings.Split(base, ".")
	p := path.Root(names[0])
	for _, name := range names[1:] {
		p = p.AtName(name)
	}
	return p
}
