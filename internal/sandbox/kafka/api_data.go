package kafka

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicName is the name that a request means, which newer versions give as an id. c.mu is held.
func (c *cluster) topicName(name string, id [16]byte) string {
	if id == ([16]byte{}) {
		return name
	}
	for n, t := range c.state.Topics {
		if t.ID == id {
			return n
		}
	}
	return name
}

// notLeader is the error of a request for a partition that this broker does not lead, else 0. What does not exist is left
// to kfake to say.
func (s *session) notLeader(topic string, id [16]byte, partition int32) int16 {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if p := s.c.partition(s.c.topicName(topic, id), partition); p != nil && p.Leader != s.id {
		return kerr.NotLeaderForPartition.Code
	}
	return 0
}

// notWritable is notLeader and what else keeps a broker from taking records.
func (s *session) notWritable(topic string, id [16]byte, partition int32, acks int16) int16 {
	if code := s.notLeader(topic, id, partition); code != 0 {
		return code
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	name := s.c.topicName(topic, id)
	if (name == offsetsTopic || name == txnTopic) && deref(s.clientID) != "__admin_client" {
		return kerr.InvalidTopicException.Code
	}
	if p := s.c.partition(name, partition); acks == -1 && p != nil && len(p.ISR) < s.c.minISR(name) {
		return kerr.NotEnoughReplicas.Code
	}
	return 0
}

func handleProduce(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.ProduceRequest)
	refused := req.ResponseKind().(*kmsg.ProduceResponse)
	kept := req.Topics[:0]
	for _, t := range req.Topics {
		rt := kmsg.ProduceResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
		t.Partitions = each(t.Partitions, func(p *kmsg.ProduceRequestTopicPartition) int16 {
			return s.notWritable(t.Topic, t.TopicID, p.Partition, req.Acks)
		}, func(p *kmsg.ProduceRequestTopicPartition, code int16) {
			rp := kmsg.NewProduceResponseTopicPartition()
			rp.Partition, rp.ErrorCode, rp.BaseOffset, rp.LogStartOffset = p.Partition, code, -1, -1
			rt.Partitions = append(rt.Partitions, rp)
		})
		if len(rt.Partitions) > 0 {
			refused.Topics = append(refused.Topics, rt)
		}
		if len(t.Partitions) > 0 {
			kept = append(kept, t)
		}
	}
	req.Topics = kept
	switch {
	case req.Acks == 0:
		return nil, s.produceUnanswered(req, len(refused.Topics) > 0)
	case len(refused.Topics) == 0:
		return nil, errPass
	case len(kept) == 0:
		return refused, nil
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.ProduceResponse)
	resp.Topics = append(resp.Topics, refused.Topics...)
	return resp, nil
}

// produceUnanswered hands acks=0 records on. A broker that cannot take some of them closes the connection, so that the
// producer learns of it.
func (s *session) produceUnanswered(req *kmsg.ProduceRequest, refused bool) error {
	s.inner.corr++
	frame := appendHeader(nil, req, s.inner.corr, s.clientID)
	if len(req.Topics) > 0 {
		if _, err := s.inner.pass(req.AppendTo(frame), false); err != nil {
			return err
		}
	}
	if refused {
		return kerr.NotLeaderForPartition
	}
	return errNoAnswer
}

// handleFetch keeps fetch sessions out: a broker whose session cache is full answers the same way, and so every request
// names its partitions, whose leaders can be checked.
func handleFetch(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.FetchRequest)
	refused := req.ResponseKind().(*kmsg.FetchResponse)
	if req.SessionEpoch > 0 {
		refused.ErrorCode = kerr.FetchSessionIDNotFound.Code
		return refused, nil
	}
	sessionless := req.Version < 7 || req.SessionEpoch == -1
	req.SessionID, req.SessionEpoch, req.ForgottenTopics = 0, -1, nil
	kept := req.Topics[:0]
	for _, t := range req.Topics {
		rt := kmsg.FetchResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
		t.Partitions = each(t.Partitions, func(p *kmsg.FetchRequestTopicPartition) int16 {
			return s.notLeader(t.Topic, t.TopicID, p.Partition)
		}, func(p *kmsg.FetchRequestTopicPartition, code int16) {
			rp := kmsg.NewFetchResponseTopicPartition()
			rp.Partition, rp.ErrorCode, rp.HighWatermark, rp.LastStableOffset, rp.LogStartOffset = p.Partition, code, -1, -1, -1
			rt.Partitions = append(rt.Partitions, rp)
		})
		if len(rt.Partitions) > 0 {
			refused.Topics = append(refused.Topics, rt)
		}
		if len(t.Partitions) > 0 {
			kept = append(kept, t)
		}
	}
	req.Topics = kept
	switch {
	case len(refused.Topics) == 0 && sessionless:
		return nil, errPass
	case len(refused.Topics) > 0 && len(kept) == 0:
		return refused, nil
	case len(refused.Topics) > 0:
		req.MaxWaitMillis = 0 // an error is answered at once
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.FetchResponse)
	resp.Topics = append(resp.Topics, refused.Topics...)
	return resp, nil
}

