package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// TestSandboxClusterRealKafka takes real brokers through a roll without storage: every restarted broker comes back empty,
// so that records survive only if each is in sync again before the next is taken.
func TestSandboxClusterRealKafka(t *testing.T) {
	const records = 5000
	b := newBench(t, testkit.WithKafkaHome(testkit.RealKafkaHome(t)))
	arguments := func(more string) string {
		return b.cluster("  heap = 128\n  authorization = {}\n  config = { \"offsets.topic.num.partitions\" = \"3\"" + more + " }")
	}
	r := &restarted{b: b}
	produce := func(*terraform.State) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		admin, err := b.admin()
		if err != nil {
			return err
		}
		if _, err := admin.CreateTopic(ctx, 6, 3, nil, "lines"); err != nil {
			return err
		}
		client, err := kgo.NewClient(kgo.SeedBrokers(b.addresses()...), kgo.DefaultProduceTopic("lines"))
		if err != nil {
			return err
		}
		defer client.Close()
		batch := make([]*kgo.Record, records)
		for i := range batch {
			batch[i] = kgo.StringRecord(fmt.Sprintf("record %d", i))
		}
		return client.ProduceSync(ctx, batch...).FirstErr()
	}
	count := func(*terraform.State) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		admin, err := b.admin()
		if err != nil {
			return err
		}
		ends, err := admin.ListEndOffsets(ctx, "lines")
		if err != nil {
			return err
		}
		var n int64
		ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
		if n != records {
			return fmt.Errorf("%d records are left of %d", n, records)
		}
		return nil
	}
	roll := step(arguments(`, "num.partitions" = "6"`), plancheck.ResourceActionUpdate, r.all, b.kafkaHas(0, 1, 2), count)
	dynamic := step(arguments(`, "num.partitions" = "6", "log.retention.ms" = "1000000", "min.insync.replicas" = "1"`), plancheck.ResourceActionUpdate, r.none, b.dynamic("log.retention.ms", "1000000"), b.dynamic("min.insync.replicas", "1"))
	removed := step(arguments(`, "num.partitions" = "6"`), plancheck.ResourceActionUpdate, r.none, b.dynamic("log.retention.ms", ""), b.dynamic("min.insync.replicas", "2"), count)
	b.run(
		step(arguments(""), plancheck.ResourceActionCreate, b.kafkaHas(0, 1, 2), r.none, produce),
		roll, dynamic, removed,
		resource.TestStep{ResourceName: address, ImportState: true, ImportStateId: "main", ImportStateVerify: true},
	)
}
