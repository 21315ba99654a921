package agent

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// openAlive opens a task's life sign for reading; it does not wait for a writer.
func openAlive(stateDir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(stateDir, aliveFile), os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// living says whether a supervisor holds the other end. A pipe knows that without regard to process ids.
func living(alive *os.File) bool {
	raw, err := alive.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	var readErr error
	if err := raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, readErr = syscall.Read(int(fd), b[:])
		return true
	}); err != nil {
		return false
	}
	return n > 0 || errors.Is(readErr, syscall.EAGAIN)
}

// waitDead answers nil when no supervisor holds the other end any more, or ctx's error.
func waitDead(ctx context.Context, alive *os.File) error {
	stop := context.AfterFunc(ctx, func() { _ = alive.SetReadDeadline(time.Now()) })
	defer stop()
	var b [1]byte
	for {
		n, err := alive.Read(b[:])
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, syscall.EAGAIN): // systems whose poller does not take pipes
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		case err != nil || n == 0:
			return nil
		}
	}
}

// signalGroup signals the task's process group, unless its pid belongs to another process by now.
func signalGroup(r processRecord, sig syscall.Signal) {
	if r.Pid == 0 {
		return
	}
	if birth, err := birthOf(r.Pid); err == nil && r.Birth != "" && birth != r.Birth {
		return
	}
	killGroup(r.Pid, sig)
}

// signalName is strsignal(3)'s.
func signalName(sig syscall.Signal) string {
	name := []byte(sig.String())
	if len(name) > 0 && name[0] >= 'a' && name[0] <= 'z' {
		name[0] -= 'a' - 'A'
	}
	return string(name)
}
