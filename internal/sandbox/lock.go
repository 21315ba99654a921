package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockFile is in every folder of a sandbox.
const lockFile = "lock"

// lock keeps a second sandbox out of the folder. The kernel gives the lock up when this process ends, however it does.
func lock(dir string) (unlock func(context.Context) error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(f.Name())
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("sandbox: another sandbox (process %s) runs in %s; stop it, or give this one another folder", strings.TrimSpace(string(holder)), dir)
		}
		return nil, fmt.Errorf("sandbox: locking %s: %w", dir, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return func(context.Context) error { return f.Close() }, nil
}
