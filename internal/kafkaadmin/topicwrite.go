package kafkaadmin

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
)

// partitionBatch bounds the partitions of one CreateTopics or CreatePartitions
// request; KRaft controllers refuse more than 10,000.
const partitionBatch = 5000

const (
	opCreate = "create topic"
	opGrow   = "add partitions to topic"
	opDelete = "delete topic"
)

// CreateTopic creates a topic and waits until every live broker shows it. With
// validateOnly Kafka judges the request and nothing is made. A create whose
// answer was lost is looked up before it counts as failed.
func (c *Client) CreateTopic(ctx context.Context, t NewTopic, validateOnly bool) error {
	g := c.creates
	if validateOnly {
		g = c.createTry
	}
	_, err := g.do(ctx, opCreate, t.Name, t)
	return err
}

type growth struct {
	name  string
	total int32
}

// CreatePartitions grows a topic to a total number of partitions and waits
// until every live broker shows them.
func (c *Client) CreatePartitions(ctx context.Context, name string, total int32, validateOnly bool) error {
	g := c.grows
	if validateOnly {
		g = c.growTry
	}
	_, err := g.do(ctx, opGrow, name, growth{name, total})
	return err
}

// DeleteTopic deletes a topic and waits until no live broker shows it.
// ErrNotFound when there was none.
func (c *Client) DeleteTopic(ctx context.Context, name string) error {
	_, err := c.deletes.do(ctx, opDelete, name, name)
	return err
}

// attempts tells whether an earlier attempt may have been carried out without
// its answer coming back.
type attempts struct {
	sent   atomic.Int32
	judged int32
	// unsure names got REQUEST_TIMED_OUT: Kafka may finish them later.
	unsure map[string]bool
}

func (a *attempts) send() { a.sent.Add(1) }

// maybeDone is for judge, after counting the answer at hand.
func (a *attempts) maybeDone(name string) bool {
	return a.unsure[name] || a.sent.Load() > a.judged
}

func (c *Client) wireTimeout() time.Duration { return c.cfg.RequestTimeout / 2 }

func (c *Client) runCreates(validateOnly bool) func(context.Context, []*item[NewTopic, struct{}]) {
	return func(ctx context.Context, items []*item[NewTopic, struct{}]) {
		absent := map[string]bool{}
		if !validateOnly {
			// Needed to tell a topic of ours, whose answer was lost, from one
			// that was there before; once per process.
			if _, _, swept := c.snap.meta(""); !swept {
				if err := c.sweepTopics(ctx); err != nil {
					for _, it := range items {
						it.answer(struct{}{}, about(relabel(err, opCreate), it.of.Name))
					}
					return
				}
			}
			for _, it := range items {
				absent[it.of.Name] = c.snap.absentBefore(it.of.Name)
			}
		}
		for _, chunk := range chunked(items, func(t NewTopic) int32 { return t.Partitions }) {
			c.createChunk(ctx, chunk, absent, validateOnly)
		}
	}
}

// chunked splits a round so that no request asks for too many partitions.
func chunked[T any](items []*item[T, struct{}], weight func(T) int32) [][]*item[T, struct{}] {
	var out [][]*item[T, struct{}]
	var sum int32
	for _, it := range items {
		w := max(1, weight(it.of))
		if len(out) == 0 || sum+w > partitionBatch {
			out, sum = append(out, nil), 0
		}
		sum += w
		out[len(out)-1] = append(out[len(out)-1], it)
	}
	return out
}

func (c *Client) createChunk(ctx context.Context, items []*item[NewTopic, struct{}], absent map[string]bool, validateOnly bool) {
	w := newWriting(c, items, !validateOnly, func(t NewTopic) string { return t.Name })
	details := make(map[string]*sarama.TopicDetail, len(items))
	for _, it := range items {
		d := &sarama.TopicDetail{NumPartitions: it.of.Partitions, ReplicationFactor: it.of.ReplicationFactor, ConfigEntries: map[string]*string{}}
		for k, v := range it.of.Config {
			d.ConfigEntries[k] = &v
		}
		details[it.of.Name] = d
	}
	tries := attempts{unsure: map[string]bool{}}
	check := map[string]error{} // names that may be ours in spite of the answer
	_, err := ask(ctx, c, request[*sarama.CreateTopicsResponse]{
		op: opCreate, route: theController, write: true,
		send: func(b *sarama.Broker) (*sarama.CreateTopicsResponse, error) {
			tries.send()
			return b.CreateTopics(sarama.NewCreateTopicsRequest(protocolVersion, details, c.wireTimeout(), validateOnly))
		},
		judge: func(r *sarama.CreateTopicsResponse) error {
			tries.judged++
			var again error
			for name, te := range r.TopicErrors {
				switch {
				case te.Err == sarama.ErrNoError:
				case te.Err == sarama.ErrTopicAlreadyExists && absent[name] && tries.maybeDone(name):
					check[name] = codeError(opCreate, name, te.Err, text(te.ErrMsg))
				case patient[te.Err]:
					tries.unsure[name] = te.Err == sarama.ErrRequestTimedOut || tries.unsure[name]
					again = answer(te.Err, te.ErrMsg)
					continue
				default:
					w.settle(name, codeError(opCreate, name, te.Err, text(te.ErrMsg)))
				}
				delete(details, name)
			}
			return again
		},
	})
	if err != nil {
		for name := range details {
			if validateOnly || !absent[name] || ctx.Err() != nil {
				w.settle(name, about(err, name))
			} else {
				check[name] = about(err, name)
			}
		}
	}
	if validateOnly {
		w.settleRest(nil)
		return
	}
	c.recognise(ctx, w, check)
	w.await(ctx, opCreate, showsTopic(c, opCreate, w, func(t NewTopic) int32 { return max(1, t.Partitions) }))
}

// recognise looks for topics that were created although the answer was lost.
// What is not there, or has another shape, keeps its error.
func (c *Client) recognise(ctx context.Context, w *writing[NewTopic], check map[string]error) {
	if len(check) == 0 {
		return
	}
	names := make([]string, 0, len(check))
	for n := range check {
		names = append(names, n)
	}
	if topics, err := c.fetchNamed(ctx, opCreate, names, theController); err == nil {
		for _, t := range topics {
			want, ok := w.of(t.Name)
			if !ok || t.Err != sarama.ErrNoError {
				continue
			}
			got := metaOf(t).topic
			if (want.Partitions < 1 || want.Partitions == got.Partitions) &&
				(want.ReplicationFactor < 1 || want.ReplicationFactor == got.ReplicationFactor) {
				delete(check, t.Name)
			}
		}
	}
	for name, err := range check {
		w.settle(name, err)
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (c *Client) runGrows(validateOnly bool) func(context.Context, []*item[growth, struct{}]) {
	return func(ctx context.Context, items []*item[growth, struct{}]) {
		for _, chunk := range chunked(items, func(g growth) int32 { return g.total }) {
			c.growChunk(ctx, chunk, validateOnly)
		}
	}
}

func (c *Client) growChunk(ctx context.Context, items []*item[growth, struct{}], validateOnly bool) {
	w := newWriting(c, items, !validateOnly, func(g growth) string { return g.name })
	wanted := make(map[string]*sarama.TopicPartition, len(items))
	for _, it := range items {
		wanted[it.of.name] = &sarama.TopicPartition{Count: it.of.total}
	}
	tries := attempts{unsure: map[string]bool{}}
	doubtful := map[string]error{}
	_, err := ask(ctx, c, request[*sarama.CreatePartitionsResponse]{
		op: opGrow, route: theController, write: true,
		send: func(b *sarama.Broker) (*sarama.CreatePartitionsResponse, error) {
			tries.send()
			return b.CreatePartitions(&sarama.CreatePartitionsRequest{Version: 3, TopicPartitions: wanted, Timeout: c.wireTimeout(), ValidateOnly: validateOnly})
		},
		judge: func(r *sarama.CreatePartitionsResponse) error {
			tries.judged++
			var again error
			for name, pe := range r.TopicPartitionErrors {
				switch {
				case pe.Err == sarama.ErrNoError:
				case pe.Err == sarama.ErrInvalidPartitions && tries.maybeDone(name):
					doubtful[name] = codeError(opGrow, name, pe.Err, text(pe.ErrMsg))
				case patient[pe.Err]:
					tries.unsure[name] = pe.Err == sarama.ErrRequestTimedOut || tries.unsure[name]
					again = answer(pe.Err, pe.ErrMsg)
					continue
				default:
					w.settle(name, codeError(opGrow, name, pe.Err, text(pe.ErrMsg)))
				}
				delete(wanted, name)
			}
			return again
		},
	})
	if err != nil {
		for name := range wanted {
			w.settle(name, about(err, name))
		}
	}
	if validateOnly {
		w.settleRest(nil)
		return
	}
	if len(doubtful) > 0 {
		names := make([]string, 0, len(doubtful))
		for n := range doubtful {
			names = append(names, n)
		}
		if topics, err := c.fetchNamed(ctx, opGrow, names, theController); err == nil {
			for _, t := range topics {
				if g, ok := w.of(t.Name); ok && t.Err == sarama.ErrNoError && int32(len(t.Partitions)) == g.total {
					delete(doubtful, t.Name)
				}
			}
		}
		for name, err := range doubtful {
			w.settle(name, err)
		}
	}
	w.await(ctx, opGrow, showsTopic(c, opGrow, w, func(g growth) int32 { return g.total }))
}

func (c *Client) runDeletes(ctx context.Context, items []*item[string, struct{}]) {
	w := newWriting(c, items, true, self[string])
	left := w.names()
	tries := attempts{unsure: map[string]bool{}}
	_, err := ask(ctx, c, request[*sarama.DeleteTopicsResponse]{
		op: opDelete, route: theController, write: true,
		send: func(b *sarama.Broker) (*sarama.DeleteTopicsResponse, error) {
			tries.send()
			return b.DeleteTopics(sarama.NewDeleteTopicsRequest(protocolVersion, left, c.wireTimeout()))
		},
		judge: func(r *sarama.DeleteTopicsResponse) error {
			tries.judged++
			var again error
			left = nil
			for name, code := range r.TopicErrorCodes {
				switch {
				case code == sarama.ErrNoError:
				case code == sarama.ErrUnknownTopicOrPartition && tries.maybeDone(name):
				case patient[code]:
					tries.unsure[name] = code == sarama.ErrRequestTimedOut || tries.unsure[name]
					again = answer(code, r.TopicErrorMessages[name])
					left = append(left, name)
				default:
					w.settle(name, codeError(opDelete, name, code, text(r.TopicErrorMessages[name])))
				}
			}
			return again
		},
	})
	if err != nil {
		for _, name := range left {
			w.settle(name, about(err, name))
		}
	}
	w.await(ctx, opDelete, c.showsGone(opDelete))
}
