package kafkaadmin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

func TestTopicLife(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	see := independent(t, fake.ListenAddrs())

	_, err := c.Topic(ctx, "orders")
	mustBe(t, err, kafkaadmin.ErrNotFound)

	nt := kafkaadmin.NewTopic{Name: "orders", Partitions: 4, ReplicationFactor: 3, Config: map[string]string{"retention.ms": "60000"}}
	must(t, c.CreateTopic(ctx, nt, true))
	if ts, err := see.ListTopics(ctx); err != nil || ts.Has("orders") {
		t.Fatalf("after validation: %v, %v", ts, err)
	}
	must(t, c.CreateTopic(ctx, nt, false))
	mustBe(t, c.CreateTopic(ctx, nt, false), kafkaadmin.ErrExists)

	got, err := c.Topic(ctx, "orders")
	must(t, err)
	if got.Partitions != 4 || got.ReplicationFactor != 3 || got.MixedReplication || got.Internal {
		t.Errorf("topic %+v", got)
	}
	if e := got.Config["retention.ms"]; e.Value != "60000" || e.Source != kafkaadmin.SourceTopic {
		t.Errorf("retention.ms %+v", e)
	}
	if e := got.Config["cleanup.policy"]; e.Source != kafkaadmin.SourceDefault {
		t.Errorf("cleanup.policy %+v", e)
	}

	must(t, c.CreatePartitions(ctx, "orders", 6, true))
	must(t, c.CreatePartitions(ctx, "orders", 6, false))
	mustBe(t, c.CreatePartitions(ctx, "orders", 5, false), kafkaadmin.ErrInvalidPartitions)
	must(t, c.AlterTopicConfig(ctx, "orders", map[string]string{"max.message.bytes": "1000"}, []string{"retention.ms"}, false))

	got, err = c.Topic(ctx, "orders")
	must(t, err)
	if got.Partitions != 6 {
		t.Errorf("%d partitions, want 6", got.Partitions)
	}
	if e := got.Config["retention.ms"]; e.Source == kafkaadmin.SourceTopic {
		t.Errorf("retention.ms was not reset: %+v", e)
	}
	if e := got.Config["max.message.bytes"]; e.Value != "1000" || e.Source != kafkaadmin.SourceTopic {
		t.Errorf("max.message.bytes %+v", e)
	}
	all, err := c.Topics(ctx)
	must(t, err)
	if all["orders"].Partitions != 6 || all["orders"].Config != nil {
		t.Errorf("Topics %+v", all)
	}
	ps, err := c.Partitions(ctx)
	must(t, err)
	from, err := c.PartitionsFrom(ctx, 1)
	must(t, err)
	if len(ps) != 6 || ps[5].Partition != 5 || len(ps[0].ISR) != 3 || cmp.Diff(ps, from) != "" {
		t.Errorf("partitions %+v\nfrom broker 1 %+v", ps, from)
	}
	isr, err := c.MinISR(ctx, []string{"orders", "gone", "orders"})
	must(t, err)
	if d := cmp.Diff(map[string]int{"orders": 1}, isr); d != "" {
		t.Error(d)
	}

	must(t, c.DeleteTopic(ctx, "orders"))
	mustBe(t, c.DeleteTopic(ctx, "orders"), kafkaadmin.ErrNotFound)
	_, err = c.Topic(ctx, "orders")
	mustBe(t, err, kafkaadmin.ErrNotFound)
}

