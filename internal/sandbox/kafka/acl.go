package kafka

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	standardAuthorizer = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
	anonymous          = "User:ANONYMOUS" // the principal of every client of a PLAINTEXT listener
	clusterResource    = "kafka-cluster"
)

func authorizer(props map[string]string) bool { return setting(props, "authorizer.class.name") != "" }

func superUser(props map[string]string) bool {
	for u := range strings.SplitSeq(props["super.users"], ";") {
		if strings.TrimSpace(u) == anonymous {
			return true
		}
	}
	return false
}

func everyoneIfNoACL(props map[string]string) bool {
	return strings.EqualFold(strings.TrimSpace(props["allow.everyone.if.no.acl.found"]), "true")
}

// aclBinding is one ACL as the controller keeps it.
type aclBinding struct {
	Type       kmsg.ACLResourceType        `json:"type"`
	Name       string                      `json:"name"`
	Pattern    kmsg.ACLResourcePatternType `json:"pattern"`
	Principal  string                      `json:"principal"`
	Host       string                      `json:"host"`
	Operation  kmsg.ACLOperation           `json:"operation"`
	Permission kmsg.ACLPermissionType      `json:"permission"`
}

// covers says whether the ACL's pattern holds for a resource.
func (a aclBinding) covers(typ kmsg.ACLResourceType, name string) bool {
	switch {
	case a.Type != typ:
		return false
	case a.Pattern == kmsg.ACLResourcePatternTypePrefixed:
		return strings.HasPrefix(name, a.Name)
	}
	return a.Name == name || a.Name == "*"
}

// aclFilter is what describe and delete look for; nil and ANY match all.
type aclFilter struct {
	typ        kmsg.ACLResourceType
	name       *string
	pattern    kmsg.ACLResourcePatternType
	principal  *string
	host       *string
	operation  kmsg.ACLOperation
	permission kmsg.ACLPermissionType
}

func (f aclFilter) valid() bool {
	return f.typ != kmsg.ACLResourceTypeUnknown && f.pattern != kmsg.ACLResourcePatternTypeUnknown &&
		f.operation != kmsg.ACLOperationUnknown && f.permission != kmsg.ACLPermissionTypeUnknown
}

func (f aclFilter) matches(a aclBinding) bool {
	same := func(want *string, have string) bool { return want == nil || *want == have }
	if f.typ != kmsg.ACLResourceTypeAny && f.typ != a.Type ||
		f.operation != kmsg.ACLOperationAny && f.operation != a.Operation ||
		f.permission != kmsg.ACLPermissionTypeAny && f.permission != a.Permission ||
		!same(f.principal, a.Principal) || !same(f.host, a.Host) {
		return false
	}
	switch f.pattern {
	case kmsg.ACLResourcePatternTypeAny:
		return same(f.name, a.Name)
	case kmsg.ACLResourcePatternTypeMatch:
		return f.name == nil || a.covers(a.Type, *f.name)
	default:
		return f.pattern == a.Pattern && same(f.name, a.Name)
	}
}

// invalid is why a controller refuses an ACL, or "".
func (a aclBinding) invalid() string {
	switch {
	case a.Type == kmsg.ACLResourceTypeAny || a.Type == kmsg.ACLResourceTypeUnknown:
		return "Invalid resource type"
	case a.Pattern != kmsg.ACLResourcePatternTypeLiteral && a.Pattern != kmsg.ACLResourcePatternTypePrefixed:
		return "Invalid patternType"
	case a.Name == "":
		return "Resource name should not be empty"
	case a.Type == kmsg.ACLResourceTypeCluster && a.Name != clusterResource:
		return "The only valid name for the CLUSTER resource is " + clusterResource
	case a.Operation == kmsg.ACLOperationAny || a.Operation == kmsg.ACLOperationUnknown:
		return "Invalid operation"
	case a.Permission != kmsg.ACLPermissionTypeAllow && a.Permission != kmsg.ACLPermissionTypeDeny:
		return "Invalid permissionType"
	}
	if kind, name, ok := strings.Cut(a.Principal, ":"); !ok || kind == "" || name == "" {
		return "Could not parse principal from `" + a.Principal + "` (no colon is present separating the principal type from the principal name)"
	}
	return ""
}
