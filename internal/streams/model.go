package streams

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

type model struct {
	ID                  types.String   `tfsdk:"id"`
	ApplicationID       types.String   `tfsdk:"application_id"`
	AppID               types.String   `tfsdk:"app_id"`
	Cluster             types.String   `tfsdk:"cluster"`
	BootstrapServers    types.List     `tfsdk:"bootstrap_servers"`
	Image               types.String   `tfsdk:"image"`
	Artifacts           types.List     `tfsdk:"artifacts"`
	Runtime             types.String   `tfsdk:"runtime"`
	Command             types.String   `tfsdk:"command"`
	Instances           types.Int64    `tfsdk:"instances"`
	CPUs                types.Float64  `tfsdk:"cpus"`
	Memory              types.Int64    `tfsdk:"memory"`
	Heap                types.Int64    `tfsdk:"heap"`
	Threads             types.Int64    `tfsdk:"threads"`
	ProcessingGuarantee types.String   `tfsdk:"processing_guarantee"`
	Config              types.Map      `tfsdk:"config"`
	Env                 types.Map      `tfsdk:"env"`
	Labels              types.Map      `tfsdk:"labels"`
	Constraints         types.List     `tfsdk:"constraints"`
	HealthCheck         types.Object   `tfsdk:"health_check"`
	ReadinessPath       types.String   `tfsdk:"readiness_path"`
	KillGracePeriod     types.Int64    `tfsdk:"kill_grace_period"`
	Upgrade             types.Object   `tfsdk:"upgrade"`
	InputTopics         types.Set      `tfsdk:"input_topics"`
	OutputTopics        types.Set      `tfsdk:"output_topics"`
	GroupState          types.String   `tfsdk:"group_state"`
	Members             types.Int64    `tfsdk:"members"`
	Timeouts            timeouts.Value `tfsdk:"timeouts"`
}

type artifactModel struct {
	URI        types.String `tfsdk:"uri"`
	Extract    types.Bool   `tfsdk:"extract"`
	Executable types.Bool   `tfsdk:"executable"`
	DestPath   types.String `tfsdk:"dest_path"`
}

type healthCheckModel struct {
	Protocol               types.String `tfsdk:"protocol"`
	Path                   types.String `tfsdk:"path"`
	Command                types.String `tfsdk:"command"`
	GracePeriod            types.Int64  `tfsdk:"grace_period"`
	Interval               types.Int64  `tfsdk:"interval"`
	Timeout                types.Int64  `tfsdk:"timeout"`
	MaxConsecutiveFailures types.Int64  `tfsdk:"max_consecutive_failures"`
}

type upgradeModel struct {
	MinimumHealthCapacity types.Float64 `tfsdk:"minimum_health_capacity"`
	MaximumOverCapacity   types.Float64 `tfsdk:"maximum_over_capacity"`
}

var (
	artifactType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"uri": types.StringType, "extract": types.BoolType, "executable": types.BoolType, "dest_path": types.StringType,
	}}
	healthCheckType = map[string]attr.Type{
		"protocol": types.StringType, "path": types.StringType, "command": types.StringType, "grace_period": tf.WholeNumber{},
		"interval": tf.WholeNumber{}, "timeout": tf.WholeNumber{}, "max_consecutive_failures": tf.WholeNumber{},
	}
	upgradeType    = map[string]attr.Type{"minimum_health_capacity": types.Float64Type, "maximum_over_capacity": types.Float64Type}
	constraintType = types.ListType{ElemType: types.StringType}
)