func TestCreateErrorsAreTyped(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a.b", Partitions: 1, ReplicationFactor: 1}, false))
	for _, test := range []struct {
		topic kafkaadmin.NewTopic
		want  error
	}{
		{kafkaadmin.NewTopic{Name: "x", Partitions: 1, ReplicationFactor: 9}, kafkaadmin.ErrInvalidReplicationFactor},
		{kafkaadmin.NewTopic{Name: "x", Partitions: 0, ReplicationFactor: 1}, kafkaadmin.ErrInvalidPartitions},
		{kafkaadmin.NewTopic{Name: "a_b", Partitions: 1, ReplicationFactor: 1}, kafkaadmin.ErrInvalidName},
	} {
		mustBe(t, c.CreateTopic(ctx, test.topic, true), test.want)
		mustBe(t, c.CreateTopic(ctx, test.topic, false), test.want)
	}
	for code, want := range map[*kerr.Error]error{
		kerr.InvalidConfig:            kafkaadmin.ErrInvalidConfig,
		kerr.PolicyViolation:          kafkaadmin.ErrPolicy,
		kerr.TopicAuthorizationFailed: kafkaadmin.ErrAuthorization,
		kerr.InvalidRequest:           kafkaadmin.ErrInvalidRequest,
	} {
		fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: code})
		err := c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "y", Partitions: 1, ReplicationFactor: 1}, false)
		mustBe(t, err, want)
		var e *kafkaadmin.Error
		if !errors.As(err, &e) || e.Code != code.Code || e.Name != code.Message || e.Object != "y" || e.Message == "" {
			t.Errorf("%+v", e)
		}
	}
}

// The sweep leaves out what the principal may not see; that must not read as gone.
func TestAuthorizationIsNotAbsence(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "secret"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Metadata}, Topic: "secret", Err: kerr.TopicAuthorizationFailed, Count: -1})
	hideFromSweeps(fake, "secret")
	_, err := c.Topic(ctx, "secret")
	mustBe(t, err, kafkaadmin.ErrAuthorization)
	if errors.Is(err, kafkaadmin.ErrNotFound) {
		t.Error("reads as gone")
	}
}

// One broker's word is not enough to take a topic out of the state while others are there to be asked.
func TestAbsenceIsProvenByTwoBrokers(t *testing.T) {
	for name, tc := range map[string]struct {
		brokers, answer int // in the cluster, and how many of them answer for topics
		leave           bool
		want            error
	}{
		"one alone of three":                  {3, 1, false, kafkaadmin.ErrUnreachable},
		"two of three":                        {3, 2, false, kafkaadmin.ErrNotFound},
		"one alone of two":                    {2, 1, false, kafkaadmin.ErrUnreachable},
		"the only one":                        {1, 1, false, kafkaadmin.ErrNotFound},
		"the only one left since it was seen": {2, 1, true, kafkaadmin.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newCluster(t, kfake.NumBrokers(tc.brokers))
			c := open(t, fake.ListenAddrs())
			if tc.leave {
				must(t, fake.RemoveNode(1))
			}
			var mu sync.Mutex
			up := map[int32]bool{}
			fake.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
				fake.KeepControl()
				mu.Lock()
				defer mu.Unlock()
				if len(up) < tc.answer {
					up[fake.CurrentNode()] = true
				}
				if !up[fake.CurrentNode()] {
					return nil, errors.New("cut"), true
				}
				return nil, nil, false
			})
			_, err := c.Topic(testContext(t), "gone")
			mustBe(t, err, tc.want)
			if errors.Is(err, kafkaadmin.ErrNotFound) != (tc.want == kafkaadmin.ErrNotFound) { //nolint:errorlint // the sentinel itself
				t.Errorf("%v reads as gone", err)
			}
		})
	}
}

// A bootstrap server's other name is one broker, whichever: it does not count beside itself.
func TestAbsenceByAnAlias(t *testing.T) {
	for brokers, want := range map[int]error{1: kafkaadmin.ErrNotFound, 2: kafkaadmin.ErrUnreachable} {
		fake := newCluster(t, kfake.NumBrokers(brokers))
		target, closed := fake.ListenAddrs()[0], unused(t)
		alias := forward(t, target)
		// The cluster advertises addresses that cannot be reached from here.
		fake.ControlKey(int16(kmsg.DescribeCluster), func(kr kmsg.Request) (kmsg.Response, error, bool) {
			fake.KeepControl()
			resp := kr.ResponseKind().(*kmsg.DescribeClusterResponse)
			for i := range brokers {
				b := kmsg.NewDescribeClusterResponseBroker()
				host, port, _ := net.SplitHostPort(closed)
				b.NodeID, b.Host, b.Port = int32(i), host, atoi(t, port)
				resp.Brokers = append(resp.Brokers, b)
			}
			return resp, nil, true
		})
		_, err := open(t, []string{alias}).Topic(testContext(t), "gone")
		mustBe(t, err, want)
	}
}

// unused is an address where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	return l.Addr().String()
}

