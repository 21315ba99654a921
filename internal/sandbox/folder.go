package sandbox

import (
	"fmt"
	"os"
	"slices"
	"syscall"
)

// makeFolder makes the sandbox's folder, closed to others. One that holds other things is left alone: closing a folder such
// as /tmp or a home would harm everybody else.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	ours := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == lockFile })
	if len(entries) > 0 && !ours {
		return fmt.Errorf("sandbox: %s holds other things than a sandbox's; give the sandbox a folder of its own", dir)
	}
	// It may have been there with another mode, and what is inside runs commands.
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

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
