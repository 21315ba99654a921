package kafka

import (
	"reflect"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// allow.everyone.if.no.acl.found lets everybody at a resource that no ACL covers. kfake has no such rule, so the hub
// gives it one ACL more for each such resource that a request names, which no client ever sees.

type resource struct {
	typ  kmsg.ACLResourceType
	name string
}

// unlisted are the ACLs for resources that were asked for and that no ACL covers. c.mu is held.
func (c *cluster) unlisted() []aclBinding {
	var out []aclBinding
	for r := range c.asked {
		if !slices.ContainsFunc(c.state.ACLs, func(a aclBinding) bool { return a.covers(r.typ, r.name) }) {
			out = append(out, aclBinding{r.typ, r.name, kmsg.ACLResourcePatternTypeLiteral, anonymous, "*", kmsg.ACLOperationAll, kmsg.ACLPermissionTypeAllow})
		}
	}
	return out
}

// allowUnlisted prepares kfake for a request of a session under allow.everyone.if.no.acl.found.
func (s *session) allowUnlisted(req kmsg.Request) error {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	before := len(s.c.asked)
	ask := func(typ kmsg.ACLResourceType, name string) {
		if name != "" {
			s.c.asked[resource{typ, name}] = true
		}
	}
	ask(kmsg.ACLResourceTypeCluster, clusterResource)
	for name := range s.c.state.Topics {
		ask(kmsg.ACLResourceTypeTopic, name)
	}
	switch req := req.(type) {
	case *kmsg.FindCoordinatorRequest:
		typ := kmsg.ACLResourceTypeGroup
		if req.CoordinatorType == 1 {
			typ = kmsg.ACLResourceTypeTransactionalId
		}
		ask(typ, req.CoordinatorKey)
		for _, k := range req.CoordinatorKeys {
			ask(typ, k)
		}
	case *kmsg.DescribeConfigsRequest:
		for _, r := range req.Resources {
			ask(kmsg.ACLResourceTypeTopic, r.ResourceName)
		}
	case *kmsg.ListGroupsRequest:
		for _, g := range s.c.kfakeGroups() {
			ask(kmsg.ACLResourceTypeGroup, g)
		}
	default:
		named(reflect.ValueOf(req), ask)
	}
	if len(s.c.asked) == before {
		return nil
	}
	return s.c.enforceACLs()
}

// named finds the topics, groups and transactional ids in a request by the names of its fields.
func named(v reflect.Value, found func(kmsg.ACLResourceType, string)) {
	types := map[string]kmsg.ACLResourceType{
		"Topic": kmsg.ACLResourceTypeTopic, "Topics": kmsg.ACLResourceTypeTopic, "TopicNames": kmsg.ACLResourceTypeTopic,
		"Group": kmsg.ACLResourceTypeGroup, "Groups": kmsg.ACLResourceTypeGroup,
		"TransactionalID": kmsg.ACLResourceTypeTransactionalId, "TransactionID": kmsg.ACLResourceTypeTransactionalId,
		"TransactionalIDs": kmsg.ACLResourceTypeTransactionalId,
	}
	switch v = reflect.Indirect(v); v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field, f := v.Type().Field(i), reflect.Indirect(v.Field(i))
			if !field.IsExported() || !f.IsValid() {
				continue
			}
			typ, known := types[field.Name]
			switch {
			case known && f.Kind() == reflect.String:
				found(typ, f.String())
			case known && f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.String:
				for j := range f.Len() {
					found(typ, f.Index(j).String())
				}
			case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
				for j := range f.Len() {
					named(f.Index(j), found)
				}
			}
		}
	default:
	}
}
