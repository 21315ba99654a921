package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// RunBroker is the embedded kafka-server-start.sh: it runs one node until ctx ends or SIGTERM comes, and returns the exit
// code. The only argument is the path of server.properties; the hub's socket comes from KAFKA_SANDBOX_HUB.
func RunBroker(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		_, _ = fmt.Fprintln(stderr, "USAGE: kafka-server-start.sh server.properties")
		return 1
	}
	fatal := func(err error) int {
		_, _ = fmt.Fprintf(stderr, "%s ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)\n%s\n", stamp(), err)
		return 1
	}
	socket := os.Getenv(HubEnv)
	if socket == "" {
		return fatal(errors.New("the embedded broker runs inside kafka-sandbox only: " + HubEnv + " is not set"))
	}
	config, err := readServerConfig(args[0])
	if err != nil {
		return fatal(err)
	}
	p := &process{config: config, socket: socket, incarnation: randomUUID(), log: stdout}
	if p.dirs, p.voters, err = readStorage(config); err != nil {
		return fatal(err)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := p.run(ctx); err != nil {
		return fatal(err)
	}
	return 0
}

func stamp() string { return time.Now().Format("[2006-01-02 15:04:05,000]") }

func readStorage(config *serverConfig) ([]logDir, []voter, error) {
	dirs := make([]logDir, 0, len(config.logDirs))
	for _, path := range config.logDirs {
		d, err := readLogDir(path)
		if errors.Is(err, errUnformatted) {
			if len(config.logDirs) == 1 {
				return nil, nil, errors.New("java.lang.RuntimeException: No readable meta.properties files found.")
			}
			return nil, nil, errors.New("java.lang.RuntimeException: No `meta.properties` found in " + path + " (have you run `kafka-storage.sh` to format the directory?)")
		}
		if err != nil {
			return nil, nil, err
		}
		expected := ""
		if len(dirs) > 0 {
			expected = dirs[0].Cluster
		}
		if err := d.verify(config.nodeID, expected); err != nil {
			return nil, nil, err
		}
		dirs = append(dirs, d)
	}
	if len(config.staticVoters) > 0 {
		return dirs, config.staticVoters, nil
	}
	voters, err := readVoters(config.logDirs)
	return dirs, voters, err
}

// process is one running embedded node.
type process struct {
	config      *serverConfig
	socket      string
	incarnation string
	dirs        []logDir
	voters      []voter
	log         io.Writer

	mu       sync.Mutex
	listener net.Listener      // the client port, nil until unfenced
	conns    map[net.Conn]bool // clients and their other halves
	attached bool              // the hub is there
}

func (p *process) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(p.log, stamp()+" INFO [embedded node id=%d] "+format+"\n", append([]any{p.config.nodeID}, args...)...)
}

