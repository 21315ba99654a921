package kafka

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// errEnded says that the hub is done with this cluster. A process that comes then tries again, as while the hub is away.
var errEnded = errors.New("the cluster is closed")

// join takes a process in; the tick decides when it may register. An error is for the process to exit with.
func (c *cluster) join(h nodeHello, link *lines) (*node, error) {
	config, err := newServerConfig(h.Props)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, errEnded
	}
	if old := c.nodes[config.nodeID]; old != nil {
		if old.Incarnation != h.Incarnation {
			// The controller port is taken on a real host; with other ports the real node would fail to register.
			return nil, fmt.Errorf("org.apache.kafka.common.errors.DuplicateBrokerRegistrationException: Another broker is registered with that broker id. (node id %d runs already)", config.nodeID)
		}
		_ = old.link.conn.Close()
	}
	n := &node{nodeHello: h, config: config, link: link, since: time.Now()}
	n.fresh = slices.ContainsFunc(h.LogDirs, func(d logDir) bool { return d.Generation == "" || d.Generation != c.state.Generation })
	c.nodes[config.nodeID] = n
	delete(c.frozen, config.nodeID)
	if len(c.state.Voters) == 0 {
		c.state.Voters = h.Voters
	}
	for _, d := range h.LogDirs {
		if !slices.Contains(c.state.LogDirs, d.Path) {
			c.state.LogDirs = append(c.state.LogDirs, d.Path)
		}
	}
	c.notify()
	c.step(time.Now())
	return n, nil
}

// leave notes that a process's connection ended: the process is dead, or the hub is closing.
func (c *cluster) leave(n *node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := n.config.nodeID
	if c.nodes[id] != n {
		return
	}
	delete(c.nodes, id)
	c.frozen[id] = lastSeen{c.logEnd, time.Now()}
	for s := range c.sessions {
		if s.node == n {
			s.end()
		}
	}
	c.notify()
	c.step(time.Now())
}

// heartbeat renews a broker's session.
func (c *cluster) heartbeat(n *node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.state.Brokers[n.config.nodeID]; b != nil && n.registered {
		b.lastContact = time.Now()
	}
}

// stop is the controlled shutdown: leaders move at once and the session ends.
func (c *cluster) stop(n *node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.state.Brokers[n.config.nodeID]; b != nil && n.registered && !b.Fenced {
		c.fence(b)
	}
	n.registered = false
	n.told = "stopping"
	c.save()
}

// voterAlive finds the live process that is this voter: the node with its id whose metadata directory is the voter's.
func (c *cluster) voterAlive(v voter) *node {
	n := c.nodes[v.ID]
	if n == nil || !n.config.controller {
		return nil
	}
	if v.Directory != "" && n.LogDirs[0].Directory != v.Directory {
		return nil
	}
	return n
}

// elect finds the quorum's leader. c.mu is held.
func (c *cluster) elect() {
	alive := make([]int32, 0, len(c.state.Voters))
	for _, v := range c.state.Voters {
		if c.voterAlive(v) != nil {
			alive = append(alive, v.ID)
		}
	}
	switch {
	case len(alive)*2 <= len(c.state.Voters):
		c.leader = noLeader
	case !slices.Contains(alive, c.leader):
		// Of a new quorum the one that has the cluster's content leads, as the longer log wins an election.
		leader := alive[0]
		for _, id := range alive {
			if !c.nodes[id].fresh {
				leader = id
				break
			}
		}
		c.leader = leader
		c.leaderEpoch++
		c.notify()
	}
}

// tick is called some times a second.
func (c *cluster) tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.step(now)
	c.save()
}

// step moves the cluster on: quorum, sessions, registrations, replicas. c.mu is held.
func (c *cluster) step(now time.Time) {
	if c.closed {
		return
	}
	c.elect()
	if c.leader == noLeader {
		// Nobody fences or registers while the quorum is lost; a new leader gives every session its full time.
		for _, b := range c.state.Brokers {
			b.lastContact = now
		}
		for _, n := range c.nodes {
			n.tell("waiting for a majority of the controllers")
		}
		return
	}
	c.logEnd++
	if err := c.ensureContent(); err != nil {
		c.log.Error("the cluster's content could not be opened", "error", err)
		return
	}
	for _, id := range slices.Sorted(maps.Keys(c.state.Brokers)) {
		b := c.state.Brokers[id]
		if !b.Fenced && now.Sub(b.lastContact) > sessionTimeout(b.Props) {
			c.log.Info("broker fenced: its session ended", "broker", id)
			c.fence(b)
		}
	}
	for _, n := range slices.SortedFunc(maps.Values(c.nodes), func(a, b *node) int { return cmp.Compare(a.config.nodeID, b.config.nodeID) }) {
		if n.config.broker && n.told != "stopping" {
			c.register(n, now)
		}
	}
	c.catchUp(now)
	c.rebalance(now)
}

