package kafkaadmin

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// snapshotLife bounds how long a sweep serves: far longer than a plan, and
// short enough for a process that lives through a long apply.
const snapshotLife = 5 * time.Minute

// topicMeta is what Metadata says of a topic.
type topicMeta struct {
	topic      Topic // without Config
	id         sarama.Uuid
	partitions []Partition
}

// snapshot holds answers per key, each with the tick at which its request went
// out. Cutting a key makes everything asked before the cut stale, also answers
// that are still on their way.
type snapshot struct {
	mu   sync.Mutex
	tick uint64
	cuts map[string]uint64
	// held keys are being written: brokers may still answer with the old
	// state, so nothing about them is kept until the writer lets go.
	held  map[string]int
	sweep *sweep
	// metas and configs are newer than the sweep, or were never in it.
	metas   map[string]stamped[topicMeta]
	configs map[string]stamped[map[string]ConfigEntry]
	acls    *aclSweep
	aclCuts map[ACL]uint64
	aclSeen map[ACL]stamped[bool]
}

type sweep struct {
	at     uint64
	taken  time.Time
	topics map[string]topicMeta
}

type stamped[T any] struct {
	at    uint64
	taken time.Time
	value T
}

func newSnapshot() *snapshot {
	return &snapshot{
		cuts: map[string]uint64{}, held: map[string]int{}, metas: map[string]stamped[topicMeta]{},
		configs: map[string]stamped[map[string]ConfigEntry]{},
		aclCuts: map[ACL]uint64{}, aclSeen: map[ACL]stamped[bool]{},
	}
}

// now gives the tick to stamp a request with, before it is sent.
func (s *snapshot) now() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tick
}

// hold cuts a topic out of the snapshot until release.
func (s *snapshot) hold(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[name]++
	s.cut(name)
}

// release ends hold. What was asked before is stale.
func (s *snapshot) release(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[name]--; s.held[name] <= 0 {
		delete(s.held, name)
	}
	s.cut(name)
}

func (s *snapshot) cut(name string) {
	s.tick++
	s.cuts[name] = s.tick
	delete(s.metas, name)
	delete(s.configs, name)
}

// keepable says whether an answer asked for at that tick may be kept.
func (s *snapshot) keepable(name string, at uint64) bool {
	return at >= s.cuts[name] && s.held[name] == 0
}

func young(t time.Time) bool { return time.Since(t) < snapshotLife }

// meta answers from the snapshot. swept says that a sweep is there, so that a
// miss means "ask for this one".
func (s *snapshot) meta(name string) (m topicMeta, ok, swept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.metas[name]; ok && young(e.taken) {
		return e.value, true, true
	}
	if s.sweep == nil || !young(s.sweep.taken) {
		return topicMeta{}, false, false
	}
	if s.sweep.at < s.cuts[name] {
		return topicMeta{}, false, true
	}
	m, ok = s.sweep.topics[name]
	return m, ok, true
}

// absentBefore says whether the sweep proves that the topic was not there, or
// could not be seen, before anything was done to it.
func (s *snapshot) absentBefore(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweep == nil {
		return false
	}
	_, there := s.sweep.topics[name]
	_, seen := s.metas[name]
	return !there && !seen
}

// wholeSweep answers when nothing was cut out of the sweep since it was taken.
func (s *snapshot) wholeSweep() (map[string]topicMeta, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweep == nil || !young(s.sweep.taken) {
		return nil, false
	}
	for _, at := range s.cuts {
		if at > s.sweep.at {
			return nil, false
		}
	}
	return s.sweep.topics, true
}

func (s *snapshot) keepSweep(at uint64, topics map[string]topicMeta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweep != nil && s.sweep.at > at {
		return
	}
	s.sweep = &sweep{at: at, taken: time.Now(), topics: topics}
	maps.DeleteFunc(s.metas, func(_ string, e stamped[topicMeta]) bool { return e.at <= at })
}

