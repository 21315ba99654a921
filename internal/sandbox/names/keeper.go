package names

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	stop    chan struct{}
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
	k := &Keeper{opts: o, machine: machine, log: o.Logger, stop: make(chan struct{}), done: make(chan struct{}),
		balancers: map[vip]*balancer{}, addresses: map[string]string{}, complain: map[vip]string{}}
	if err := k.Refresh(); err != nil {
		return nil, err
	}
	go k.run()
	return k, nil
}

// Close stops the balancers. The file stays as it is.
func (k *Keeper) Close() {
	close(k.stop)
	<-k.done
	k.mu.Lock()
	defer k.mu.Unlock()
	for v, b := range k.balancers {
		b.close()
		delete(k.balancers, v)
	}
}

func (k *Keeper) run() {
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
		case <-k.stop:
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
