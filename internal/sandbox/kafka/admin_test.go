package kafka

import (
	"context"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Codes and words are those that brokers of Kafka 4.3.1 answer.
func TestCreateTopicsRefuses(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "create", 2)
	c.startAll()
	cl, ctx := c.client(), testContext(t)
	create := func(change func(*kmsg.CreateTopicsRequestTopic)) kmsg.CreateTopicsResponseTopic {
		req := kmsg.NewPtrCreateTopicsRequest()
		rt := kmsg.NewCreateTopicsRequestTopic()
		rt.Topic, rt.NumPartitions, rt.ReplicationFactor = "lines", 1, 1
		change(&rt)
		req.Topics = append(req.Topics, rt)
		resp, err := req.RequestWith(ctx, cl)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Topics[0]
	}
	config := func(k, v string) func(*kmsg.CreateTopicsRequestTopic) {
		return func(rt *kmsg.CreateTopicsRequestTopic) {
			rt.Configs = append(rt.Configs, kmsg.CreateTopicsRequestTopicConfig{Name: k, Value: &v})
		}
	}
	assign := func(sets ...[]int32) func(*kmsg.CreateTopicsRequestTopic) {
		return func(rt *kmsg.CreateTopicsRequestTopic) {
			rt.NumPartitions, rt.ReplicationFactor = -1, -1
			for i, set := range sets {
				rt.ReplicaAssignment = append(rt.ReplicaAssignment, kmsg.CreateTopicsRequestTopicReplicaAssignment{Partition: int32(i), Replicas: set})
			}
		}
	}
	for name, tc := range map[string]struct {
		change func(*kmsg.CreateTopicsRequestTopic)
		code   int16
		text   string
	}{
		"space in the name": {func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = "a b" }, 17, "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"},
		"empty name":        {func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = "" }, 17, "the empty string is not allowed"},
		"dots":              {func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = ".." }, 17, "'..' is not allowed"},
		"long name":         {func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = strings.Repeat("x", 250) }, 17, "longer than the max allowed length 249"},
		"unknown config":    {config("no.such.config", "1"), 40, "Unknown topic config name: no.such.config"},
		"bad number":        {config("retention.ms", "abc"), 40, "Invalid value abc for configuration retention.ms: Not a number of type LONG"},
		"bad range":         {config("min.insync.replicas", "0"), 40, "Value must be at least 1"},
		"bad word":          {config("compression.type", "rar"), 40, "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"},
		"bad throttle":      {config("leader.replication.throttled.replicas", "x"), 40, "Invalid value [x] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '*'"},
		"bad boolean":       {config("preallocate", "maybe"), 40, "Expected value to be either true or false"},
		"small segment":     {config("segment.bytes", "1000"), 40, "Value must be at least 1048576"},
		"rf above brokers":  {func(rt *kmsg.CreateTopicsRequestTopic) { rt.ReplicationFactor = 3 }, 38, "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 2 broker(s) are registered or some brokers have all their log directories cordoned."},
		"rf zero":           {func(rt *kmsg.CreateTopicsRequestTopic) { rt.ReplicationFactor = 0 }, 38, "Replication factor must be larger than 0, or -1 to use the default value."},
		"no partitions":     {func(rt *kmsg.CreateTopicsRequestTopic) { rt.NumPartitions = 0 }, 37, "Number of partitions was set to an invalid non-positive value."},
		"too many at once":  {func(rt *kmsg.CreateTopicsRequestTopic) { rt.NumPartitions = 2_000_000_000 }, 44, "Excessively large number of partitions per request."},
		"one too many":      {func(rt *kmsg.CreateTopicsRequestTopic) { rt.NumPartitions = 10_001 }, 44, "Excessively large number of partitions per request."},
		"unknown broker":    {assign([]int32{9}), 39, "The manual partition assignment includes broker 9, but no such broker is registered."},
		"broker twice":      {assign([]int32{0, 0}), 39, "The manual partition assignment includes the broker 0 more than once."},
		"uneven assignment": {assign([]int32{0}, []int32{0, 1}), 39, "not consistent with previous partitions"},
	} {
		t.Run(name, func(t *testing.T) {
			got := create(tc.change)
			if got.ErrorCode != tc.code || got.ErrorMessage == nil || !strings.Contains(*got.ErrorMessage, tc.text) {
				t.Errorf("code %d %q, want %d %q", got.ErrorCode, deref(got.ErrorMessage), tc.code, tc.text)
			}
		})
	}
	if got := create(assign([]int32{1, 0}, []int32{0, 1})); got.ErrorCode != 0 || got.NumPartitions != 2 || got.ReplicationFactor != 2 {
		t.Fatalf("assignment: %+v", got)
	}
	placed := listTopics(t, c, 0)["lines"].Partitions
	if placed[0].Leader != 1 || placed[1].Leader != 0 {
		t.Errorf("the assignment is not honoured: %+v", placed)
	}
	if got := create(func(*kmsg.CreateTopicsRequestTopic) {}); got.ErrorCode != 36 || deref(got.ErrorMessage) != "Topic 'lines' already exists." {
		t.Errorf("exists: %+v", got)
	}
	if got := create(func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = "a.b" }); got.ErrorCode != 0 {
		t.Errorf("a.b: %+v", got)
	}
	if got := create(func(rt *kmsg.CreateTopicsRequestTopic) { rt.Topic = "a_b" }); got.ErrorCode != 17 || deref(got.ErrorMessage) != "Topic 'a_b' collides with existing topic: a.b" {
		t.Errorf("collision: %d %s", got.ErrorCode, deref(got.ErrorMessage))
	}
	if got := create(func(rt *kmsg.CreateTopicsRequestTopic) {
		rt.Topic, rt.NumPartitions, rt.ReplicationFactor = "defaults", -1, -1
	}); got.ErrorCode != 0 || got.NumPartitions != 3 || got.ReplicationFactor != 2 {
		t.Errorf("broker defaults: %+v", got)
	}
	// A topic that does not exist stays so: auto.create.topics.enable is false.
	if _, err := c.client(kgo.AllowAutoTopicCreation()).SeedBrokers()[0].Request(ctx, metadataFor("ghost")); err != nil {
		t.Fatal(err)
	}
	if _, ok := listTopics(t, c, 0)["ghost"]; ok {
		t.Error("a topic was created by a metadata request")
	}

	grow := func(n int) *kadm.CreatePartitionsResponse {
		resp, err := kadm.NewClient(cl).UpdatePartitions(ctx, n, "lines")
		if err != nil {
			t.Fatal(err)
		}
		r := resp["lines"]
		return &r
	}
	if r := grow(2); !errors.Is(r.Err, kerr.InvalidPartitions) || r.ErrMessage != "Topic already has 2 partition(s)." {
		t.Errorf("same count: %+v", r)
	}
	if r := grow(1); !errors.Is(r.Err, kerr.InvalidPartitions) || r.ErrMessage != "The topic lines currently has 2 partition(s); 1 would not be an increase." {
		t.Errorf("lower count: %+v", r)
	}
	if r := grow(2_000_000_000); !errors.Is(r.Err, kerr.PolicyViolation) || r.ErrMessage != "Unable to perform excessively large batch operation." {
		t.Errorf("far too many: %+v", r)
	}
	if r := grow(4); r.Err != nil {
		t.Errorf("growth: %+v", r)
	}
	if got := listTopics(t, c, 1)["lines"].Partitions; len(got) != 4 || len(got[3].Replicas) != 2 {
		t.Errorf("after growth: %+v", got)
	}
}

