package kafkaadmin

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/IBM/sarama"
)

// configBatch is how many topics one DescribeConfigs request asks for: about
// 40 entries each, a few MB in all.
const configBatch = 1000

// Topic gives a topic with its configuration, from the snapshot where that
// holds. ErrNotFound only when the brokers said that the topic does not exist;
// a principal that may not see it gets ErrAuthorization.
func (c *Client) Topic(ctx context.Context, name string) (Topic, error) {
	m, err := c.meta(ctx, name)
	if err != nil {
		return Topic{}, err
	}
	entries, ok := c.snap.config(name)
	if !ok {
		if entries, err = c.readConfig(ctx, name); err != nil {
			return Topic{}, err
		}
	}
	t := m.topic
	t.Config = maps.Clone(entries)
	return t, nil
}

// Topics gives every topic that the principal may see, without configurations.
func (c *Client) Topics(ctx context.Context) (map[string]Topic, error) {
	all, ok := c.snap.wholeSweep()
	if !ok {
		if err := c.sweepTopics(ctx); err != nil {
			return nil, err
		}
		if all, ok = c.snap.wholeSweep(); !ok {
			// Something was written meanwhile: what was there when asked is the answer.
			var err error
			if all, err = c.fetchAll(ctx, "list topics", anyBroker); err != nil {
				return nil, err
			}
		}
	}
	out := make(map[string]Topic, len(all))
	for name, m := range all {
		out[name] = m.topic
	}
	return out, nil
}

// readConfig asks for the configuration of a topic that was seen. One broker's
// word that there is no such topic is not enough.
func (c *Client) readConfig(ctx context.Context, name string) (map[string]ConfigEntry, error) {
	const op = "read configuration of topic"
	entries, err := c.configs.do(ctx, op, name, name)
	if !errors.Is(err, ErrNotFound) {
		return entries, err
	}
	if _, err := c.metas.do(ctx, "read topic", name, name); err != nil {
		return nil, err
	}
	if entries, err = c.configs.do(ctx, op, name, name); errors.Is(err, ErrNotFound) {
		return nil, &Error{Op: op, Object: name, Message: "the brokers do not agree whether the topic exists: it is being made or deleted, or a broker has lost touch with the cluster", Err: ErrUnreachable}
	}
	return entries, err
}

func (c *Client) meta(ctx context.Context, name string) (topicMeta, error) {
	m, ok, swept := c.snap.meta(name)
	if !ok && !swept {
		if err := c.sweepTopics(ctx); err != nil {
			return topicMeta{}, about(err, name)
		}
		m, ok, _ = c.snap.meta(name)
	}
	if ok {
		return m, nil
	}
	// A sweep leaves out what the principal may not see, so a miss proves
	// nothing: ask by name.
	return c.metas.do(ctx, "read topic", name, name)
}

// confirmations is how many brokers are asked before a topic counts as gone: a
// broker that has just started can lag behind. Where fewer answer, proof is
// enough, and where the cluster has but one, that one.
const (
	confirmations = 3
	proof         = 2
)

func (c *Client) runMetas(ctx context.Context, items []*item[string, topicMeta]) {
	const op = "read topic"
	open := make(map[string]*item[string, topicMeta], len(items))
	for _, it := range items {
		open[it.of] = it
	}
	settle := func(t *sarama.TopicMetadata, at uint64) {
		it := open[t.Name]
		if it == nil {
			return
		}
		switch t.Err {
		case sarama.ErrNoError:
			m := metaOf(t)
			c.snap.keepMeta(at, m)
			it.answer(m, nil)
		case sarama.ErrUnknownTopicOrPartition:
			return
		default:
			it.answer(topicMeta{}, codeError(op, t.Name, t.Err, ""))
		}
		delete(open, t.Name)
	}
	var first string
	at := c.snap.now()
	resp, err := c.namedMetadata(ctx, request[*sarama.MetadataResponse]{op: op, route: anyBroker, by: &first}, slices.Collect(maps.Keys(open)))
	if err != nil {
		for name, it := range open {
			it.answer(topicMeta{}, about(err, name))
		}
		return
	}
	for _, t := range resp {
		settle(t, at)
	}
	w := witnesses{answered: map[string]bool{first: true}, silent: map[string]error{}}
	askRest := func() {
		for _, b := range c.currentView().witnesses() {
			if len(open) == 0 || w.count(c.currentView()) >= confirmations || w.heard(b) || w.silent[b.addr()] != nil {
				continue
			}
			at := c.snap.now()
			resp, err := c.fetchNamedOnce(ctx, op, slices.Collect(maps.Keys(open)), b)
			if err != nil { // a broker that cannot be asked proves nothing either way
				w.silent[b.addr()] = err
				continue
			}
			w.answered[b.addr()] = true
			for _, t := range resp {
				settle(t, at)
			}
		}
	}
	askRest()
	// The brokers that did not answer may have left the cluster since the view was taken.
	if len(open) > 0 && !w.suffice(c.currentView()) && c.refreshOnce(ctx) == nil {
		askRest()
	}
	for name, it := range open {
		if !w.suffice(c.currentView()) {
			it.answer(topicMeta{}, w.unproven(op, name))
			continue
		}
		it.answer(topicMeta{}, codeError(op, name, sarama.ErrUnknownTopicOrPartition, ""))
	}
}

