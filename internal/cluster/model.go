package cluster

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

type model struct {
	ID                 types.String   `tfsdk:"id"`
	Name               types.String   `tfsdk:"name"`
	Group              types.String   `tfsdk:"group"`
	ClusterID          types.String   `tfsdk:"cluster_id"`
	BootstrapServers   types.String   `tfsdk:"bootstrap_servers"`
	KafkaVersion       types.String   `tfsdk:"kafka_version"`
	Image              types.String   `tfsdk:"image"`
	Runtime            types.String   `tfsdk:"runtime"`
	Brokers            types.Int64    `tfsdk:"brokers"`
	CPUs               types.Float64  `tfsdk:"cpus"`
	Memory             types.Int64    `tfsdk:"memory"`
	Heap               types.Int64    `tfsdk:"heap"`
	Storage            types.Object   `tfsdk:"storage"`
	Authorization      types.Object   `tfsdk:"authorization"`
	ClientPort         types.Int64    `tfsdk:"client_port"`
	ControllerPort     types.Int64    `tfsdk:"controller_port"`
	Placement          types.Object   `tfsdk:"placement"`
	ServiceDiscovery   types.String   `tfsdk:"service_discovery"`
	Config             types.Map      `tfsdk:"config"`
	Env                types.Map      `tfsdk:"env"`
	Labels             types.Map      `tfsdk:"labels"`
	DeletionProtection types.Bool     `tfsdk:"deletion_protection"`
	BrokerList         types.List     `tfsdk:"broker_list"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

type storageModel struct {
	Type types.String `tfsdk:"type"`
	Size types.Int64  `tfsdk:"size"`
}

type authorizationModel struct {
	SuperUsers           types.Set  `tfsdk:"super_users"`
	AllowEveryoneIfNoACL types.Bool `tfsdk:"allow_everyone_if_no_acl"`
}

type placementModel struct {
	Hosts       types.List   `tfsdk:"hosts"`
	Constraints types.List   `tfsdk:"constraints"`
	Rack        types.Object `tfsdk:"rack"`
}

type rackModel struct {
	Attribute types.String `tfsdk:"attribute"`
	Values    types.List   `tfsdk:"values"`
}

type brokerModel struct {
	ID    types.Int64  `tfsdk:"id"`
	AppID types.String `tfsdk:"app_id"`
	Host  types.String `tfsdk:"host"`
	Port  types.Int64  `tfsdk:"port"`
	Rack  types.String `tfsdk:"rack"`
}

var (
	stringList         = types.ListType{ElemType: types.StringType}
	storageType        = map[string]attr.Type{"type": types.StringType, "size": tf.WholeNumber{}}
	authorizationType  = map[string]attr.Type{"super_users": types.SetType{ElemType: types.StringType}, "allow_everyone_if_no_acl": types.BoolType}
	rackType           = map[string]attr.Type{"attribute": types.StringType, "values": stringList}
	placementType      = map[string]attr.Type{"hosts": stringList, "constraints": types.ListType{ElemType: stringList}, "rack": types.ObjectType{AttrTypes: rackType}}
	brokerType         = types.ObjectType{AttrTypes: map[string]attr.Type{"id": types.Int64Type, "app_id": types.StringType, "host": types.StringType, "port": types.Int64Type, "rack": types.StringType}}
	objectMayBeUnknown = basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true, UnhandledUnknownAsEmpty: true}
)

// wanted are the values that describe the cluster, without what is computed.
func (m model) wanted() map[string]attr.Value {
	return map[string]attr.Value{
		"name": m.Name, "group": m.Group, "kafka_version": m.KafkaVersion, "image": m.Image, "runtime": m.Runtime, "brokers": m.Brokers,
		"cpus": m.CPUs, "memory": m.Memory, "heap": m.Heap, "storage": m.Storage, "authorization": m.Authorization,
		"client_port": m.ClientPort, "controller_port": m.ControllerPort, "placement": m.Placement, "service_discovery": m.ServiceDiscovery,
		"config": m.Config, "env": m.Env, "labels": m.Labels,
	}
}

// known says whether values hold nothing unknown, however deep.
func known(ctx context.Context, values ...attr.Value) bool {
	for _, v := range values {
		raw, err := v.ToTerraformValue(ctx)
		if err != nil || !raw.IsFullyKnown() {
			return false
		}
	}
	return true
}

// toSpec needs known values; unknown ones read as zero.
func (m model) toSpec(ctx context.Context, diags *diag.Diagnostics) brokers.Spec {
	return brokers.Spec{
		Name: m.Name.ValueString(), Group: m.Group.ValueString(), ClusterID: m.ClusterID.ValueString(),
		KafkaVersion: m.KafkaVersion.ValueString(), Image: m.Image.ValueString(), Runtime: m.Runtime.ValueString(),
		Brokers: int(m.Brokers.ValueInt64()), CPUs: m.CPUs.ValueFloat64(), MemoryMiB: float64(m.Memory.ValueInt64()), HeapMiB: int(m.Heap.ValueInt64()),
		Storage: m.storage(ctx, diags), Authorization: m.authorization(ctx, diags),
		ClientPort: int(m.ClientPort.ValueInt64()), ControllerPort: int(m.ControllerPort.ValueInt64()),
		Placement: m.placement(ctx, diags), ServiceDiscovery: m.ServiceDiscovery.ValueString(),
		Config: stringMap(m.Config), Env: stringMap(m.Env), Labels: stringMap(m.Labels),
	}
}

func (m model) storage(ctx context.Context, diags *diag.Diagnostics) *brokers.Storage {
	if m.Storage.IsNull() || m.Storage.IsUnknown() {
		return nil
	}
	var s storageModel
	diags.Append(m.Storage.As(ctx, &s, objectMayBeUnknown)...)
	return &brokers.Storage{Type: s.Type.ValueString(), SizeMiB: s.Size.ValueInt64()}
}

func (m model) authorization(ctx context.Context, diags *diag.Diagnostics) *brokers.Authorization {
	if m.Authorization.IsNull() || m.Authorization.IsUnknown() {
		return nil
	}
	var a authorizationModel
	diags.Append(m.Authorization.As(ctx, &a, objectMayBeUnknown)...)
	users := texts(a.SuperUsers.Elements())
	slices.Sort(users)
	return &brokers.Authorization{SuperUsers: users, AllowEveryoneIfNoACL: a.AllowEveryoneIfNoACL.ValueBool()}
}

func (m model) placement(ctx context.Context, diags *diag.Diagnostics) brokers.Placement {
	var out brokers.Placement
	if m.Placement.IsNull() || m.Placement.IsUnknown() {
		return out
	}
	var p placementModel
	diags.Append(m.Placement.As(ctx, &p, objectMayBeUnknown)...)
	out.Hosts = texts(p.Hosts.Elements())
	for _, c := range p.Constraints.Elements() {
		if l, ok := c.(types.List); ok {
			out.Constraints = append(out.Constraints, texts(l.Elements()))
		}
	}
	if !p.Rack.IsNull() && !p.Rack.IsUnknown() {
		var r rackModel
		diags.Append(p.Rack.As(ctx, &r, objectMayBeUnknown)...)
		out.Rack = &brokers.Rack{Attribute: r.Attribute.ValueString(), Values: texts(r.Values.Elements())}
	}
	return out
}

// fromSpec writes what describes the cluster. Empty is written as the prior model wrote it, null or empty.
func (m *model) fromSpec(ctx context.Context, s brokers.Spec, diags *diag.Diagnostics) {
	m.ID, m.Group, m.Name, m.ClusterID = types.StringValue(s.Group), types.StringValue(s.Group), types.StringValue(s.Name), types.StringValue(s.ClusterID)
	m.KafkaVersion, m.Image, m.Runtime = types.StringValue(s.KafkaVersion), types.StringValue(s.Image), types.StringValue(s.Runtime)
	m.Brokers, m.CPUs = types.Int64Value(int64(s.Brokers)), types.Float64Value(s.CPUs)
	m.Memory, m.Heap = types.Int64Value(int64(math.Round(s.MemoryMiB))), types.Int64Value(int64(s.HeapMiB))
	m.ClientPort, m.ControllerPort = types.Int64Value(int64(s.ClientPort)), types.Int64Value(int64(s.ControllerPort))
	m.ServiceDiscovery = types.StringValue(s.ServiceDiscovery)
	m.Config, m.Env, m.Labels = mapLike(m.Config, s.Config), mapLike(m.Env, s.Env), mapLike(m.Labels, s.Labels)
	m.fromStorage(s.Storage)
	m.fromAuthorization(s.Authorization)
	m.fromPlacement(ctx, s.Placement, diags)
}

func (m *model) fromStorage(s *brokers.Storage) {
	m.Storage = types.ObjectNull(storageType)
	if s != nil {
		m.Storage = types.ObjectValueMust(storageType, map[string]attr.Value{"type": types.StringValue(s.Type), "size": types.Int64Value(s.SizeMiB)})
	}
}

func (m *model) fromAuthorization(a *brokers.Authorization) {
	m.Authorization = types.ObjectNull(authorizationType)
	if a != nil {
		m.Authorization = types.ObjectValueMust(authorizationType, map[string]attr.Value{
			"super_users": types.SetValueMust(types.StringType, values(a.SuperUsers)), "allow_everyone_if_no_acl": types.BoolValue(a.AllowEveryoneIfNoACL),
		})
	}
}

func (m *model) fromPlacement(ctx context.Context, p brokers.Placement, diags *diag.Diagnostics) {
	var prior placementModel
	if m.Placement.IsNull() || m.Placement.IsUnknown() {
		if len(p.Hosts) == 0 && len(p.Constraints) == 0 && p.Rack == nil {
			m.Placement = types.ObjectNull(placementType)
			return
		}
		prior = placementModel{Hosts: types.ListNull(types.StringType), Constraints: types.ListNull(stringList)}
	} else {
		diags.Append(m.Placement.As(ctx, &prior, objectMayBeUnknown)...)
	}
	constraints := make([]attr.Value, len(p.Constraints))
	for i, c := range p.Constraints {
		constraints[i] = types.ListValueMust(types.StringType, values(c))
	}
	rack := types.ObjectNull(rackType)
	if p.Rack != nil {
		rack = types.ObjectValueMust(rackType, map[string]attr.Value{
			"attribute": types.StringValue(p.Rack.Attribute), "values": types.ListValueMust(types.StringType, values(p.Rack.Values)),
		})
	}
	m.Placement = types.ObjectValueMust(placementType, map[string]attr.Value{
		"hosts": listLike(prior.Hosts, types.StringType, values(p.Hosts)), "constraints": listLike(prior.Constraints, stringList, constraints), "rack": rack,
	})
}

// fromObserved writes what only Marathon knows.
func (m *model) fromObserved(o brokers.Observed) {
	m.BrokerList = brokerList(o)
}

func brokerList(o brokers.Observed) types.List {
	list := make([]attr.Value, len(o.Brokers))
	for i, b := range o.Brokers {
		host, port, rack := types.StringNull(), types.Int64Null(), types.StringNull()
		if b.TaskID != "" {
			host, port = types.StringValue(b.Host), types.Int64Value(int64(b.Port))
		}
		if b.Rack != "" {
			rack = types.StringValue(b.Rack)
		}
		list[i] = types.ObjectValueMust(brokerType.AttrTypes, map[string]attr.Value{
			"id": types.Int64Value(int64(b.ID)), "app_id": types.StringValue(b.AppID), "host": host, "port": port, "rack": rack,
		})
	}
	return types.ListValueMust(brokerType, list)
}

func stringMap(m types.Map) map[string]string {
	out := make(map[string]string, len(m.Elements()))
	for k, v := range m.Elements() {
		if s, ok := v.(types.String); ok {
			out[k] = s.ValueString()
		}
	}
	return out
}

func mapLike(prior types.Map, m map[string]string) types.Map {
	if len(m) == 0 && (prior.IsNull() || prior.IsUnknown()) {
		return types.MapNull(types.StringType)
	}
	out := make(map[string]attr.Value, len(m))
	for k, v := range maps.All(m) {
		out[k] = types.StringValue(v)
	}
	return types.MapValueMust(types.StringType, out)
}

func listLike(prior types.List, element attr.Type, list []attr.Value) types.List {
	if len(list) == 0 && (prior.IsNull() || prior.IsUnknown()) {
		return types.ListNull(element)
	}
	return types.ListValueMust(element, list)
}

func texts(list []attr.Value) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		if s, ok := v.(types.String); ok {
			out = append(out, s.ValueString())
		}
	}
	return out
}

func values(list []string) []attr.Value {
	out := make([]attr.Value, len(list))
	for i, s := range list {
		out[i] = types.StringValue(s)
	}
	return out
}