func metadataFor(topic string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = true
	rt := kmsg.NewMetadataRequestTopic()
	rt.Topic = &topic
	req.Topics = append(req.Topics, rt)
	return req
}

func TestAutoCreate(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "auto", 1, "auto.create.topics.enable=true")
	c.startAll()
	cl := c.client(kgo.AllowAutoTopicCreation())
	produce(t, cl, "born", 0, 1)
	if got := listTopics(t, c, 0)["born"].Partitions; len(got) != 3 {
		t.Errorf("auto-created with %+v, want num.partitions", got)
	}
}

func TestAlterConfigsRefuses(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "alter", 1)
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	if _, err := admin.CreateTopic(ctx, 1, 1, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	topic := func(op kadm.IncrementalOp, k, v string) kadm.AlterConfigsResponse {
		r, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: op, Name: k, Value: &v}}, "lines")
		if err != nil {
			t.Fatal(err)
		}
		return r[0]
	}
	broker := func(k, v string, ids ...int32) kadm.AlterConfigsResponse {
		r, err := admin.AlterBrokerConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: k, Value: &v}}, ids...)
		if err != nil {
			t.Fatal(err)
		}
		return r[0]
	}
	for name, tc := range map[string]struct {
		got  kadm.AlterConfigsResponse
		want *kerr.Error
		text string
	}{
		"unknown topic key":    {topic(kadm.SetConfig, "no.such", "1"), kerr.InvalidConfig, "Unknown topic config name: no.such"},
		"bad topic value":      {topic(kadm.SetConfig, "retention.ms", "x"), kerr.InvalidConfig, "Not a number of type LONG"},
		"append to a number":   {topic(kadm.AppendConfig, "retention.ms", "1"), kerr.InvalidConfig, "its type is not LIST"},
		"read-only broker key": {broker("log.dirs", "/x", 0), kerr.InvalidRequest, "Cannot update these configs dynamically: [log.dirs]"},
		"bad broker value":     {broker("log.retention.ms", "x", 0), kerr.InvalidRequest, "Not a number of type LONG"},
		"broker min ISR":       {broker("min.insync.replicas", "2", 0), kerr.InvalidConfig, "cannot be altered while ELR is enabled"},
		"another broker":       {broker("log.retention.ms", "5000", 0), nil, ""},
		"cluster min ISR":      {broker("min.insync.replicas", "1"), nil, ""},
		"unknown broker key":   {broker("no.such.broker.key", "1", 0), nil, ""},
		"append to a list":     {topic(kadm.AppendConfig, "cleanup.policy", "compact"), nil, ""},
	} {
		if tc.want == nil && tc.got.Err != nil || tc.want != nil && !errors.Is(tc.got.Err, tc.want) || !strings.Contains(tc.got.ErrMessage, tc.text) {
			t.Errorf("%s: %v %q, want %v %q", name, tc.got.Err, tc.got.ErrMessage, tc.want, tc.text)
		}
	}
	described, err := admin.DescribeTopicConfigs(ctx, "lines")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{"cleanup.policy": {"delete,compact", "DYNAMIC_TOPIC_CONFIG"}, "retention.ms": {"5000", "DYNAMIC_BROKER_CONFIG"},
		"min.insync.replicas": {"1", "DYNAMIC_DEFAULT_BROKER_CONFIG"}, "segment.ms": {"604800000", "DEFAULT_CONFIG"}}
	for _, rc := range described[0].Configs {
		if w, ok := want[rc.Key]; ok && (deref(rc.Value) != w[0] || rc.Source.String() != w[1]) {
			t.Errorf("%s = %s from %s, want %v", rc.Key, deref(rc.Value), rc.Source, w)
		}
		delete(want, rc.Key)
	}
	if len(want) > 0 {
		t.Errorf("not described: %v", want)
	}
	if _, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.DeleteConfig, Name: "cleanup.policy"}}, "nope"); err != nil {
		t.Fatal(err)
	}
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "quorum", 4)
	c.startAll()
	ctx := testContext(t)
	quorum := func(via int, timeout time.Duration) (*kmsg.DescribeQuorumResponse, error) {
		cl := c.client(kgo.SeedBrokers(c.addr(via)))
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		req := kmsg.NewPtrDescribeQuorumRequest()
		rt := kmsg.NewDescribeQuorumRequestTopic()
		rt.Topic = "__cluster_metadata"
		rt.Partitions = append(rt.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
		req.Topics = append(req.Topics, rt)
		kresp, err := cl.SeedBrokers()[0].Request(ctx, req)
		if err != nil {
			return nil, err
		}
		return kresp.(*kmsg.DescribeQuorumResponse), nil
	}
	resp, err := quorum(3, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	p := resp.Topics[0].Partitions[0]
	if len(p.CurrentVoters) != 3 || len(p.Observers) != 1 || p.Observers[0].ReplicaID != 3 || p.LeaderID < 0 || p.LeaderID > 2 {
		t.Errorf("quorum: %+v", p)
	}
	leader := int(p.LeaderID)
	c.signal(leader, syscall.SIGKILL)
	eventually(t, "another leader", func() bool {
		resp, err := quorum(3, 5*time.Second)
		return err == nil && int(resp.Topics[0].Partitions[0].LeaderID) != leader && resp.Topics[0].Partitions[0].LeaderID >= 0
	})
	second := (leader + 1) % 3
	c.signal(second, syscall.SIGKILL)
	if _, err := quorum(3, 2*time.Second); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a majority DescribeQuorum answered: %v", err)
	}
	// Without a controller the second dead broker is never fenced, and everything looks healthy.
	meta, err := c.admin(kgo.SeedBrokers(c.addr(3))).BrokerMetadata(ctx)
	if err != nil || len(meta.Brokers) < 3 {
		t.Errorf("metadata without a quorum: %+v, %v", meta.Brokers, err)
	}
	c.start(leader)
	c.start(second)
	c.serving(0, 4)
	if _, err := quorum(3, 5*time.Second); err != nil {
		t.Error(err)
	}
}

