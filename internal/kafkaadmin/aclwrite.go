package kafkaadmin

import (
	"context"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

const (
	opCreateACL = "create ACL"
	opDeleteACL = "delete ACL"
)

// CreateACL creates an ACL and waits until every live broker shows it. An ACL
// that exists already is left as it is: the two cannot be told apart.
func (c *Client) CreateACL(ctx context.Context, a ACL) error {
	if _, err := a.binding(opCreateACL); err != nil {
		return err
	}
	_, err := c.aclCreates.do(ctx, opCreateACL, a.String(), a)
	return err
}

// DeleteACL deletes exactly this ACL and waits until no live broker shows it.
// Deleting what is not there succeeds.
func (c *Client) DeleteACL(ctx context.Context, a ACL) error {
	if _, err := a.binding(opDeleteACL); err != nil {
		return err
	}
	_, err := c.aclDeletes.do(ctx, opDeleteACL, a.String(), a)
	return err
}

// aclWriting settles a round of ACL writes.
type aclWriting struct {
	c    *Client
	want bool // present afterwards

	mu   sync.Mutex
	open map[string]*item[ACL, struct{}]
	acls map[string]ACL
}

func newACLWriting(c *Client, items []*item[ACL, struct{}], want bool) *aclWriting {
	w := &aclWriting{c: c, want: want, open: map[string]*item[ACL, struct{}]{}, acls: map[string]ACL{}}
	for _, it := range items {
		w.open[it.of.String()], w.acls[it.of.String()] = it, it.of
		c.snap.cutACL(it.of)
	}
	return w
}

func (w *aclWriting) settle(name string, err error) {
	w.mu.Lock()
	it := w.open[name]
	delete(w.open, name)
	w.mu.Unlock()
	if it == nil {
		return
	}
	w.c.snap.cutACL(it.of)
	if err == nil {
		w.c.snap.sawACL(it.of, w.want)
	}
	it.answer(struct{}{}, err)
}

func (w *aclWriting) left() []*item[ACL, struct{}] {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]*item[ACL, struct{}], 0, len(w.open))
	for _, it := range w.open {
		out = append(out, it)
	}
	return out
}

func (w *aclWriting) await(ctx context.Context, op string) {
	left := w.left()
	names := make([]string, 0, len(left))
	for _, it := range left {
		it.taken.Store(true)
		names = append(names, it.of.String())
	}
	w.c.awaitAll(ctx, op, names, func(ctx context.Context, b Broker, names []string) (map[string]error, error) {
		acls := make([]ACL, 0, len(names))
		for _, n := range names {
			acls = append(acls, w.acls[n])
		}
		got, err := w.c.describeACLsWith(ctx, request[*sarama.DescribeAclsResponse]{op: op, route: address(b.addr()), rounds: 1, noRefresh: true}, narrowest(acls))
		if err != nil {
			return nil, err
		}
		shown := map[string]error{}
		for i, n := range names {
			if got[acls[i]] == w.want {
				shown[n] = nil
			}
		}
		return shown, nil
	}, w.settle)
}

func (c *Client) runACLCreates(ctx context.Context, items []*item[ACL, struct{}]) {
	w := newACLWriting(c, items, true)
	pending := items
	_, err := ask(ctx, c, request[*sarama.CreateAclsResponse]{
		op: opCreateACL, route: theController, write: true,
		send: func(b *sarama.Broker) (*sarama.CreateAclsResponse, error) {
			req := &sarama.CreateAclsRequest{Version: 2}
			for _, it := range pending {
				cr, err := it.of.binding(opCreateACL)
				if err != nil {
					return nil, err
				}
				req.AclCreations = append(req.AclCreations, &cr)
			}
			resp, err := b.CreateAcls(req)
			if resp != nil {
				// sarama makes one error of what failed in the batch; judge
				// looks at each ACL.
				err = nil
			}
			return resp, err
		},
		judge: func(r *sarama.CreateAclsResponse) error {
			if len(r.AclCreationResponses) != len(pending) {
				return &Error{Op: opCreateACL, Message: "the broker answered for another number of ACLs", Err: ErrUnsupported}
			}
			var again error
			var next []*item[ACL, struct{}]
			for i, cr := range r.AclCreationResponses {
				switch name := pending[i].of.String(); {
				case cr.Err == sarama.ErrNoError:
				case patient[cr.Err]:
					again = answer(cr.Err, cr.ErrMsg)
					next = append(next, pending[i])
				default:
					w.settle(name, codeError(opCreateACL, name, cr.Err, text(cr.ErrMsg)))
				}
			}
			pending = next
			return again
		},
	})
	w.finish(ctx, opCreateACL, pending, err)
}

