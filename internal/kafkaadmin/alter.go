package kafkaadmin

import (
	"cmp"
	"context"

	"github.com/IBM/sarama"
)

// alteration is a change of some keys of one resource.
type alteration struct {
	name  string
	set   map[string]string
	unset []string
}

// AlterTopicConfig sets some keys of a topic's configuration and resets others
// to the cluster's default; keys that are not named stay as they are. It
// returns when every live broker shows it.
func (c *Client) AlterTopicConfig(ctx context.Context, name string, set map[string]string, unset []string, validateOnly bool) error {
	if len(set)+len(unset) == 0 {
		return nil
	}
	a := alteration{name, set, unset}
	if validateOnly {
		_, err := c.alterTry.do(ctx, opAlter, name, a)
		return err
	}
	_, err := c.alters.do(ctx, opAlter, name, a)
	return err
}

const opAlter = "change configuration of topic"

func (c *Client) runAlters(validateOnly bool) func(context.Context, []*item[alteration, struct{}]) {
	return func(ctx context.Context, items []*item[alteration, struct{}]) {
		changes := make([]alteration, 0, len(items))
		for _, it := range items {
			changes = append(changes, it.of)
		}
		if validateOnly {
			errs, err := c.incrementalAlter(ctx, opAlter, sarama.TopicResource, changes, true, theController)
			for _, it := range items {
				it.answer(struct{}{}, cmp.Or(about(err, it.of.name), errs[it.of.name]))
			}
			return
		}
		w := newWriting(c, items, true, func(a alteration) string { return a.name })
		errs, err := c.incrementalAlter(ctx, opAlter, sarama.TopicResource, changes, false, theController)
		for _, it := range items {
			if e := cmp.Or(about(err, it.of.name), errs[it.of.name]); e != nil {
				w.settle(it.of.name, e)
			}
		}
		w.await(ctx, opAlter, c.showsConfig(opAlter, w))
	}
}

// incrementalAlter sends the changes in one request. SET and DELETE are the
// same when done twice, so the request is safe to repeat.
func (c *Client) incrementalAlter(ctx context.Context, op string, kind sarama.ConfigResourceType, changes []alteration, validateOnly bool, to route) (map[string]error, error) {
	build := func() *sarama.IncrementalAlterConfigsRequest {
		req := &sarama.IncrementalAlterConfigsRequest{Version: 1, ValidateOnly: validateOnly}
		for _, ch := range changes {
			entries := make(map[string]sarama.IncrementalAlterConfigsEntry, len(ch.set)+len(ch.unset))
			for _, k := range ch.unset {
				entries[k] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationDelete}
			}
			for k, v := range ch.set {
				entries[k] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &v}
			}
			req.Resources = append(req.Resources, &sarama.IncrementalAlterConfigsResource{Type: kind, Name: ch.name, ConfigEntries: entries})
		}
		return req
	}
	errs := map[string]error{}
	_, err := ask(ctx, c, request[*sarama.IncrementalAlterConfigsResponse]{
		op: op, route: to, write: true,
		send: func(b *sarama.Broker) (*sarama.IncrementalAlterConfigsResponse, error) {
			return b.IncrementalAlterConfigs(build())
		},
		judge: func(r *sarama.IncrementalAlterConfigsResponse) error {
			var again error
			clear(errs)
			for _, res := range r.Resources {
				code := sarama.KError(res.ErrorCode)
				switch {
				case code == sarama.ErrNoError:
				case patient[code]:
					again = answer(code, &res.ErrorMsg)
				default:
					errs[res.Name] = codeError(op, res.Name, code, res.ErrorMsg)
				}
			}
			return again
		},
	})
	return errs, err
}