func (s *snapshot) keepMeta(at uint64, m topicMeta) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keepable(m.topic.Name, at) {
		s.metas[m.topic.Name] = stamped[topicMeta]{at, time.Now(), m}
	}
}

func (s *snapshot) config(name string) (map[string]ConfigEntry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.configs[name]
	if !ok || !young(e.taken) {
		return nil, false
	}
	return e.value, true
}

func (s *snapshot) keepConfig(at uint64, name string, entries map[string]ConfigEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keepable(name, at) {
		s.configs[name] = stamped[map[string]ConfigEntry]{at, time.Now(), entries}
	}
}

// unread lists up to n topics of the sweep whose configuration is not known
// yet: likely to be asked for next, so they ride along.
func (s *snapshot) unread(n int, not map[string]bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sweep == nil {
		return nil
	}
	var out []string
	for name, m := range s.sweep.topics {
		if len(out) >= n {
			break
		}
		if _, known := s.configs[name]; known || not[name] || m.topic.Internal || s.cuts[name] > s.sweep.at {
			continue
		}
		out = append(out, name)
	}
	return out
}

// sweepTopics takes the sweep, once for all who ask at the same time.
func (c *Client) sweepTopics(ctx context.Context) error {
	_, err := shared(ctx, c, "sweep", "list topics", func(ctx context.Context) (struct{}, error) {
		// A sweep may have ended between the caller's look and this flight.
		if _, ok := c.snap.wholeSweep(); ok {
			return struct{}{}, nil
		}
		at := c.snap.now()
		topics, err := c.fetchAll(ctx, "list topics", anyBroker)
		if err == nil {
			c.snap.keepSweep(at, topics)
		}
		return struct{}{}, err
	})
	return err
}

// shared runs f once for all callers of the key at the same time, without the
// first caller's deadline: its leaving must not fail the others.
func shared[R any](ctx context.Context, c *Client, key, op string, f func(context.Context) (R, error)) (R, error) {
	own := context.WithoutCancel(ctx)
	ch := c.flight.DoChan(key, func() (any, error) {
		own, cancel := context.WithTimeout(own, 2*c.cfg.RequestTimeout)
		defer cancel()
		return f(own)
	})
	var zero R
	select {
	case res := <-ch:
		if res.Err != nil {
			return zero, res.Err
		}
		return res.Val.(R), nil
	case <-ctx.Done():
		return zero, contextError(ctx, op, "")
	}
}

// fetchAll asks for every topic that the principal may see.
func (c *Client) fetchAll(ctx context.Context, op string, to route) (map[string]topicMeta, error) {
	resp, err := ask(ctx, c, request[*sarama.MetadataResponse]{
		op: op, route: to,
		send: func(b *sarama.Broker) (*sarama.MetadataResponse, error) {
			return b.GetMetadata(sarama.NewMetadataRequest(protocolVersion, nil))
		},
		judge: func(*sarama.MetadataResponse) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	out := make(map[string]topicMeta, len(resp.Topics))
	for _, t := range resp.Topics {
		if t.Err == sarama.ErrNoError {
			out[t.Name] = metaOf(t)
		}
	}
	return out, nil
}

func metaOf(t *sarama.TopicMetadata) topicMeta {
	m := topicMeta{id: t.Uuid, topic: Topic{Name: t.Name, Partitions: int32(len(t.Partitions)), Internal: t.IsInternal}}
	for _, p := range t.Partitions {
		m.partitions = append(m.partitions, Partition{Topic: t.Name, Partition: p.ID, Leader: p.Leader, Replicas: p.Replicas, ISR: p.Isr})
		if p.ID == 0 {
			m.topic.ReplicationFactor = int16(len(p.Replicas))
		}
	}
	for _, p := range t.Partitions {
		if int16(len(p.Replicas)) != m.topic.ReplicationFactor {
			m.topic.MixedReplication = true
		}
	}
	return m
}
