package kafka

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func produce(t *testing.T, cl *kgo.Client, topic string, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := cl.ProduceSync(testContext(t), &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "%d", i)}).FirstErr(); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
}

// consume reads n records of a topic from its start and returns their values, sorted.
func consume(t *testing.T, c *testCluster, topic string, n int, opts ...kgo.Opt) []string {
	t.Helper()
	cl := c.client(append(opts, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	ctx := testContext(t)
	var out []string
	for len(out) < n {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			t.Fatalf("after %d of %d records: %v", len(out), n, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { out = append(out, string(r.Value)) })
	}
	slices.Sort(out)
	return out
}

func TestThreeBrokersServe(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "three", 3)
	started := time.Now()
	c.startAll()
	t.Logf("three brokers served after %v", time.Since(started))
	admin, ctx := c.admin(), testContext(t)

	meta, err := admin.BrokerMetadata(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if meta.Cluster != c.id || len(meta.Brokers) != 3 {
		t.Fatalf("cluster %q with %d brokers, want %q with 3", meta.Cluster, len(meta.Brokers), c.id)
	}
	for i, b := range meta.Brokers {
		if int(b.NodeID) != i || b.Rack == nil || *b.Rack != fmt.Sprintf("rack-%d", i) || fmt.Sprintf("%s:%d", b.Host, b.Port) != c.addr(i) {
			t.Errorf("broker %d is told as %+v", i, b)
		}
	}
	if _, err := admin.CreateTopic(ctx, 6, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	topics, err := admin.ListTopics(ctx, "lines")
	if err != nil {
		t.Fatal(err)
	}
	leaders := map[int32]int{}
	for _, p := range topics["lines"].Partitions {
		leaders[p.Leader]++
		if len(p.Replicas) != 3 || len(p.ISR) != 3 || p.Replicas[0] != p.Leader {
			t.Errorf("partition %d: %+v", p.Partition, p)
		}
	}
	if len(leaders) != 3 {
		t.Errorf("leaders are not spread: %v", leaders)
	}
	produce(t, c.client(), "lines", 0, 50)
	if got := consume(t, c, "lines", 50); len(got) != 50 || got[0] != "0" {
		t.Errorf("consumed %v", got)
	}
}

func TestKilledBrokerIsFencedAndComesBack(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "kill", 3)
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	if _, err := admin.CreateTopic(ctx, 6, 3, map[string]*string{"min.insync.replicas": ptr("2")}, "lines"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateTopic(ctx, 3, 1, nil, "single"); err != nil {
		t.Fatal(err)
	}
	cl := c.client()
	produce(t, cl, "lines", 0, 20)

	killed := time.Now()
	c.signal(1, syscall.SIGKILL)
	if c.open(1) {
		t.Error("the killed broker's port is still open")
	}
	seen := listTopics(t, c, 0)
	if p := seen["lines"].Partitions[0]; time.Since(killed) < 500*time.Millisecond && !slices.Contains(p.ISR, 1) {
		t.Errorf("the dead broker left the ISR before its session ended: %+v", p)
	}
	eventually(t, "leaders moved", func() bool {
		for _, p := range listTopics(t, c, 0)["lines"].Partitions {
			if p.Leader == 1 || slices.Contains(p.ISR, 1) || len(p.Replicas) != 3 || !slices.Equal(p.OfflineReplicas, []int32{1}) {
				return false
			}
		}
		return true
	})
	if took := time.Since(killed); took < 500*time.Millisecond {
		t.Errorf("fenced after %v, before the session timeout", took)
	}
	orphans := 0
	for _, p := range listTopics(t, c, 0)["single"].Partitions {
		if p.Replicas[0] == 1 {
			orphans++
			if p.Leader != -1 || len(p.ISR) != 0 {
				t.Errorf("the dead broker's only replica: %+v", p)
			}
		} else if p.Leader != p.Replicas[0] {
			t.Errorf("a live broker's only replica: %+v", p)
		}
	}
	if orphans != 1 {
		t.Errorf("%d partitions of replication factor 1 on broker 1, want 1", orphans)
	}
	produce(t, cl, "lines", 20, 40)

	c.start(1)
	c.serving(1, 2)
	eventually(t, "back in every ISR", func() bool {
		for _, p := range listTopics(t, c, 1)["lines"].Partitions {
			if len(p.ISR) != 3 {
				return false
			}
		}
		return listTopics(t, c, 1)["single"].Partitions[0].Leader != -1
	})
	if got := consume(t, c, "lines", 40); len(got) != 40 {
		t.Errorf("consumed %d records, want 40", len(got))
	}
}

// listTopics asks one broker.
func listTopics(t *testing.T, c *testCluster, broker int) kadm.TopicDetails {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(c.addr(broker)))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	all, err := kadm.NewClient(cl).ListTopicsWithInternal(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReplacementWaitsForTheOldSession(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "wait", 3, "broker.session.timeout.ms=2000")
	c.startAll()
	killed := time.Now()
	c.signal(2, syscall.SIGKILL)
	c.start(2)
	c.serving(2, 3)
	if took := time.Since(killed); took < 1500*time.Millisecond {
		t.Errorf("the new incarnation served after %v, before the old session ended", took)
	}
}

func TestControlledStopMovesLeadersAtOnce(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "stop", 3, "broker.session.timeout.ms=60000")
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	if _, err := admin.CreateTopic(ctx, 6, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	c.signal(0, syscall.SIGTERM)
	if code := c.brokers[0].proc.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d after SIGTERM\n%s", code, c.brokers[0].out)
	}
	for _, p := range listTopics(t, c, 1)["lines"].Partitions {
		if p.Leader == 0 || slices.Contains(p.ISR, 0) {
			t.Errorf("after SIGTERM: %+v", p)
		}
	}
	meta, err := c.admin().BrokerMetadata(ctx)
	if err != nil || len(meta.Brokers) != 2 {
		t.Errorf("brokers listed: %+v, %v", meta.Brokers, err)
	}
	// The old session is over, so its successor need not wait for the minute to end.
	c.start(0)
	c.serving(0, 1)
}

// A process that comes in the moment in which its cluster is removed must not be taken into what is gone: it would wait
// there for ever.
func TestNobodyJoinsAClosedCluster(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "ended", 1)
	c.startAll()
	config, err := readServerConfig(filepath.Join(c.brokers[0].dir, "server.properties"))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := c.hub.cluster(c.id)
	if err != nil {
		t.Fatal(err)
	}
	if inner.closeAbandoned() {
		t.Fatal("a cluster with a process was closed")
	}
	c.signal(0, syscall.SIGKILL)
	eventually(t, "the hub notices", func() bool { inner.mu.Lock(); defer inner.mu.Unlock(); return len(inner.nodes) == 0 })
	if err := os.RemoveAll(config.logDirs[0]); err != nil {
		t.Fatal(err)
	}
	// The hub's own sweep may be first.
	eventually(t, "the end", func() bool { inner.closeAbandoned(); inner.mu.Lock(); defer inner.mu.Unlock(); return inner.closed })
	if _, err := inner.join(nodeHello{Incarnation: "new", Props: config.props, LogDirs: []logDir{{Path: config.logDirs[0], Cluster: c.id}}}, nil); !errors.Is(err, errEnded) {
		t.Errorf("joining it: %v", err)
	}
}
