package kafka

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The hub keeps the ACLs, as a controller does, and copies them into kfake, which enforces them: it checks every request
// of a session that logged in to it as ANONYMOUS.

var securityDisabled = refuse(kerr.SecurityDisabled, "No Authorizer is configured.")

// mayACL asks kfake whether the client may describe (or alter) the cluster, which ACL requests need.
func (s *session) mayACL(alter bool) (bool, error) {
	if !alter {
		probe := kmsg.NewDescribeACLsRequest()
		probe.ResourceType, probe.ResourcePatternType, probe.Version = kmsg.ACLResourceTypeTopic, kmsg.ACLResourcePatternTypeLiteral, 1
		probe.Operation, probe.PermissionType = kmsg.ACLOperationAny, kmsg.ACLPermissionTypeAny
		probe.ResourceName = ptr("a name that no topic can have")
		kresp, err := s.ask(&probe)
		if err != nil {
			return false, err
		}
		return kresp.(*kmsg.DescribeACLsResponse).ErrorCode != kerr.ClusterAuthorizationFailed.Code, nil
	}
	return s.authorizedOnCluster()
}

func handleDescribeACLs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DescribeACLsRequest)
	resp := req.ResponseKind().(*kmsg.DescribeACLsResponse)
	fail := func(r refusal) (kmsg.Response, error) {
		resp.ErrorCode, resp.ErrorMessage = r.code, r.message()
		return resp, nil
	}
	if !authorizer(s.node.Props) {
		return fail(securityDisabled)
	}
	if ok, err := s.mayACL(false); err != nil {
		return nil, err
	} else if !ok {
		return fail(refuse(kerr.ClusterAuthorizationFailed, "Cluster authorization failed."))
	}
	f := aclFilter{req.ResourceType, req.ResourceName, req.ResourcePatternType, req.Principal, req.Host, req.Operation, req.PermissionType}
	if !f.valid() {
		return fail(refuse(kerr.InvalidRequest, "DescribeAclsRequest contains UNKNOWN elements."))
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, a := range s.c.state.ACLs {
		if !f.matches(a) {
			continue
		}
		i := slices.IndexFunc(resp.Resources, func(r kmsg.DescribeACLsResponseResource) bool {
			return r.ResourceType == a.Type && r.ResourceName == a.Name && r.ResourcePatternType == a.Pattern
		})
		if i < 0 {
			r := kmsg.NewDescribeACLsResponseResource()
			r.ResourceType, r.ResourceName, r.ResourcePatternType = a.Type, a.Name, a.Pattern
			resp.Resources = append(resp.Resources, r)
			i = len(resp.Resources) - 1
		}
		resp.Resources[i].ACLs = append(resp.Resources[i].ACLs, kmsg.DescribeACLsResponseResourceACL{
			Principal: a.Principal, Host: a.Host, Operation: a.Operation, PermissionType: a.Permission,
		})
	}
	return resp, nil
}

func handleCreateACLs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.CreateACLsRequest)
	resp := req.ResponseKind().(*kmsg.CreateACLsResponse)
	all, err := s.refuseACLs()
	if err != nil {
		return nil, err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, rc := range req.Creations {
		a := aclBinding{rc.ResourceType, rc.ResourceName, rc.ResourcePatternType, rc.Principal, rc.Host, rc.Operation, rc.PermissionType}
		if req.Version == 0 {
			a.Pattern = kmsg.ACLResourcePatternTypeLiteral
		}
		r := all
		if r.code == 0 {
			if why := a.invalid(); why != "" {
				r = refuse(kerr.InvalidRequest, "%s", why)
			} else if !slices.Contains(s.c.state.ACLs, a) {
				s.c.state.ACLs = append(s.c.state.ACLs, a)
			}
		}
		resp.Results = append(resp.Results, kmsg.CreateACLsResponseResult{ErrorCode: r.code, ErrorMessage: r.message()})
	}
	return resp, s.c.enforceACLs()
}

