package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// sandboxProcess is a kafka-sandbox that the demo started and will end.
type sandboxProcess struct {
	URL  string
	Dir  string
	cmd  *exec.Cmd
	done chan struct{} // closed when it ended, with err
	err  error
	log  *os.File
}

// What the tasks get to end in, and then the sandbox with them.
const (
	closeTimeout = 30 * time.Second
	stopTimeout  = 2 * closeTimeout
)

// startSandbox runs the sandbox in a session of its own, so that Ctrl-C reaches the demo alone and KEEP can leave it up.
func startSandbox(ctx context.Context, program, dir string, more ...string) (*sandboxProcess, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "..", "sandbox.log"))
	if err != nil {
		return nil, err
	}
	s := &sandboxProcess{Dir: dir, done: make(chan struct{}), log: log}
	// Tasks are killed well before Stop gives up: were the sandbox killed first, its tasks would stay for good.
	args := append([]string{"--dir", dir, "--listen", "127.0.0.1:0", "--isolated", "--close-timeout", closeTimeout.String()}, more...)
	s.cmd = exec.Command(program, args...) //nolint:noctx // it outlives this function and is ended by Stop
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.done)
	}()
	return s, s.ready(ctx)
}

// ready waits for the line in which the sandbox names its address, and for an answer there.
func (s *sandboxProcess) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if _, after, said := strings.Cut(s.tail(), "Ready: "); said {
			s.URL, _, _ = strings.Cut(after, "\n")
			if body, err := s.get(ctx, "/ping"); err == nil && strings.Contains(string(body), "pong") {
				return nil
			}
		}
		select {
		case <-s.done:
			return fmt.Errorf("the sandbox ended at its start: %w\n%s", s.err, s.tail())
		case <-ctx.Done():
			return fmt.Errorf("the sandbox does not answer: %w\n%s", ctx.Err(), s.tail())
		case <-tick.C:
		}
	}
}

// Stop ends the sandbox, which ends its tasks.
func (s *sandboxProcess) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.done:
		return s.log.Close()
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		return fmt.Errorf("the sandbox did not end within %s of SIGTERM\n%s", stopTimeout, s.tail())
	}
}

func (s *sandboxProcess) tail() string {
	raw, err := os.ReadFile(s.log.Name())
	if err != nil {
		return ""
	}
	return string(raw[max(0, len(raw)-2000):])
}

func (s *sandboxProcess) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: status %d: %.200s", path, resp.StatusCode, body)
	}
	return body, err
}

// task is what Marathon tells of one.
type task struct {
	ID    string `json:"id"`
	AppID string `json:"appId"`
	Host  string `json:"host"`
	Ports []int  `json:"ports"`
	State string `json:"state"`
}

func (s *sandboxProcess) Tasks(ctx context.Context, appID string) ([]task, error) {
	body, err := s.get(ctx, "/v2/apps"+appID+"/tasks")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Tasks []task `json:"tasks"`
	}
	return answer.Tasks, json.NewDecoder(bytes.NewReader(body)).Decode(&answer)
}

// Apps are the ids that Marathon still has.
func (s *sandboxProcess) Apps(ctx context.Context) ([]string, error) {
	body, err := s.get(ctx, "/v2/apps")
	if err != nil {
		return nil, err
	}
	var answer struct {
		Apps []struct {
			ID string `json:"id"`
		} `json:"apps"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(answer.Apps))
	for _, a := range answer.Apps {
		ids = append(ids, a.ID)
	}
	return ids, nil
}
