package kafka

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func (c *testCluster) wipe(i int) {
	c.t.Helper()
	if err := os.RemoveAll(filepath.Join(c.brokers[i].dir, "data")); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testCluster) stopAll() {
	for i := range c.brokers {
		c.signal(i, syscall.SIGTERM)
	}
}

func names(t *testing.T, c *testCluster) []string {
	t.Helper()
	topics, err := c.admin().ListTopics(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return topics.Names()
}

func TestRestartOfAllKeepsContent(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "restart", 3)
	c.startAll()
	if _, err := c.admin().CreateTopic(testContext(t), 3, 3, map[string]*string{"retention.ms": ptr("1234567")}, "lines"); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 10)
	for _, again := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for i := range c.brokers {
			c.signal(i, again)
		}
		c.startAll()
		if got := consume(t, c, "lines", 10); len(got) != 10 {
			t.Errorf("after %v of all: %v", again, got)
		}
	}
	configs, err := c.admin().DescribeTopicConfigs(testContext(t), "lines")
	if err != nil {
		t.Fatal(err)
	}
	for _, rc := range configs[0].Configs {
		if rc.Key == "retention.ms" && (*rc.Value != "1234567" || rc.Source.String() != "DYNAMIC_TOPIC_CONFIG") {
			t.Errorf("retention.ms: %+v", rc)
		}
	}
}

func TestWipedLogDirsLoseContent(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "wiped", 3)
	c.startAll()
	if _, err := c.admin().CreateTopic(testContext(t), 3, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 10)
	// One at a time, each back in sync before the next: nothing is lost.
	for i := range c.brokers {
		c.signal(i, syscall.SIGTERM)
		c.wipe(i)
		c.start(i)
		c.serving(i, i+1)
		eventually(t, "in sync again", func() bool {
			for _, p := range listTopics(t, c, i)["lines"].Partitions {
				if len(p.ISR) != 3 {
					return false
				}
			}
			return true
		})
	}
	if got := consume(t, c, "lines", 10); len(got) != 10 {
		t.Errorf("after each was wiped in turn: %v", got)
	}
	c.stopAll()
	for i := range c.brokers {
		c.wipe(i)
	}
	c.startAll()
	if got := names(t, c); len(got) != 0 {
		t.Errorf("every log directory was wiped, but there are topics: %v", got)
	}
	if _, err := c.admin().CreateTopic(testContext(t), 3, 3, nil, "lines"); err != nil {
		t.Errorf("the new cluster does not work: %v", err)
	}
}

func TestWipedOnlyReplicaLosesItsRecords(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "single", 3)
	c.startAll()
	admin, ctx := c.admin(), testContext(t)
	if _, err := admin.CreateTopic(ctx, 3, 1, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	cl := c.client(kgo.RecordPartitioner(kgo.RoundRobinPartitioner()), kgo.DefaultProduceTopic("lines"))
	produce(t, cl, "lines", 0, 30)
	victim := int(listTopics(t, c, 0)["lines"].Partitions[0].Leader)
	c.signal(victim, syscall.SIGTERM)
	c.wipe(victim)
	c.start(victim)
	c.serving(victim, victim+1)
	offsets := func(list func(context.Context, ...string) (kadm.ListedOffsets, error)) int64 {
		found, err := list(ctx, "lines")
		if err != nil {
			t.Fatal(err)
		}
		var sum int64
		found.Each(func(o kadm.ListedOffset) {
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			sum += o.Offset
		})
		return sum
	}
	admin = c.admin()
	if left := offsets(admin.ListEndOffsets) - offsets(admin.ListStartOffsets); left != 20 {
		t.Errorf("%d records left, want the 20 of the other two partitions", left)
	}
}

func TestTwoFreshControllersDoNotOutvoteTheContent(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "outvote", 3)
	c.startAll()
	if _, err := c.admin().CreateTopic(testContext(t), 3, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 10)
	for _, i := range []int{1, 2} {
		c.signal(i, syscall.SIGTERM)
		c.wipe(i)
	}
	c.start(1)
	c.start(2)
	c.serving(1, 3)
	if got := consume(t, c, "lines", 10); len(got) != 10 {
		t.Errorf("consumed %v", got)
	}
}

func TestHubRestartWithBrokersKept(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c := newCluster(h, "kept", 3)
	c.startAll()
	if _, err := c.admin().CreateTopic(testContext(t), 3, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 10)
	before := []int{}
	for _, b := range c.brokers {
		before = append(before, b.proc.Process.Pid)
	}
	h.close()
	if !c.open(0) {
		t.Error("the broker gave up its port while the sandbox was away")
	}
	h.open()
	eventually(t, "brokers registered again", func() bool {
		cl, err := kgo.NewClient(kgo.SeedBrokers(c.addrs()...))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		ctx, cancel := context.WithTimeout(testContext(t), time.Second)
		defer cancel()
		meta, err := kadm.NewClient(cl).BrokerMetadata(ctx)
		return err == nil && len(meta.Brokers) == 3
	})
	for i, b := range c.brokers {
		if b.proc.Process.Pid != before[i] || b.proc.ProcessState != nil {
			t.Errorf("broker %d was restarted", i)
		}
	}
	produce(t, c.client(), "lines", 10, 20)
	if got := consume(t, c, "lines", 20); len(got) != 20 {
		t.Errorf("consumed %v", got)
	}
}

func TestDataGoesWithTheLastLogDir(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c := newCluster(h, "gone", 1)
	c.startAll()
	data := filepath.Join(h.dir, "data", c.id)
	c.signal(0, syscall.SIGTERM)
	h.hub.sweep()
	if _, err := os.Stat(data); err != nil {
		t.Fatalf("removed while the log directory is still there: %v", err)
	}
	c.wipe(0)
	eventually(t, "the data of the deleted cluster are removed", func() bool {
		h.hub.sweep()
		_, err := os.Stat(data)
		return os.IsNotExist(err)
	})
}