// refuseACLs is the refusal of every change of ACLs, if there is one.
func (s *session) refuseACLs() (refusal, error) {
	if !authorizer(s.node.Props) {
		return securityDisabled, nil
	}
	if err := s.quorum(); err != nil {
		return refusal{}, err
	}
	ok, err := s.mayACL(true)
	if err == nil && !ok {
		return refuse(kerr.ClusterAuthorizationFailed, "Cluster authorization failed."), nil
	}
	return refusal{}, err
}

func handleDeleteACLs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DeleteACLsRequest)
	resp := req.ResponseKind().(*kmsg.DeleteACLsResponse)
	all, err := s.refuseACLs()
	if err != nil {
		return nil, err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, rf := range req.Filters {
		f := aclFilter{rf.ResourceType, rf.ResourceName, rf.ResourcePatternType, rf.Principal, rf.Host, rf.Operation, rf.PermissionType}
		if req.Version == 0 {
			f.pattern = kmsg.ACLResourcePatternTypeLiteral
		}
		r := all
		if r.code == 0 && !f.valid() {
			r = refuse(kerr.InvalidRequest, "DeleteAclsRequest contains UNKNOWN elements.")
		}
		result := kmsg.DeleteACLsResponseResult{ErrorCode: r.code, ErrorMessage: r.message()}
		if r.code == 0 {
			s.c.state.ACLs = slices.DeleteFunc(s.c.state.ACLs, func(a aclBinding) bool {
				if !f.matches(a) {
					return false
				}
				result.MatchingACLs = append(result.MatchingACLs, kmsg.DeleteACLsResponseResultMatchingACL{
					ResourceType: a.Type, ResourceName: a.Name, ResourcePatternType: a.Pattern,
					Principal: a.Principal, Host: a.Host, Operation: a.Operation, PermissionType: a.Permission,
				})
				return true
			})
		}
		resp.Results = append(resp.Results, result)
	}
	return resp, s.c.enforceACLs()
}

// enforceACLs makes kfake's ACLs those of the controller, and notes the change. c.mu is held.
func (c *cluster) enforceACLs() error {
	want := slices.Concat(c.state.ACLs, c.unlisted())
	missing := func(set, in []aclBinding) []aclBinding {
		return slices.DeleteFunc(slices.Clone(set), func(a aclBinding) bool { return slices.Contains(in, a) })
	}
	add := kmsg.NewCreateACLsRequest()
	add.Version = 2
	for _, a := range missing(want, c.enforced) {
		add.Creations = append(add.Creations, kmsg.CreateACLsRequestCreation{ResourceType: a.Type, ResourceName: a.Name, ResourcePatternType: a.Pattern,
			Principal: a.Principal, Host: a.Host, Operation: a.Operation, PermissionType: a.Permission})
	}
	drop := kmsg.NewDeleteACLsRequest()
	drop.Version = 2
	for _, a := range missing(c.enforced, want) {
		drop.Filters = append(drop.Filters, kmsg.DeleteACLsRequestFilter{ResourceType: a.Type, ResourceName: &a.Name, ResourcePatternType: a.Pattern,
			Principal: &a.Principal, Host: &a.Host, Operation: a.Operation, PermissionType: a.Permission})
	}
	if len(add.Creations) > 0 {
		if _, err := c.asHub(context.Background(), &add); err != nil {
			return err
		}
	}
	if len(drop.Filters) > 0 {
		if _, err := c.asHub(context.Background(), &drop); err != nil {
			return err
		}
	}
	c.enforced = want
	c.notify()
	c.save()
	return nil
}

// resetACLs makes kfake forget what it enforced under an earlier hub and starts again. c.mu is held.
func (c *cluster) resetACLs() error {
	drop := kmsg.NewDeleteACLsRequest()
	drop.Version = 2
	drop.Filters = []kmsg.DeleteACLsRequestFilter{{ResourceType: kmsg.ACLResourceTypeAny, ResourcePatternType: kmsg.ACLResourcePatternTypeAny,
		Operation: kmsg.ACLOperationAny, PermissionType: kmsg.ACLPermissionTypeAny}}
	if _, err := c.asHub(context.Background(), &drop); err != nil {
		return err
	}
	c.enforced, c.asked = nil, map[resource]bool{}
	return c.enforceACLs()
}
