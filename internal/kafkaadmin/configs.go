package kafkaadmin

import (
	"context"
	"strconv"

	"github.com/IBM/sarama"
)

type described struct {
	entries map[string]ConfigEntry
	err     error
}

// describeConfigs asks for many resources of one type in one request, whole or
// only the given keys. Errors of one resource stay with it.
func (c *Client) describeConfigs(ctx context.Context, op string, kind sarama.ConfigResourceType, names, keys []string, to route) (map[string]described, error) {
	return c.describeConfigsWith(ctx, request[*sarama.DescribeConfigsResponse]{op: op, route: to}, kind, names, keys)
}

func (c *Client) describeConfigsWith(ctx context.Context, q request[*sarama.DescribeConfigsResponse], kind sarama.ConfigResourceType, names, keys []string) (map[string]described, error) {
	resources := make([]*sarama.ConfigResource, 0, len(names))
	for _, n := range names {
		resources = append(resources, &sarama.ConfigResource{Type: kind, Name: n, ConfigNames: keys})
	}
	q.send = func(b *sarama.Broker) (*sarama.DescribeConfigsResponse, error) {
		return b.DescribeConfigs(&sarama.DescribeConfigsRequest{Version: 4, Resources: resources})
	}
	q.judge = func(r *sarama.DescribeConfigsResponse) error {
		for _, res := range r.Resources {
			if code := sarama.KError(res.ErrorCode); patient[code] {
				return answer(code, &res.ErrorMsg)
			}
		}
		return nil
	}
	resp, err := ask(ctx, c, q)
	if err != nil {
		return nil, err
	}
	out := make(map[string]described, len(resp.Resources))
	for _, r := range resp.Resources {
		if code := sarama.KError(r.ErrorCode); code != sarama.ErrNoError {
			out[r.Name] = described{err: codeError(q.op, r.Name, code, r.ErrorMsg)}
			continue
		}
		entries := make(map[string]ConfigEntry, len(r.Configs))
		for _, e := range r.Configs {
			ce := ConfigEntry{Value: e.Value, Source: sourceOf(e.Source), Sensitive: e.Sensitive, ReadOnly: e.ReadOnly}
			if e.Sensitive {
				ce.Value = ""
			}
			entries[e.Name] = ce
		}
		out[r.Name] = described{entries: entries}
	}
	return out, nil
}

func sourceOf(s sarama.ConfigSource) Source {
	switch s {
	case sarama.SourceTopic:
		return SourceTopic
	case sarama.SourceDynamicBroker:
		return SourceDynamicBroker
	case sarama.SourceDynamicDefaultBroker:
		return SourceDynamicDefaultBroker
	case sarama.SourceStaticBroker:
		return SourceStaticBroker
	case sarama.SourceDefault:
		return SourceDefault
	default:
		return SourceUnknown
	}
}

// brokerResource names a broker's configuration and who answers for it: a
// broker for itself, anyone for the cluster-wide default (-1).
func brokerResource(id int32) (name string, to route) {
	if id < 0 {
		return "", anyBroker
	}
	return strconv.Itoa(int(id)), broker(id)
}

// BrokerConfig gives a broker's configuration, or with -1 the cluster-wide
// dynamic default, freshly asked.
func (c *Client) BrokerConfig(ctx context.Context, broker int32) (map[string]ConfigEntry, error) {
	const op = "read configuration of broker"
	name, to := brokerResource(broker)
	got, err := c.describeConfigs(ctx, op, sarama.BrokerResource, []string{name}, nil, to)
	if err != nil {
		return nil, about(err, name)
	}
	r, ok := got[name]
	if !ok {
		return nil, &Error{Op: op, Object: name, Message: "the broker answered for another resource", Err: ErrUnsupported}
	}
	return r.entries, r.err
}

// AlterBrokerConfig sets and resets dynamic configuration of a broker, or with
// -1 of the cluster-wide default, and leaves every other key alone. It returns
// when the broker (with -1: every live broker) shows it.
func (c *Client) AlterBrokerConfig(ctx context.Context, broker int32, set map[string]string, unset []string) error {
	const op = "change configuration of broker"
	if len(set)+len(unset) == 0 {
		return nil
	}
	name, to := brokerResource(broker)
	if broker < 0 {
		to = theController
	}
	a := alteration{name: name, set: set, unset: unset}
	errs, err := c.incrementalAlter(ctx, op, sarama.BrokerResource, []alteration{a}, false, to)
	if err != nil {
		return about(err, name)
	}
	if err := errs[name]; err != nil {
		return err
	}
	layers := []Source{SourceDynamicBroker}
	if broker < 0 {
		// The cluster-wide resource holds nothing but its own layer.
		layers = append(layers, SourceDynamicDefaultBroker)
	}
	return c.awaitBrokerConfig(ctx, op, broker, name, a, layers...)
}
