package agent

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestNothingOfATaskStays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	// A child in the group, one in a session of its own, and one that also drops its environment.
	task := task("sleep 1000 & echo $! > a; setsid sh -c 'echo $$ > b; exec sleep 1000' & setsid env -i sh -c 'echo $$ > c; exec sleep 1000' & while [ ! -s a ] || [ ! -s b ] || [ ! -s c ]; do sleep 0.01; done; touch up; sleep 1000")
	r.p.Launch(task)
	dir := func(name string) string { return filepath.Join(r.p.SandboxDir(task.ID), name) }
	until(t, "all children run", func() bool { _, err := os.Stat(dir("up")); return err == nil })
	r.p.Kill(task.ID, time.Second)
	r.terminal(task.ID)
	for _, name := range []string{"a", "b", "c"} {
		raw, err := os.ReadFile(dir(name))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if err != nil {
			t.Fatal(err)
		}
		if alive(pid) {
			t.Errorf("child %s (%d) outlived its task", name, pid)
		}
	}
}

func TestAKilledDriverTakesEphemeralTasksAlongOnly(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ephemeral", "lasting"} {
		dir := t.TempDir()
		cmd := exec.Command(self, "test-driver", dir, kind)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		stat, err := readStat(pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if kind == "lasting" {
			until(t, "the supervisor has another parent", func() bool { s, err := readStat(stat.parent); return err == nil && s.parent != cmd.Process.Pid })
			if !alive(pid) {
				t.Error("the task ended with the driver")
			}
			killGroup(pid, syscall.SIGKILL)
		}
		until(t, kind+": the task is gone", func() bool { return !alive(pid) })
	}
}

func TestAKilledSupervisorTakesItsTaskAlong(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	task := task("setsid sh -c 'echo $$ > b; exec sleep 1000' & while [ ! -s b ]; do sleep 0.01; done; touch up; exec sleep 1000")
	r.p.Launch(task)
	until(t, "it runs", func() bool { _, err := os.Stat(filepath.Join(r.p.SandboxDir(task.ID), "up")); return err == nil })
	pid := r.p.Pid(task.ID)
	stat, err := readStat(pid)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(r.p.SandboxDir(task.ID), "b"))
	if err != nil {
		t.Fatal(err)
	}
	stray, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(stat.parent, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := r.terminal(task.ID); s.State != Failed || s.Message != "Abnormal executor termination" {
		t.Errorf("%+v", s)
	}
	gone := func(pid int) bool {
		raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return err != nil || strings.Contains(string(raw), ") Z ") // whose zombie it is depends on the machine's init
	}
	until(t, "the task is gone", func() bool { return gone(pid) })
	until(t, "its stray is gone", func() bool { return gone(stray) })
}
