package scheduler

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// resources are what Mesos offers, ports aside.
type resources struct {
	CPUs, Mem, Disk float64
	GPUs            int
}

func (r resources) minus(o resources) resources {
	return resources{r.CPUs - o.CPUs, r.Mem - o.Mem, r.Disk - o.Disk, r.GPUs - o.GPUs}
}

// needs are the resources of one instance, its persistent volumes included. Virtual agents make no difference between
// root, path and mount disks.
func needs(a *spec.App) resources {
	r := resources{CPUs: a.CPUs, Mem: a.Mem, Disk: a.Disk, GPUs: a.GPUs}
	if a.Container != nil {
		for _, v := range a.Container.Volumes {
			if v.Persistent != nil {
				r.Disk += float64(v.Persistent.Size)
			}
		}
	}
	return r
}

// offer is what an agent has free in this round.
type offer struct {
	id    string
	agent Agent
	free  resources
	ports ranges
	late  bool // resources came back a moment ago: only reserved ones are on offer
}

// slack forgives the rounding of sums like 0.1 + 0.2.
const slack = 1e-6

// free is what no task and no reservation holds.
func (c *Core) free(ag Agent) (resources, ranges) {
	r := resources{ag.CPUs, ag.Mem, ag.Disk, ag.GPUs}
	ports := ranges(ag.PortRanges)
	take := func(res resources, taken []int) {
		r = r.minus(res)
		for _, p := range taken {
			ports = ports.without(p)
		}
	}
	for _, i := range c.instances {
		if i.Agent == ag.ID && (i.Alive || i.Reserved) {
			take(i.Resources, i.Ports)
		}
	}
	for _, o := range c.orphans {
		if o.Agent == ag.ID {
			take(o.Resources, o.Ports)
		}
	}
	return r, ports
}

// periodicOffers is a round in turn, when something waits.
func (c *Core) periodicOffers() {
	c.refreshQueue()
	if len(c.queue) > 0 {
		c.offerRound()
	}
}

// offerRound lets every agent that is there offer what it has free, and launches what fits: apps in the order of their
// waiting, one instance per offer and pass, so that an app without constraints spreads.
func (c *Core) offerRound() {
	if !c.started || c.closing || c.paused {
		return
	}
	c.refreshQueue()
	now := c.now()
	var offers []*offer
	for _, ag := range c.opts.Agents {
		if c.down[ag.ID] {
			continue
		}
		o := &offer{id: fmt.Sprintf("sandbox-O%d", rand.Uint32()), agent: ag} // only a name
		// A master's allocator hands resources on with its next turn, not in the moment they come back.
		o.late = now.Sub(c.freedAt[ag.ID]) < c.opts.OfferInterval/2
		offers = append(offers, o)
	}
	rand.Shuffle(len(offers), func(a, b int) { offers[a], offers[b] = offers[b], offers[a] })

	rejected := map[string]map[*offer][]string{}
	for progress := true; progress; {
		progress = false
		for _, o := range offers {
			for _, appID := range c.queuedApps() {
				fitted, reasons := c.match(o, appID)
				if fitted {
					progress = true
				} else if len(reasons) > 0 {
					if rejected[appID] == nil {
						rejected[appID] = map[*offer][]string{}
					}
					rejected[appID][o] = reasons
				}
			}
		}
	}
	for appID, byOffer := range rejected {
		for o, reasons := range byOffer {
			o.free, o.ports = c.free(o.agent)
			c.statsOf(appID).rejected(UnusedOffer{
				OfferID: o.id, Agent: o.agent, FreeCPUs: o.free.CPUs, FreeMem: o.free.Mem, FreeDisk: o.free.Disk, FreePorts: o.ports, Reasons: reasons, Time: now,
			})
		}
	}
}

// match launches one waiting instance of the app on the offer, or answers why none fits. No reasons = nothing was to be
// launched now, or the agent has nothing to offer yet.
func (c *Core) match(o *offer, appID string) (fitted bool, reasons []string) {
	for _, i := range c.instancesOf(appID) {
		if !i.waits() || c.delayed(i.Spec) > 0 {
			continue
		}
		if o.late && !i.Reserved {
			continue
		}
		ports, why := c.fits(o, i)
		if len(why) > 0 {
			reasons = why
			continue
		}
		c.statsOf(appID).used(c.now())
		c.launch(i, o.agent, ports)
		return true, nil
	}
	return false, reasons
}

// fits answers the ports for a launch, or all reasons against it: resources, then constraints, and ports only where
// nothing else speaks against it.
func (c *Core) fits(o *offer, i *instance) (ports []int, reasons []string) {
	if i.Reserved {
		if i.Agent != o.agent.ID {
			return nil, []string{reasonReservation}
		}
		if slices.ContainsFunc(hostPortsOf(i), func(p boundPort) bool { return !c.probe(o.agent.Hostname, p.port, p.udp) }) {
			return nil, []string{reasonPorts}
		}
		return i.Ports, nil
	}
	if roles := i.Spec.AcceptedResourceRoles; len(roles) > 0 && !slices.Contains(roles, "*") {
		return nil, []string{reasonRole}
	}
	free, freePorts := c.free(o.agent)
	left := free.minus(needs(i.Spec))
	for _, r := range []struct {
		short  bool
		reason string
	}{{left.CPUs < -slack, reasonCPUs}, {left.Mem < -slack, reasonMem}, {left.GPUs < 0, reasonGPUs}, {left.Disk < -slack, reasonDisk}} {
		if r.short {
			reasons = append(reasons, r.reason)
		}
	}
	if !c.meetsConstraints(i.Spec, o.agent, i) {
		reasons = append(reasons, reasonConstraint)
	}
	if len(reasons) > 0 {
		return nil, reasons
	}
	ports, ok := c.matchPorts(i.Spec, o.agent.Hostname, freePorts)
	if !ok {
		return nil, []string{reasonPorts}
	}
	return ports, nil
}

// boundPort is a port that a reservation holds.
type boundPort struct {
	port int
	udp  bool
}

func hostPortsOf(i *instance) []boundPort {
	var out []boundPort
	for n, p := range hostPorts(i.Spec) {
		if n < len(i.Ports) {
			out = append(out, boundPort{i.Ports[n], p.udp})
		}
	}
	return out
}

// PauseOffers is a fault for tests: no agent offers anything until it is called with false.
func (c *Core) PauseOffers(paused bool) {
	c.locked(func() {
		c.paused = paused
		c.wantOffer = !paused
	})
}
