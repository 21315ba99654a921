package acl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

type model struct {
	ID                        types.String   `tfsdk:"id"`
	Cluster                   types.String   `tfsdk:"cluster"`
	ResourceName              types.String   `tfsdk:"resource_name"`
	ResourceType              types.String   `tfsdk:"resource_type"`
	ResourcePatternTypeFilter types.String   `tfsdk:"resource_pattern_type_filter"`
	Principal                 types.String   `tfsdk:"acl_principal"`
	Host                      types.String   `tfsdk:"acl_host"`
	Operation                 types.String   `tfsdk:"acl_operation"`
	PermissionType            types.String   `tfsdk:"acl_permission_type"`
	Timeouts                  timeouts.Value `tfsdk:"timeouts"`
}

func (m model) toSpec() kafkaadmin.ACL {
	return kafkaadmin.ACL{
		ResourceType: m.ResourceType.ValueString(), ResourceName: m.ResourceName.ValueString(),
		PatternType: m.ResourcePatternTypeFilter.ValueString(),
		Principal:   m.Principal.ValueString(), Host: m.Host.ValueString(),
		Operation: m.Operation.ValueString(), PermissionType: m.PermissionType.ValueString(),
	}
}

// known says whether every part of the id is known.
func (m model) known() bool {
	return !slices.ContainsFunc([]types.String{
		m.Cluster, m.ResourceName, m.ResourceType, m.ResourcePatternTypeFilter, m.Principal, m.Host, m.Operation, m.PermissionType,
	}, types.String.IsUnknown)
}

// idOf is principal|host|operation|permission|resource_type|resource_name|pattern,
// after the cluster when one is given.
func idOf(cluster string, a kafkaadmin.ACL) string {
	if cluster == "" {
		return a.String()
	}
	return cluster + "|" + a.String()
}

// parseID reads an import id. A principal or a resource name may hold a '|' of
// its own: the words between them say where they end.
func parseID(id string) (cluster string, a kafkaadmin.ACL, err error) {
	bad := fmt.Errorf("%q is not the id of an ACL: write principal|host|operation|permission|resource_type|resource_name|pattern, "+
		"for example 'User:alice|*|Read|Allow|Topic|orders|Literal', and put the cluster and another '|' before it ('/kafka/main|User:alice|…') for an ACL on a kafka_cluster", id)
	parts := strings.Split(id, "|")
	if strings.HasPrefix(id, "/") {
		cluster, parts = parts[0], parts[1:]
	}
	last := len(parts) - 1
	if last < 6 || !slices.Contains(patternTypes, parts[last]) {
		return "", a, bad
	}
	found := 0
	for i := 1; i+4 < last; i++ {
		if !slices.Contains(operations, parts[i+1]) || !slices.Contains(permissionTypes, parts[i+2]) || !slices.Contains(resourceTypes, parts[i+3]) {
			continue
		}
		found++
		a = kafkaadmin.ACL{
			Principal: strings.Join(parts[:i], "|"), Host: parts[i], Operation: parts[i+1], PermissionType: parts[i+2],
			ResourceType: parts[i+3], ResourceName: strings.Join(parts[i+4:last], "|"), PatternType: parts[last],
		}
	}
	if found != 1 || a.Principal == "" || a.Host == "" || a.ResourceName == "" {
		return "", kafkaadmin.ACL{}, bad
	}
	return cluster, a, nil
}
