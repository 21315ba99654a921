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
	if err := c.offers(ctx, describeQuorumKey); err != nil {
		return Quorum{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, quorumTimeout)
	defer cancel()
	causes := map[string]error{}
	// Any broker passes the question on to the quorum's leader.
	for _, addr := range anyBroker(c, c.currentView()) {
		resp, err := c.describeQuorum(ctx, addr)
		switch {
		case err == nil:
			return quorumOf(resp)
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return Quorum{}, &Error{Op: opQuorum, Err: errors.Join(ErrTimeout, ctx.Err()), Message: "the brokers do not answer: most likely the majority of the controllers is down. Bring them back before anything else"}
		case ctx.Err() != nil:
			return Quorum{}, contextError(ctx, opQuorum, "")
		}
		causes[addr] = err
	}
	return Quorum{}, unreachable(opQuorum, "", causes)
}

func (c *Client) describeQuorum(ctx context.Context, addr string) (*kmsg.DescribeQuorumResponse, error) {
	cl, err := c.quorum.get(c.cfg, addr)
	if err != nil {
		return nil, err
	}
	req := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = quorumTopic
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	req.Topics = append(req.Topics, topic)
	// The seed is asked itself: franz-go would look for a controller, which may
	// be the one that is down.
	return req.RequestWith(ctx, cl.SeedBrokers()[0])
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

// offers asks a broker whether it has an API. franz-go's own refusal has no
// type to tell it by.
func (c *Client) offers(ctx context.Context, key int16) error {
	resp, err := ask(ctx, c, request[*sarama.ApiVersionsResponse]{
		op: opQuorum, route: anyBroker,
		send: func(b *sarama.Broker) (*sarama.ApiVersionsResponse, error) {
			return b.ApiVersions(&sarama.ApiVersionsRequest{Version: 3, ClientSoftwareName: "terraform-provider-kafka", ClientSoftwareVersion: "1"})
		},
		judge: func(r *sarama.ApiVersionsResponse) error { return answer(sarama.KError(r.ErrorCode), nil) },
	})
	if err != nil {
		return err
	}
	for _, k := range resp.ApiKeys {
		if k.ApiKey == key {
			return nil
		}
	}
	return codeError(opQuorum, "", sarama.ErrUnsupportedVersion, "")
}
