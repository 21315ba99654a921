package kafka

import (
	"errors"
	"testing"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const withAuthorizer = "authorizer.class.name=" + standardAuthorizer

func topicACL(name, principal string, pattern sarama.AclResourcePatternType, op sarama.AclOperation) (sarama.Resource, sarama.Acl) {
	return sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: name, ResourcePatternType: pattern},
		sarama.Acl{Principal: principal, Host: "*", Operation: op, PermissionType: sarama.AclPermissionAllow}
}

func TestACLsOfASuperUser(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "super", 1, withAuthorizer, "super.users=User:admin;User:ANONYMOUS")
	c.startAll()
	admin := saramaAdmin(t, c)
	if err := admin.CreateTopic("lines", &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: 1}, false); err != nil {
		t.Fatal(err)
	}
	create := func(r sarama.Resource, a sarama.Acl) error { return admin.CreateACL(r, a) }
	if err := create(topicACL("lines", "User:app", sarama.AclPatternLiteral, sarama.AclOperationRead)); err != nil {
		t.Fatal(err)
	}
	if err := create(topicACL("li", "User:app", sarama.AclPatternPrefixed, sarama.AclOperationWrite)); err != nil {
		t.Fatal(err)
	}
	if err := create(topicACL("x", "app", sarama.AclPatternLiteral, sarama.AclOperationRead)); !errors.Is(err, sarama.ErrInvalidRequest) {
		t.Errorf("a principal without its type: %v", err)
	}
	if err := admin.CreateACL(sarama.Resource{ResourceType: sarama.AclResourceCluster, ResourceName: "mine", ResourcePatternType: sarama.AclPatternLiteral},
		sarama.Acl{Principal: "User:app", Host: "*", Operation: sarama.AclOperationAlter, PermissionType: sarama.AclPermissionAllow}); !errors.Is(err, sarama.ErrInvalidRequest) {
		t.Errorf("another name for the cluster: %v", err)
	}
	found, err := admin.ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceTopic, ResourceName: ptr("lines"), ResourcePatternTypeFilter: sarama.AclPatternMatch,
		Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny})
	if err != nil || len(found) != 2 {
		t.Errorf("what matches lines: %+v, %v", found, err)
	}
	if _, err := admin.DeleteACL(sarama.AclFilter{ResourceType: sarama.AclResourceTopic, ResourceName: ptr("lines"), ResourcePatternTypeFilter: sarama.AclPatternLiteral,
		Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny}, false); err != nil {
		t.Fatal(err)
	}
	found, err = admin.ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceAny, ResourcePatternTypeFilter: sarama.AclPatternAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny})
	if err != nil || len(found) != 1 || found[0].ResourceName != "li" {
		t.Errorf("after deleting one: %+v, %v", found, err)
	}
}

func TestACLsAreEnforcedForAnonymous(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c := newCluster(h, "closed", 1, withAuthorizer, "super.users=User:admin")
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	if _, err := admin.CreateTopic(ctx, 1, 1, nil, "lines"); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("create without any ACL: %v", err)
	}
	if err := saramaAdmin(t, c).CreateACL(topicACL("lines", "User:ANONYMOUS", sarama.AclPatternLiteral, sarama.AclOperationAll)); !errors.Is(err, sarama.ErrClusterAuthorizationFailed) {
		t.Errorf("an ACL by somebody without rights: %v", err)
	}
	// The brokers come back with ANONYMOUS as super user, as an administrator would to get in.
	c.stopAll()
	c.extra = withAuthorizer + "\nsuper.users=User:ANONYMOUS"
	c.startAll()
	for _, op := range []sarama.AclOperation{sarama.AclOperationCreate, sarama.AclOperationWrite} {
		if err := saramaAdmin(t, c).CreateACL(topicACL("lines", "User:ANONYMOUS", sarama.AclPatternLiteral, op)); err != nil {
			t.Fatal(err)
		}
	}
	c.stopAll()
	c.extra = withAuthorizer
	c.startAll()
	if _, err := c.admin().CreateTopic(ctx, 1, 1, nil, "lines"); err != nil {
		t.Errorf("create with an ACL: %v", err)
	}
	produce(t, c.client(kgo.DisableIdempotentWrite()), "lines", 0, 1)
	fetches := c.client(kgo.ConsumeTopics("lines")).PollFetches(ctx)
	if err := fetches.Err(); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("read without an ACL: %v", err)
	}
}

func TestEveryoneWhereNoACLIsFound(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "everyone", 1, withAuthorizer, "allow.everyone.if.no.acl.found=true")
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	for _, topic := range []string{"open", "theirs"} {
		if _, err := admin.CreateTopic(ctx, 1, 1, nil, topic); err != nil {
			t.Fatal(err)
		}
	}
	produce(t, c.client(), "open", 0, 3)
	produce(t, c.client(), "theirs", 0, 3)
	if err := saramaAdmin(t, c).CreateACL(topicACL("theirs", "User:them", sarama.AclPatternLiteral, sarama.AclOperationRead)); err != nil {
		t.Fatal(err)
	}
	found, err := saramaAdmin(t, c).ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceAny, ResourcePatternTypeFilter: sarama.AclPatternAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny})
	if err != nil || len(found) != 1 {
		t.Errorf("ACLs: %+v, %v", found, err)
	}
	if got := consume(t, c, "open", 3, kgo.ConsumerGroup("g")); len(got) != 3 {
		t.Errorf("open: %v", got)
	}
	if err := c.client().ProduceSync(ctx, &kgo.Record{Topic: "theirs"}).FirstErr(); !errors.Is(err, kerr.TopicAuthorizationFailed) {
		t.Errorf("a topic that has an ACL is closed to others: %v", err)
	}
}
