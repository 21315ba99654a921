package kafkaadmin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// TestRealKafka is what kfake does not do, on three brokers of Apache Kafka with an authorizer.
func TestRealKafka(t *testing.T) {
	servers := testkit.RealBrokers(t)
	for name, test := range map[string]func(*testing.T, []string){
		"topic life": realTopicLife, "many topics": realManyTopics, "ACLs": realACLs, "quorum and brokers": realQuorumAndBrokers,
	} {
		t.Run(name, func(t *testing.T) { test(t, servers) })
	}
}

func realTopicLife(t *testing.T, servers []string) {
	c, ctx := open(t, servers), testContext(t)
	name := fmt.Sprintf("life.%d", time.Now().UnixNano())
	t.Cleanup(func() { _ = c.DeleteTopic(testContext(t), name) })
	_, err := c.Topic(ctx, name)
	mustBe(t, err, kafkaadmin.ErrNotFound)

	nt := kafkaadmin.NewTopic{Name: name, Partitions: 3, ReplicationFactor: 3, Config: map[string]string{"retention.ms": "060000"}}
	must(t, c.CreateTopic(ctx, nt, true))
	must(t, c.CreateTopic(ctx, nt, false))
	mustBe(t, c.CreateTopic(ctx, nt, false), kafkaadmin.ErrExists)
	collides := nt
	collides.Name = strings.Replace(name, ".", "_", 1)
	mustBe(t, c.CreateTopic(ctx, collides, false), kafkaadmin.ErrInvalidName)
	got, err := c.Topic(ctx, name)
	must(t, err)
	if e := got.Config["retention.ms"]; got.ReplicationFactor != 3 || e.Source != kafkaadmin.SourceTopic || !kafkaadmin.SameConfigValue(e.Value, "60000") {
		t.Errorf("%+v, retention.ms %+v", got, e)
	}
	for _, bad := range []kafkaadmin.NewTopic{
		{Name: "bad", Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"no.such.config": "1"}},
		{Name: "bad", Partitions: 1, ReplicationFactor: 1, Config: map[string]string{"retention.ms": "abc"}},
	} {
		mustBe(t, c.CreateTopic(ctx, bad, true), kafkaadmin.ErrInvalidConfig)
	}
	mustBe(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "bad", Partitions: 1, ReplicationFactor: 9}, true), kafkaadmin.ErrInvalidReplicationFactor)
	mustBe(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a b", Partitions: 1, ReplicationFactor: 1}, true), kafkaadmin.ErrInvalidName)
	mustBe(t, c.CreatePartitions(ctx, name, 2, false), kafkaadmin.ErrInvalidPartitions)
	must(t, c.CreatePartitions(ctx, name, 5, false))
	mustBe(t, c.AlterTopicConfig(ctx, name, map[string]string{"retention.ms": "abc"}, nil, false), kafkaadmin.ErrInvalidConfig)
	must(t, c.AlterTopicConfig(ctx, name, map[string]string{"cleanup.policy": "compact, delete"}, []string{"retention.ms"}, false))
	got, err = c.Topic(ctx, name)
	must(t, err)
	if got.Partitions != 5 || got.Config["retention.ms"].Source == kafkaadmin.SourceTopic || !kafkaadmin.SameConfigValue("compact,delete", got.Config["cleanup.policy"].Value) {
		t.Errorf("%+v", got)
	}
	isr, err := c.MinISR(ctx, []string{name})
	must(t, err)
	if isr[name] < 1 {
		t.Errorf("min ISR %v", isr)
	}
	must(t, c.DeleteTopic(ctx, name))
	mustBe(t, c.DeleteTopic(ctx, name), kafkaadmin.ErrNotFound)
}

