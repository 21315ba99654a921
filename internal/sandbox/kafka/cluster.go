package kafka

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

// catchUp is how long a broker that is unfenced again needs until it is in the ISR of its partitions.
const catchUp = 300 * time.Millisecond

// node is a live process.
type node struct {
	nodeHello
	config *serverConfig
	link   *lines
	// fresh: its log directories have not taken part in the cluster's content.
	fresh bool
	// registered: the process is the one behind the broker's registration.
	registered bool
	told       string // the last reason for waiting that it was told
	since      time.Time
}

// cluster is one Kafka cluster: the hub's state and a one-node kfake that holds the records.
type cluster struct {
	id  string
	dir string
	log *slog.Logger

	mu       sync.Mutex
	state    *clusterState
	nodes    map[int32]*node
	sessions map[*session]bool
	kfake    *kfake.Cluster
	inner    *pipeListener
	// leader of the controller quorum, noLeader when there is none.
	leader      int32
	leaderEpoch int32
	// logEnd stands for the metadata log's end offset; frozen remembers what a voter that left had seen of it.
	logEnd int64
	frozen map[int32]lastSeen
	// enforced are the ACLs that kfake has; asked are the resources that clients asked for under allow.everyone.if.no.acl.found.
	enforced    []aclBinding
	asked       map[resource]bool
	changed     chan struct{} // closed and renewed whenever something changed that somebody may wait for
	dirty       bool
	rebalanceAt time.Time
	closed      bool
}

type lastSeen struct {
	offset int64
	at     time.Time
}

func openCluster(dir, id string, log *slog.Logger) (*cluster, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	state, err := loadState(dir, id)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	for _, b := range state.Brokers {
		b.lastContact = now // a broker that outlived the hub may come back within its session
	}
	return &cluster{id: id, dir: dir, log: log.With("cluster", id), state: state, nodes: map[int32]*node{}, sessions: map[*session]bool{},
		leader: noLeader, frozen: map[int32]lastSeen{}, asked: map[resource]bool{}, changed: make(chan struct{})}, nil
}

// notify wakes everybody who waits for a change. c.mu is held.
func (c *cluster) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
	c.dirty = true
}

// save writes the state when it changed. c.mu is held.
func (c *cluster) save() {
	if !c.dirty || c.closed {
		return
	}
	if err := c.state.save(c.dir); err != nil {
		c.log.Error("the cluster's state could not be saved", "error", err)
		return
	}
	c.dirty = false
}

// await waits until ok (called with c.mu held) or the end of ctx.
func (c *cluster) await(ctx context.Context, ok func() bool) error {
	for {
		c.mu.Lock()
		if ok() {
			c.mu.Unlock()
			return nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// open starts kfake over the cluster's records. c.mu is held.
func (c *cluster) open(props map[string]string) error {
	if c.kfake != nil {
		return nil
	}
	configs := map[string]string{}
	for _, key := range []string{"transaction.max.timeout.ms", "transactional.id.expiration.ms", "offsets.retention.minutes",
		"offsets.retention.check.interval.ms", "group.consumer.heartbeat.interval.ms", "group.consumer.session.timeout.ms", "group.max.size", "message.max.bytes"} {
		configs[key] = setting(props, key)
	}
	millis := func(key string) time.Duration {
		return time.Duration(settingInt(props, key)) * time.Millisecond
	}
	unclean, err := c.markOpen()
	if err != nil {
		return err
	}
	inner := newPipeListener()
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.ClusterID(c.id),
		kfake.DataDir(filepath.Join(c.dir, "log")),
		kfake.ListenFn(pipeListen(inner)),
		kfake.EnableSASL(),
		kfake.EnableACLs(),
		kfake.Superuser("PLAIN", userHub, userHub),
		kfake.User("PLAIN", userAnonymous, userAnonymous),
		kfake.BrokerConfigs(configs),
		kfake.GroupMinSessionTimeout(millis("group.min.session.timeout.ms")),
		kfake.GroupMaxSessionTimeout(millis("group.max.session.timeout.ms")),
		kfake.WithLogger(kfakeLogger{c.log}),
	)
	if err != nil {
		return fmt.Errorf("opening the records of cluster %s: %w", c.id, err)
	}
	c.kfake, c.inner = cluster, inner
	if err := c.prepare(unclean); err != nil {
		// The flag stays: the next try is one after an unclean end.
		cluster.Close()
		c.kfake, c.inner = nil, nil
		return err
	}
	return nil
}

// prepare makes what kfake holds agree with the hub's state. c.mu is held.
func (c *cluster) prepare(unclean bool) error {
	if err := c.reconcile(); err != nil {
		return err
	}
	if unclean {
		if err := c.abortDangling(); err != nil {
			return err
		}
	}
	return c.resetACLs()
}

// shut closes kfake; the records stay. c.mu is held.
func (c *cluster) shut() {
	if c.kfake == nil {
		return
	}
	for s := range c.sessions {
		s.end()
	}
	c.kfake.Close()
	c.kfake, c.inner = nil, nil
	if err := os.Remove(c.openFlag()); err != nil {
		c.log.Error("noting a clean end", "error", err)
	}
}

// wipe forgets all content: the log directories that held it are gone. c.mu is held.
func (c *cluster) wipe() error {
	c.shut()
	if err := os.RemoveAll(filepath.Join(c.dir, "log")); err != nil {
		return err
	}
	old := c.state
	c.state = newState(c.id)
	c.state.Voters, c.state.LogDirs = old.Voters, old.LogDirs
	for _, n := range c.nodes {
		n.registered = false
	}
	c.notify()
	return nil
}

func (c *cluster) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// end is close with c.mu held.
func (c *cluster) end() {
	c.shut()
	c.save()
	c.closed = true
	for _, n := range c.nodes {
		_ = n.link.conn.Close()
	}
}

// closeAbandoned closes the cluster if no process runs and none of the log directories exists any more, and says whether
// it did. Nobody can join in between.
func (c *cluster) closeAbandoned() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || len(c.nodes) > 0 || len(c.state.LogDirs) == 0 {
		return false
	}
	if slices.ContainsFunc(c.state.LogDirs, func(path string) bool {
		d, err := readLogDir(path)
		return err == nil && d.Cluster == c.id
	}) {
		return false
	}
	c.end()
	return true
}

// kfakeLogger hands kfake's warnings on.
type kfakeLogger struct{ log *slog.Logger }

func (l kfakeLogger) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.log.Error("kfake: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.log.Warn("kfake: " + fmt.Sprintf(format, args...))
	default:
	}
}
