package kafka

import (
	"unicode/utf16"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	offsetsTopic = "__consumer_offsets"
	txnTopic     = "__transaction_state"
)

// slot is the partition of an internal topic that a group or transactional id belongs to: Java's String.hashCode.
func slot(key string, partitions int) int {
	var hash int32
	for _, unit := range utf16.Encode([]rune(key)) {
		hash = 31*hash + int32(unit)
	}
	if hash < 0 {
		hash = -hash
	}
	if hash < 0 { // the smallest int32 has no opposite
		hash = 0
	}
	return int(hash) % partitions
}

// coordinator is the broker that leads the key's partition of an internal topic. c.mu is held.
func (c *cluster) coordinator(topic, key string) int32 {
	t := c.state.Topics[topic]
	if t == nil || len(t.Partitions) == 0 {
		return noLeader
	}
	return t.Partitions[slot(key, len(t.Partitions))].Leader
}

// internalTopic makes sure that the topic behind a coordinator exists, as the first FindCoordinator does. It needs as
// many brokers as the topic's replication factor.
func (s *session) internalTopic(name string) bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.state.Topics[name] != nil {
		return true
	}
	if s.c.leader == noLeader || s.c.kfake == nil {
		return false
	}
	prefix, configs := "offsets.topic", map[string]string{"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": "104857600"}
	if name == txnTopic {
		prefix = "transaction.state.log"
		configs = map[string]string{"cleanup.policy": "compact", "compression.type": "uncompressed", "segment.bytes": "104857600",
			"unclean.leader.election.enable": "false", "min.insync.replicas": setting(s.node.Props, "transaction.state.log.min.isr")}
	}
	configs["kfake.is_internal"] = "true"
	partitions := settingInt(s.node.Props, prefix+".num.partitions")
	replicas, why := s.c.place(partitions, settingInt(s.node.Props, prefix+".replication.factor"))
	if why != "" {
		s.c.log.Warn("creating an internal topic", "topic", name, "error", why)
		return false
	}
	if err := s.c.kfake.CreateTopic(name, int32(partitions), configs); err != nil { //nolint:gosec // checked config
		s.c.log.Error("creating an internal topic", "topic", name, "error", err)
		return false
	}
	s.c.assign(name, s.c.kfake.TopicInfo(name).TopicID, replicas)
	return true
}

func handleFindCoordinator(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.FindCoordinatorRequest)
	key := req.CoordinatorKey
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.FindCoordinatorResponse)
	topic := offsetsTopic
	if req.CoordinatorType == 1 {
		topic = txnTopic
	}
	find := func(key string, code *int16, text **string, id *int32, host *string, port *int32) {
		if *code != 0 {
			return
		}
		*id, *host, *port = noLeader, "", noLeader
		*code, *text = kerr.CoordinatorNotAvailable.Code, ptr("The coordinator is not available.")
		if req.CoordinatorType > 1 || !s.internalTopic(topic) {
			return
		}
		s.c.mu.Lock()
		defer s.c.mu.Unlock()
		if b := s.c.state.Brokers[s.c.coordinator(topic, key)]; b != nil && !b.Fenced {
			*id, *host, *port = b.ID, b.Host, int32(b.Port) //nolint:gosec // a port
			*code, *text = 0, nil
		}
	}
	if req.Version < 4 {
		find(key, &resp.ErrorCode, &resp.ErrorMessage, &resp.NodeID, &resp.Host, &resp.Port)
		return resp, nil
	}
	for i := range resp.Coordinators {
		r := &resp.Coordinators[i]
		find(r.Key, &r.ErrorCode, &r.ErrorMessage, &r.NodeID, &r.Host, &r.Port)
	}
	return resp, nil
}

// coordinates says whether this broker is the key's coordinator.
func (s *session) coordinates(topic, key string) bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.c.coordinator(topic, key) == s.id
}

// atCoordinator passes requests of groups and transactions on, if they came to the right broker.
func atCoordinator(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if resp := misdirected(s, kreq); resp != nil {
		return resp, nil
	}
	return nil, errPass
}