func sessionTimeout(props map[string]string) time.Duration {
	return time.Duration(settingInt(props, "broker.session.timeout.ms")) * time.Millisecond
}

// ensureContent decides whether the quorum that is there still has the cluster's content, and opens it. c.mu is held.
func (c *cluster) ensureContent() error {
	holds := slices.ContainsFunc(c.state.Voters, func(v voter) bool {
		n := c.voterAlive(v)
		return n != nil && !n.fresh
	})
	if c.state.Generation != "" && !holds {
		c.log.Warn("every log directory of the quorum is new: the cluster's content is gone with the old ones")
		if err := c.wipe(); err != nil {
			return err
		}
	}
	if c.state.Generation == "" {
		if err := c.wipe(); err != nil {
			return err
		}
		c.state.Generation = randomUUID()
		// With eligible leader replicas the first controller makes its own min.insync.replicas the cluster's dynamic default.
		c.state.Configs[""] = map[string]string{"min.insync.replicas": setting(c.nodes[c.leader].Props, "min.insync.replicas")}
		for _, n := range c.nodes {
			n.fresh = true
		}
	}
	for _, n := range c.nodes {
		if n.fresh && !n.config.broker {
			c.mark(n)
		}
	}
	if c.kfake != nil {
		return nil
	}
	props := map[string]string{}
	for _, n := range c.nodes {
		props = n.Props
	}
	return c.open(props)
}

// mark tells a process that its log directories now hold the content.
func (c *cluster) mark(n *node) {
	n.fresh = false
	for i := range n.LogDirs {
		n.LogDirs[i].Generation = c.state.Generation
	}
	_ = n.link.send(event{Event: eventMark, Generation: c.state.Generation}) // a broken link shows on the reading side
}

func (n *node) tell(why string) {
	if n.registered || n.told == why || n.told == "stopping" {
		return
	}
	n.told = why
	_ = n.link.send(event{Event: eventWaiting, Text: why}) // a broken link shows on the reading side
}

// register lets a broker in, once the session of its predecessor is over. c.mu is held.
func (c *cluster) register(n *node, now time.Time) {
	id := n.config.nodeID
	old := c.state.Brokers[id]
	switch {
	case n.registered && old != nil && old.Incarnation == n.Incarnation:
		if old.Fenced && now.Sub(old.lastContact) < sessionTimeout(old.Props) {
			c.unfence(old, now) // it was silent for too long, but it lives
		}
		return
	case old != nil && !old.Fenced && old.Incarnation != n.Incarnation:
		n.tell(fmt.Sprintf("waiting for the end of the session of broker %d's previous incarnation", id))
		return
	}
	known := old != nil && old.Incarnation == n.Incarnation
	b := &registration{ID: id, Incarnation: n.Incarnation, Host: n.config.advertised.Host, Port: n.config.advertised.Port,
		Rack: n.config.rack, Fenced: true, Props: n.Props, LogDir: n.config.logDirs[0], lastContact: now}
	if known {
		b.Fenced, b.caughtUp, b.unfencedAt = old.Fenced, !old.Fenced, now
	}
	if n.fresh {
		c.loseReplicas(id)
		c.mark(n)
	}
	c.state.Brokers[id] = b
	n.registered = true
	if b.Fenced {
		c.unfence(b, now)
	}
	c.save()                                     // before its clients see it
	_ = n.link.send(event{Event: eventUnfenced}) // a broken link shows on the reading side
}

func (c *cluster) unfence(b *registration, now time.Time) {
	b.Fenced, b.unfencedAt, b.caughtUp = false, now, false
	c.electOffline()
	c.notify()
}

func (c *cluster) fence(b *registration) {
	b.Fenced, b.caughtUp = true, false
	c.dropReplicas(b.ID)
	c.notify()
}

// unfenced says whether the broker is registered and unfenced. c.mu is held.
func (c *cluster) unfenced(id int32) bool {
	b := c.state.Brokers[id]
	return b != nil && !b.Fenced
}

// brokers are the registrations in order of id. c.mu is held.
func (c *cluster) brokers(fencedToo bool) []*registration {
	var out []*registration
	for _, id := range slices.Sorted(maps.Keys(c.state.Brokers)) {
		if b := c.state.Brokers[id]; fencedToo || !b.Fenced {
			out = append(out, b)
		}
	}
	return out
}
