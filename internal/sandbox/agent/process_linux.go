package agent

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// taskAttributes: a session of its own, and the end of the supervisor is the end of the task.
func taskAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// commandAttributes are those of a health check's command; it must not outlive the sandbox.
func commandAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// adoptOrphans makes this process the parent of descendants whose parents end, also of those with a session of their own.
func adoptOrphans() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the subreaper: %w", err)
	}
	return nil
}

// endDescendants kills and reaps until no child is left; killed children pass theirs on to this process.
func endDescendants() {
	self := os.Getpid()
	for {
		for _, p := range processes() {
			if p.parent == self {
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
		if _, err := syscall.Wait4(-1, nil, 0, nil); errors.Is(err, syscall.ECHILD) {
			return
		}
	}
}

// birthOf is the boot-relative start time of a process.
func birthOf(pid int) (string, error) {
	p, err := readStat(pid)
	return p.birth, err
}

// marked lists the processes whose environment holds an entry that keep accepts, by pid.
func marked(name string, keep func(value string) bool) []int {
	var pids []int
	prefix := []byte(name + "=")
	for _, p := range processes() {
		env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "environ"))
		if err != nil {
			continue
		}
		for entry := range bytes.SplitSeq(env, []byte{0}) {
			if value, ok := bytes.CutPrefix(entry, prefix); ok && keep(string(value)) {
				pids = append(pids, p.pid)
				break
			}
		}
	}
	return pids
}

type procStat struct {
	pid, parent int
	birth       string
}

func processes() []procStat {
	names, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil
	}
	all := make([]procStat, 0, len(names))
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		if p, err := readStat(pid); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// readStat reads /proc/<pid>/stat; the second field, the name, may hold anything, so it counts from its last bracket.
func readStat(pid int) (procStat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return procStat{}, err
	}
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(fields) < 20 {
		return procStat{}, fmt.Errorf("process %d: unknown form of stat", pid)
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return procStat{pid: pid, parent: parent, birth: string(fields[19])}, err
}