// misdirected answers NOT_COORDINATOR in the shape of the request, or nil if this broker is the coordinator.
func misdirected(s *session, kreq kmsg.Request) kmsg.Response {
	code := kerr.NotCoordinator.Code
	group := func(g string) bool { return !s.coordinates(offsetsTopic, g) }
	txn := func(id string) bool { return !s.coordinates(txnTopic, id) }
	kresp := kreq.ResponseKind()
	switch req := kreq.(type) {
	case *kmsg.OffsetCommitRequest:
		if group(req.Group) {
			resp := kresp.(*kmsg.OffsetCommitResponse)
			for _, t := range req.Topics {
				rt := kmsg.OffsetCommitResponseTopic{Topic: t.Topic, TopicID: t.TopicID}
				for _, p := range t.Partitions {
					rt.Partitions = append(rt.Partitions, kmsg.OffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: code})
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp
		}
	case *kmsg.TxnOffsetCommitRequest:
		if group(req.Group) {
			resp := kresp.(*kmsg.TxnOffsetCommitResponse)
			for _, t := range req.Topics {
				rt := kmsg.TxnOffsetCommitResponseTopic{Topic: t.Topic}
				for _, p := range t.Partitions {
					rt.Partitions = append(rt.Partitions, kmsg.TxnOffsetCommitResponseTopicPartition{Partition: p.Partition, ErrorCode: code})
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp
		}
	case *kmsg.OffsetFetchRequest:
		return misdirectedFetch(req, kresp.(*kmsg.OffsetFetchResponse), group)
	case *kmsg.JoinGroupRequest:
		if group(req.Group) {
			resp := kresp.(*kmsg.JoinGroupResponse)
			resp.ErrorCode, resp.MemberID = code, req.MemberID
			return resp
		}
	case *kmsg.SyncGroupRequest:
		if group(req.Group) {
			kresp.(*kmsg.SyncGroupResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.HeartbeatRequest:
		if group(req.Group) {
			kresp.(*kmsg.HeartbeatResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.LeaveGroupRequest:
		if group(req.Group) {
			kresp.(*kmsg.LeaveGroupResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.ConsumerGroupHeartbeatRequest:
		if group(req.Group) {
			kresp.(*kmsg.ConsumerGroupHeartbeatResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.OffsetDeleteRequest:
		if group(req.Group) {
			kresp.(*kmsg.OffsetDeleteResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.InitProducerIDRequest:
		if req.TransactionalID != nil && txn(*req.TransactionalID) {
			kresp.(*kmsg.InitProducerIDResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.AddOffsetsToTxnRequest:
		if txn(req.TransactionalID) {
			kresp.(*kmsg.AddOffsetsToTxnResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.EndTxnRequest:
		if txn(req.TransactionalID) {
			kresp.(*kmsg.EndTxnResponse).ErrorCode = code
			return kresp
		}
	case *kmsg.AddPartitionsToTxnRequest:
		if req.Version < 4 && txn(req.TransactionalID) {
			resp := kresp.(*kmsg.AddPartitionsToTxnResponse)
			for _, t := range req.Topics {
				rt := kmsg.AddPartitionsToTxnResponseTopic{Topic: t.Topic}
				for _, p := range t.Partitions {
					rt.Partitions = append(rt.Partitions, kmsg.AddPartitionsToTxnResponseTopicPartition{Partition: p, ErrorCode: code})
				}
				resp.Topics = append(resp.Topics, rt)
			}
			return resp
		}
	default:
		return misdirectedMany(kreq, kresp, group, txn)
	}
	return nil
}

func misdirectedFetch(req *kmsg.OffsetFetchRequest, resp *kmsg.OffsetFetchResponse, elsewhere func(string) bool) kmsg.Response {
	if req.Version < 8 {
		if !elsewhere(req.Group) {
			return nil
		}
		resp.ErrorCode = kerr.NotCoordinator.Code
		return resp
	}
	found := false
	for _, g := range req.Groups {
		rg := kmsg.NewOffsetFetchResponseGroup()
		rg.Group, rg.ErrorCode = g.Group, kerr.NotCoordinator.Code
		found = found || elsewhere(g.Group)
		resp.Groups = append(resp.Groups, rg)
	}
	if !found {
		return nil
	}
	return resp // clients split by coordinator, so a request is for one broker as a whole
}

// misdirectedMany is for requests that name several groups or ids at once; clients split them by coordinator.
func misdirectedMany(kreq kmsg.Request, kresp kmsg.Response, group, txn func(string) bool) kmsg.Response {
	code, found := kerr.NotCoordinator.Code, false
	switch req := kreq.(type) {
	case *kmsg.DescribeGroupsRequest:
		resp := kresp.(*kmsg.DescribeGroupsResponse)
		for _, g := range req.Groups {
			found = found || group(g)
			rg := kmsg.NewDescribeGroupsResponseGroup()
			rg.Group, rg.ErrorCode = g, code
			resp.Groups = append(resp.Groups, rg)
		}
	case *kmsg.ConsumerGroupDescribeRequest:
		resp := kresp.(*kmsg.ConsumerGroupDescribeResponse)
		for _, g := range req.Groups {
			found = found || group(g)
			rg := kmsg.NewConsumerGroupDescribeResponseGroup()
			rg.Group, rg.ErrorCode = g, code
			resp.Groups = append(resp.Groups, rg)
		}
	case *kmsg.DeleteGroupsRequest:
		resp := kresp.(*kmsg.DeleteGroupsResponse)
		for _, g := range req.Groups {
			found = found || group(g)
			resp.Groups = append(resp.Groups, kmsg.DeleteGroupsResponseGroup{Group: g, ErrorCode: code})
		}
	case *kmsg.DescribeTransactionsRequest:
		resp := kresp.(*kmsg.DescribeTransactionsResponse)
		for _, id := range req.TransactionalIDs {
			found = found || txn(id)
			rt := kmsg.NewDescribeTransactionsResponseTransactionState()
			rt.TransactionalID, rt.ErrorCode = id, code
			resp.TransactionStates = append(resp.TransactionStates, rt)
		}
	}
	if !found {
		return nil
	}
	return kresp
}

// handleListGroups lists the groups that this broker coordinates.
func handleListGroups(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	kresp, err := s.ask(kreq)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.ListGroupsResponse)
	kept := resp.Groups[:0]
	for _, g := range resp.Groups {
		if s.coordinates(offsetsTopic, g.Group) {
			kept = append(kept, g)
		}
	}
	resp.Groups = kept
	return resp, nil
}

func handleListTransactions(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	kresp, err := s.ask(kreq)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.ListTransactionsResponse)
	kept := resp.TransactionStates[:0]
	for _, t := range resp.TransactionStates {
		if s.coordinates(txnTopic, t.TransactionalID) {
			kept = append(kept, t)
		}
	}
	resp.TransactionStates = kept
	return resp, nil
}