func realManyTopics(t *testing.T, servers []string) {
	c, ctx := open(t, servers), testContext(t)
	base := time.Now().UnixNano()
	name := func(i int) string { return fmt.Sprintf("many-%d-%d", base, i) }
	errs := make([]error, 50)
	start := time.Now()
	together(len(errs), func(i int) {
		errs[i] = c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: name(i), Partitions: 2, ReplicationFactor: 3}, false)
	})
	must(t, errors.Join(errs...))
	t.Logf("created %d topics, visible on all brokers, in %s", len(errs), time.Since(start))
	start = time.Now()
	fresh := open(t, servers)
	together(len(errs), func(i int) { _, errs[i] = fresh.Topic(ctx, name(i)) })
	must(t, errors.Join(errs...))
	t.Logf("read them in %s", time.Since(start))
	start = time.Now()
	together(len(errs), func(i int) { errs[i] = c.DeleteTopic(ctx, name(i)) })
	must(t, errors.Join(errs...))
	t.Logf("deleted them in %s", time.Since(start))
}

func realACLs(t *testing.T, servers []string) {
	c, ctx := open(t, servers), testContext(t)
	acls := []kafkaadmin.ACL{
		readACL("real"),
		{ResourceType: "Cluster", ResourceName: "kafka-cluster", PatternType: "Literal", Principal: "User:real", Host: "10.0.0.1", Operation: "IdempotentWrite", PermissionType: "Deny"},
		{ResourceType: "TransactionalID", ResourceName: "real|", PatternType: "Prefixed", Principal: "User:real", Host: "*", Operation: "Describe", PermissionType: "Allow"},
		{ResourceType: "DelegationToken", ResourceName: "real", PatternType: "Literal", Principal: "User:real", Host: "*", Operation: "Describe", PermissionType: "Allow"},
	}
	errs := make([]error, len(acls))
	together(len(acls), func(i int) { errs[i] = c.CreateACL(ctx, acls[i]) })
	must(t, errors.Join(errs...))
	for _, a := range acls {
		has, err := open(t, servers).HasACL(ctx, a)
		must(t, err)
		if !has {
			t.Errorf("%s is missing", a)
		}
	}
	bad := readACL("real")
	bad.Principal = "real"
	mustBe(t, c.CreateACL(ctx, bad), kafkaadmin.ErrInvalidRequest)
	together(len(acls), func(i int) { errs[i] = c.DeleteACL(ctx, acls[i]) })
	must(t, errors.Join(errs...))
	for _, a := range acls {
		has, err := open(t, servers).HasACL(ctx, a)
		must(t, err)
		if has {
			t.Errorf("%s is still there", a)
		}
	}
}

func realQuorumAndBrokers(t *testing.T, servers []string) {
	c, ctx := open(t, servers), testContext(t)
	brokers, err := c.Brokers(ctx)
	must(t, err)
	q, err := c.Quorum(ctx)
	must(t, err)
	if q.LeaderID < 0 || len(q.Voters) != len(brokers) || q.Voters[0].LogEndOffset <= 0 || q.Voters[0].LastCaughtUp.IsZero() {
		t.Errorf("quorum %+v, brokers %+v", q, brokers)
	}
	for _, b := range brokers {
		if b.Fenced {
			t.Errorf("broker %+v is fenced", b)
		}
		_, err := c.PartitionsFrom(ctx, b.ID)
		must(t, err)
	}
	for _, id := range []int32{brokers[0].ID, -1} {
		must(t, c.AlterBrokerConfig(ctx, id, map[string]string{"log.cleaner.threads": "2"}, nil))
		got, err := c.BrokerConfig(ctx, id)
		must(t, err)
		if got["log.cleaner.threads"].Value != "2" {
			t.Errorf("%+v", got["log.cleaner.threads"])
		}
		must(t, c.AlterBrokerConfig(ctx, id, nil, []string{"log.cleaner.threads"}))
	}
	g, err := c.Group(ctx, "no-such-group")
	must(t, err)
	if g.State != "Dead" {
		t.Errorf("%+v", g)
	}
}
