package sandbox

import (
	"fmt"
	"os"
	"syscall"
)

// ownFolder makes sure that a folder at a well-known place is this user's and closed to others.
func ownFolder(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("sandbox: %s must be a folder of yours with mode 0700; remove it", dir)
	}
	return nil
}
