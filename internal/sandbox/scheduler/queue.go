package scheduler

import (
	"maps"
	"slices"
	"time"
)

// queueEntry is an app with instances to launch.
type queueEntry struct{ since time.Time }

// rejectReasons are Marathon's ten, in its order: an offer is counted as declined for the first that it has.
var rejectReasons = []string{
	reasonRole, reasonConstraint, reasonReservation, "AgentMaintenance", reasonCPUs, reasonMem, reasonDisk, reasonGPUs, reasonPorts, "DeclinedScarceResources",
}

const (
	reasonRole        = "UnfulfilledRole"
	reasonConstraint  = "UnfulfilledConstraint"
	reasonReservation = "NoCorrespondingReservationFound"
	reasonCPUs        = "InsufficientCpus"
	reasonMem         = "InsufficientMemory"
	reasonDisk        = "InsufficientDisk"
	reasonGPUs        = "InsufficientGpus"
	reasonPorts       = "InsufficientPorts"
)

// offerStats are what the offers to an app came to. They outlive single launches, as Marathon's do.
type offerStats struct {
	processed, unused    int
	lastUsed, lastUnused time.Time
	attempt              []Reject               // over all offers
	last                 map[string]UnusedOffer // the last one of each agent that did not fit
}

func (c *Core) statsOf(appID string) *offerStats {
	s := c.stats[appID]
	if s == nil {
		s = &offerStats{attempt: noRejects(), last: map[string]UnusedOffer{}}
		c.stats[appID] = s
	}
	return s
}

func noRejects() []Reject {
	out := make([]Reject, len(rejectReasons))
	for n, r := range rejectReasons {
		out[n].Reason = r
	}
	return out
}

// count runs an offer down the stages until one declines it.
func count(rejects []Reject, reasons []string) {
	for n := range rejects {
		rejects[n].Processed++
		if slices.Contains(reasons, rejects[n].Reason) {
			rejects[n].Declined++
			return
		}
	}
}

func (s *offerStats) used(now time.Time) {
	s.processed++
	s.lastUsed = now
	count(s.attempt, nil)
}

func (s *offerStats) rejected(o UnusedOffer) {
	s.processed++
	s.unused++
	s.lastUnused = o.Time
	count(s.attempt, o.Reasons)
	s.last[o.Agent.ID] = o
}

// refreshQueue keeps an entry for each app that has something to launch.
func (c *Core) refreshQueue() {
	waiting := map[string]time.Time{}
	for _, i := range c.instances {
		if !i.waits() || c.root.app(i.AppID) == nil {
			continue
		}
		if t, ok := waiting[i.AppID]; !ok || i.WaitsSince.Before(t) {
			waiting[i.AppID] = i.WaitsSince
		}
	}
	for id := range c.queue {
		if _, ok := waiting[id]; !ok {
			delete(c.queue, id)
		}
	}
	for id, since := range waiting {
		if c.queue[id] == nil {
			c.queue[id] = &queueEntry{since: since}
		}
	}
}

// Queue implements Scheduler, longest waiting first.
func (c *Core) Queue() []QueueItem {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refreshQueue()
	out := []QueueItem{}
	for _, id := range c.queuedApps() {
		app, s := c.root.app(id), c.statsOf(id)
		item := QueueItem{
			App: app.Clone(), Since: c.queue[id].since, TimeLeft: c.delayed(app), ProcessedOffers: s.processed, UnusedOffers: s.unused,
			LastUsed: s.lastUsed, LastUnused: s.lastUnused, RejectLaunch: slices.Clone(s.attempt), RejectLastOffers: noRejects(),
		}
		item.Overdue = item.TimeLeft == 0
		for _, i := range c.instancesOf(id) {
			if i.waits() {
				item.Count++
			}
		}
		for _, agentID := range slices.Sorted(maps.Keys(s.last)) {
			o := s.last[agentID]
			count(item.RejectLastOffers, o.Reasons)
			item.LastUnusedOffers = append(item.LastUnusedOffers, o)
		}
		out = append(out, item)
	}
	return out
}

// queuedApps are the ids in the queue, longest waiting first.
func (c *Core) queuedApps() []string {
	ids := slices.Sorted(maps.Keys(c.queue))
	slices.SortStableFunc(ids, func(a, b string) int { return c.queue[a].since.Compare(c.queue[b].since) })
	return ids
}
