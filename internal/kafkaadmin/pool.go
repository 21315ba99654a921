package kafkaadmin

import (
	"context"
	"errors"
	"sync"

	"github.com/IBM/sarama"
)

// pool keeps one sarama connection per address and lane. A connection is handed out
// only when it stands: sarama marks a broker as opened before it is connected,
// and a second user that comes in between gets ErrNotConnected.
type pool struct {
	cfg *sarama.Config

	mu     sync.Mutex
	conns  map[lane]*conn
	closed bool
}

// lane tells writes from reads: sarama serves a connection's requests one by
// one, and a controller can take its time over a write.
type lane struct {
	addr  string
	write bool
}

type conn struct {
	lane
	broker *sarama.Broker
	ready  chan struct{} // closed when broker stands or err is set
	err    error
}

func newPool(cfg *sarama.Config) *pool {
	return &pool{cfg: cfg, conns: map[lane]*conn{}}
}

var errClosed = errors.New("the Kafka client is closed")

// get gives the connection of a lane, opening it when there is none. fresh says
// that this call opened it.
func (p *pool) get(ctx context.Context, l lane) (cn *conn, fresh bool, err error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, false, errClosed
	}
	cn, ok := p.conns[l]
	if !ok {
		cn = &conn{lane: l, broker: sarama.NewBroker(l.addr), ready: make(chan struct{})}
		p.conns[l] = cn
		go p.open(cn)
	}
	p.mu.Unlock()
	select {
	case <-cn.ready:
		return cn, !ok, cn.err
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

func (p *pool) open(cn *conn) {
	defer close(cn.ready)
	if err := cn.broker.Open(p.cfg); err != nil {
		cn.err = err
	} else if ok, err := cn.broker.Connected(); err != nil {
		cn.err = err
	} else if !ok {
		cn.err = sarama.ErrNotConnected
	}
	if cn.err != nil {
		p.forget(cn)
		return
	}
	p.mu.Lock()
	late := p.closed
	p.mu.Unlock()
	if late {
		cn.err = errClosed
		_ = cn.broker.Close()
	}
}

func (p *pool) forget(cn *conn) {
	p.mu.Lock()
	if p.conns[cn.lane] == cn {
		delete(p.conns, cn.lane)
	}
	p.mu.Unlock()
}

// drop forgets a connection that failed and closes it. Closing waits for a
// request that is under way, so it happens aside.
func (p *pool) drop(cn *conn) {
	p.forget(cn)
	go func() { _ = cn.broker.Close() }()
}

// standing lists the addresses with a connection that stands.
func (p *pool) standing() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make(map[string]bool, len(p.conns))
	for l, cn := range p.conns {
		select {
		case <-cn.ready:
			out[l.addr] = out[l.addr] || cn.err == nil
		default:
		}
	}
	return out
}

func (p *pool) close() {
	p.mu.Lock()
	conns := p.conns
	p.conns, p.closed = map[lane]*conn{}, true
	p.mu.Unlock()
	for _, cn := range conns {
		select {
		case <-cn.ready:
			go func() { _ = cn.broker.Close() }()
		default: // open closes it
		}
	}
}
