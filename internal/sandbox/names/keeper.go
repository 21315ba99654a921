package names

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Scheduler is what names are made from.
type Scheduler interface {
	Apps(prefix string) []scheduler.App
	Subscribe() (events <-chan scheduler.Event, cancel func())
}

// Options configure a Keeper. File and Scheduler are required.
type Options struct {
	File      string // the hosts file
	Scheduler Scheduler
	Framework string // the framework's name, marathon when empty
	// Salt makes the VIPs' addresses this sandbox's own, so that two on one machine do not meet; the folder's path does.
	Salt   string
	Logger *slog.Logger
}

// Keeper keeps the hosts file and the balancers as the scheduler's tasks are.
type Keeper struct {
	opts    Options
	machine string
	log     *slog.Logger
	cancel  context.CancelFunc
	done    chan struct{}

	mu        sync.Mutex
	written   string
	balancers map[vip]*balancer
	addresses map[string]string // a VIP's address by its raw name
	complain  map[vip]string    // what was said about a VIP that cannot be served
}

// resync is how often everything is looked at without an event.
const resync = 2 * time.Second

// Start writes the file once and keeps it until Close.
func Start(o Options) (*Keeper, error) {
	if o.Framework == "" {
		o.Framework = "marathon"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	machine, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("names: the machine's own name: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &Keeper{opts: o, machine: machine, log: o.Logger, cancel: cancel, done: make(chan struct{}),
		balancers: map[vip]*balancer{}, addresses: map[string]string{}, complain: map[vip]string{}}
	if err := k.Refresh(); err != nil {
		cancel()
		return nil, err
	}
	go k.run(ctx)
	return k, nil
}

// Close stops the balancers. The file stays as it is.
func (k *Keeper) Close() {
	k.cancel()
	<-k.done
	k.mu.Lock()
	defer k.mu.Unlock()
	for v, b := range k.balancers {
		b.close()
		delete(k.balancers, v)
	}
}

func (k *Keeper) run(ctx context.Context) {
	defer close(k.done)
	events, cancel := k.opts.Scheduler.Subscribe()
	defer func() { cancel() }()
	tick := time.NewTicker(resync)
	defer tick.Stop()
	for {
		if err := k.Refresh(); err != nil {
			k.log.Error("names: writing the hosts file", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case _, open := <-events:
			if !open { // cut off for lagging behind
				cancel()
				events, cancel = k.opts.Scheduler.Subscribe()
			}
		}
		drain(events)
	}
}

// drain takes what is there already: one look serves many events.
func drain(events <-chan scheduler.Event) {
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		default:
			return
		}
	}
}

// backends are the addresses behind a VIP.
type backends struct{ serving, living []string }

// Refresh brings file and balancers to what the scheduler shows now.
func (k *Keeper) Refresh() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var entries []entry
	vips := map[vip]*backends{}
	for _, app := range k.opts.Scheduler.Apps("/") {
		names := taskNames(app.Spec.ID, k.opts.Framework)
		for _, t := range app.Tasks {
			if t.State != agent.Running {
				continue
			}
			for _, name := range names {
				entries = append(entries, entry{t.Host, name})
			}
		}
		for index, labels := range portLabels(app.Spec) {
			for key, value := range labels {
				if !isVIPLabel(key) {
					continue
				}
				v, ok := parseVIP(value)
				if !ok || net.ParseIP(v.raw) != nil {
					k.complainOnce(vip{raw: value}, "the sandbox serves VIPs of the form /name:port only")
					continue
				}
				if vips[v] == nil {
					vips[v] = &backends{}
				}
				vips[v].add(app, index)
			}
		}
	}
	k.balance(vips)
	for v, b := range k.balancers {
		host, _, err := net.SplitHostPort(b.listener.Addr().String())
		if err == nil {
			entries = append(entries, entry{host, v.host(k.opts.Framework)})
		}
	}
	content := hostsFile(k.machine, entries)
	if string(content) == k.written {
		return nil
	}
	if err := replaceFile(k.opts.File, content); err != nil {
		return fmt.Errorf("names: %w", err)
	}
	k.written = string(content)
	return nil
}

// portLabels are the labels of the app's ports, in the order of its tasks' host ports.
func portLabels(app *spec.App) []map[string]string {
	var all []map[string]string
	if app.Container != nil && len(app.Container.PortMappings) > 0 {
		for _, m := range app.Container.PortMappings {
			all = append(all, m.Labels)
		}
		return all
	}
	for _, d := range app.PortDefinitions {
		all = append(all, d.Labels)
	}
	return all
}