func handleListOffsets(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.ListOffsetsRequest)
	refused := req.ResponseKind().(*kmsg.ListOffsetsResponse)
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.ListOffsetsResponseTopic{Topic: t.Topic}
		t.Partitions = each(t.Partitions, func(p *kmsg.ListOffsetsRequestTopicPartition) int16 {
			return s.notLeader(t.Topic, [16]byte{}, p.Partition)
		}, func(p *kmsg.ListOffsetsRequestTopicPartition, code int16) {
			rp := kmsg.NewListOffsetsResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, code
			rt.Partitions = append(rt.Partitions, rp)
		})
		if len(rt.Partitions) > 0 {
			refused.Topics = append(refused.Topics, rt)
		}
	}
	if len(refused.Topics) == 0 {
		return nil, errPass
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.ListOffsetsResponse)
	resp.Topics = append(resp.Topics, refused.Topics...)
	return resp, nil
}

func handleOffsetForLeaderEpoch(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.OffsetForLeaderEpochRequest)
	refused := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.OffsetForLeaderEpochResponseTopic{Topic: t.Topic}
		t.Partitions = each(t.Partitions, func(p *kmsg.OffsetForLeaderEpochRequestTopicPartition) int16 {
			return s.notLeader(t.Topic, [16]byte{}, p.Partition)
		}, func(p *kmsg.OffsetForLeaderEpochRequestTopicPartition, code int16) {
			rp := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			rp.Partition, rp.ErrorCode = p.Partition, code
			rt.Partitions = append(rt.Partitions, rp)
		})
		if len(rt.Partitions) > 0 {
			refused.Topics = append(refused.Topics, rt)
		}
	}
	if len(refused.Topics) == 0 {
		return nil, errPass
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.OffsetForLeaderEpochResponse)
	resp.Topics = append(resp.Topics, refused.Topics...)
	return resp, nil
}

func handleDeleteRecords(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DeleteRecordsRequest)
	refused := req.ResponseKind().(*kmsg.DeleteRecordsResponse)
	for i := range req.Topics {
		t := &req.Topics[i]
		rt := kmsg.DeleteRecordsResponseTopic{Topic: t.Topic}
		t.Partitions = each(t.Partitions, func(p *kmsg.DeleteRecordsRequestTopicPartition) int16 {
			return s.notLeader(t.Topic, [16]byte{}, p.Partition)
		}, func(p *kmsg.DeleteRecordsRequestTopicPartition, code int16) {
			rt.Partitions = append(rt.Partitions, kmsg.DeleteRecordsResponseTopicPartition{Partition: p.Partition, ErrorCode: code, LowWatermark: -1})
		})
		if len(rt.Partitions) > 0 {
			refused.Topics = append(refused.Topics, rt)
		}
	}
	if len(refused.Topics) == 0 {
		return nil, errPass
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.DeleteRecordsResponse)
	resp.Topics = append(resp.Topics, refused.Topics...)
	return resp, nil
}

// handleDescribeLogDirs shows this broker's replicas, in its own directory. A broker with several directories shows all
// in the first: where a replica lies is not modelled.
func handleDescribeLogDirs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	kresp, err := s.ask(kreq)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.DescribeLogDirsResponse)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for i := range resp.Dirs {
		d := &resp.Dirs[i]
		d.Dir = s.node.config.logDirs[0]
		for j := range d.Topics {
			t := &d.Topics[j]
			t.Partitions = slices.DeleteFunc(t.Partitions, func(rp kmsg.DescribeLogDirsResponseDirTopicPartition) bool {
				p := s.c.partition(t.Topic, rp.Partition)
				return p == nil || !slices.Contains(p.Replicas, s.id)
			})
		}
		d.Topics = slices.DeleteFunc(d.Topics, func(t kmsg.DescribeLogDirsResponseDirTopic) bool { return len(t.Partitions) == 0 })
	}
	return resp, nil
}