// toSpec gives what is known: unknown values become zero values, so only an apply may use all of it.
func (m model) toSpec(ctx context.Context) (streamsapp.Spec, diag.Diagnostics) {
	var diags diag.Diagnostics
	s := streamsapp.Spec{
		AppID: m.AppID.ValueString(), ApplicationID: m.ApplicationID.ValueString(), Cluster: m.Cluster.ValueString(),
		Image: m.Image.ValueString(), Runtime: m.Runtime.ValueString(), Command: m.Command.ValueString(),
		Instances: int(m.Instances.ValueInt64()), CPUs: m.CPUs.ValueFloat64(), MemoryMiB: float64(m.Memory.ValueInt64()), HeapMiB: int(m.Heap.ValueInt64()),
		Threads: int(m.Threads.ValueInt64()), ProcessingGuarantee: m.ProcessingGuarantee.ValueString(),
		Config: stringsOf(m.Config), Env: stringsOf(m.Env), Labels: stringsOf(m.Labels),
		ReadinessPath: m.ReadinessPath.ValueString(), KillGracePeriod: int(m.KillGracePeriod.ValueInt64()),
		InputTopics: members(m.InputTopics.Elements()), OutputTopics: members(m.OutputTopics.Elements()),
		BootstrapServers: strings.Join(members(m.BootstrapServers.Elements()), ","),
	}
	for _, element := range m.Constraints.Elements() {
		if list, ok := element.(types.List); ok {
			s.Constraints = append(s.Constraints, members(list.Elements()))
		}
	}
	if !m.Artifacts.IsNull() && !m.Artifacts.IsUnknown() {
		var artifacts []artifactModel
		diags.Append(m.Artifacts.ElementsAs(ctx, &artifacts, false)...)
		for _, a := range artifacts {
			s.Artifacts = append(s.Artifacts, streamsapp.Artifact{
				URI: a.URI.ValueString(), Extract: a.Extract.ValueBool(), Executable: a.Executable.ValueBool(), DestPath: a.DestPath.ValueString(),
			})
		}
	}
	if !m.HealthCheck.IsNull() && !m.HealthCheck.IsUnknown() {
		var h healthCheckModel
		diags.Append(m.HealthCheck.As(ctx, &h, basetypes.ObjectAsOptions{})...)
		s.HealthCheck = &streamsapp.HealthCheck{
			Protocol: h.Protocol.ValueString(), Path: h.Path.ValueString(), Command: h.Command.ValueString(), GracePeriod: int(h.GracePeriod.ValueInt64()),
			Interval: int(h.Interval.ValueInt64()), Timeout: int(h.Timeout.ValueInt64()), MaxConsecutiveFailures: int(h.MaxConsecutiveFailures.ValueInt64()),
		}
	}
	if !m.Upgrade.IsNull() && !m.Upgrade.IsUnknown() {
		var u upgradeModel
		diags.Append(m.Upgrade.As(ctx, &u, basetypes.ObjectAsOptions{})...)
		s.Upgrade = &streamsapp.Upgrade{MinimumHealthCapacity: u.MinimumHealthCapacity.ValueFloat64(), MaximumOverCapacity: u.MaximumOverCapacity.ValueFloat64()}
	}
	return s, diags
}

// fromSpec takes over what Marathon holds. expected is the bootstrap string that cluster or the provider block give, ""
// when that cannot be told now; a different one shows at bootstrap_servers.
func (m *model) fromSpec(s streamsapp.Spec, expected string) {
	imported := m.ApplicationID.IsNull()
	m.ID, m.AppID = types.StringValue(s.AppID), types.StringValue(s.AppID)
	m.ApplicationID = types.StringValue(s.ApplicationID)
	m.Cluster = optional(s.Cluster)
	switch {
	case !m.BootstrapServers.IsNull(), expected != "" && expected != s.BootstrapServers, imported && expected == "" && s.Cluster == "":
		m.BootstrapServers = listOf(strings.Split(s.BootstrapServers, ","))
	default:
		m.BootstrapServers = types.ListNull(types.StringType)
	}
	m.Image, m.Runtime, m.Command = optional(s.Image), types.StringValue(s.Runtime), optional(s.Command)
	m.Instances, m.CPUs, m.Memory = types.Int64Value(int64(s.Instances)), types.Float64Value(s.CPUs), types.Int64Value(int64(math.Round(s.MemoryMiB)))
	m.Heap, m.Threads, m.ProcessingGuarantee = optionalInt(s.HeapMiB), optionalInt(s.Threads), optional(s.ProcessingGuarantee)
	m.Config, m.Env, m.Labels = mapOf(s.Config), mapOf(s.Env), mapOf(s.Labels)
	m.ReadinessPath, m.KillGracePeriod = optional(s.ReadinessPath), types.Int64Value(int64(s.KillGracePeriod))
	m.InputTopics, m.OutputTopics = setOf(s.InputTopics), setOf(s.OutputTopics)
	m.Upgrade = upgradeValue(*s.Upgrade)

	constraints := make([]attr.Value, 0, len(s.Constraints))
	for _, c := range s.Constraints {
		constraints = append(constraints, listOf(c))
	}
	m.Constraints = types.ListValueMust(constraintType, constraints)

	m.Artifacts = types.ListNull(artifactType)
	if len(s.Artifacts) > 0 {
		artifacts := make([]attr.Value, 0, len(s.Artifacts))
		for _, a := range s.Artifacts {
			artifacts = append(artifacts, types.ObjectValueMust(artifactType.AttrTypes, map[string]attr.Value{
				"uri": types.StringValue(a.URI), "extract": types.BoolValue(a.Extract), "executable": types.BoolValue(a.Executable), "dest_path": optional(a.DestPath),
			}))
		}
		m.Artifacts = types.ListValueMust(artifactType, artifacts)
	}

	m.HealthCheck = types.ObjectNull(healthCheckType)
	if h := s.HealthCheck; h != nil {
		m.HealthCheck = types.ObjectValueMust(healthCheckType, map[string]attr.Value{
			"protocol": types.StringValue(h.Protocol), "path": optional(h.Path), "command": optional(h.Command),
			"grace_period": types.Int64Value(int64(h.GracePeriod)), "interval": types.Int64Value(int64(h.Interval)),
			"timeout": types.Int64Value(int64(h.Timeout)), "max_consecutive_failures": types.Int64Value(int64(h.MaxConsecutiveFailures)),
		})
	}
}

