package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// start makes the folders, fetches, and starts the supervisor; with its life sign the task runs.
func (pr *process) start() (*os.File, error) {
	runDir, stateDir, err := pr.p.layout.prepare(pr.task)
	pr.mu.Lock()
	pr.runDir, pr.stateDir = runDir, stateDir
	pr.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("failed to create the task's folder: %w", err)
	}
	if err := checkUser(pr.task); err != nil {
		return nil, err
	}
	argv, err := command(pr.task)
	if err != nil {
		return nil, err
	}
	env, err := pr.p.environment(pr.task, runDir, stateDir)
	if err != nil {
		return nil, err
	}
	if err := linkVolumes(pr.task, runDir); err != nil {
		return nil, err
	}
	if err := pr.p.fetch.fetch(pr.preparing, pr.task.App.Fetch, runDir); err != nil {
		return nil, fmt.Errorf("Failed to launch container: Failed to fetch all URIs for container '%s': fetcher: %w", filepath.Base(runDir), err) //nolint:staticcheck // Mesos's words
	}
	pr.mu.Lock()
	pr.env = env
	pr.mu.Unlock()
	return pr.supervise(argv, env)
}

// supervise starts the supervisor and waits for its answer.
func (pr *process) supervise(argv, env []string) (alive *os.File, err error) {
	if err := pr.preparing.Err(); err != nil {
		return nil, err
	}
	// No context of ours ends it: it lives as long as the task.
	cmd := exec.CommandContext(context.Background(), pr.p.opts.Program, SuperviseMode, pr.task.ID)
	cmd.Env = []string{"PATH=" + value(env, "PATH"), taskMark + "=" + pr.stateDir}
	cmd.Dir = pr.stateDir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if pr.p.opts.Ephemeral {
		line, err := lifeline()
		if err != nil {
			return nil, err
		}
		cmd.ExtraFiles = []*os.File{line}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("failed to start the task's supervisor: %w", err)
	}
	alive, err = openAlive(pr.stateDir)
	if err == nil {
		err = json.NewEncoder(in).Encode(order{StateDir: pr.stateDir, RunDir: pr.runDir, Argv: argv, Env: env, Parent: os.Getpid(), Ephemeral: pr.p.opts.Ephemeral})
	}
	_ = in.Close()
	var a answer
	if err == nil {
		if err = json.NewDecoder(out).Decode(&a); err == nil && a.Error != "" {
			err = errors.New(a.Error)
		} else if errors.Is(err, io.EOF) {
			err = errors.New("the task's supervisor ended before the task was started")
		}
	}
	_ = out.Close()
	if err != nil {
		_ = cmd.Wait() // it ends by itself, with the words it said
		if alive != nil {
			_ = alive.Close()
		}
		return nil, err
	}
	go func() { _ = cmd.Wait() }() // its end is seen at the life sign; this takes its remains away
	return alive, nil
}

// lifeline is the read end of a pipe that ends with this process; the write end is never closed.
var lifeline = sync.OnceValues(func() (*os.File, error) {
	r, w, err := os.Pipe()
	keepOpen = append(keepOpen, w)
	return r, err
})
