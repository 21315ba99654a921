package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// frameLimit is socket.request.max.bytes' default.
const frameLimit = 100 << 20

// The two users that the hub logs in to kfake as, on behalf of a client.
const (
	userHub       = "hub"       // passes every ACL: no authorizer, or a super user
	userAnonymous = "ANONYMOUS" // who every client of a PLAINTEXT listener is
)

// pipeListener is the only way into kfake: connections made in memory by dial.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// remoteConn tells kfake the client's address, which ACLs may name.
type remoteConn struct {
	net.Conn
	remote net.Addr
}

func (c *remoteConn) RemoteAddr() net.Addr { return c.remote }

func (l *pipeListener) dial(remote net.Addr) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.conns <- &remoteConn{theirs, remote}:
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// innerConn is one connection to kfake; one request at a time.
type innerConn struct {
	conn net.Conn
	corr int32
}

func dialInner(l *pipeListener, remote net.Addr, user string) (*innerConn, error) {
	conn, err := l.dial(remote)
	if err != nil {
		return nil, err
	}
	c := &innerConn{conn: conn}
	shake := kmsg.NewSASLHandshakeRequest()
	shake.Version, shake.Mechanism = 1, "PLAIN"
	auth := kmsg.NewSASLAuthenticateRequest()
	auth.Version, auth.SASLAuthBytes = 1, []byte("\x00"+user+"\x00"+user)
	for _, req := range []kmsg.Request{&shake, &auth} {
		if _, err := c.ask(req, nil); err != nil {
			_ = conn.Close()
			return nil, fmt.Errorf("logging in to the embedded cluster: %w", err)
		}
	}
	return c, nil
}

func (c *innerConn) close() { _ = c.conn.Close() }

// ask sends one request in its set version and waits for the answer.
func (c *innerConn) ask(req kmsg.Request, clientID *string) (kmsg.Response, error) {
	c.corr++
	frame := binary.BigEndian.AppendUint32(nil, 0)
	frame = appendHeader(frame, req, c.corr, clientID)
	frame = req.AppendTo(frame)
	binary.BigEndian.PutUint32(frame, uint32(len(frame)-4)) //nolint:gosec // below frameLimit
	if _, err := c.conn.Write(frame); err != nil {
		return nil, err
	}
	answer, err := readFrame(c.conn)
	if err != nil {
		return nil, err
	}
	return parseResponse(req, answer)
}

// pass sends a whole frame as it is and returns the whole answer; the correlation id is the client's own.
func (c *innerConn) pass(frame []byte, answered bool) ([]byte, error) {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, len(frame)+4), uint32(len(frame))) //nolint:gosec // below frameLimit
	if _, err := c.conn.Write(append(out, frame...)); err != nil {
		return nil, err
	}
	if !answered {
		return nil, nil
	}
	return readFrame(c.conn)
}

func appendHeader(dst []byte, req kmsg.Request, corr int32, clientID *string) []byte {
	dst = kbin.AppendInt16(dst, req.Key())
	dst = kbin.AppendInt16(dst, req.GetVersion())
	dst = kbin.AppendInt32(dst, corr)
	dst = kbin.AppendNullableString(dst, clientID)
	if req.IsFlexible() {
		dst = append(dst, 0)
	}
	return dst
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(size[:])
	if n > frameLimit {
		return nil, fmt.Errorf("a request of %d bytes is larger than %d (socket.request.max.bytes)", n, frameLimit)
	}
	frame := make([]byte, n)
	_, err := io.ReadFull(r, frame)
	return frame, err
}

func parseResponse(req kmsg.Request, frame []byte) (kmsg.Response, error) {
	if len(frame) < 4 {
		return nil, errors.New("short answer from the embedded cluster")
	}
	body := frame[4:]
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		r := kbin.Reader{Src: body}
		kmsg.SkipTags(&r)
		body = r.Src
	}
	if err := resp.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("answer to %s: %w", kmsg.NameForKey(req.Key()), err)
	}
	return resp, nil
}

// asHub asks kfake with every right, outside any client's connection.
func (c *cluster) asHub(ctx context.Context, req kmsg.Request) (kmsg.Response, error) {
	conn, err := dialInner(c.inner, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, userHub)
	if err != nil {
		return nil, err
	}
	defer conn.close()
	stop := context.AfterFunc(ctx, conn.close)
	defer stop()
	id := "sandbox-hub"
	return conn.ask(req, &id)
}

// pipeListen makes kfake take its connections from l.
func pipeListen(l *pipeListener) func(network, address string) (net.Listener, error) {
	return func(string, string) (net.Listener, error) { return l, nil }
}