// fromGroup takes over what Kafka says of the group; a group that could not be described has no state.
func (m *model) fromGroup(g kafkaadmin.Group) {
	m.GroupState, m.Members = types.StringNull(), types.Int64Null()
	if g.State != "" {
		m.GroupState, m.Members = types.StringValue(g.State), types.Int64Value(int64(len(g.Members)))
	}
}

// definition lists the values that decide the app definition, the number of instances and the upgrade strategy aside.
func (m model) definition() []attr.Value {
	return []attr.Value{
		m.ApplicationID, m.AppID, m.Cluster, m.BootstrapServers, m.Image, m.Artifacts, m.Runtime, m.Command, m.CPUs, m.Memory, m.Heap, m.Threads, m.ProcessingGuarantee,
		m.Config, m.Env, m.Labels, m.Constraints, m.HealthCheck, m.ReadinessPath, m.KillGracePeriod, m.InputTopics, m.OutputTopics,
	}
}

func (m model) sameDefinition(other model) bool {
	return slices.EqualFunc(m.definition(), other.definition(), func(a, b attr.Value) bool { return a.Equal(b) })
}

func upgradeValue(u streamsapp.Upgrade) types.Object {
	return types.ObjectValueMust(upgradeType, map[string]attr.Value{
		"minimum_health_capacity": types.Float64Value(u.MinimumHealthCapacity), "maximum_over_capacity": types.Float64Value(u.MaximumOverCapacity),
	})
}

func optional(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

func optionalInt(n int) types.Int64 {
	if n == 0 {
		return types.Int64Null()
	}
	return types.Int64Value(int64(n))
}

func members(elements []attr.Value) []string {
	var out []string
	for _, e := range elements {
		if s, ok := e.(types.String); ok && !s.IsUnknown() && !s.IsNull() {
			out = append(out, s.ValueString())
		}
	}
	return out
}

func stringsOf(m types.Map) map[string]string {
	out := map[string]string{}
	for k, e := range m.Elements() {
		if s, ok := e.(types.String); ok && !s.IsNull() {
			out[k] = s.ValueString()
		}
	}
	return out
}

func mapOf(m map[string]string) types.Map {
	out := make(map[string]attr.Value, len(m))
	for k, v := range m {
		out[k] = types.StringValue(v)
	}
	return types.MapValueMust(types.StringType, out)
}

func listOf(list []string) types.List {
	return types.ListValueMust(types.StringType, values(list))
}

func setOf(list []string) types.Set {
	return types.SetValueMust(types.StringType, values(slices.Compact(slices.Sorted(slices.Values(list)))))
}

func values(list []string) []attr.Value {
	out := make([]attr.Value, 0, len(list))
	for _, s := range list {
		out = append(out, types.StringValue(s))
	}
	return out
}