// add takes the app's tasks as backends: those that run, and where the agents check their health, are healthy. Marathon's
// own checks are not visible to the l4lb; a task with those counts at once.
func (b *backends) add(app scheduler.App, portIndex int) {
	checked := slices.ContainsFunc(app.Spec.HealthChecks, func(h spec.HealthCheck) bool {
		return strings.HasPrefix(h.Protocol, "MESOS_") || h.Protocol == "COMMAND"
	})
	for _, t := range app.Tasks {
		if portIndex >= len(t.Ports) || (t.State != agent.Running && t.State != agent.Killing) {
			continue
		}
		address := net.JoinHostPort(t.Host, strconv.Itoa(t.Ports[portIndex]))
		b.living = append(b.living, address)
		healthy := !checked || len(t.Health) > 0
		for _, h := range t.Health {
			healthy = healthy && (h.Alive || !checked)
		}
		if t.State == agent.Running && healthy {
			b.serving = append(b.serving, address)
		}
	}
}

// balance opens, updates and closes balancers.
func (k *Keeper) balance(wanted map[vip]*backends) {
	for v, b := range k.balancers {
		if wanted[v] == nil {
			b.close()
			delete(k.balancers, v)
		}
	}
	order := make([]vip, 0, len(wanted))
	for v := range wanted {
		order = append(order, v)
	}
	slices.SortFunc(order, func(a, b vip) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, v := range order {
		b := k.balancers[v]
		if b == nil {
			if b = k.open(v); b == nil {
				continue
			}
			k.balancers[v] = b
			delete(k.complain, v)
		}
		b.update(wanted[v].serving, wanted[v].living)
	}
}

// open listens on the VIP's address. All ports of one name share an address; where that is taken by somebody else and
// no port of the name is open yet, the next one is tried.
func (k *Keeper) open(v vip) *balancer {
	const attempts = 16
	fixed := slices.ContainsFunc(keys(k.balancers), func(o vip) bool { return o.raw == v.raw })
	for n := range attempts {
		address := vipAddress(k.opts.Salt, v.raw, n)
		if fixed {
			address = k.addresses[v.raw]
		} else if k.taken(address) {
			continue
		}
		b, err := listen(net.JoinHostPort(address, strconv.Itoa(v.port)), k.log)
		if err == nil {
			k.addresses[v.raw] = address
			return b
		}
		if fixed || !errors.Is(err, syscall.EADDRINUSE) || n == attempts-1 {
			k.complainOnce(v, remedy(address, v.port, err))
			return nil
		}
	}
	return nil
}

func keys(m map[vip]*balancer) []vip {
	all := make([]vip, 0, len(m))
	for v := range m {
		all = append(all, v)
	}
	return all
}

// taken says whether another name has the address.
func (k *Keeper) taken(address string) bool {
	for v := range k.balancers {
		if k.addresses[v.raw] == address {
			return true
		}
	}
	return false
}

func (k *Keeper) complainOnce(v vip, words string) {
	if k.complain[v] != words {
		k.complain[v] = words
		k.log.Warn("names: a VIP is not served", "vip", v.raw, "port", v.port, "reason", words)
	}
}

// remedy says why a VIP's address cannot be listened on and what helps.
func remedy(address string, port int, err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Sprintf("port %d is taken: a process listens on it on all addresses. Tasks should listen on $HOST only", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("%s is no address of this machine. Add it: %s", address, AliasCommand(address))
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("port %d may be listened on by root only", port)
	}
	return err.Error()
}

// AliasCommand is the command that makes the system accept a loopback address.
func AliasCommand(address string) string {
	if runtime.GOOS == "linux" {
		return "sudo ip address add " + address + "/8 dev lo"
	}
	return "sudo ifconfig lo0 alias " + address + " up"
}

// vipAddress derives a loopback address from the VIP's name: the same in every run, away from 127.0.0.0/16, where agents
// and other programs are.
func vipAddress(salt, name string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", salt, name, n))
	h := binary.BigEndian.Uint32(sum[:4])
	return fmt.Sprintf("127.%d.%d.%d", 128+h%127, h>>8&0xff, 1+(h>>16&0xff)%254)
}