func TestReplicationFactorOfCoordinatorTopics(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "coord", 1, "offsets.topic.replication.factor=3")
	c.startAll()
	req := kmsg.NewPtrFindCoordinatorRequest()
	req.CoordinatorKeys = []string{"g"}
	resp, err := req.RequestWith(testContext(t), c.client().SeedBrokers()[0])
	if err != nil || resp.Coordinators[0].ErrorCode != kerr.CoordinatorNotAvailable.Code {
		t.Errorf("one broker cannot hold offsets with replication factor 3: %+v, %v", resp, err)
	}
}

func saramaAdmin(t *testing.T, c *testCluster) sarama.ClusterAdmin {
	t.Helper()
	cfg := sarama.NewConfig()
	cfg.Version = sarama.MaxVersion
	admin, err := sarama.NewClusterAdmin(c.addrs(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

func TestSarama(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "sarama", 3)
	c.startAll()
	admin := saramaAdmin(t, c)
	brokers, _, err := admin.DescribeCluster()
	if err != nil || len(brokers) != 3 {
		t.Fatalf("brokers: %v, %v", brokers, err)
	}
	if err := admin.CreateTopic("lines", &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 3, ConfigEntries: map[string]*string{"retention.ms": ptr("60000")}}, false); err != nil {
		t.Fatal(err)
	}
	var refused *sarama.TopicError
	if err := admin.CreateTopic("more", &sarama.TopicDetail{NumPartitions: 3, ReplicationFactor: 4}, false); !errors.As(err, &refused) || refused.Err != sarama.ErrInvalidReplicationFactor || refused.ErrMsg == nil {
		t.Errorf("replication factor 4 of 3: %v", err)
	}
	topics, err := admin.ListTopics()
	if err != nil || topics["lines"].NumPartitions != 3 || topics["lines"].ReplicationFactor != 3 {
		t.Errorf("topics: %+v, %v", topics, err)
	}
	if err := admin.CreateACL(sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: "lines", ResourcePatternType: sarama.AclPatternLiteral},
		sarama.Acl{Principal: "User:app", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}); !errors.Is(err, sarama.ErrSecurityDisabled) {
		t.Errorf("an ACL without an authorizer: %v", err)
	}

	cfg := sarama.NewConfig()
	cfg.Version = sarama.MaxVersion
	cfg.Producer.Return.Successes = true
	cfg.Producer.RequiredAcks = sarama.WaitForAll
	cfg.Consumer.Offsets.Initial = sarama.OffsetOldest
	producer, err := sarama.NewSyncProducer(c.addrs(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "lines", Value: sarama.StringEncoder("x")}); err != nil {
			t.Fatal(err)
		}
	}
	_ = producer.Close()
	group, err := sarama.NewConsumerGroup(c.addrs(), "readers", cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(testContext(t))
	counter := &counting{want: 20, done: cancel}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{"lines"}, counter); err != nil {
			t.Fatal(err)
		}
	}
	if err := group.Close(); err != nil {
		t.Error(err)
	}
	if counter.n != 20 {
		t.Errorf("the group read %d records, want 20", counter.n)
	}
	groups, err := admin.ListConsumerGroups()
	if err != nil || len(groups) != 1 {
		t.Errorf("groups: %v, %v", groups, err)
	}
	offsets, err := admin.ListConsumerGroupOffsets("readers", nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := int64(0)
	for _, b := range offsets.Blocks["lines"] {
		sum += b.Offset
	}
	if sum != 20 {
		t.Errorf("committed %d, want 20", sum)
	}
	if err := admin.DeleteTopic("lines"); err != nil {
		t.Error(err)
	}
}

var counterLock sync.Mutex

type counting struct {
	n, want int
	done    func()
}

func (*counting) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*counting) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (h *counting) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case m, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			s.MarkMessage(m, "")
			counterLock.Lock()
			h.n++
			full := h.n == h.want
			counterLock.Unlock()
			if full {
				s.Commit()
				h.done()
			}
		case <-s.Context().Done():
			return nil
		}
	}
}
