package kafkaadmin_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// offerQuorum makes the brokers answer DescribeQuorum as mood says, by broker.
func offerQuorum(fake *cluster, mood func(broker int32) (lost, cut bool)) {
	fake.ControlKey(int16(kmsg.ApiVersions), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		if lost, _ := mood(fake.CurrentNode()); lost {
			return nil, nil, true
		}
		resp := kr.ResponseKind().(*kmsg.ApiVersionsResponse)
		for _, k := range []kmsg.Key{kmsg.Metadata, kmsg.ApiVersions, kmsg.DescribeQuorum, kmsg.DescribeCluster} {
			key := kmsg.NewApiVersionsResponseApiKey()
			key.ApiKey, key.MaxVersion = int16(k), 1
			resp.ApiKeys = append(resp.ApiKeys, key)
		}
		return resp, nil, true
	})
	fake.ControlKey(int16(kmsg.DescribeQuorum), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		switch lost, cut := mood(fake.CurrentNode()); {
		case lost:
			return nil, nil, true
		case cut:
			return nil, errors.New("cut"), true
		}
		resp := kr.ResponseKind().(*kmsg.DescribeQuorumResponse)
		partition := kmsg.NewDescribeQuorumResponseTopicPartition()
		partition.LeaderID = 7
		topic := kmsg.NewDescribeQuorumResponseTopic()
		topic.Partitions = append(topic.Partitions, partition)
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
}

// The broker that is asked first must not use up everybody's time.
func TestQuorumIsAskedPastABrokerThatHangs(t *testing.T) {
	for name, cut := range map[string]bool{"hangs": false, "cuts the connection": true} {
		t.Run(name, func(t *testing.T) {
			fake := newCluster(t)
			c := open(t, fake.ListenAddrs())
			var first atomic.Int32
			first.Store(-1)
			offerQuorum(fake, func(broker int32) (bool, bool) {
				first.CompareAndSwap(-1, broker)
				bad := first.Load() == broker
				return bad && !cut, bad && cut
			})
			start := time.Now()
			q, err := c.Quorum(testContext(t))
			must(t, err)
			if q.LeaderID != 7 {
				t.Errorf("%+v", q)
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestLostQuorumEndsInTime(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	var broken atomic.Bool
	offerQuorum(fake, func(int32) (bool, bool) { return !broken.Load(), broken.Load() })
	start := time.Now()
	_, err := c.Quorum(testContext(t))
	mustBe(t, err, kafkaadmin.ErrTimeout)
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("took %s", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Quorum(ctx)
	mustBe(t, err, context.Canceled)
	// What hangs was given up: the next call has connections of its own.
	broken.Store(true)
	_, err = c.Quorum(testContext(t))
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}