func (c *Client) runACLDeletes(ctx context.Context, items []*item[ACL, struct{}]) {
	w := newACLWriting(c, items, false)
	pending := items
	_, err := ask(ctx, c, request[*sarama.DeleteAclsResponse]{
		op: opDeleteACL, route: theController, write: true,
		send: func(b *sarama.Broker) (*sarama.DeleteAclsResponse, error) {
			req := &sarama.DeleteAclsRequest{Version: 2}
			for _, it := range pending {
				f := narrowest([]ACL{it.of})
				req.Filters = append(req.Filters, &f)
			}
			return b.DeleteAcls(req)
		},
		judge: func(r *sarama.DeleteAclsResponse) error {
			if len(r.FilterResponses) != len(pending) {
				return &Error{Op: opDeleteACL, Message: "the broker answered for another number of ACLs", Err: ErrUnsupported}
			}
			var again error
			var next []*item[ACL, struct{}]
			for i, fr := range r.FilterResponses {
				code, msg := fr.Err, fr.ErrMsg
				for _, m := range fr.MatchingAcls {
					if code == sarama.ErrNoError && m.Err != sarama.ErrNoError {
						code, msg = m.Err, m.ErrMsg
					}
				}
				switch name := pending[i].of.String(); {
				case code == sarama.ErrNoError:
				case patient[code]:
					again = answer(code, msg)
					next = append(next, pending[i])
				default:
					w.settle(name, codeError(opDeleteACL, name, code, text(msg)))
				}
			}
			pending = next
			return again
		},
	})
	w.finish(ctx, opDeleteACL, pending, err)
}

// finish fails what was never accepted and waits for the rest.
func (w *aclWriting) finish(ctx context.Context, op string, pending []*item[ACL, struct{}], err error) {
	if err != nil {
		for _, it := range pending {
			w.settle(it.of.String(), about(err, it.of.String()))
		}
	}
	w.await(ctx, op)
}

// The ACL half of the snapshot.

func (s *snapshot) acl(a ACL) (has, ok, swept bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.aclSeen[a]; ok && young(e.taken) {
		return e.value, true, true
	}
	if s.acls == nil || !young(s.acls.taken) {
		return false, false, false
	}
	if s.acls.at < s.aclCuts[a] {
		return false, false, true
	}
	return s.acls.acls[a], true, true
}

func (s *snapshot) wholeACLs() (map[ACL]bool, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acls == nil || !young(s.acls.taken) {
		return nil, false
	}
	for _, at := range s.aclCuts {
		if at > s.acls.at {
			return nil, false
		}
	}
	return s.acls.acls, true
}

func (s *snapshot) keepACLs(at uint64, acls map[ACL]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.acls == nil || s.acls.at <= at {
		s.acls = &aclSweep{at: at, taken: time.Now(), acls: acls}
	}
}

func (s *snapshot) cutACL(a ACL) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tick++
	s.aclCuts[a] = s.tick
	delete(s.aclSeen, a)
}

func (s *snapshot) sawACL(a ACL, has bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aclSeen[a] = stamped[bool]{s.tick, time.Now(), has}
}
