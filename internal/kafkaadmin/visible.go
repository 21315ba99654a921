package kafkaadmin

import (
	"context"
	"errors"
	"slices"

	"github.com/IBM/sarama"
)

// showsTopic looks for topics with at least the wanted number of partitions.
func showsTopic[T any](c *Client, op string, w *writing[T], partitions func(T) int32) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		topics, err := c.fetchNamedOnce(ctx, op, names, b)
		if err != nil {
			return nil, err
		}
		shown := map[string]error{}
		for _, t := range topics {
			of, ok := w.of(t.Name)
			switch {
			case !ok:
			case t.Err == sarama.ErrNoError:
				if m := metaOf(t); m.topic.Partitions >= partitions(of) {
					w.saw(m)
					shown[t.Name] = nil
				}
			case denies(t.Err):
				shown[t.Name] = codeError(op, t.Name, t.Err, "")
			}
		}
		return shown, nil
	}
}

// showsGone looks for topics that a broker does not know any more.
func (c *Client) showsGone(op string) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		topics, err := c.fetchNamedOnce(ctx, op, names, b)
		if err != nil {
			return nil, err
		}
		shown := map[string]error{}
		for _, t := range topics {
			switch {
			case t.Err == sarama.ErrUnknownTopicOrPartition:
				shown[t.Name] = nil
			case denies(t.Err):
				shown[t.Name] = codeError(op, t.Name, t.Err, "")
			}
		}
		return shown, nil
	}
}

// showsConfig looks for altered topic configurations.
func (c *Client) showsConfig(op string, w *writing[alteration]) probe {
	return func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		return c.configShown(ctx, op, sarama.TopicResource, address(b.addr()), names, func(name string, got map[string]ConfigEntry) bool {
			a, ok := w.of(name)
			return ok && a.shows(got, SourceTopic)
		})
	}
}

func (c *Client) configShown(ctx context.Context, op string, kind sarama.ConfigResourceType, to route, names []string, ok func(string, map[string]ConfigEntry) bool) (map[string]error, error) {
	got, err := c.describeConfigsWith(ctx, request[*sarama.DescribeConfigsResponse]{op: op, route: to, rounds: 1, noRefresh: true}, kind, names, nil)
	if err != nil {
		return nil, err
	}
	shown := map[string]error{}
	for name, r := range got {
		switch {
		case r.err != nil && !errors.Is(r.err, ErrNotFound):
			shown[name] = r.err
		case r.err == nil && ok(name, r.entries):
			shown[name] = nil
		}
	}
	return shown, nil
}

// awaitBrokerConfig waits until the broker, or for the cluster-wide default
// every live broker, shows a change.
func (c *Client) awaitBrokerConfig(ctx context.Context, op string, id int32, name string, a alteration, sources ...Source) error {
	var result error
	look := func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		if id >= 0 && b.ID != id {
			return map[string]error{name: nil}, nil
		}
		return c.configShown(ctx, op, sarama.BrokerResource, address(b.addr()), names, func(_ string, got map[string]ConfigEntry) bool {
			return a.shows(got, sources...)
		})
	}
	c.awaitAll(ctx, op, []string{name}, look, func(_ string, err error) { result = err })
	return result
}

// shows says whether the entries agree with the change, in one of the layers
// that it may appear in. A secret's value
// cannot be read back, its source can.
func (a alteration) shows(got map[string]ConfigEntry, sources ...Source) bool {
	for k, v := range a.set {
		e, ok := got[k]
		if !ok || !slices.Contains(sources, e.Source) || (!e.Sensitive && !SameConfigValue(v, e.Value)) {
			return false
		}
	}
	for _, k := range a.unset {
		if e, ok := got[k]; ok && slices.Contains(sources, e.Source) {
			return false
		}
	}
	return true
}
