package kafkaadmin_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

func TestUnknownGroupIsDead(t *testing.T) {
	fake := newCluster(t)
	g, err := open(t, fake.ListenAddrs()).Group(testContext(t), "nobody")
	must(t, err)
	if g.State != "Dead" || len(g.Members) != 0 {
		t.Errorf("%+v", g)
	}
}

func TestGroupMembers(t *testing.T) {
	for name, opts := range map[string][]kgo.Opt{
		"classic":  {kgo.Balancers(kgo.RangeBalancer())},
		"consumer": {kgo.ServerSideBalancer()},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newCluster(t, kfake.SeedTopics(4, "lines"))
			c, ctx := open(t, fake.ListenAddrs()), testContext(t)
			for range 2 {
				cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(fake.ListenAddrs()...), kgo.ConsumerGroup("words"), kgo.ConsumeTopics("lines"), kgo.ClientID("counter")}, opts...)...)
				must(t, err)
				t.Cleanup(cl.Close)
				go func() {
					for ctx.Err() == nil && !cl.PollFetches(ctx).IsClientClosed() {
					}
				}()
			}
			fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeGroups}, Err: kerr.NotCoordinator})
			var g kafkaadmin.Group
			until(t, func() bool {
				var err error
				g, err = c.Group(ctx, "words")
				must(t, err)
				return g.State == "Stable" && len(g.Members) == 2 && len(g.Members[0].Partitions["lines"]) == 2 && len(g.Members[1].Partitions["lines"]) == 2
			}, func() any { return g })
			if g.Members[0].ClientID != "counter" || g.ProtocolType != "consumer" {
				t.Errorf("%+v", g)
			}
		})
	}
}

// until polls a condition; see says what there was instead.
func until(t *testing.T, ok func() bool, see func() any) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("did not come to be; there is %+v", see())
		}
	}
}