// forward is another address of the one given.
func forward(t *testing.T, to string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	return l.Addr().String()
}

// A broker that lags behind does not know the configuration of a new topic.
func TestUnknownConfigurationIsNotAbsence(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "a"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	f := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.UnknownTopicOrPartition})
	got, err := c.Topic(ctx, "a")
	must(t, err)
	if f.Hits() != 1 || len(got.Config) == 0 {
		t.Errorf("%d faults were met, %+v", f.Hits(), got)
	}
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Err: kerr.UnknownTopicOrPartition, Count: -1})
	_, err = open(t, fake.ListenAddrs()).Topic(ctx, "a")
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}

// hideFromSweeps answers Metadata for all topics without the one, as a real
// broker does for a principal without Describe.
func hideFromSweeps(fake *cluster, topic string) {
	fake.ControlKey(int16(kmsg.Metadata), func(kr kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		req := kr.(*kmsg.MetadataRequest)
		if req.Topics != nil {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.MetadataResponse)
		return resp, nil, true
	})
}

func TestLostAnswerOfACreate(t *testing.T) {
	for name, hurt := range map[string]func(*cluster){
		"broker timeout, created all the same": func(f *cluster) {
			f.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.RequestTimedOut})
		},
		"connection cut before it was done": func(f *cluster) {
			f.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
				return nil, errors.New("cut"), true
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := newCluster(t)
			c, ctx := open(t, fake.ListenAddrs()), testContext(t)
			hurt(fake)
			must(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 3, ReplicationFactor: 2}, false))
			ts, err := independent(t, fake.ListenAddrs()).ListTopics(ctx)
			if err != nil || len(ts["a"].Partitions) != 3 {
				t.Errorf("%+v, %v", ts, err)
			}
		})
	}
}

// A topic that was there before is somebody else's, whatever happens on the way.
func TestLostAnswerDoesNotAdopt(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(3, "a"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		return nil, errors.New("cut"), true
	})
	mustBe(t, c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "a", Partitions: 3, ReplicationFactor: -1}, false), kafkaadmin.ErrExists)
}

func TestLostAnswerOfGrowthAndDelete(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "a"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	f := fake.Fault(
		kfake.Fault{Keys: []kmsg.Key{kmsg.CreatePartitions}, Err: kerr.RequestTimedOut},
		kfake.Fault{Keys: []kmsg.Key{kmsg.DeleteTopics}, Err: kerr.RequestTimedOut},
	)
	must(t, c.CreatePartitions(ctx, "a", 5, false))
	got, err := c.Topic(ctx, "a")
	must(t, err)
	if got.Partitions != 5 {
		t.Errorf("%d partitions", got.Partitions)
	}
	must(t, c.DeleteTopic(ctx, "a"))
	if f.Hits() != 2 {
		t.Errorf("%d faults were met", f.Hits())
	}
}

// Writes that arrive together leave in one request, and each caller gets its
// own answer.
func TestWritesAreBatched(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "taken"))
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	_, err := c.Topics(ctx)
	must(t, err)
	fake.count()
	const n = 20
	errs := make([]error, n+1)
	together(n+1, func(i int) {
		name := fmt.Sprintf("t%d", i)
		if i == n {
			name = "taken"
		}
		errs[i] = c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: name, Partitions: 2, ReplicationFactor: 3}, false)
	})
	must(t, errors.Join(errs[:n]...))
	mustBe(t, errs[n], kafkaadmin.ErrExists)
	got := fake.count()
	t.Logf("creating %d topics at once: %v", n, got)
	if got[kmsg.CreateTopics] > 3 || got[kmsg.Metadata] > 12 {
		t.Errorf("requests %v, want few CreateTopics and a look at each broker", got)
	}
	together(n, func(i int) {
		errs[i] = c.AlterTopicConfig(ctx, fmt.Sprintf("t%d", i), map[string]string{"retention.ms": "5000"}, nil, false)
	})
	must(t, errors.Join(errs[:n]...))
	got = fake.count()
	t.Logf("altering %d topics at once: %v", n, got)
	if got[kmsg.IncrementalAlterConfigs] > 3 || got[kmsg.AlterConfigs] != 0 {
		t.Errorf("requests %v", got)
	}
	together(n, func(i int) { errs[i] = c.DeleteTopic(ctx, fmt.Sprintf("t%d", i)) })
	must(t, errors.Join(errs[:n]...))
	if got := fake.count(); got[kmsg.DeleteTopics] > 3 {
		t.Errorf("requests %v", got)
	}
}

