package scheduler

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// ranges are port ranges, ends included.
type ranges [][2]int

func (r ranges) has(port int) bool {
	for _, x := range r {
		if port >= x[0] && port <= x[1] {
			return true
		}
	}
	return false
}

// without takes one port out.
func (r ranges) without(port int) ranges {
	var out ranges
	for _, x := range r {
		if port < x[0] || port > x[1] {
			out = append(out, x)
			continue
		}
		if port > x[0] {
			out = append(out, [2]int{x[0], port - 1})
		}
		if port < x[1] {
			out = append(out, [2]int{port + 1, x[1]})
		}
	}
	return out
}

func (r ranges) size() int {
	n := 0
	for _, x := range r {
		n += x[1] - x[0] + 1
	}
	return n
}

// at is the n-th port of the ranges.
func (r ranges) at(n int) int {
	for _, x := range r {
		if k := x[1] - x[0] + 1; n >= k {
			n -= k
		} else {
			return x[0] + n
		}
	}
	return 0
}

// matchPorts chooses the host ports for a launch out of the free ranges: demanded numbers as they are, others at random.
// A port that something outside the sandbox listens on is not given; false when there are not enough.
func (c *Core) matchPorts(app *spec.App, host string, free ranges) ([]int, bool) {
	wanted := hostPorts(app)
	out := make([]int, len(wanted))
	for n, w := range wanted {
		if w.number == 0 {
			continue
		}
		if !free.has(w.number) || !c.probe(host, w.number, w.udp) {
			return nil, false
		}
		free = free.without(w.number)
		out[n] = w.number
	}
	for n, w := range wanted {
		if w.number != 0 {
			continue
		}
		for out[n] == 0 {
			if free.size() == 0 {
				return nil, false
			}
			p := anyPort(free)
			free = free.without(p)
			if c.probe(host, p, w.udp) {
				out[n] = p
			}
		}
	}
	return out, true
}

// mesosPorts is where the port range of a Mesos agent begins unless told otherwise.
const mesosPorts = 31000

// anyPort picks a free port, from Mesos's default range if it can be: the sandbox's agents also offer the ports of Kafka, which
// must not go to an app that asks for no port in particular.
func anyPort(free ranges) int {
	var usual ranges
	for _, x := range free {
		if x[1] >= mesosPorts {
			usual = append(usual, [2]int{max(x[0], mesosPorts), x[1]})
		}
	}
	if usual.size() == 0 {
		usual = free
	}
	return usual.at(rand.IntN(usual.size()))
}

// portNamed is the host port of a declared port name, 0 when there is none.
func (i *instance) portNamed(name string) int {
	for n, p := range hostPorts(i.Spec) {
		if p.name == name && n < len(i.Ports) {
			return i.Ports[n]
		}
	}
	return 0
}

// canBind says whether nobody listens at host:port. Only a proven "in use" is a no: an address that this machine lacks is
// the launch's affair.
func canBind(host string, port int, udp bool) bool {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return !errors.Is(err, syscall.EADDRINUSE)
	}
	_ = l.Close()
	if udp {
		p, err := lc.ListenPacket(context.Background(), "udp", addr)
		if err != nil {
			return !errors.Is(err, syscall.EADDRINUSE)
		}
		_ = p.Close()
	}
	return true
}

// hostPort is one port that a task gets on its agent.
type hostPort struct {
	name     string
	number   int // what is demanded; 0 = any
	declared int // the number it is declared by: service port or container port
	udp      bool
}

// hostPorts are the ports of a definition on the agent, in the order of task.ports.
func hostPorts(a *spec.App) []hostPort {
	var out []hostPort
	if !hostMode(a) {
		if a.Container == nil {
			return nil
		}
		for _, m := range a.Container.PortMappings {
			if m.HostPort != nil {
				out = append(out, hostPort{name: text(m.Name), number: *m.HostPort, declared: m.ContainerPort, udp: strings.Contains(m.Protocol, "udp")})
			}
		}
		return out
	}
	for _, d := range a.PortDefinitions {
		p := hostPort{name: text(d.Name), declared: d.Port, udp: strings.Contains(d.Protocol, "udp")}
		if a.RequirePorts {
			p.number = d.Port
		}
		out = append(out, p)
	}
	return out
}

func hostMode(a *spec.App) bool {
	return len(a.Networks) == 0 || slices.ContainsFunc(a.Networks, func(n spec.Network) bool { return n.Mode == "host" })
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
