package acl

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

func TestParseID(t *testing.T) {
	mongey := kafkaadmin.ACL{ResourceType: "Topic", ResourceName: "orders", PatternType: "Literal", Principal: "User:alice", Host: "*", Operation: "Read", PermissionType: "Allow"}
	for id, want := range map[string]struct {
		cluster string
		acl     kafkaadmin.ACL
	}{
		"User:alice|*|Read|Allow|Topic|orders|Literal":             {"", mongey},
		"/kafka/main|User:alice|*|Read|Allow|Topic|orders|Literal": {"/kafka/main", mongey},
		"User:CN=a|b|*|Write|Deny|Group|x|y|Prefixed": {"", kafkaadmin.ACL{
			ResourceType: "Group", ResourceName: "x|y", PatternType: "Prefixed", Principal: "User:CN=a|b", Host: "*", Operation: "Write", PermissionType: "Deny"}},
	} {
		cluster, a, err := parseID(id)
		if err != nil || cluster != want.cluster || cmp.Diff(want.acl, a) != "" || idOf(cluster, a) != id {
			t.Errorf("%q: %q %+v %v", id, cluster, a, err)
		}
	}
	for _, id := range []string{
		"", "x", "User:alice|*|Read|Allow|Topic|orders", "User:alice|*|read|Allow|Topic|orders|Literal", "User:alice|*|Read|Allow|Topic||Literal",
		"|*|Read|Allow|Topic|orders|Literal", "/kafka/main", "User:alice||Read|Allow|Topic|orders|Literal", "User:alice|*|Read|Allow|Topic|orders|Any",
	} {
		if _, a, err := parseID(id); err == nil {
			t.Errorf("%q is taken as %+v", id, a)
		}
	}
	rapid.Check(t, func(t *rapid.T) { _, _, _ = parseID(rapid.String().Draw(t, "anything")) })
}

// Every id that the provider writes can be imported.
func TestIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-zA-Z0-9._*|-]{1,12}`)
		a := kafkaadmin.ACL{
			ResourceType: rapid.SampledFrom(resourceTypes).Draw(t, "type"), ResourceName: name.Draw(t, "name"), PatternType: rapid.SampledFrom(patternTypes).Draw(t, "pattern"),
			Principal: "User:" + name.Draw(t, "principal"), Host: rapid.SampledFrom([]string{"*", "10.0.0.1", "::1"}).Draw(t, "host"),
			Operation: rapid.SampledFrom(operations).Draw(t, "operation"), PermissionType: rapid.SampledFrom(permissionTypes).Draw(t, "permission"),
		}
		cluster := rapid.SampledFrom([]string{"", "/kafka/main"}).Draw(t, "cluster")
		gotCluster, got, err := parseID(idOf(cluster, a))
		if err != nil || gotCluster != cluster || got != a {
			t.Fatalf("%q: %q %+v %v", idOf(cluster, a), gotCluster, got, err)
		}
	})
}

func TestHostMatches(t *testing.T) {
	for host, want := range map[string]bool{"*": true, "10.0.0.1": true, "::1": true, "client.example.com": false, "10.0.0.0/8": false, "": false} {
		if hostMatches(host) != want {
			t.Errorf("%q", host)
		}
	}
}

type fakeAdmin struct{ create, remove error }

func (f fakeAdmin) HasACL(context.Context, kafkaadmin.ACL) (bool, error) { return true, nil }
func (f fakeAdmin) CreateACL(context.Context, kafkaadmin.ACL) error      { return f.create }
func (f fakeAdmin) DeleteACL(context.Context, kafkaadmin.ACL) error      { return f.remove }

func TestService(t *testing.T) {
	late := &kafkaadmin.Error{Accepted: true, Err: kafkaadmin.ErrTimeout}
	denied := &kafkaadmin.Error{Err: kafkaadmin.ErrAuthorization}
	for _, tc := range []struct {
		err     error
		created bool
	}{{nil, true}, {late, true}, {denied, false}} {
		if created, err := (service{fakeAdmin{create: tc.err}}).create(t.Context(), kafkaadmin.ACL{}); created != tc.created || !errors.Is(err, tc.err) {
			t.Errorf("%v: %t, %v", tc.err, created, err)
		}
	}
	for _, tc := range []struct {
		err  error
		gone bool
	}{{nil, true}, {late, true}, {&kafkaadmin.Error{Err: kafkaadmin.ErrNotFound}, true}, {denied, false}} {
		if err := (service{fakeAdmin{remove: tc.err}}).delete(t.Context(), kafkaadmin.ACL{}); (err == nil) != tc.gone {
			t.Errorf("%v: %v", tc.err, err)
		}
	}
}
