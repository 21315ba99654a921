package kafka

import (
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// authorizedOnCluster asks kfake, by a request that changes nothing, whether the client may alter the cluster.
func (s *session) authorizedOnCluster() (bool, error) {
	probe := kmsg.NewAlterPartitionAssignmentsRequest()
	kresp, err := s.ask(&probe)
	if err != nil {
		return false, err
	}
	return kresp.(*kmsg.AlterPartitionAssignmentsResponse).ErrorCode != kerr.ClusterAuthorizationFailed.Code, nil
}

func handleElectLeaders(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.ElectLeadersRequest)
	resp := req.ResponseKind().(*kmsg.ElectLeadersResponse)
	if ok, err := s.authorizedOnCluster(); err != nil || !ok {
		resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
		return resp, err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	topics, all := req.Topics, req.Topics == nil
	if all {
		for _, name := range slices.Sorted(maps.Keys(s.c.state.Topics)) {
			t := kmsg.NewElectLeadersRequestTopic()
			t.Topic = name
			for i := range s.c.state.Topics[name].Partitions {
				t.Partitions = append(t.Partitions, int32(i)) //nolint:gosec // small
			}
			topics = append(topics, t)
		}
	}
	for _, t := range topics {
		rt := kmsg.NewElectLeadersResponseTopic()
		rt.Topic = t.Topic
		for _, p := range t.Partitions {
			r := s.c.electOne(t.Topic, p, req.ElectionType == 1)
			if all && r.code == kerr.ElectionNotNeeded.Code {
				continue // as a broker: of all partitions only those that something was done about are answered
			}
			rt.Partitions = append(rt.Partitions, kmsg.ElectLeadersResponseTopicPartition{Partition: p, ErrorCode: r.code, ErrorMessage: r.message()})
		}
		if len(rt.Partitions) > 0 {
			resp.Topics = append(resp.Topics, rt)
		}
	}
	s.c.notify()
	s.c.save()
	return resp, nil
}

// electOne is one partition's preferred or unclean election. c.mu is held.
func (c *cluster) electOne(topic string, partition int32, unclean bool) refusal {
	p := c.partition(topic, partition)
	switch {
	case p == nil:
		return refuse(kerr.UnknownTopicOrPartition, "No such partition as %s-%d", topic, partition)
	case unclean && p.Leader != noLeader:
		return refuse(kerr.ElectionNotNeeded, "")
	case unclean:
		for _, id := range p.Replicas {
			if c.unfenced(id) {
				p.ISR, p.ELR = []int32{id}, nil
				c.lead(topic, int(partition), p, id)
				return refusal{}
			}
		}
		return refuse(kerr.EligibleLeadersNotAvailable, "")
	case p.Leader == p.Replicas[0]:
		return refuse(kerr.ElectionNotNeeded, "")
	case !slices.Contains(p.ISR, p.Replicas[0]) || !c.unfenced(p.Replicas[0]):
		return refuse(kerr.PreferredLeaderNotAvailable, "")
	}
	c.lead(topic, int(partition), p, p.Replicas[0])
	return refusal{}
}

// handleReassign moves replicas at once: records are the hub's, so there is nothing to copy. A reassignment is therefore
// never seen under way, and there is none to cancel.
func handleReassign(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.AlterPartitionAssignmentsRequest)
	resp := req.ResponseKind().(*kmsg.AlterPartitionAssignmentsResponse)
	if ok, err := s.authorizedOnCluster(); err != nil || !ok {
		resp.ErrorCode = kerr.ClusterAuthorizationFailed.Code
		return resp, err
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, t := range req.Topics {
		rt := kmsg.NewAlterPartitionAssignmentsResponseTopic()
		rt.Topic = t.Topic
		for _, rp := range t.Partitions {
			r := s.c.reassign(t.Topic, rp.Partition, rp.Replicas)
			rt.Partitions = append(rt.Partitions, kmsg.AlterPartitionAssignmentsResponseTopicPartition{Partition: rp.Partition, ErrorCode: r.code, ErrorMessage: r.message()})
		}
		resp.Topics = append(resp.Topics, rt)
	}
	s.c.notify()
	s.c.save()
	return resp, nil
}

// reassign gives a partition other replicas. c.mu is held.
func (c *cluster) reassign(topic string, partition int32, replicas []int32) refusal {
	p := c.partition(topic, partition)
	if p == nil {
		return refuse(kerr.UnknownTopicOrPartition, "Unable to find a partition named %s-%d.", topic, partition)
	}
	if replicas == nil {
		return refuse(kerr.NoReassignmentInProgress, "")
	}
	if r := c.judgeReplicas(replicas); r.code != 0 {
		return r
	}
	if p.Leader == noLeader {
		return refuse(kerr.InvalidReplicaAssignment, "The embedded Kafka does not move a partition that has no leader.")
	}
	p.Replicas, p.ELR, p.ISR = replicas, nil, nil
	for _, id := range replicas {
		if c.unfenced(id) {
			p.ISR = append(p.ISR, id)
		}
	}
	if !slices.Contains(replicas, p.Leader) {
		c.lead(topic, int(partition), p, c.candidate(p))
	}
	return refusal{}
}

func handleListReassignments(_ *session, kreq kmsg.Request) (kmsg.Response, error) {
	return kreq.ResponseKind(), nil
}
