package kafkaadmin

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/IBM/sarama"
)

const opGroup = "read consumer group"

// stateDead is Kafka's word for a group that does not exist.
const stateDead = "Dead"

// Group describes a consumer group, freshly asked of its coordinator: classic
// groups (Kafka Streams' default among them) and those of the newer consumer
// protocol. A group that does not exist has the state "Dead" and no members; a
// group of another protocol gives ErrUnsupported.
func (c *Client) Group(ctx context.Context, id string) (Group, error) {
	at, err := c.coordinator(ctx, id)
	if err != nil {
		return Group{}, err
	}
	to := func(*Client, view) []string { return []string{at} }
	resp, err := ask(ctx, c, request[*sarama.DescribeGroupsResponse]{
		op: opGroup, object: id,
		route: to,
		send: func(b *sarama.Broker) (*sarama.DescribeGroupsResponse, error) {
			return b.DescribeGroups(&sarama.DescribeGroupsRequest{Version: 5, Groups: []string{id}})
		},
		judge: func(r *sarama.DescribeGroupsResponse) error {
			if len(r.Groups) != 1 {
				return &Error{Op: opGroup, Object: id, Message: "the broker answered for another group", Err: ErrUnsupported}
			}
			switch code := r.Groups[0].Err; code {
			case sarama.ErrGroupIDNotFound:
				return nil
			case sarama.ErrNotCoordinatorForConsumer:
				// The group has moved: find its coordinator for the next try.
				if moved, err := c.coordinator(ctx, id); err == nil {
					at = moved
				}
				return code
			default:
				return answer(code, nil)
			}
		},
	})
	if err != nil {
		return Group{}, err
	}
	d := resp.Groups[0]
	// Brokers answer for a group of the newer protocol with "Dead", with
	// GROUP_ID_NOT_FOUND, or with a state alone.
	if d.Err == sarama.ErrGroupIDNotFound || d.State == stateDead || d.ProtocolType == "" {
		return c.newerGroup(ctx, id, d.State, to)
	}
	g := Group{ID: id, State: d.State, ProtocolType: d.ProtocolType}
	for _, m := range d.Members {
		gm := GroupMember{ID: m.MemberId, ClientID: m.ClientId, Host: m.ClientHost, Partitions: map[string][]int32{}}
		// Without a finished rebalance there is no assignment to read.
		if a, err := m.GetMemberAssignment(); err == nil && a != nil {
			gm.Partitions = a.Topics
		}
		g.Members = append(g.Members, gm)
	}
	sortMembers(g.Members)
	return g, nil
}

