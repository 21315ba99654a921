package sandbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"syscall"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/names"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
)

// DefaultAgents are n virtual agents, 127.0.0.2 and on, with 4 cpus, 8 GiB of memory, 100 GB of disk and the ports
// 9000-9999 (Kafka's own are among them) and 31000-31999 each. Racks and zones repeat after three.
func DefaultAgents(n int) []scheduler.Agent { return agentsOn("127.0.0", 2, n) }

// IsolatedAgents are like DefaultAgents on addresses that depend on dir, so that sandboxes of different folders can run
// at the same time without meeting on a port.
func IsolatedAgents(dir string, n int) []scheduler.Agent {
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute // two folders of one relative name are not one folder
	}
	sum := sha256.Sum256([]byte(dir))
	// VIPs are above 127.128; other programs' addresses mostly in 127.0. The last number is part of it too, so that of the many
	// sandboxes of a test run no two meet.
	first := 1 + (int(sum[2])<<8+int(sum[3]))%max(1, 255-n)
	return agentsOn(fmt.Sprintf("127.%d.%d", 1+int(sum[0])%126, sum[1]), first, n)
}

func agentsOn(network string, first, n int) []scheduler.Agent {
	agents := make([]scheduler.Agent, n)
	for i := range agents {
		agents[i] = scheduler.Agent{
			ID:       fmt.Sprintf("6b61666b-6173-616e-6462-6f7800000000-S%d", i),
			Hostname: fmt.Sprintf("%s.%d", network, first+i),
			Attributes: map[string]string{
				"rack": fmt.Sprintf("r%d", i%3+1),
				"zone": fmt.Sprintf("z%d", i%3+1),
				"node": fmt.Sprintf("n%d", i+1),
			},
			AttributeOrder: []string{"rack", "zone", "node"},
			CPUs:           4, Mem: 8192, Disk: 100000,
			PortRanges: [][2]int{{9000, 9999}, {31000, 31999}},
		}
	}
	return agents
}

// agentPort is where a Mesos agent listens. The sandbox serves nothing on it: holding it keeps a second sandbox off the same
// addresses, where its tasks would answer for ours (a health check would see the other's broker).
const agentPort = "5051"

// holdAgents makes sure that tasks will be able to listen on their agents' addresses, and that no other sandbox's tasks do.
func holdAgents(ctx context.Context, agents []scheduler.Agent) (release func(context.Context) error, err error) {
	if len(agents) == 0 {
		return nil, errors.New("sandbox: it needs at least one agent")
	}
	var held []net.Listener
	release = func(context.Context) error {
		var errs []error
		for _, l := range held {
			errs = append(errs, l.Close())
		}
		return errors.Join(errs...)
	}
	var errs []error
	for _, a := range agents {
		if ip := net.ParseIP(a.Hostname); ip == nil || !ip.IsLoopback() {
			errs = append(errs, fmt.Errorf("sandbox: agent %s: its host must be a loopback address", a.Hostname))
			continue
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(a.Hostname, agentPort))
		switch {
		case errors.Is(err, syscall.EADDRNOTAVAIL):
			errs = append(errs, fmt.Errorf("sandbox: agent %s: no address of this machine; add it with: %s", a.Hostname, names.AliasCommand(a.Hostname)))
		case errors.Is(err, syscall.EADDRINUSE):
			errs = append(errs, fmt.Errorf("sandbox: agent %s: port %s is taken, probably by another sandbox with the same agents; stop it, or start this one with --isolated", a.Hostname, agentPort))
		case err != nil:
			errs = append(errs, fmt.Errorf("sandbox: agent %s: %w", a.Hostname, err))
		default:
			held = append(held, l)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, release(ctx))
	}
	return release, nil
}
