package kafka

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// The protocol between a broker process and the hub, over the hub's unix socket. Every connection begins with one line
// of JSON, a hello. A connection of kind "node" carries lines in both directions for the process's whole life; its end is
// the process's death. A connection of kind "client" carries, after the hello, what one Kafka client sends and receives.

type hello struct {
	Kind        string     `json:"kind"` // "node" or "client"
	Node        *nodeHello `json:"node,omitempty"`
	Cluster     string     `json:"cluster,omitempty"`     // kind client
	NodeID      int32      `json:"node_id,omitempty"`     // kind client
	Incarnation string     `json:"incarnation,omitempty"` // kind client
	Remote      string     `json:"remote,omitempty"`      // kind client: the client's address, ip:port
}

// nodeHello is what a process tells of itself.
type nodeHello struct {
	// Incarnation is new with every process, so a hub that was away recognises a process that it knew.
	Incarnation string            `json:"incarnation"`
	Props       map[string]string `json:"props"`
	LogDirs     []logDir          `json:"log_dirs"`
	Voters      []voter           `json:"voters,omitempty"` // from the format with --initial-controllers, or static
	// Serving says that the process holds its client port open already (the hub was away).
	Serving bool `json:"serving,omitempty"`
}

const (
	eventHeartbeat = "heartbeat" // node → hub
	eventStop      = "stop"      // node → hub: controlled shutdown
	eventStopped   = "stopped"   // hub → node: leaders are moved, exit
	eventWaiting   = "waiting"   // hub → node: why it is not unfenced yet
	eventUnfenced  = "unfenced"  // hub → node: open the client port
	eventMark      = "mark"      // hub → node: write the generation into the log directories
	eventRefused   = "refused"   // hub → node: exit 1
)

type event struct {
	Event      string `json:"event"`
	Text       string `json:"text,omitempty"`
	Generation string `json:"generation,omitempty"`
}

// acceptNext accepts one connection. Only a closed listener is an error: others, such as too many open files, pass.
func acceptNext(l net.Listener) (net.Conn, error) {
	for {
		conn, err := l.Accept()
		if err == nil || errors.Is(err, net.ErrClosed) {
			return conn, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// lines is one end of a connection of kind "node".
type lines struct {
	conn net.Conn
	in   *bufio.Reader
	mu   sync.Mutex
}

const helloLimit = 1 << 20

func newLines(conn net.Conn) *lines { return &lines{conn: conn, in: bufio.NewReader(conn)} }

func (l *lines) send(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	_, err = l.conn.Write(append(text, '\n'))
	return err
}

func (l *lines) receive(v any) error {
	text, err := l.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		whole := append([]byte(nil), text...)
		for errors.Is(err, bufio.ErrBufferFull) && len(whole) < helloLimit {
			text, err = l.in.ReadSlice('\n')
			whole = append(whole, text...)
		}
		text = whole
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("hub protocol: %w", err)
	}
	return nil
}

// buffered is a connection whose first bytes were read into a buffer already.
type buffered struct {
	net.Conn
	in io.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }
