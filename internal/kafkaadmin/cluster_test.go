package kafkaadmin_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

func TestBrokersAndClusterID(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	ctx := testContext(t)
	brokers, err := c.Brokers(ctx)
	must(t, err)
	if len(brokers) != 3 || brokers[0].ID != 0 || brokers[2].ID != 2 || brokers[1].Rack == "" {
		t.Errorf("brokers %+v", brokers)
	}
	id, err := c.ClusterID(ctx)
	must(t, err)
	if id != "test-cluster" {
		t.Errorf("cluster id %q", id)
	}
}

func TestFencedBrokersAreMarked(t *testing.T) {
	fake := newCluster(t)
	fake.ControlKey(int16(kmsg.DescribeCluster), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		req := kr.(*kmsg.DescribeClusterRequest)
		if !req.IncludeFencedBrokers {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.DescribeClusterResponse)
		resp.ClusterID, resp.ControllerID = "test-cluster", 0
		for i, addr := range fake.ListenAddrs() {
			b := kmsg.NewDescribeClusterResponseBroker()
			host, port, _ := net.SplitHostPort(addr)
			b.NodeID, b.Host, b.IsFenced = int32(i), host, i == 1
			b.Port = atoi(t, port)
			resp.Brokers = append(resp.Brokers, b)
		}
		return resp, nil, true
	})
	brokers, err := open(t, fake.ListenAddrs()).Brokers(testContext(t))
	must(t, err)
	if brokers[0].Fenced || !brokers[1].Fenced || brokers[2].Fenced {
		t.Errorf("brokers %+v, want 1 alone to be fenced", brokers)
	}
}

func TestOlderBrokersAreListedByMetadata(t *testing.T) {
	fake := newCluster(t, kfake.MaxVersions(kversion.V2_7_0()))
	c := open(t, fake.ListenAddrs())
	brokers, err := c.Brokers(testContext(t))
	must(t, err)
	if len(brokers) != 3 {
		t.Errorf("brokers %+v", brokers)
	}
	must(t, c.CreateTopic(testContext(t), kafkaadmin.NewTopic{Name: "old", Partitions: 2, ReplicationFactor: 3}, false))
	if _, err := c.Topic(testContext(t), "old"); err != nil {
		t.Error(err)
	}
}

func TestUnreachableNamesEveryAddress(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	nobody := closed.Addr().String()
	must(t, closed.Close())

	start := time.Now()
	_, err = kafkaadmin.Open(testContext(t), kafkaadmin.Config{BootstrapServers: []string{nobody, "no-such-host.invalid:9092"}, DialTimeout: 2 * time.Second})
	mustBe(t, err, kafkaadmin.ErrUnreachable)
	for _, want := range []string{nobody + ": connection refused", "no-such-host.invalid:9092: the host name does not resolve"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	var addr *kafkaadmin.AddressError
	if !errors.As(err, &addr) {
		t.Error("no *AddressError inside")
	}
	if errors.Is(err, kafkaadmin.ErrNotFound) {
		t.Error("an outage reads as not found")
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestNotKafkaIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	_, err = kafkaadmin.Open(testContext(t), kafkaadmin.Config{BootstrapServers: []string{l.Addr().String()}, DialTimeout: time.Second, RequestTimeout: 2 * time.Second})
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}

func TestBadBootstrapServers(t *testing.T) {
	for _, s := range []string{"", "localhost", "localhost:", ":9092", "localhost:0", "localhost:99999", "http://x:y"} {
		_, err := kafkaadmin.Open(testContext(t), kafkaadmin.Config{BootstrapServers: []string{s}})
		mustBe(t, err, kafkaadmin.ErrInvalidRequest)
	}
}

func TestSilentBrokerEndsWithTheContext(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	fake.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) { return nil, nil, true })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := c.Partitions(ctx)
	mustBe(t, err, kafkaadmin.ErrTimeout)
	mustBe(t, err, context.DeadlineExceeded)
	// The connection that hangs was given up: the next call has a new one.
	_, err = c.Partitions(testContext(t))
	must(t, err)
}

func TestCutConnectionIsReplaced(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	ctx := testContext(t)
	_, err := c.Partitions(ctx)
	must(t, err)
	fake.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
		return nil, errors.New("cut"), true
	})
	_, err = c.Partitions(ctx)
	must(t, err)
}

func TestBrokerDownInBetween(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	ctx := testContext(t)
	must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 1, ReplicationFactor: 1}, false))
	must(t, fake.RemoveNode(0))
	must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "b", Partitions: 1, ReplicationFactor: 1}, false))
	brokers, err := c.Brokers(ctx)
	must(t, err)
	if len(brokers) != 2 {
		t.Errorf("brokers %+v", brokers)
	}
	_, err = c.PartitionsFrom(ctx, 0)
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}

func TestControllerMoved(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	f := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.NotController, Count: 2})
	must(t, c.CreateTopic(testContext(t), kafkaadmin.NewTopic{Name: "a", Partitions: 1, ReplicationFactor: 1}, false))
	if f.Hits() != 2 {
		t.Errorf("%d faults were met, want 2", f.Hits())
	}
}

func TestQuorumWithoutTheAPI(t *testing.T) {
	fake := newCluster(t)
	_, err := open(t, fake.ListenAddrs()).Quorum(testContext(t))
	mustBe(t, err, kafkaadmin.ErrUnsupported)
}

func TestClosedClientFails(t *testing.T) {
	fake := newCluster(t)
	c := open(t, fake.ListenAddrs())
	must(t, c.Close())
	_, err := c.Partitions(testContext(t))
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}

func atoi(t *testing.T, s string) int32 {
	t.Helper()
	var n int32
	for _, r := range s {
		n = n*10 + r - '0'
	}
	return n
}
