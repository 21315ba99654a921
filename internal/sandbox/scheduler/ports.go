package scheduler

import (
	"math/rand/v2"

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
