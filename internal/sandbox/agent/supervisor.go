package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// SuperviseMode is the first argument that makes the sandbox's binary a task supervisor.
const SuperviseMode = "task-supervisor"

// lifelineFD is the supervisor's descriptor of the pipe that ends with the sandbox's process.
const lifelineFD = 3

// order is what a supervisor reads from its standard input. It goes through a pipe because Env may hold secrets.
type order struct {
	StateDir  string
	RunDir    string
	Argv      []string
	Env       []string
	Parent    int
	Ephemeral bool
}

// answer is the supervisor's only line of output.
type answer struct {
	Pid   int    `json:"pid,omitempty"`
	Error string `json:"error,omitempty"`
}

// Supervise is the whole program of a task supervisor: it starts one task in a session of its own, waits for it, ends
// whatever the task left behind and notes how it ended. It lives in its own session, so that it and the task outlive the
// sandbox, and never longer than its task. It returns the process's exit code.
func Supervise(stdin io.Reader, stdout io.WriteCloser) int {
	// The task's parent-death signal is tied to the thread that started it.
	runtime.LockOSThread()
	reply := func(a answer) {
		_ = json.NewEncoder(stdout).Encode(a) // a sandbox that is gone finds the files instead
		_ = stdout.Close()
	}
	var o order
	if err := json.NewDecoder(stdin).Decode(&o); err != nil {
		reply(answer{Error: "reading the order: " + err.Error()})
		return 1
	}
	pid, err := startTask(o)
	if err != nil {
		reply(answer{Error: err.Error()})
		return 1
	}
	reply(answer{Pid: pid})
	go watchOver(o, pid)

	exit := waitFor(pid)
	killGroup(pid, syscall.SIGKILL)
	endDescendants()
	if err := writeRecord(o.StateDir, exitFile, exit); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 1
	}
	return 0
}

func startTask(o order) (int, error) {
	if err := adoptOrphans(); err != nil {
		return 0, err
	}
	// Held open until this process ends, however it ends. Read and write, as opening for writing alone waits for a reader.
	alive, err := os.OpenFile(filepath.Join(o.StateDir, aliveFile), os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("opening the life sign: %w", err)
	}
	keepOpen = append(keepOpen, alive)
	// From here on a restarted sandbox sees that this task lives. If the sandbox ended before, nobody waits for it.
	if os.Getppid() != o.Parent {
		return 0, errors.New("the sandbox ended before the task was started")
	}
	program, err := lookPath(o.Argv[0], o.RunDir, o.Env)
	if err != nil {
		return 0, err
	}
	files := make([]uintptr, 0, 3)
	for _, f := range []struct {
		path string
		flag int
	}{
		{os.DevNull, os.O_RDONLY},
		{filepath.Join(o.RunDir, "stdout"), os.O_WRONLY | os.O_APPEND | os.O_CREATE},
		{filepath.Join(o.RunDir, "stderr"), os.O_WRONLY | os.O_APPEND | os.O_CREATE},
	} {
		file, err := os.OpenFile(f.path, f.flag, 0o600)
		if err != nil {
			return 0, err
		}
		defer func() { _ = file.Close() }()
		files = append(files, file.Fd())
	}
	pid, err := syscall.ForkExec(program, o.Argv, &syscall.ProcAttr{Dir: o.RunDir, Env: o.Env, Files: files, Sys: taskAttributes()})
	if err != nil {
		return 0, fmt.Errorf("failed to exec '%s': %w", o.Argv[0], err)
	}
	birth, _ := birthOf(pid)
	if err := writeRecord(o.StateDir, processFile, processRecord{Pid: pid, Birth: birth, Started: time.Now()}); err != nil {
		killGroup(pid, syscall.SIGKILL)
		return 0, err
	}
	return pid, nil
}

// keepOpen keeps files from being closed by the garbage collector.
var keepOpen []*os.File

// watchOver ends the task when nobody can find it any more.
func watchOver(o order, pid int) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	orphaned := make(chan struct{})
	if o.Ephemeral {
		go func() {
			_, _ = io.Copy(io.Discard, os.NewFile(lifelineFD, "lifeline"))
			close(orphaned)
		}()
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-signals:
			killGroup(pid, syscall.SIGTERM)
		case <-orphaned:
			killGroup(pid, syscall.SIGKILL)
			return
		case <-tick.C:
			if _, err := os.Stat(o.StateDir); errors.Is(err, os.ErrNotExist) {
				killGroup(pid, syscall.SIGKILL)
				return
			}
		}
	}
}

// waitFor reaps until pid ends; orphans of the task come to this process too.
func waitFor(pid int) exitRecord {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			return exitRecord{Code: -1, Time: time.Now()}
		case got != pid:
			continue
		case status.Signaled():
			return exitRecord{Code: -1, Signal: int(status.Signal()), Time: time.Now()}
		case status.Exited():
			return exitRecord{Code: status.ExitStatus(), Time: time.Now()}
		}
	}
}

// killGroup signals a process group; one that is gone is fine.
func killGroup(pid int, sig syscall.Signal) {
	if pid > 1 {
		_ = syscall.Kill(-pid, sig)
	}
}

// lookPath finds a program as execvp in the task would: along the task's PATH, relative names from its folder.
func lookPath(name, dir string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := ""
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "PATH="); ok {
			path = v
		}
	}
	for _, folder := range filepath.SplitList(path) {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(dir, folder)
		}
		candidate := filepath.Join(folder, name)
		if info, err := os.Stat(candidate); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("failed to exec '%s': no such program on PATH %s", name, path)
}
