package kafkaadmin_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// cluster is a kfake cluster that counts requests by API.
type cluster struct {
	*kfake.Cluster

	mu    sync.Mutex
	calls map[kmsg.Key]int
}

func newCluster(t *testing.T, opts ...kfake.Opt) *cluster {
	t.Helper()
	fake, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(3), kfake.ClusterID("test-cluster")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fake.Close)
	c := &cluster{Cluster: fake, calls: map[kmsg.Key]int{}}
	fake.Control(func(r kmsg.Request) (kmsg.Response, error, bool) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls[kmsg.Key(r.Key())]++
		return nil, nil, false
	})
	return c
}

// count clears the counters and gives what was counted.
func (c *cluster) count() map[kmsg.Key]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := maps.Clone(c.calls)
	clear(c.calls)
	delete(out, kmsg.ApiVersions) // one per connection
	return out
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func open(t *testing.T, addrs []string, change ...func(*kafkaadmin.Config)) *kafkaadmin.Client {
	t.Helper()
	cfg := kafkaadmin.Config{BootstrapServers: addrs, DialTimeout: 2 * time.Second, RequestTimeout: 10 * time.Second}
	for _, f := range change {
		f(&cfg)
	}
	c, err := kafkaadmin.Open(testContext(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// independent is another client's admin, to look at effects from outside.
func independent(t *testing.T, addrs []string) *kadm.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addrs...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return kadm.NewClient(cl)
}

func mustBe(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want one that is %v", err, want)
	}
	if err.Error() == "" {
		t.Fatal("the error has no text")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