// coordinator finds the address of the group's coordinator.
func (c *Client) coordinator(ctx context.Context, id string) (string, error) {
	resp, err := ask(ctx, c, request[*sarama.FindCoordinatorResponse]{
		op: opGroup, object: id, route: anyBroker,
		send: func(b *sarama.Broker) (*sarama.FindCoordinatorResponse, error) {
			return b.FindCoordinator(&sarama.FindCoordinatorRequest{Version: 2, CoordinatorKey: id, CoordinatorType: sarama.CoordinatorGroup})
		},
		judge: func(r *sarama.FindCoordinatorResponse) error {
			if err := answer(r.Err, r.ErrMsg); err != nil {
				return err
			}
			if r.Coordinator == nil || r.Coordinator.ID() < 0 {
				return sarama.ErrConsumerCoordinatorNotAvailable
			}
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return resp.Coordinator.Addr(), nil
}

// newerGroup looks for a group that the classic API does not really know:
// groups of the consumer protocol (KIP-848) have an API of their own.
func (c *Client) newerGroup(ctx context.Context, id, state string, to route) (Group, error) {
	classic := Group{ID: id, State: cmp.Or(state, stateDead)}
	resp, err := ask(ctx, c, request[*sarama.ConsumerGroupDescribeResponse]{
		op: opGroup, object: id, route: to,
		send: func(b *sarama.Broker) (*sarama.ConsumerGroupDescribeResponse, error) {
			req := sarama.NewConsumerGroupDescribeRequest(protocolVersion)
			req.GroupIDs = []string{id}
			return b.ConsumerGroupDescribe(req)
		},
		judge: func(r *sarama.ConsumerGroupDescribeResponse) error {
			if len(r.Groups) != 1 || r.Groups[0].ErrorCode == sarama.ErrGroupIDNotFound {
				return nil
			}
			return answer(r.Groups[0].ErrorCode, r.Groups[0].ErrorMessage)
		},
	})
	switch {
	case errors.Is(err, ErrUnsupported):
		return classic, nil
	case err != nil:
		return Group{}, err
	}
	if len(resp.Groups) != 1 || resp.Groups[0].ErrorCode == sarama.ErrGroupIDNotFound {
		return classic, c.otherProtocol(ctx, id, to)
	}
	d := resp.Groups[0]
	g := Group{ID: id, State: d.GroupState, ProtocolType: "consumer"}
	nameOf, err := c.assignedNames(ctx, d)
	if err != nil {
		return Group{}, about(err, id)
	}
	for _, m := range d.Members {
		gm := GroupMember{ID: m.MemberID, ClientID: m.ClientID, Host: m.ClientHost, Partitions: map[string][]int32{}}
		for _, tp := range m.Assignment.TopicPartitions {
			gm.Partitions[nameOf(tp)] = tp.Partitions
		}
		g.Members = append(g.Members, gm)
	}
	sortMembers(g.Members)
	return g, nil
}

// assignedNames gives the names of the topics that members are assigned to.
// A broker may name a topic by its id alone.
func (c *Client) assignedNames(ctx context.Context, d sarama.ConsumerGroupDescription) (func(sarama.ConsumerGroupTopicPartitions) string, error) {
	unnamed := slices.ContainsFunc(d.Members, func(m sarama.ConsumerGroupMemberDescription) bool {
		return slices.ContainsFunc(m.Assignment.TopicPartitions, func(tp sarama.ConsumerGroupTopicPartitions) bool { return tp.TopicName == "" })
	})
	if !unnamed {
		return func(tp sarama.ConsumerGroupTopicPartitions) string { return tp.TopicName }, nil
	}
	all, err := c.fetchAll(ctx, opGroup, anyBroker)
	if err != nil {
		return nil, err
	}
	names := make(map[sarama.Uuid]string, len(all))
	for name, m := range all {
		names[m.id] = name
	}
	return func(tp sarama.ConsumerGroupTopicPartitions) string {
		return cmp.Or(tp.TopicName, names[tp.TopicID], tp.TopicID.String())
	}, nil
}

// otherProtocol refuses to call a group dead that lives under a protocol which
// sarama cannot describe (group.protocol=streams, share groups).
func (c *Client) otherProtocol(ctx context.Context, id string, to route) error {
	resp, err := ask(ctx, c, request[*sarama.ListGroupsResponse]{
		op: opGroup, object: id, route: to,
		send: func(b *sarama.Broker) (*sarama.ListGroupsResponse, error) {
			return b.ListGroups(&sarama.ListGroupsRequest{Version: 5})
		},
		judge: func(r *sarama.ListGroupsResponse) error { return answer(r.Err, nil) },
	})
	if err != nil {
		return err
	}
	data, ok := resp.GroupsData[id]
	if !ok || data.GroupState == stateDead {
		return nil
	}
	switch data.GroupType {
	case "", "classic", "consumer":
		return nil
	default:
		return &Error{Op: opGroup, Object: id, Err: ErrUnsupported, Message: "the group uses the protocol " + data.GroupType + ", whose members cannot be read yet; use group.protocol=classic"}
	}
}

func sortMembers(ms []GroupMember) {
	slices.SortFunc(ms, func(a, b GroupMember) int { return cmp.Compare(a.ID, b.ID) })
}
