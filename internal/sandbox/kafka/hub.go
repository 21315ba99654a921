package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// HubConfig says where the hub keeps the clusters' data and where broker processes reach it.
type HubConfig struct {
	// Dir holds one folder per Kafka cluster id.
	Dir string
	// Socket is the path of the unix socket. It must be short (108 bytes on Linux) and not in use by another hub.
	Socket string
	Logger *slog.Logger
}

// Hub hosts the embedded Kafka clusters of one sandbox. Broker processes come and go; the records stay with the hub, and
// in Dir when it ends.
type Hub struct {
	cfg      HubConfig
	listener net.Listener
	cancel   context.CancelFunc
	work     sync.WaitGroup

	mu       sync.Mutex
	clusters map[string]*cluster
	conns    map[net.Conn]bool
}

const (
	tickEvery  = 50 * time.Millisecond
	sweepEvery = 5 * time.Second
)

// NewHub opens the socket and serves until Close or the end of ctx.
func NewHub(ctx context.Context, cfg HubConfig) (*Hub, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	if probe, err := net.Dial("unix", cfg.Socket); err == nil {
		_ = probe.Close()
		return nil, fmt.Errorf("embedded Kafka: another sandbox serves %s", cfg.Socket)
	}
	if err := os.Remove(cfg.Socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	h := &Hub{cfg: cfg, clusters: map[string]*cluster{}, conns: map[net.Conn]bool{}}
	entries, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		if _, err := h.cluster(e.Name()); err != nil {
			return nil, fmt.Errorf("embedded Kafka: %w", err)
		}
	}
	if h.listener, err = net.Listen("unix", cfg.Socket); err != nil {
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	if err := os.Chmod(cfg.Socket, 0o600); err != nil {
		_ = h.listener.Close()
		return nil, fmt.Errorf("embedded Kafka: %w", err)
	}
	ctx, h.cancel = context.WithCancel(ctx)
	h.work.Go(func() { h.accept(ctx) })
	h.work.Go(func() { h.run(ctx) })
	context.AfterFunc(ctx, func() { _ = h.listener.Close() })
	return h, nil
}

// Close stops serving and closes every cluster; records and groups are on disk when it returns.
func (h *Hub) Close() error {
	h.cancel()
	err := h.listener.Close()
	h.mu.Lock()
	clusters := make([]*cluster, 0, len(h.clusters))
	for _, c := range h.clusters {
		clusters = append(clusters, c)
	}
	h.mu.Unlock()
	for _, c := range clusters {
		c.close()
	}
	h.mu.Lock()
	for conn := range h.conns {
		_ = conn.Close()
	}
	h.conns = nil
	h.mu.Unlock()
	h.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	return err
}

// cluster finds or makes the cluster with this id.
func (h *Hub) cluster(id string) (*cluster, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c := h.clusters[id]; c != nil {
		return c, nil
	}
	c, err := openCluster(filepath.Join(h.cfg.Dir, id), id, h.cfg.Logger)
	if err != nil {
		return nil, err
	}
	h.clusters[id] = c
	return c, nil
}

func (h *Hub) all() []*cluster {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*cluster, 0, len(h.clusters))
	for _, c := range h.clusters {
		out = append(out, c)
	}
	return out
}

func (h *Hub) run(ctx context.Context) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	swept := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			for _, c := range h.all() {
				c.tick(now)
			}
			if now.Sub(swept) >= sweepEvery {
				swept = now
				h.sweep()
			}
		}
	}
}

// sweep removes the data of clusters whose last log directory is gone.
func (h *Hub) sweep() {
	for _, c := range h.all() {
		if !c.closeAbandoned() {
			continue
		}
		h.cfg.Logger.Info("the last log directory of an embedded cluster is gone, so its records go too", "cluster", c.id)
		// A cluster of the same id is not opened before the folder is gone.
		h.mu.Lock()
		delete(h.clusters, c.id)
		err := os.RemoveAll(c.dir)
		h.mu.Unlock()
		if err != nil {
			h.cfg.Logger.Error("removing an embedded cluster", "error", err)
		}
	}
}

func (h *Hub) accept(ctx context.Context) {
	for {
		conn, err := acceptNext(h.listener)
		if err != nil {
			return
		}
		if !h.track(conn) {
			_ = conn.Close()
			return
		}
		h.work.Go(func() {
			defer h.untrack(conn)
			h.serve(ctx, conn)
		})
	}
}

func (h *Hub) track(conn net.Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.conns == nil {
		return false
	}
	h.conns[conn] = true
	return true
}

func (h *Hub) untrack(conn net.Conn) {
	_ = conn.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, conn)
}

func (h *Hub) serve(ctx context.Context, conn net.Conn) {
	link := newLines(conn)
	var hi hello
	if err := link.receive(&hi); err != nil {
		return
	}
	switch {
	case hi.Kind == "node" && hi.Node != nil && len(hi.Node.LogDirs) > 0:
		h.serveNode(hi.Node, link)
	case hi.Kind == "client":
		h.serveClient(ctx, hi, &buffered{conn, link.in})
	}
}

func (h *Hub) serveNode(hi *nodeHello, link *lines) {
	refuse := func(err error) { _ = link.send(event{Event: eventRefused, Text: err.Error()}) }
	id := hi.LogDirs[0].Cluster
	if filepath.Base(id) != id || id == "" || id == "." || id == ".." {
		refuse(fmt.Errorf("cluster id %q is not legal", id))
		return
	}
	if err := h.strangers(id, hi); err != nil {
		refuse(err)
		return
	}
	c, err := h.cluster(id)
	if err != nil {
		refuse(err)
		return
	}
	n, err := c.join(*hi, link)
	if errors.Is(err, errEnded) {
		return
	}
	if err != nil {
		refuse(err)
		return
	}
	defer c.leave(n)
	for {
		var e event
		if err := link.receive(&e); err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
				h.cfg.Logger.Debug("embedded broker", "error", err)
			}
			return
		}
		switch e.Event {
		case eventHeartbeat:
			c.heartbeat(n)
		case eventStop:
			c.stop(n)
			_ = link.send(event{Event: eventStopped}) // a broken link shows on the next read
		}
	}
}

// strangers refuses a node whose controllers are those of another cluster.
func (h *Hub) strangers(id string, hi *nodeHello) error {
	config, err := newServerConfig(hi.Props)
	if err != nil {
		return err
	}
	for _, c := range h.all() {
		if c.id == id {
			continue
		}
		c.mu.Lock()
		for _, v := range c.state.Voters {
			if c.voterAlive(v) != nil && slices.Contains(config.quorumServers, v.Endpoint) {
				c.mu.Unlock()
				return fmt.Errorf("org.apache.kafka.common.errors.InconsistentClusterIdException: The cluster ID %s of this node is not the one of the controller at %s, which is %s", id, v.Endpoint, c.id)
			}
		}
		c.mu.Unlock()
	}
	return nil
}
