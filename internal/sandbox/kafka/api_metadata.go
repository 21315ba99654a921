package kafka

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// rackOf is a broker's rack as the protocol has it.
func (b *registration) rackOf() *string {
	if b.Rack == "" {
		return nil
	}
	return &b.Rack
}

// someController is what Metadata calls the controller under KRaft: a random live broker. c.mu is held.
func (c *cluster) someController() int32 {
	live := c.brokers(false)
	if len(live) == 0 {
		return noLeader
	}
	return live[rand.IntN(len(live))].ID //nolint:gosec // any will do
}

// partition finds a partition's placement. c.mu is held.
func (c *cluster) partition(topic string, partition int32) *partitionState {
	t := c.state.Topics[topic]
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return nil
	}
	return t.Partitions[partition]
}

// offline are the replicas on brokers that are fenced or unknown. c.mu is held.
func (c *cluster) offline(p *partitionState) []int32 {
	return slices.DeleteFunc(slices.Clone(p.Replicas), c.unfenced)
}

func handleMetadata(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.MetadataRequest)
	if req.AllowAutoTopicCreation || req.Version < 4 {
		if err := s.autoCreate(req.Topics); err != nil {
			return nil, err
		}
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.MetadataResponse)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	resp.Brokers = resp.Brokers[:0]
	for _, b := range s.c.brokers(false) {
		resp.Brokers = append(resp.Brokers, kmsg.MetadataResponseBroker{NodeID: b.ID, Host: b.Host, Port: int32(b.Port), Rack: b.rackOf()}) //nolint:gosec // a port
	}
	resp.ControllerID = s.c.someController()
	for i := range resp.Topics {
		t := &resp.Topics[i]
		if t.Topic == nil || t.ErrorCode != 0 {
			continue
		}
		slices.SortFunc(t.Partitions, func(a, b kmsg.MetadataResponseTopicPartition) int { return cmp.Compare(a.Partition, b.Partition) })
		for j := range t.Partitions {
			s.c.placeInMetadata(*t.Topic, &t.Partitions[j])
		}
	}
	slices.SortFunc(resp.Topics, func(a, b kmsg.MetadataResponseTopic) int { return cmp.Compare(deref(a.Topic), deref(b.Topic)) })
	return resp, nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// placeInMetadata replaces kfake's idea of a partition's leader and replicas. c.mu is held.
func (c *cluster) placeInMetadata(topic string, out *kmsg.MetadataResponseTopicPartition) {
	p := c.partition(topic, out.Partition)
	if p == nil { // made a moment ago
		out.ErrorCode, out.Leader = kerr.LeaderNotAvailable.Code, noLeader
		out.Replicas, out.ISR = nil, nil
		return
	}
	out.Leader, out.LeaderEpoch = p.Leader, p.Epoch
	out.Replicas, out.ISR, out.OfflineReplicas = p.Replicas, p.ISR, c.offline(p)
	if p.Leader == noLeader {
		out.ErrorCode = kerr.LeaderNotAvailable.Code
	}
}

func handleDescribeTopicPartitions(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	kresp, err := s.ask(kreq)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.DescribeTopicPartitionsResponse)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for i := range resp.Topics {
		t := &resp.Topics[i]
		for j := range t.Partitions {
			out := &t.Partitions[j]
			p := s.c.partition(deref(t.Topic), out.Partition)
			if p == nil {
				out.ErrorCode, out.LeaderID = kerr.LeaderNotAvailable.Code, noLeader
				out.Replicas, out.ISR = nil, nil
				continue
			}
			out.LeaderID, out.LeaderEpoch = p.Leader, p.Epoch
			out.Replicas, out.ISR, out.EligibleLeaderReplicas, out.OfflineReplicas = p.Replicas, p.ISR, p.ELR, s.c.offline(p)
			if p.Leader == noLeader {
				out.ErrorCode = kerr.LeaderNotAvailable.Code
			}
		}
	}
	return resp, nil
}

const endpointBrokers = 1

func handleDescribeCluster(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DescribeClusterRequest)
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.DescribeClusterResponse)
	resp.Brokers = nil
	if req.Version >= 1 && req.EndpointType != endpointBrokers {
		resp.ErrorCode = kerr.MismatchedEndpointType.Code
		resp.ErrorMessage = ptr("The request was sent to an endpoint of the wrong type.")
		return resp, nil
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	resp.ControllerID = s.c.someController()
	for _, b := range s.c.brokers(req.Version >= 2 && req.IncludeFencedBrokers) {
		resp.Brokers = append(resp.Brokers, kmsg.DescribeClusterResponseBroker{
			NodeID: b.ID, Host: b.Host, Port: int32(b.Port), Rack: b.rackOf(), IsFenced: b.Fenced, //nolint:gosec // a port
		})
	}
	return resp, nil
}

// handleDescribeQuorum answers as the quorum's leader would; without one it never answers.
func handleDescribeQuorum(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DescribeQuorumRequest)
	if err := s.c.await(s.ctx, func() bool { return s.c.leader != noLeader }); err != nil {
		return nil, err
	}
	resp := kreq.ResponseKind().(*kmsg.DescribeQuorumResponse)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, rt := range req.Topics {
		t := kmsg.NewDescribeQuorumResponseTopic()
		t.Topic = rt.Topic
		for _, rp := range rt.Partitions {
			p := kmsg.NewDescribeQuorumResponseTopicPartition()
			p.Partition = rp.Partition
			if rt.Topic != "__cluster_metadata" || rp.Partition != 0 {
				p.ErrorCode = kerr.UnknownTopicOrPartition.Code
			} else {
				s.c.describeQuorum(&p)
			}
			t.Partitions = append(t.Partitions, p)
		}
		resp.Topics = append(resp.Topics, t)
	}
	for _, v := range s.c.state.Voters {
		n := kmsg.NewDescribeQuorumResponseNode()
		n.NodeID = v.ID
		l := kmsg.NewDescribeQuorumResponseNodeListener()
		l.Name = "CONTROLLER"
		if e, err := parseEndpoints("CONTROLLER://" + v.Endpoint); err == nil && len(e) == 1 {
			l.Host, l.Port = e[0].Host, uint16(e[0].Port) //nolint:gosec // a port
		}
		n.Listeners = append(n.Listeners, l)
		resp.Nodes = append(resp.Nodes, n)
	}
	return resp, nil
}

// describeQuorum fills in the state of the metadata log. c.mu is held.
func (c *cluster) describeQuorum(p *kmsg.DescribeQuorumResponseTopicPartition) {
	p.LeaderID, p.LeaderEpoch, p.HighWatermark = c.leader, c.leaderEpoch, c.logEnd
	isVoter := map[int32]bool{}
	for _, v := range c.state.Voters {
		isVoter[v.ID] = true
		p.CurrentVoters = append(p.CurrentVoters, c.quorumReplica(v.ID, v.Directory, c.voterAlive(v) != nil))
	}
	for _, n := range c.nodes {
		if !isVoter[n.config.nodeID] {
			p.Observers = append(p.Observers, c.quorumReplica(n.config.nodeID, n.LogDirs[0].Directory, true))
		}
	}
	slices.SortFunc(p.Observers, func(a, b kmsg.DescribeQuorumResponseTopicPartitionReplicaState) int {
		return cmp.Compare(a.ReplicaID, b.ReplicaID)
	})
}
