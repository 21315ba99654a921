package kafka

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// reconcile makes the hub's topics the same as kfake's after opening: kfake's are the truth about which exist, the hub's
// about where replicas are. c.mu is held.
func (c *cluster) reconcile() error {
	req := kmsg.NewMetadataRequest()
	req.Version = 12
	resp, err := c.asHub(context.Background(), &req)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	for _, t := range resp.(*kmsg.MetadataResponse).Topics {
		name := *t.Topic
		found[name] = true
		known := c.state.Topics[name]
		if known == nil || known.ID != t.TopicID {
			known = &topicState{ID: t.TopicID}
			c.state.Topics[name] = known
		}
		for len(known.Partitions) < len(t.Partitions) {
			// The sandbox died between kfake's creation and the note of the placement.
			id := c.anyBroker()
			known.Partitions = append(known.Partitions, &partitionState{Replicas: []int32{id}, ELR: []int32{id}, Leader: noLeader})
		}
		known.Partitions = known.Partitions[:len(t.Partitions)]
		for _, p := range t.Partitions {
			c.raiseEpoch(name, p.Partition, known.Partitions[p.Partition], p.LeaderEpoch)
		}
	}
	for name := range c.state.Topics {
		if !found[name] {
			delete(c.state.Topics, name)
		}
	}
	c.notify()
	return nil
}

// anyBroker is some broker's id: a registered one, else a voter's. c.mu is held.
func (c *cluster) anyBroker() int32 {
	for _, b := range c.brokers(true) {
		return b.ID
	}
	for _, v := range c.state.Voters {
		return v.ID
	}
	return 0
}

// raiseEpoch lifts kfake's leader epoch, which it loses with its process, to the one that clients have seen.
func (c *cluster) raiseEpoch(topic string, partition int32, p *partitionState, is int32) {
	for ; is < p.Epoch; is++ {
		if err := c.kfake.MoveTopicPartition(topic, partition, 0); err != nil {
			c.log.Error("leader epoch", "topic", topic, "partition", partition, "error", err)
			return
		}
	}
	p.Epoch = is
}

// lead changes a partition's leader and with it the epoch. c.mu is held.
func (c *cluster) lead(topic string, partition int, p *partitionState, leader int32) {
	if p.Leader == leader {
		return
	}
	p.Leader = leader
	c.raiseEpochTo(topic, int32(partition), p, p.Epoch+1)
}

func (c *cluster) raiseEpochTo(topic string, partition int32, p *partitionState, epoch int32) {
	is := p.Epoch
	p.Epoch = epoch
	c.raiseEpoch(topic, partition, p, is)
}

func (c *cluster) eachPartition(do func(topic string, partition int, p *partitionState)) {
	for _, name := range slices.Sorted(maps.Keys(c.state.Topics)) {
		for i, p := range c.state.Topics[name].Partitions {
			do(name, i, p)
		}
	}
}

// dropReplicas takes a broker out of every ISR and moves its leaderships. c.mu is held.
func (c *cluster) dropReplicas(id int32) {
	c.eachPartition(func(topic string, i int, p *partitionState) {
		if !slices.Contains(p.ISR, id) {
			return
		}
		p.ISR = without(p.ISR, id)
		if len(p.ISR) < c.minISR(topic) {
			p.ELR = with(p.ELR, id, p.Replicas)
		}
		if p.Leader == id {
			c.lead(topic, i, p, c.candidate(p))
		}
	})
}

// candidate is the first replica in the ISR that is unfenced, or noLeader.
func (c *cluster) candidate(p *partitionState) int32 {
	for _, id := range p.Replicas {
		if slices.Contains(p.ISR, id) && c.unfenced(id) {
			return id
		}
	}
	return noLeader
}

// electOffline gives leaders to partitions that have none, where a replica that holds everything is back. c.mu is held.
func (c *cluster) electOffline() {
	c.eachPartition(func(topic string, i int, p *partitionState) {
		if p.Leader != noLeader {
			return
		}
		leader := c.candidate(p)
		for _, id := range p.Replicas {
			if leader == noLeader && slices.Contains(p.ELR, id) && c.unfenced(id) {
				leader = id
			}
		}
		if leader == noLeader {
			return
		}
		p.ISR = with(p.ISR, leader, p.Replicas)
		p.ELR = without(p.ELR, leader)
		c.lead(topic, i, p, leader)
	})
}

// loseReplicas says that a broker came back with empty log directories: what only it had is gone. c.mu is held.
func (c *cluster) loseReplicas(id int32) {
	c.eachPartition(func(topic string, i int, p *partitionState) {
		if !slices.Contains(p.Replicas, id) {
			return
		}
		p.ISR, p.ELR = without(p.ISR, id), without(p.ELR, id)
		if len(p.ISR) > 0 || len(p.ELR) > 0 {
			return
		}
		c.log.Warn("a partition's only complete replica came back empty: its records are gone", "topic", topic, "partition", i, "broker", id)
		p.ELR = []int32{id}
		if err := c.kfake.DeleteRecords(topic, int32(i), -1); err != nil {
			c.log.Error("emptying a partition", "topic", topic, "partition", i, "error", err)
		}
		if topic == offsetsTopic {
			c.forgetGroups(i, len(c.state.Topics[topic].Partitions))
		}
	})
}

// kfakeGroups are the names of all groups. c.mu is held.
func (c *cluster) kfakeGroups() []string {
	list := kmsg.NewListGroupsRequest()
	list.Version = 4
	resp, err := c.asHub(context.Background(), &list)
	if err != nil {
		c.log.Error("listing groups", "error", err)
		return nil
	}
	var out []string
	for _, g := range resp.(*kmsg.ListGroupsResponse).Groups {
		out = append(out, g.Group)
	}
	return out
}

