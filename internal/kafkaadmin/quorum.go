package kafkaadmin

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// quorumTimeout is short because a cluster that has lost its quorum never
// answers DescribeQuorum, while everything else still looks healthy.
const quorumTimeout = 5 * time.Second

// quorumShare is how long a silent address is waited for alone, at most.
const quorumShare = time.Second

const (
	opQuorum                = "read the metadata quorum"
	describeQuorumKey       = int16(55)
	quorumTopic             = "__cluster_metadata"
	codeNone          int16 = 0
)

// quorumClient holds franz-go clients, one per address, for what sarama does
// not have.
type quorumClient struct {
	mu      sync.Mutex
	clients map[string]*kgo.Client
}

func (q *quorumClient) get(cfg Config, addr string) (*kgo.Client, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if cl := q.clients[addr]; cl != nil {
		return cl, nil
	}
	cl, err := kgo.NewClient(cfg.kgoOptions([]string{addr})...)
	if err != nil {
		return nil, err
	}
	if q.clients == nil {
		q.clients = map[string]*kgo.Client{}
	}
	q.clients[addr] = cl
	return cl, nil
}

// drop gives up a client whose answer did not come: it would block whoever asks
// next.
func (q *quorumClient) drop(addr string, cl *kgo.Client) {
	q.mu.Lock()
	if q.clients[addr] == cl {
		delete(q.clients, addr)
	}
	q.mu.Unlock()
	cl.Close()
}

func (q *quorumClient) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, cl := range q.clients {
		cl.Close()
	}
	q.clients = nil
}

// Quorum asks for the state of the KRaft metadata quorum, within five seconds:
// without a quorum the brokers never answer, and the error matches ErrTimeout.
// Brokers without the API give ErrUnsupported.
func (c *Client) Quorum(ctx context.Context) (Quorum, error) {
	ctx, cancel := context.WithTimeout(ctx, quorumTimeout)
	defer cancel()
	// Any broker passes the question on to the quorum's leader. One that hangs
	// must not use up the time of all: the next is asked when an address has
	// failed or kept silent for its share, and the first answer counts.
	addrs := anyBroker(c, c.currentView())
	answers := make(chan quorumAnswer, len(addrs))
	causes := map[string]error{}
	asked := 0
	askNext := func() {
		if asked < len(addrs) {
			c.askQuorum(ctx, addrs[asked], answers)
			asked++
		}
	}
	share := time.NewTicker(min(quorumShare, quorumTimeout/time.Duration(max(1, len(addrs)))))
	defer share.Stop()
	askNext()
	for len(causes) < len(addrs) {
		select {
		case a := <-answers:
			var said *Error // by the broker
			if a.err == nil || errors.As(a.err, &said) {
				return a.quorum, a.err
			}
			if ctx.Err() == nil { // otherwise it only tells that our time is over
				causes[a.addr] = a.err
				askNext()
			}
		case <-share.C:
			askNext()
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return Quorum{}, &Error{Op: opQuorum, Err: errors.Join(ErrTimeout, ctx.Err()), Message: "the brokers do not answer: most likely the majority of the controllers is down. Bring them back before anything else"}
			}
			return Quorum{}, contextError(ctx, opQuorum, "")
		}
	}
	return Quorum{}, unreachable(opQuorum, "", causes)
}

type quorumAnswer struct {
	addr   string
	quorum Quorum
	err    error
}

// askQuorum sends the answer of one address to answers, which has room for it.
func (c *Client) askQuorum(ctx context.Context, addr string, answers chan<- quorumAnswer) {
	cl, err := c.quorum.get(c.cfg, addr)
	if err != nil {
		answers <- quorumAnswer{addr: addr, err: err}
		return
	}
	go func() {
		// The seed is asked itself: franz-go would look for a controller, which may
		// be the one that is down.
		q, err := describeQuorum(ctx, cl.SeedBrokers()[0])
		answers <- quorumAnswer{addr, q, err}
		if err != nil && ctx.Err() != nil {
			c.quorum.drop(addr, cl)
		}
	}()
}

func describeQuorum(ctx context.Context, b *kgo.Broker) (Quorum, error) {
	if err := offersQuorum(ctx, b); err != nil {
		return Quorum{}, err
	}
	req := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = quorumTopic
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, b)
	if err != nil {
		return Quorum{}, err
	}
	return quorumOf(resp)
}

func quorumOf(resp *kmsg.DescribeQuorumResponse) (Quorum, error) {
	if resp.ErrorCode != codeNone {
		return Quorum{}, codeError(opQuorum, "", sarama.KError(resp.ErrorCode), text(resp.ErrorMessage))
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return Quorum{}, &Error{Op: opQuorum, Message: "the broker answered without the metadata partition", Err: ErrUnsupported}
	}
	p := resp.Topics[0].Partitions[0]
	if p.ErrorCode != codeNone {
		return Quorum{}, codeError(opQuorum, "", sarama.KError(p.ErrorCode), text(p.ErrorMessage))
	}
	return Quorum{LeaderID: p.LeaderID, Voters: replicas(p.CurrentVoters), Observers: replicas(p.Observers)}, nil
}

func replicas(in []kmsg.DescribeQuorumResponseTopicPartitionReplicaState) []QuorumReplica {
	out := make([]QuorumReplica, 0, len(in))
	for _, r := range in {
		out = append(out, QuorumReplica{ID: r.ReplicaID, LogEndOffset: r.LogEndOffset, LastFetch: millis(r.LastFetchTimestamp), LastCaughtUp: millis(r.LastCaughtUpTimestamp)})
	}
	return out
}

func millis(ms int64) time.Time {
	if ms < 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// offersQuorum asks a broker whether it has the API. franz-go's own refusal has
// no type to tell it by.
func offersQuorum(ctx context.Context, b *kgo.Broker) error {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "terraform-provider-kafka", "1"
	resp, err := req.RequestWith(ctx, b)
	if err != nil {
		return err
	}
	if resp.ErrorCode != codeNone {
		return codeError(opQuorum, "", sarama.KError(resp.ErrorCode), "")
	}
	for _, k := range resp.ApiKeys {
		if k.ApiKey == describeQuorumKey {
			return nil
		}
	}
	return codeError(opQuorum, "", sarama.ErrUnsupportedVersion, "")
}