func (c *Client) fetchNamed(ctx context.Context, op string, names []string, to route) ([]*sarama.TopicMetadata, error) {
	return c.namedMetadata(ctx, request[*sarama.MetadataResponse]{op: op, route: to}, names)
}

// fetchNamedOnce asks one broker, without patience.
func (c *Client) fetchNamedOnce(ctx context.Context, op string, names []string, b Broker) ([]*sarama.TopicMetadata, error) {
	return c.namedMetadata(ctx, request[*sarama.MetadataResponse]{op: op, route: address(b.addr()), rounds: 1, noRefresh: true}, names)
}

func (c *Client) namedMetadata(ctx context.Context, q request[*sarama.MetadataResponse], names []string) ([]*sarama.TopicMetadata, error) {
	q.send = func(b *sarama.Broker) (*sarama.MetadataResponse, error) {
		// Names are given, so nothing must come into being by being asked for:
		// AllowAutoTopicCreation stays false.
		return b.GetMetadata(sarama.NewMetadataRequest(protocolVersion, names))
	}
	q.judge = func(*sarama.MetadataResponse) error { return nil }
	resp, err := ask(ctx, c, q)
	if err != nil {
		return nil, err
	}
	return resp.Topics, nil
}

func (c *Client) runConfigs(ctx context.Context, items []*item[string, map[string]ConfigEntry]) {
	const op = "read configuration of topic"
	asked := make(map[string]*item[string, map[string]ConfigEntry], len(items))
	taken := make(map[string]bool, len(items))
	var names []string
	for _, it := range items {
		// Another round may have brought it along in the meantime.
		if entries, ok := c.snap.config(it.of); ok {
			it.answer(entries, nil)
			continue
		}
		asked[it.of], taken[it.of] = it, true
		names = append(names, it.of)
	}
	if len(names) == 0 {
		return
	}
	names = append(names, c.snap.unread(configBatch-len(names), taken)...)
	for chunk := range slices.Chunk(names, configBatch) {
		at := c.snap.now()
		got, err := c.describeConfigs(ctx, op, sarama.TopicResource, chunk, nil, anyBroker)
		for _, name := range chunk {
			it := asked[name]
			switch r, ok := got[name]; {
			case err != nil:
				if it != nil {
					it.answer(nil, about(err, name))
				}
			case !ok:
				if it != nil {
					it.answer(nil, codeError(op, name, sarama.ErrUnknownTopicOrPartition, ""))
				}
			case r.err != nil:
				if it != nil {
					it.answer(nil, r.err)
				}
			default:
				c.snap.keepConfig(at, name, r.entries)
				if it != nil {
					it.answer(r.entries, nil)
				}
			}
		}
	}
}

// Partitions lists every partition of every topic, internal ones too, freshly
// asked, by topic and number.
func (c *Client) Partitions(ctx context.Context) ([]Partition, error) {
	return c.partitions(ctx, anyBroker)
}

// PartitionsFrom is Partitions as one broker sees it. After a restart only the
// restarted broker knows that it is back: the others show their old picture
// until its session ends.
func (c *Client) PartitionsFrom(ctx context.Context, brokerID int32) ([]Partition, error) {
	// The broker may have come back at another address.
	if err := c.refresh(ctx, "read partitions from broker", strconv.Itoa(int(brokerID))); err != nil {
		return nil, err
	}
	ps, err := c.partitions(ctx, broker(brokerID))
	return ps, about(err, strconv.Itoa(int(brokerID)))
}

func (c *Client) partitions(ctx context.Context, to route) ([]Partition, error) {
	all, err := c.fetchAll(ctx, "read partitions", to)
	if err != nil {
		return nil, err
	}
	var out []Partition
	for _, m := range all {
		out = append(out, m.partitions...)
	}
	slices.SortFunc(out, func(a, b Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out, nil
}

// MinISR gives min.insync.replicas of each topic, freshly asked. A topic that
// is deleted meanwhile is left out.
func (c *Client) MinISR(ctx context.Context, topics []string) (map[string]int, error) {
	const op, key = "read min.insync.replicas of topic", "min.insync.replicas"
	out := make(map[string]int, len(topics))
	names := slices.Compact(slices.Sorted(slices.Values(topics)))
	for chunk := range slices.Chunk(names, configBatch) {
		got, err := c.describeConfigs(ctx, op, sarama.TopicResource, chunk, []string{key}, anyBroker)
		if err != nil {
			return nil, err
		}
		for _, name := range chunk {
			r, ok := got[name]
			if !ok || errors.Is(r.err, ErrNotFound) {
				continue
			}
			if r.err != nil {
				return nil, r.err
			}
			n, err := strconv.Atoi(r.entries[key].Value)
			if err != nil {
				return nil, &Error{Op: op, Object: name, Message: "the broker answers no number for min.insync.replicas", Err: errors.Join(ErrUnsupported, err)}
			}
			out[name] = n
		}
	}
	return out, nil
}
