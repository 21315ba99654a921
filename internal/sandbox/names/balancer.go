package names

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"
)

// dialTimeout bounds one attempt at a backend. On loopback an answer comes at once or never.
const dialTimeout = 2 * time.Second

// balancer is the l4lb of one VIP: it listens on the VIP's address and passes each connection to one backend.
type balancer struct {
	listener net.Listener
	log      *slog.Logger
	ctx      context.Context //nolint:containedctx // ends with close
	cancel   context.CancelFunc
	wait     sync.WaitGroup

	mu      sync.Mutex
	serving []string // take new connections
	conns   map[*proxied]bool
}

type proxied struct {
	backend        string
	client, server net.Conn
}

func (p *proxied) cut() {
	_ = p.client.Close()
	_ = p.server.Close()
}

func listen(address string, log *slog.Logger) (*balancer, error) {
	ctx, cancel := context.WithCancel(context.Background())
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		cancel()
		return nil, err
	}
	b := &balancer{listener: l, log: log, ctx: ctx, cancel: cancel, conns: map[*proxied]bool{}}
	b.wait.Go(b.accept)
	return b, nil
}

// update sets the backends. Those in serving take new connections; those only in living keep the ones they have;
// connections to all others are cut.
func (b *balancer) update(serving, living []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serving = slices.Clone(serving)
	for c := range b.conns {
		if !slices.Contains(serving, c.backend) && !slices.Contains(living, c.backend) {
			c.cut()
		}
	}
}

func (b *balancer) close() {
	b.cancel()
	_ = b.listener.Close()
	b.mu.Lock()
	for c := range b.conns {
		c.cut()
	}
	b.mu.Unlock()
	b.wait.Wait()
}

func (b *balancer) accept() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			if b.ctx.Err() != nil {
				return
			}
			b.log.Warn("VIP: accepting a connection", "address", b.listener.Addr().String(), "error", err)
			select {
			case <-b.ctx.Done():
				return
			case <-time.After(50 * time.Millisecond):
			}
			continue
		}
		b.wait.Go(func() { b.serve(client) })
	}
}

func (b *balancer) serve(client net.Conn) {
	server, backend := b.dial()
	if server == nil {
		if tcp, ok := client.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset tells the client at once that nobody is there
		}
		_ = client.Close()
		return
	}
	c := &proxied{backend: backend, client: client, server: server}
	b.mu.Lock()
	b.conns[c] = true
	if b.ctx.Err() != nil {
		c.cut()
	}
	b.mu.Unlock()
	defer func() {
		c.cut()
		b.mu.Lock()
		delete(b.conns, c)
		b.mu.Unlock()
	}()
	var up sync.WaitGroup
	up.Go(func() { pass(server, client) })
	pass(client, server)
	up.Wait()
}

// pass copies one direction and hands its end on; an error ends both.
func pass(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.Close()
		_ = from.Close()
		return
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// dial tries the backends in random order, each once.
func (b *balancer) dial() (net.Conn, string) {
	b.mu.Lock()
	backends := slices.Clone(b.serving)
	b.mu.Unlock()
	rand.Shuffle(len(backends), func(i, j int) { backends[i], backends[j] = backends[j], backends[i] })
	for _, backend := range backends {
		ctx, cancel := context.WithTimeout(b.ctx, dialTimeout)
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", backend)
		cancel()
		if err == nil {
			return conn, backend
		}
		b.log.Debug("VIP: backend does not answer", "backend", backend, "error", err)
	}
	return nil, ""
}
