package topic

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

type model struct {
	ID                 types.String   `tfsdk:"id"`
	Cluster            types.String   `tfsdk:"cluster"`
	Name               types.String   `tfsdk:"name"`
	Partitions         types.Int64    `tfsdk:"partitions"`
	ReplicationFactor  types.Int64    `tfsdk:"replication_factor"`
	Config             types.Map      `tfsdk:"config"`
	DeletionProtection types.Bool     `tfsdk:"deletion_protection"`
	Timeouts           timeouts.Value `tfsdk:"timeouts"`
}

// idOf is the topic's id: its name, after the cluster when one is given. No
// legal topic name or cluster id holds a '|'.
func idOf(cluster, name string) string {
	if cluster == "" {
		return name
	}
	return cluster + "|" + name
}

// parseID reads an import id.
func parseID(id string) (cluster, name string, err error) {
	cluster, name, ok := strings.Cut(id, "|")
	if !ok {
		cluster, name = "", id
	}
	if name == "" || strings.Contains(name, "|") || (ok && cluster == "") {
		return "", "", fmt.Errorf("%q is not the id of a topic: write its name, or cluster|name (for example '/kafka/main|orders') for a topic on a kafka_cluster", id)
	}
	return cluster, name, nil
}

// known says whether everything is known that a look at the cluster needs.
func (m model) known() bool {
	if m.Name.IsUnknown() || m.Cluster.IsUnknown() || m.Partitions.IsUnknown() || m.ReplicationFactor.IsUnknown() || m.Config.IsUnknown() {
		return false
	}
	for _, v := range m.Config.Elements() {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

func (m model) toSpec(ctx context.Context) (Spec, diag.Diagnostics) {
	s := Spec{
		Name: m.Name.ValueString(), Partitions: int32(m.Partitions.ValueInt64()),
		ReplicationFactor: int16(m.ReplicationFactor.ValueInt64()),
	}
	if m.Config.IsNull() {
		return s, nil
	}
	diags := m.Config.ElementsAs(ctx, &s.Config, false)
	return s, diags
}

// fromObserved takes over what the cluster shows. Of the configuration only
// the keys that are managed, or, on import, every key set on the topic itself.
// A value that means the same keeps the user's spelling.
func (m *model) fromObserved(seen kafkaadmin.Topic) {
	importing := m.Partitions.IsNull()
	m.ID = types.StringValue(idOf(m.Cluster.ValueString(), seen.Name))
	m.Name = types.StringValue(seen.Name)
	m.Partitions = types.Int64Value(int64(seen.Partitions))
	m.ReplicationFactor = types.Int64Value(int64(seen.ReplicationFactor))
	values := map[string]attr.Value{}
	if importing {
		for k, e := range seen.Config {
			if e.Source == kafkaadmin.SourceTopic && !e.Sensitive {
				values[k] = types.StringValue(e.Value)
			}
		}
		if len(values) > 0 {
			m.Config = types.MapValueMust(types.StringType, values)
		} else {
			m.Config = types.MapNull(types.StringType)
		}
		return
	}
	if m.Config.IsNull() {
		return
	}
	for k, v := range m.Config.Elements() {
		e, ok := seen.Config[k]
		if !ok || e.Source != kafkaadmin.SourceTopic {
			continue // reset by somebody: shows as a missing key
		}
		old, isString := v.(types.String)
		if e.Sensitive || (isString && kafkaadmin.SameConfigValue(old.ValueString(), e.Value)) {
			values[k] = v
			continue
		}
		values[k] = types.StringValue(e.Value)
	}
	m.Config = types.MapValueMust(types.StringType, values)
}

// sameConfig says whether two configurations mean the same, key by key.
func sameConfig(a, b types.Map) bool {
	if a.IsNull() || b.IsNull() || a.IsUnknown() || b.IsUnknown() || len(a.Elements()) != len(b.Elements()) {
		return false
	}
	other := b.Elements()
	for k, v := range a.Elements() {
		x, ok := v.(types.String)
		y, ok2 := other[k].(types.String)
		if !ok || !ok2 || x.IsUnknown() || y.IsUnknown() || x.IsNull() || y.IsNull() || !kafkaadmin.SameConfigValue(x.ValueString(), y.ValueString()) {
			return false
		}
	}
	return true
}
