package kafkaadmin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"
)

// String gives the ACL in the order of the kafka_acl resource's id.
func (a ACL) String() string {
	return fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s", a.Principal, a.Host, a.Operation, a.PermissionType, a.ResourceType, a.ResourceName, a.PatternType)
}

type aclSweep struct {
	at    uint64
	taken time.Time
	acls  map[ACL]bool
}

// ACLs lists every ACL of the cluster, sorted. Without an authorizer on the
// brokers the error matches ErrSecurityDisabled.
func (c *Client) ACLs(ctx context.Context) ([]ACL, error) {
	known, ok := c.snap.wholeACLs()
	if !ok {
		var err error
		if known, err = c.sweepACLs(ctx); err != nil {
			return nil, err
		}
	}
	out := make([]ACL, 0, len(known))
	for a := range known {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b ACL) int { return cmp.Compare(a.String(), b.String()) })
	return out, nil
}

// HasACL says whether exactly this ACL exists, from the snapshot where that
// holds.
func (c *Client) HasACL(ctx context.Context, a ACL) (bool, error) {
	const op = "read ACL"
	if _, err := a.binding(op); err != nil {
		return false, err
	}
	has, ok, swept := c.snap.acl(a)
	if !ok && !swept {
		if _, err := c.sweepACLs(ctx); err != nil {
			return false, about(relabel(err, op), a.String())
		}
		has, ok, _ = c.snap.acl(a)
	}
	if ok {
		return has, nil
	}
	got, err := c.describeACLs(ctx, op, narrowest([]ACL{a}), anyBroker)
	if err != nil {
		return false, about(err, a.String())
	}
	return got[a], nil
}

func (c *Client) sweepACLs(ctx context.Context) (map[ACL]bool, error) {
	return shared(ctx, c, "acls", "list ACLs", func(ctx context.Context) (map[ACL]bool, error) {
		// A sweep may have ended between the caller's look and this flight.
		if known, ok := c.snap.wholeACLs(); ok {
			return known, nil
		}
		at := c.snap.now()
		got, err := c.describeACLs(ctx, "list ACLs", narrowest(nil), anyBroker)
		if err == nil {
			c.snap.keepACLs(at, got)
		}
		return got, err
	})
}

func (c *Client) describeACLs(ctx context.Context, op string, f sarama.AclFilter, to route) (map[ACL]bool, error) {
	return c.describeACLsWith(ctx, request[*sarama.DescribeAclsResponse]{op: op, route: to}, f)
}

func (c *Client) describeACLsWith(ctx context.Context, q request[*sarama.DescribeAclsResponse], f sarama.AclFilter) (map[ACL]bool, error) {
	q.send = func(b *sarama.Broker) (*sarama.DescribeAclsResponse, error) {
		return b.DescribeAcls(&sarama.DescribeAclsRequest{Version: 2, AclFilter: f})
	}
	q.judge = func(r *sarama.DescribeAclsResponse) error { return answer(r.Err, r.ErrMsg) }
	resp, err := ask(ctx, c, q)
	if err != nil {
		return nil, err
	}
	out := map[ACL]bool{}
	for _, r := range resp.ResourceAcls {
		for _, a := range r.Acls {
			out[aclOf(r.Resource, *a)] = true
		}
	}
	return out, nil
}

func aclOf(r sarama.Resource, a sarama.Acl) ACL {
	return ACL{
		ResourceType: r.ResourceType.String(), ResourceName: r.ResourceName, PatternType: r.ResourcePatternType.String(),
		Principal: a.Principal, Host: a.Host, Operation: a.Operation.String(), PermissionType: a.PermissionType.String(),
	}
}

// binding gives the ACL in sarama's words, which are ours; another spelling is
// an error, as it would never be found again.
func (a ACL) binding(op string) (sarama.AclCreation, error) {
	var out sarama.AclCreation
	bad := func(what, word string) error {
		return &Error{Op: op, Object: a.String(), Message: fmt.Sprintf("%q is not a %s", word, what), Err: ErrInvalidRequest}
	}
	if err := out.ResourceType.UnmarshalText([]byte(a.ResourceType)); err != nil || out.ResourceType.String() != a.ResourceType {
		return out, bad("resource type", a.ResourceType)
	}
	if err := out.ResourcePatternType.UnmarshalText([]byte(a.PatternType)); err != nil || out.ResourcePatternType.String() != a.PatternType {
		return out, bad("pattern type", a.PatternType)
	}
	if err := out.Operation.UnmarshalText([]byte(a.Operation)); err != nil || out.Operation.String() != a.Operation {
		return out, bad("operation", a.Operation)
	}
	if err := out.PermissionType.UnmarshalText([]byte(a.PermissionType)); err != nil || out.PermissionType.String() != a.PermissionType {
		return out, bad("permission type", a.PermissionType)
	}
	out.ResourceName, out.Principal, out.Host = a.ResourceName, a.Principal, a.Host
	return out, nil
}

// narrowest gives the filter that matches all of the ACLs and as little else
// as one filter can: a field is named where all agree. Of none it matches
// everything.
func narrowest(acls []ACL) sarama.AclFilter {
	f := sarama.AclFilter{
		ResourceType: sarama.AclResourceAny, ResourcePatternTypeFilter: sarama.AclPatternAny,
		Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny,
	}
	if len(acls) == 0 {
		return f
	}
	agree := func(field func(ACL) string) (string, bool) {
		first := field(acls[0])
		return first, !slices.ContainsFunc(acls, func(a ACL) bool { return field(a) != first })
	}
	// Words that do not parse were refused before.
	if v, ok := agree(func(a ACL) string { return a.ResourceType }); ok {
		_ = f.ResourceType.UnmarshalText([]byte(v))
	}
	if v, ok := agree(func(a ACL) string { return a.PatternType }); ok {
		_ = f.ResourcePatternTypeFilter.UnmarshalText([]byte(v))
	}
	if v, ok := agree(func(a ACL) string { return a.Operation }); ok {
		_ = f.Operation.UnmarshalText([]byte(v))
	}
	if v, ok := agree(func(a ACL) string { return a.PermissionType }); ok {
		_ = f.PermissionType.UnmarshalText([]byte(v))
	}
	if v, ok := agree(func(a ACL) string { return a.ResourceName }); ok {
		f.ResourceName = &v
	}
	if v, ok := agree(func(a ACL) string { return a.Principal }); ok {
		f.Principal = &v
	}
	if v, ok := agree(func(a ACL) string { return a.Host }); ok {
		f.Host = &v
	}
	return f
}