func (p *process) run(ctx context.Context) error {
	p.conns = map[net.Conn]bool{}
	p.logf("This is the sandbox's embedded Kafka, not Apache Kafka. Cluster id %s, log.dirs %s",
		p.dirs[0].Cluster, strings.Join(p.config.logDirs, ","))
	if p.config.quorum != nil {
		ln, err := listen(*p.config.quorum, p.bindHost())
		if err != nil {
			return err
		}
		defer func() { _ = ln.Close() }()
		go refuseAll(ln)
	}
	defer p.cut()
	for {
		done, err := p.attach(ctx)
		switch {
		case err != nil:
			return err
		case done:
			p.logf("shut down completed")
			return nil
		}
		p.cutClients()
		p.logf("the sandbox is away; waiting for it at %s", p.socket)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// bindHost is the loopback address that an empty or wildcard listener host means here: the address that clients are
// told, as two brokers of different agents may use one port. A real broker would bind every address.
func (p *process) bindHost() string {
	if p.config.advertised == nil {
		return "127.0.0.1"
	}
	if ip := net.ParseIP(resolveHost(p.config.advertised.Host)); ip != nil && ip.IsLoopback() {
		return ip.String()
	}
	return "127.0.0.1"
}

// resolveHost looks a name up in the sandbox's hosts file.
func resolveHost(name string) string {
	path := os.Getenv("SANDBOX_HOSTS_FILE")
	text, err := os.ReadFile(path) //nolint:gosec // the path is the sandbox's own
	if path == "" || err != nil {
		return name
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		fields := strings.Fields(strings.SplitN(line, "#", 2)[0])
		for i := 1; i < len(fields); i++ {
			if strings.EqualFold(fields[i], name) {
				return fields[0]
			}
		}
	}
	return name
}

func listen(e endpoint, bindHost string) (net.Listener, error) {
	if e.Host != "" && e.Host != "0.0.0.0" && e.Host != "::" {
		bindHost = resolveHost(e.Host)
		if ip := net.ParseIP(bindHost); ip == nil || !ip.IsLoopback() {
			bindHost = "127.0.0.1" // the sandbox listens on loopback only
		}
	}
	e.Host = bindHost
	ln, err := net.Listen("tcp", e.addr())
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("org.apache.kafka.common.KafkaException: Socket server failed to bind to %s: Address already in use.", e.addr())
	}
	if err != nil {
		return nil, fmt.Errorf("org.apache.kafka.common.KafkaException: Socket server failed to bind to %s: %w", e.addr(), err)
	}
	return ln, nil
}

// refuseAll holds a port open that only proves a live process: the embedded quorum does not talk over it.
func refuseAll(ln net.Listener) {
	for {
		conn, err := acceptNext(ln)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

// attach registers with the hub and follows it. It returns done after a controlled shutdown, an error when the node must
// exit, and neither when the hub went away.
func (p *process) attach(ctx context.Context) (done bool, err error) {
	conn, err := net.Dial("unix", p.socket)
	if err != nil {
		return false, nil //nolint:nilerr // the hub is away
	}
	defer func() { _ = conn.Close() }()
	link := newLines(conn)
	p.mu.Lock()
	serving := p.listener != nil
	p.mu.Unlock()
	if err := link.send(hello{Kind: "node", Node: &nodeHello{Incarnation: p.incarnation, Props: p.config.props,
		LogDirs: p.dirs, Voters: p.voters, Serving: serving}}); err != nil {
		return false, nil //nolint:nilerr // the hub is away
	}
	p.setAttached(true)
	defer p.setAttached(false)

	events := make(chan event)
	gone := make(chan struct{})
	finished := make(chan struct{})
	defer close(finished)
	go func() {
		defer close(gone)
		for {
			var e event
			if link.receive(&e) != nil {
				return
			}
			select {
			case events <- e:
			case <-finished:
				return
			}
		}
	}()
	beat := time.NewTicker(max(10*time.Millisecond, min(p.config.millis("broker.heartbeat.interval.ms"), p.config.millis("broker.session.timeout.ms")/3)))
	defer beat.Stop()
	stopping := ctx.Done()
	for {
		select {
		case <-gone:
			return false, nil
		case <-beat.C:
			_ = link.send(event{Event: eventHeartbeat}) // a broken link shows on the reading side
		case <-stopping:
			stopping = nil
			p.logf("shutting down")
			_ = link.send(event{Event: eventStop}) // a broken link shows on the reading side
		case e := <-events:
			switch e.Event {
			case eventStopped:
				return true, nil
			case eventRefused:
				return false, errors.New(e.Text)
			case eventWaiting:
				p.logf("%s", e.Text)
			case eventMark:
				if err := p.mark(e.Generation); err != nil {
					return false, err
				}
			case eventUnfenced:
				if err := p.serve(); err != nil {
					return false, err
				}
			}
		}
	}
}

func (p *process) mark(generation string) error {
	for i := range p.dirs {
		if err := writeMarker(p.dirs[i].Path, generation); err != nil {
			return fmt.Errorf("org.apache.kafka.common.errors.KafkaStorageException: %w", err)
		}
		p.dirs[i].Generation = generation
	}
	return nil
}

func (p *process) setAttached(v bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.attached = v
}

func (p *process) serve() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil || p.config.client == nil {
		return nil
	}
	ln, err := listen(*p.config.client, p.bindHost())
	if err != nil {
		return err
	}
	p.listener = ln
	p.logf("Kafka Server started, clients connect to %s, told as %s", ln.Addr(), p.config.advertised.addr())
	go p.accept(ln)
	return nil
}

func (p *process) accept(ln net.Listener) {
	for {
		conn, err := acceptNext(ln)
		if err != nil {
			return
		}
		go p.forward(conn)
	}
}

// forward joins one client to the hub.
func (p *process) forward(client net.Conn) {
	defer func() { _ = client.Close() }()
	p.mu.Lock()
	attached := p.attached
	p.mu.Unlock()
	if !attached {
		return
	}
	hub, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer func() { _ = hub.Close() }()
	if !p.track(client, hub) {
		return
	}
	defer p.untrack(client, hub)
	if err := newLines(hub).send(hello{Kind: "client", Cluster: p.dirs[0].Cluster, NodeID: p.config.nodeID,
		Incarnation: p.incarnation, Remote: client.RemoteAddr().String()}); err != nil {
		return
	}
	_ = hub.SetWriteDeadline(time.Time{})
	done := make(chan struct{}, 2)
	splice := func(dst, src net.Conn) {
		_, _ = io.Copy(dst, src) // the end of either side ends both
		done <- struct{}{}
	}
	go splice(hub, client)
	go splice(client, hub)
	<-done
}

func (p *process) track(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conns == nil {
		return false
	}
	for _, c := range conns {
		p.conns[c] = true
	}
	return true
}

func (p *process) untrack(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

func (p *process) cutClients() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// cut closes the client port and every connection; nothing is accepted after it.
func (p *process) cut() {
	p.mu.Lock()
	if p.listener != nil {
		_ = p.listener.Close()
	}
	p.mu.Unlock()
	p.cutClients()
	p.mu.Lock()
	p.conns = nil
	p.mu.Unlock()
}
