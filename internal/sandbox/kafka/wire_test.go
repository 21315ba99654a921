package kafka

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// scriptedListener fails some times before it accepts, and is closed after that.
type scriptedListener struct {
	net.Listener
	fail int
	conn net.Conn
}

func (l *scriptedListener) Accept() (net.Conn, error) {
	switch {
	case l.fail > 0:
		l.fail--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	case l.conn != nil:
		conn := l.conn
		l.conn = nil
		return conn, nil
	}
	return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
}

func TestAcceptOutlivesAPassingError(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	defer func() { _ = here.Close() }()
	l := &scriptedListener{fail: 2, conn: there}
	if conn, err := acceptNext(l); err != nil || conn != there {
		t.Errorf("after too many open files: %v %v", conn, err)
	}
	if _, err := acceptNext(l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
