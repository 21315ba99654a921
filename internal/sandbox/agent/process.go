package agent

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

// process is one task from its launch to its terminal status.
type process struct {
	p    *Processes
	task Task
	done chan struct{} // closed when nothing of it is left to do here

	preparing   context.Context //nolint:containedctx // ends when the task is killed before it runs
	stopPrepare context.CancelFunc
	watching    context.Context //nolint:containedctx // ends when the task is left to a later sandbox
	stopWatch   context.CancelFunc

	mu       sync.Mutex
	runDir   string
	stateDir string
	env      []string      // nil for a task that was taken over and whose environment is not needed
	record   processRecord // Pid is 0 until it runs
	killing  *killRecord
	timer    *time.Timer
	over     bool
}

func newProcess(p *Processes, t Task) *process {
	pr := &process{p: p, task: t, done: make(chan struct{})}
	pr.watching, pr.stopWatch = context.WithCancel(context.Background())
	pr.preparing, pr.stopPrepare = context.WithCancel(pr.watching)
	return pr
}

func (pr *process) report(state State) {
	pr.p.mail.put(Status{TaskID: pr.task.ID, State: state, Time: time.Now()})
}

// run prepares and starts the task, then watches it to its end.
func (pr *process) run() {
	defer close(pr.done)
	defer pr.stopWatch()
	pr.report(Starting)
	alive, err := pr.start()
	if err == nil {
		pr.began()
		pr.watch(alive)
		return
	}
	pr.mu.Lock()
	killed := pr.killing != nil
	pr.mu.Unlock()
	switch {
	case killed:
		pr.end(Status{State: Killed, Message: "Killed before it was started"})
	case pr.watching.Err() != nil:
		// Left to a later sandbox, which will find that it was never started.
	default:
		pr.end(Status{State: Failed, Message: err.Error()})
	}
}

// resume takes over a task of an earlier sandbox process.
func (pr *process) resume() {
	defer close(pr.done)
	defer pr.stopWatch()
	alive, err := openAlive(pr.stateDir)
	if err != nil {
		pr.end(Status{State: Lost, Message: "The task is unknown to the agent: it was never started, or its folder is gone"})
		return
	}
	// The supervisor shows life a moment before it has started the task.
	known := false
	for !known && living(alive) && pr.watching.Err() == nil {
		var r processRecord
		if known = readRecord(pr.stateDir, processFile, &r) == nil; !known {
			time.Sleep(5 * time.Millisecond)
		}
	}
	if known {
		env, err := pr.p.environment(pr.task, pr.runDir, pr.stateDir)
		pr.mu.Lock()
		pr.env = env
		var k killRecord
		if readRecord(pr.stateDir, killFile, &k) == nil {
			pr.killing = &k
		}
		pr.mu.Unlock()
		if err != nil {
			pr.p.log.Warn("the environment for health checks of a task that was taken over", "task", pr.task.ID, "error", err)
		}
		pr.began()
	}
	pr.watch(alive)
}

// began notes that the task runs, and applies a kill that came before.
func (pr *process) began() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if err := readRecord(pr.stateDir, processFile, &pr.record); err != nil {
		pr.p.log.Error("a task's process is not known", "task", pr.task.ID, "error", err)
	}
	pr.report(Running)
	if pr.killing != nil {
		pr.report(Killing)
		pr.signalKill()
	}
}

// watch waits for the end of the task, with its health checks, and reports it.
func (pr *process) watch(alive *os.File) {
	defer func() { _ = alive.Close() }()
	checks := pr.startChecks()
	err := waitDead(pr.watching, alive)
	checks.stop()
	if err != nil {
		return // left to a later sandbox
	}
	pr.end(pr.verdict())
}

// verdict is the terminal status of a task whose supervisor has ended, in Mesos's words.
func (pr *process) verdict() Status {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	var s Status
	var exit exitRecord
	switch err := readRecord(pr.stateDir, exitFile, &exit); {
	case err != nil:
		// The supervisor was killed: it could neither clean up nor tell how the task ended.
		s = Status{State: Failed, Message: "Abnormal executor termination"}
		if pr.record.Pid == 0 && readRecord(pr.stateDir, processFile, &pr.record) != nil {
			s = Status{State: Lost, Message: "The task was never started: the sandbox ended before"}
		}
		signalGroup(pr.record, syscall.SIGKILL)
		endMarked(pr.stateDir)
	case exit.Signal != 0:
		s = Status{State: Failed, Message: "Command terminated with signal " + signalName(syscall.Signal(exit.Signal)), Time: exit.Time}
	case exit.Code != 0:
		s = Status{State: Failed, Message: fmt.Sprintf("Command exited with status %d", exit.Code), Time: exit.Time}
	default:
		s = Status{State: Finished, Message: "Command exited with status 0", Time: exit.Time}
	}
	if pr.killing == nil {
		var k killRecord // of an earlier sandbox, for a task that ended before this one came
		if readRecord(pr.stateDir, killFile, &k) == nil {
			pr.killing = &k
		}
	}
	if pr.killing != nil {
		s.State = Killed
		if pr.killing.ByHealth {
			healthy := false
			s.KilledByHealthCheck, s.Healthy = true, &healthy
		}
	}
	return s
}

func (pr *process) end(s Status) {
	pr.mu.Lock()
	pr.over = true
	if pr.timer != nil {
		pr.timer.Stop()
	}
	pr.mu.Unlock()
	s.TaskID = pr.task.ID
	if s.Time.IsZero() {
		s.Time = time.Now()
	}
	pr.p.mail.put(s)
	pr.p.forget(pr)
}

// requestKill sends SIGTERM, and SIGKILL after grace. A later request can only shorten the grace.
func (pr *process) requestKill(grace time.Duration, byHealth bool) {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if pr.over {
		return
	}
	now := time.Now()
	if pr.killing != nil {
		if now.Add(grace).Before(pr.killing.At.Add(pr.killing.Grace)) {
			pr.killing.Grace = now.Add(grace).Sub(pr.killing.At)
			if pr.timer != nil {
				pr.timer.Reset(grace)
			}
		}
		return
	}
	pr.killing = &killRecord{At: now, Grace: grace, ByHealth: byHealth}
	pr.stopPrepare()
	if pr.stateDir != "" {
		if err := writeRecord(pr.stateDir, killFile, pr.killing); err != nil {
			pr.p.log.Warn("a kill is not noted", "task", pr.task.ID, "error", err)
		}
	}
	if pr.record.Pid != 0 {
		pr.report(Killing)
		pr.signalKill()
	}
}

// signalKill begins the kill that was requested. pr.mu is held.
func (pr *process) signalKill() {
	r := pr.record
	signalGroup(r, syscall.SIGTERM)
	pr.timer = time.AfterFunc(time.Until(pr.killing.At.Add(pr.killing.Grace)), func() { signalGroup(r, syscall.SIGKILL) })
}

// detach leaves the task to a later sandbox.
func (pr *process) detach() {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if pr.timer != nil {
		pr.timer.Stop()
	}
	pr.stopWatch()
}

func (pr *process) running() processRecord {
	pr.mu.Lock()
	defer pr.mu.Unlock()
	if pr.over {
		return processRecord{}
	}
	return pr.record
}

// grace is what the app grants between SIGTERM and SIGKILL.
func (pr *process) grace() time.Duration {
	if s := pr.task.App.TaskKillGracePeriodSeconds; s != nil {
		return time.Duration(*s) * time.Second
	}
	return pr.p.opts.KillGrace
}