func together(n int, do func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { do(i) })
	}
	wg.Wait()
}

// Two resources of one name must not fail each other with INVALID_REQUEST.
func TestSameNameTwiceAtOnce(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	errs := make([]error, 2)
	together(2, func(i int) {
		errs[i] = c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: "twin", Partitions: 1, ReplicationFactor: 1}, false)
	})
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("errors %v, want one success", errs)
	}
	mustBe(t, errors.Join(errs...), kafkaadmin.ErrExists)
}

// A plan over any number of topics costs the same few requests.
func TestReadsCostAConstantNumberOfRequests(t *testing.T) {
	for _, n := range []int{10, 300} {
		fake := newCluster(t)
		ctx := testContext(t)
		adm := independent(t, fake.ListenAddrs())
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("topic-%03d", i)
		}
		if _, err := adm.CreateTopics(ctx, 1, 1, nil, names...); err != nil {
			t.Fatal(err)
		}
		fake.count()
		c := open(t, fake.ListenAddrs())
		var g errgroup.Group
		g.SetLimit(10) // as Terraform does
		for _, name := range names {
			g.Go(func() error { _, err := c.Topic(ctx, name); return err })
		}
		must(t, g.Wait())
		got := fake.count()
		t.Logf("%d topics: %v", n, got)
		want := map[kmsg.Key]int{kmsg.DescribeCluster: 1, kmsg.Metadata: 1, kmsg.DescribeConfigs: 1}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d topics: %s", n, d)
		}
	}
}

// One caller's leaving does not fail the others of its round.
func TestLeavingCallerDoesNotFailTheRest(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	_, err := c.Topics(ctx)
	must(t, err)
	gone, cancel := context.WithCancel(ctx)
	fake.ControlKey(int16(kmsg.CreateTopics), func(kmsg.Request) (kmsg.Response, error, bool) {
		cancel()
		return nil, nil, false
	})
	errs := make([]error, 2)
	together(2, func(i int) {
		ctx := ctx
		if i == 1 {
			ctx = gone
		}
		errs[i] = c.CreateTopic(ctx, kafkaadmin.NewTopic{Name: fmt.Sprintf("t%d", i), Partitions: 1, ReplicationFactor: 1}, false)
	})
	must(t, errs[0])
}

func TestManyFirstCallsAtOnce(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "a"))
	for range 20 {
		c := open(t, fake.ListenAddrs())
		errs := make([]error, 50)
		together(len(errs), func(i int) { _, errs[i] = c.Partitions(t.Context()) })
		must(t, errors.Join(errs...))
		must(t, c.Close())
	}
}

func TestBrokerConfig(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	for _, id := range []int32{1, -1} {
		must(t, c.AlterBrokerConfig(ctx, id, map[string]string{"log.retention.ms": "1234"}, nil))
		got, err := c.BrokerConfig(ctx, id)
		must(t, err)
		if got["log.retention.ms"].Value != "1234" {
			t.Errorf("broker %d: %+v", id, got["log.retention.ms"])
		}
		must(t, c.AlterBrokerConfig(ctx, id, nil, []string{"log.retention.ms"}))
	}
	_, err := c.BrokerConfig(ctx, 77)
	mustBe(t, err, kafkaadmin.ErrUnreachable)
}

func TestOutsideChangeIsSeenByANewClient(t *testing.T) {
	fake := newCluster(t, kfake.SeedTopics(1, "a"))
	ctx := testContext(t)
	adm := independent(t, fake.ListenAddrs())
	c := open(t, fake.ListenAddrs())
	_, err := c.Topic(ctx, "a")
	must(t, err)
	value := "777"
	if _, err := adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}, "a"); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, fake.ListenAddrs()).Topic(ctx, "a")
	must(t, err)
	if got.Config["retention.ms"].Value != "777" {
		t.Errorf("%+v", got.Config["retention.ms"])
	}
}