// forgetGroups deletes the groups whose offsets lived on a partition that is gone. c.mu is held.
func (c *cluster) forgetGroups(partition, of int) {
	del := kmsg.NewDeleteGroupsRequest()
	for _, g := range c.kfakeGroups() {
		if slot(g, of) == partition {
			del.Groups = append(del.Groups, g)
		}
	}
	if len(del.Groups) == 0 {
		return
	}
	if _, err := c.asHub(context.Background(), &del); err != nil {
		c.log.Error("groups of a lost partition", "error", err)
	}
}

// catchUp lets brokers that have been back for a moment into the ISR of their partitions. c.mu is held.
func (c *cluster) catchUp(now time.Time) {
	for _, b := range c.brokers(false) {
		if b.caughtUp || now.Sub(b.unfencedAt) < catchUp || c.nodes[b.ID] == nil {
			continue
		}
		b.caughtUp = true
		c.eachPartition(func(topic string, _ int, p *partitionState) {
			if p.Leader == noLeader || !slices.Contains(p.Replicas, b.ID) || slices.Contains(p.ISR, b.ID) {
				return
			}
			p.ISR = with(p.ISR, b.ID, p.Replicas)
			p.ELR = without(p.ELR, b.ID)
			if len(p.ISR) >= c.minISR(topic) {
				p.ELR = nil
			}
		})
		c.notify()
	}
}

// rebalance gives leaderships back to the preferred replicas every leader.imbalance.check.interval.seconds. c.mu is held.
func (c *cluster) rebalance(now time.Time) {
	n := c.nodes[c.leader]
	if n == nil || !settingBool(n.Props, "auto.leader.rebalance.enable") {
		return
	}
	interval := time.Duration(settingInt(n.Props, "leader.imbalance.check.interval.seconds")) * time.Second
	if c.rebalanceAt.IsZero() {
		c.rebalanceAt = now.Add(interval)
	}
	if now.Before(c.rebalanceAt) {
		return
	}
	c.rebalanceAt = now.Add(interval)
	c.eachPartition(func(topic string, i int, p *partitionState) {
		if preferred := p.Replicas[0]; p.Leader != preferred && slices.Contains(p.ISR, preferred) && c.unfenced(preferred) {
			c.lead(topic, i, p, preferred)
			c.notify()
		}
	})
}

// minISR is the topic's effective min.insync.replicas. c.mu is held.
func (c *cluster) minISR(topic string) int {
	v := c.topicConfig(c.topicOverrides(topic), "min.insync.replicas", c.anyProps())
	n := 1
	_, _ = fmt.Sscan(v, &n) // the value was checked when it was set
	return n
}

// anyProps are the static properties of some broker, preferably a live one. c.mu is held.
func (c *cluster) anyProps() map[string]string {
	for _, b := range c.brokers(false) {
		return b.Props
	}
	for _, b := range c.brokers(true) {
		return b.Props
	}
	return nil
}

// place chooses replicas for new partitions as Kafka's StripedReplicaPlacer does: over the racks in turn, unfenced
// brokers first, fenced ones only where there are not enough others. It answers Kafka's words where it cannot.
func (c *cluster) place(partitions, factor int) ([][]int32, string) {
	all := c.brokers(true)
	cannot := func(why string) ([][]int32, string) {
		return nil, fmt.Sprintf("Unable to replicate the partition %d time(s): %s", factor, why)
	}
	if factor > len(all) {
		return cannot(fmt.Sprintf("The target replication factor of %d cannot be reached because only %d broker(s) are registered or some brokers have all their log directories cordoned.", factor, len(all)))
	}
	live := stripe(c.brokers(false))
	if len(live) == 0 {
		return cannot("All brokers are currently fenced.")
	}
	var fenced []int32
	for _, b := range all {
		if b.Fenced {
			fenced = append(fenced, b.ID)
		}
	}
	start := rand.IntN(len(live)) //nolint:gosec // placement, not secrecy
	out := make([][]int32, partitions)
	for i := range out {
		for k := range min(factor, len(live)) {
			out[i] = append(out[i], live[(start+i+k)%len(live)])
		}
		for k := 0; len(out[i]) < factor; k++ {
			out[i] = append(out[i], fenced[(i+k)%len(fenced)])
		}
	}
	return out, ""
}

// stripe orders brokers so that neighbours are on different racks where that is possible.
func stripe(brokers []*registration) []int32 {
	racks := map[string][]int32{}
	for _, b := range brokers {
		racks[b.Rack] = append(racks[b.Rack], b.ID)
	}
	names := slices.SortedFunc(maps.Keys(racks), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(racks[b]), len(racks[a])), cmp.Compare(a, b))
	})
	var out []int32
	for round := 0; len(out) < len(brokers); round++ {
		for _, name := range names {
			if round < len(racks[name]) {
				out = append(out, racks[name][round])
			}
		}
	}
	return out
}

// assign notes the replicas of a topic's new partitions, which exist in kfake already. c.mu is held.
func (c *cluster) assign(topic string, id [16]byte, replicas [][]int32) {
	t := c.state.Topics[topic]
	if t == nil || t.ID != id {
		t = &topicState{ID: id}
		c.state.Topics[topic] = t
	}
	for _, set := range replicas {
		p := &partitionState{Replicas: set, Leader: noLeader}
		for _, r := range set {
			if c.unfenced(r) {
				p.ISR = append(p.ISR, r)
			}
		}
		if p.Leader = c.candidate(p); p.Leader == noLeader {
			p.ELR = set
		}
		t.Partitions = append(t.Partitions, p)
	}
	c.notify()
	c.save()
}
