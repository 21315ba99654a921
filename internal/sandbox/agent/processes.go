package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Options configure Processes. Dir, Report and Program are required.
type Options struct {
	// Dir holds run folders, what is known of tasks, and the fetcher's cache.
	Dir string
	// Report is called with every change of a task, in order, from one goroutine, never from inside a method.
	Report func(Status)
	// Program is the binary whose mode SuperviseMode runs Supervise.
	Program string
	// FrameworkID appears in paths and in the tasks' environment.
	FrameworkID string
	// Images answers the environment that an image provides, e.g. KAFKA_HOME; its error fails the task in its words.
	Images func(image string) (map[string]string, error)
	// TaskEnv answers further variables, set over all others.
	TaskEnv func(t Task) map[string]string
	// KillGrace is for tasks whose app says nothing at Shutdown and at kills by health checks; 3 s when zero, as Mesos's.
	KillGrace time.Duration
	// Ephemeral ends every task when this process ends, however it does.
	Ephemeral bool
	Logger    *slog.Logger
}

// Processes is the Driver that runs tasks as processes of this machine, each under a supervisor of its own.
type Processes struct {
	opts   Options
	layout layout
	fetch  *fetcher
	mail   *mailbox
	log    *slog.Logger

	mu     sync.Mutex
	tasks  map[string]*process // those that have not ended
	ended  []ended             // oldest first
	closed bool
}

var _ Driver = (*Processes)(nil)

// New makes the driver and its folders. It starts nothing.
func New(o Options) (*Processes, error) {
	if o.Report == nil || o.Program == "" {
		return nil, errors.New("agent: Report and Program are required")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if o.FrameworkID == "" {
		o.FrameworkID = "sandbox"
	}
	if o.KillGrace == 0 {
		o.KillGrace = 3 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l := layout{dir: dir, framework: o.FrameworkID}
	for _, folder := range []string{l.states(), l.cache()} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("agent: %w", err)
		}
	}
	return &Processes{opts: o, layout: l, fetch: newFetcher(l.cache()), mail: newMailbox(o.Report), log: o.Logger, tasks: map[string]*process{}}, nil
}

// Launch implements Driver.
func (p *Processes) Launch(t Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.tasks[t.ID] != nil {
		return
	}
	pr := newProcess(p, t)
	p.tasks[t.ID] = pr
	go pr.run()
}

// Kill implements Driver.
func (p *Processes) Kill(taskID string, grace time.Duration) {
	if pr := p.find(taskID); pr != nil {
		pr.requestKill(grace, false)
		return
	}
	p.mail.put(Status{TaskID: taskID, State: Killed, Message: "The task is unknown to the agent", Time: time.Now()})
}

// Recover implements Driver. Tasks of an earlier process that are not named are ended: nobody waits for them.
func (p *Processes) Recover(tasks []Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for _, t := range tasks {
		if p.tasks[t.ID] != nil {
			continue
		}
		pr := newProcess(p, t)
		pr.stateDir = p.layout.state(t.ID)
		var r taskRecord
		if err := readRecord(pr.stateDir, taskFile, &r); err == nil {
			pr.runDir = r.RunDir
		}
		p.tasks[t.ID] = pr
		go pr.resume()
	}
	p.ended = p.layout.endedTasks(func(id string) bool { return p.tasks[id] != nil })
	forgotten := slices.Clone(p.ended)
	go func() {
		folders := make([]string, 0, len(forgotten))
		for _, e := range forgotten {
			p.endForgotten(e.stateDir)
			folders = append(folders, e.stateDir)
		}
		endMarked(folders...)
	}()
}

// endForgotten kills what is left of a task by its record.
func (p *Processes) endForgotten(stateDir string) {
	if alive, err := openAlive(stateDir); err == nil {
		defer func() { _ = alive.Close() }()
		if living(alive) {
			var r processRecord
			if err := readRecord(stateDir, processFile, &r); err == nil {
				p.log.Info("ending a task that nobody knows", "folder", stateDir, "pid", r.Pid)
				signalGroup(r, syscall.SIGKILL)
				_ = waitDead(context.Background(), alive)
			}
		}
	}
}

// endMarked kills processes that still carry the mark of tasks which have ended.
func endMarked(stateDirs ...string) {
	for _, pid := range marked(taskMark, func(v string) bool { return slices.Contains(stateDirs, v) }) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// Signal implements Driver.
func (p *Processes) Signal(taskID string, sig int) error {
	pr := p.find(taskID)
	if pr == nil {
		return fmt.Errorf("task %s does not run", taskID)
	}
	r := pr.running()
	if r.Pid == 0 {
		return fmt.Errorf("task %s has no process yet", taskID)
	}
	signalGroup(r, syscall.Signal(sig))
	return nil
}

// Shutdown implements Driver. Without keep it answers when every task is gone and was reported; when ctx ends first they
// are killed hard. With keep nothing is reported any more.
func (p *Processes) Shutdown(ctx context.Context, keep bool) error {
	p.mu.Lock()
	p.closed = true
	all := make([]*process, 0, len(p.tasks))
	for _, pr := range p.tasks {
		all = append(all, pr)
	}
	p.mu.Unlock()
	if keep {
		p.mail.drop()
		for _, pr := range all {
			pr.detach()
		}
		for _, pr := range all {
			<-pr.done
		}
		<-p.mail.done
		return nil
	}
	for _, pr := range all {
		pr.requestKill(pr.grace(), false)
	}
	hard := context.AfterFunc(ctx, func() {
		for _, pr := range all {
			pr.requestKill(0, false)
		}
	})
	defer hard()
	for _, pr := range all {
		<-pr.done
	}
	p.mail.close()
	<-p.mail.done
	return nil
}

// SandboxDir implements Driver.
func (p *Processes) SandboxDir(taskID string) string {
	if pr := p.find(taskID); pr != nil {
		pr.mu.Lock()
		defer pr.mu.Unlock()
		return pr.runDir
	}
	var r taskRecord
	if err := readRecord(p.layout.state(taskID), taskFile, &r); err != nil {
		return ""
	}
	return r.RunDir
}

// Pid implements Driver.
func (p *Processes) Pid(taskID string) int {
	pr := p.find(taskID)
	if pr == nil {
		return 0
	}
	return pr.running().Pid
}

func (p *Processes) find(taskID string) *process {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tasks[taskID]
}

// forget moves a task that has ended to those whose folders may go.
func (p *Processes) forget(pr *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.tasks, pr.task.ID)
	var r taskRecord
	if err := readRecord(pr.stateDir, taskFile, &r); err == nil {
		p.ended = p.layout.collect(append(p.ended, ended{r, pr.stateDir}))
	}
}
