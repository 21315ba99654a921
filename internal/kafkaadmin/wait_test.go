package kafkaadmin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// lagging makes broker 1 answer named Metadata as if it knew no topic, until
// told otherwise; Kafka 3.9 brokers lag so for up to a third of a second.
func lagging(fake *cluster, looks *atomic.Int32, until int32) {
	fake.ControlKey(int16(kmsg.Metadata), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		req := kr.(*kmsg.MetadataRequest)
		if len(req.Topics) == 0 || fake.CurrentNode() != 1 || looks.Add(1) > until {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		for _, rt := range req.Topics {
			st := kmsg.NewMetadataResponseTopic()
			st.Topic, st.ErrorCode = rt.Topic, kerr.UnknownTopicOrPartition.Code
			resp.Topics = append(resp.Topics, st)
		}
		return resp, nil, true
	})
}

func TestCreateWaitsForEveryBroker(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	var looks atomic.Int32
	lagging(fake, &looks, 5)
	must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 1, ReplicationFactor: 1}, false))
	if n := looks.Load(); n < 6 {
		t.Errorf("returned after %d looks at the broker that lags", n)
	}
}

// A broker that lags does not make a topic disappear.
func TestLaggingBrokerIsNoProofOfAbsence(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	_, err := c.Topics(ctx) // the sweep does not have it
	must(t, err)
	if _, err := independent(t, fake.ListenAddrs()).CreateTopic(ctx, 2, 1, nil, "late"); err != nil {
		t.Fatal(err)
	}
	var looks atomic.Int32
	lagging(fake, &looks, 1<<30)
	got, err := c.Topic(ctx, "late")
	must(t, err)
	if got.Partitions != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAcceptedButNotVisible(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	var looks atomic.Int32
	lagging(fake, &looks, 1<<30)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 1, ReplicationFactor: 1}, false)
	mustBe(t, err, kafkaadmin.ErrTimeout)
	var e *kafkaadmin.Error
	if !errors.As(err, &e) || !e.Accepted {
		t.Errorf("%+v does not say that the topic exists", e)
	}
}

// Ctrl-C in the middle of a write: what came of it is still learned.
func TestCancelledWriteLearnsItsOutcome(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	ctx, cancel := context.WithCancel(t.Context())
	fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		cancel()
		return nil, nil, false
	})
	must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 1, ReplicationFactor: 1}, false))
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Fatal("the context was not cancelled on the way")
	}
}

// A read that began before a write must not leave the old state behind.
func TestWriteCutsReadsUnderWay(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "a"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	for i := range 20 {
		total := int32(i + 2)
		done := make(chan error, 1)
		go func() {
			_, err := c.Topic(ctx, "a")
			done <- err
		}()
		must(t, c.CreatePartitions(ctx, "a", total, false))
		must(t, <-done)
		got, err := c.Topic(ctx, "a")
		must(t, err)
		if got.Partitions != total {
			t.Fatalf("%d partitions, want %d", got.Partitions, total)
		}
	}
}

func TestSameConfigValue(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"1", "1", true}, {"060000", "60000", true}, {"1", "2", false}, {"-1", "-1", true}, {"0.5", "0.50", true}, {"1e3", "1000", true},
		{"true", "TRUE", true}, {"true", "false", false}, {"compact, delete", "compact,delete", true}, {"compact,delete", "delete,compact", false},
		{"", "", true}, {"", "0", false}, {"abc", "ABC", false}, {" x ", "x", true}, {"0x10", "16", false}, {"1/2", "0.5", false},
		{"1e999999999", "1e999999999", true}, {"1e999999999", "1", false},
	} {
		if got := kafkaadmin.SameConfigValue(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %t", test.a, test.b, got)
		}
		if got := kafkaadmin.SameConfigValue(test.b, test.a); got != test.want {
			t.Errorf("%q, %q: %t", test.b, test.a, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if !kafkaadmin.SameConfigValue(a, a) || kafkaadmin.SameConfigValue(a, b) != kafkaadmin.SameConfigValue(b, a) {
			t.Fatal("not an equivalence")
		}
	})
}

// Every code has words of its own, and no error reaches a user without a text.
func TestEveryCodeHasAText(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs(), func(cfg *kafkaadmin.Config) { cfg.RequestTimeout = 100 * time.Millisecond }), testContext(t)
	for code := int16(1); code < 135; code++ {
		if kerr.TypedErrorForCode(code).Code != code {
			continue
		}
		f := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TypedErrorForCode(code), Count: -1})
		err := c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "x", Partitions: 1, ReplicationFactor: 1}, true)
		f.Remove()
		var e *kafkaadmin.Error
		if !errors.As(err, &e) || e.Message == "" || e.Name == "" || e.Name == "UNKNOWN" {
			t.Errorf("code %d: %v", code, err)
		}
	}
}
