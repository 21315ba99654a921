package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/probe"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// checks are the running agent-side health checks of one task.
type checks struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

func (c *checks) stop() {
	c.cancel()
	c.wait.Wait()
}

// startChecks starts what an agent runs itself: MESOS_TCP, MESOS_HTTP, MESOS_HTTPS and COMMAND. The other protocols are
// the scheduler's.
func (pr *process) startChecks() *checks {
	ctx, cancel := context.WithCancel(pr.watching)
	c := &checks{cancel: cancel}
	if pr.running().Pid == 0 {
		return c
	}
	for _, h := range pr.task.App.HealthChecks {
		if check := pr.checkFunc(h); check != nil {
			c.wait.Go(func() { pr.checkLoop(ctx, h, check) })
		}
	}
	return c
}

// checkFunc answers how the check is made once; nil when the agent does not make it.
func (pr *process) checkFunc(h spec.HealthCheck) func(context.Context) error {
	if h.Protocol == "COMMAND" {
		line, _ := h.Command["value"].(string)
		return func(ctx context.Context) error { return pr.runCheck(ctx, line) }
	}
	scheme, ok := map[string]string{"MESOS_TCP": "tcp", "MESOS_HTTP": "http", "MESOS_HTTPS": "https"}[h.Protocol]
	if !ok {
		return nil
	}
	port, ok := checkPort(h, pr.task.Ports)
	if !ok {
		return nil // as recorded: a check without a port never has a result
	}
	// A real agent asks 127.0.0.1. Here every agent is a loopback address of its own, and a task may listen on that one alone.
	address := net.JoinHostPort(pr.task.Hostname, strconv.Itoa(port))
	if scheme == "tcp" {
		return func(ctx context.Context) error { return probe.TCP(ctx, address) }
	}
	path := "/"
	if h.Path != nil && *h.Path != "" {
		path = "/" + strings.TrimPrefix(*h.Path, "/")
	}
	return func(ctx context.Context) error {
		r, err := probe.HTTP(ctx, scheme+"://"+address+path)
		if err == nil && !r.OK() {
			err = fmt.Errorf("unexpected HTTP response code: %d", r.Status)
		}
		return err
	}
}

func checkPort(h spec.HealthCheck, ports []int) (int, bool) {
	switch {
	case h.Port != nil:
		return *h.Port, true
	case h.PortIndex != nil && *h.PortIndex >= 0 && *h.PortIndex < len(ports):
		return ports[*h.PortIndex], true
	}
	return 0, false
}

// checkLoop follows Mesos's health checker: failures within the grace period before the first success do not count,
// every counted one is told, the limit kills the task (and 0 is a limit of one).
func (pr *process) checkLoop(ctx context.Context, h spec.HealthCheck, check func(context.Context) error) {
	seconds := func(n int) time.Duration { return time.Duration(n) * time.Second }
	graceEnd := pr.running().Started.Add(seconds(h.GracePeriodSeconds))
	failures, succeeded := 0, false
	for wait := seconds(h.DelaySeconds); ; wait = seconds(h.IntervalSeconds) {
		if !pause(ctx, wait) {
			return
		}
		once, cancel := context.WithCancel(ctx)
		if h.TimeoutSeconds > 0 { // 0 = no limit, as Mesos has it
			once, cancel = context.WithTimeout(ctx, seconds(h.TimeoutSeconds))
		}
		err := check(once)
		if once.Err() != nil && ctx.Err() == nil {
			err = fmt.Errorf("timed out after %d seconds", h.TimeoutSeconds)
		}
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if failures > 0 || !succeeded {
				pr.reportHealth(true)
			}
			failures, succeeded = 0, true
		case !succeeded && time.Now().Before(graceEnd):
			pr.p.log.Debug("health check failed in its grace period", "task", pr.task.ID, "error", err)
		default:
			failures++
			pr.p.log.Info("health check failed", "task", pr.task.ID, "consecutive", failures, "error", err)
			pr.reportHealth(false)
			if failures >= h.MaxConsecutiveFailures {
				pr.requestKill(pr.grace(), true)
				return
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	// An interval of 0 is legal; it must not keep a processor busy.
	timer := time.NewTimer(max(d, 10*time.Millisecond))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// reportHealth tells a verdict; as with Mesos's executor none comes once the task is being killed.
func (pr *process) reportHealth(healthy bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if pr.killing != nil || pr.over {
		return
	}
	pr.p.mail.put(Status{TaskID: pr.task.ID, State: Running, Time: time.Now(), Reason: ReasonHealth, Healthy: &healthy})
}

// runCheck runs a COMMAND check in the task's folder and environment.
func (pr *process) runCheck(ctx context.Context, line string) error {
	pr.mu.Lock()
	dir, env := pr.runDir, pr.env
	pr.mu.Unlock()
	if env == nil {
		return errors.New("the task's environment is not known")
	}
	runtime.LockOSThread() // the parent-death signal is the thread's
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = commandAttributes()
	cmd.Cancel = func() error { killGroup(cmd.Process.Pid, syscall.SIGKILL); return nil }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if cmd.Process != nil {
		killGroup(cmd.Process.Pid, syscall.SIGKILL) // what the command left in the background
	}
	return err
}
