package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// How many folders of ended tasks are kept: of one instance, and altogether.
const (
	keptPerInstance = 3
	keptTasks       = 200
)

// dockerSandbox is where Mesos mounts the run folder in a Docker container. A hostPath that is relative is in it too.
const dockerSandbox = "/mnt/mesos/sandbox"

// layout knows the folders below Options.Dir: runs as Mesos's agents lay them out, and what is kept beside them.
type layout struct{ dir, framework string }

func (l layout) state(taskID string) string {
	return filepath.Join(l.dir, "meta", "tasks", fileName(taskID))
}
func (l layout) states() string { return filepath.Join(l.dir, "meta", "tasks") }
func (l layout) cache() string  { return filepath.Join(l.dir, "fetch-cache") }

func (l layout) executor(t Task) string {
	return filepath.Join(l.dir, "slaves", t.AgentID, "frameworks", l.framework, "executors", fileName(t.ID))
}

// prepare makes a new run folder with its volumes, and the state folder that makes the task known.
func (l layout) prepare(t Task) (runDir, stateDir string, err error) {
	runs := filepath.Join(l.executor(t), "runs")
	id := uuid.NewString()
	runDir = filepath.Join(runs, id)
	if err := os.MkdirAll(runDir, 0o700); err != nil {
		return "", "", err
	}
	latest := filepath.Join(runs, "latest")
	_ = os.Remove(latest)
	if err := os.Symlink(id, latest); err != nil {
		return "", "", err
	}
	stateDir = l.state(t.ID)
	if err := os.RemoveAll(stateDir); err != nil { // a task id is used once; what is there was never started
		return "", "", err
	}
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return "", "", err
	}
	if err := syscall.Mkfifo(filepath.Join(stateDir, aliveFile), 0o600); err != nil {
		return "", "", fmt.Errorf("making the life sign: %w", err)
	}
	return runDir, stateDir, writeRecord(stateDir, taskFile, taskRecord{TaskID: t.ID, InstanceID: t.InstanceID, RunDir: runDir, Created: time.Now()})
}

// linkVolumes puts the task's volumes where it expects them. Without mount namespaces only relative container paths can
// be served; one that is absolute is served when it is the host path itself.
func linkVolumes(t Task, runDir string) error {
	root, err := os.OpenRoot(runDir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	link := func(target, name string) error {
		name = filepath.Clean(name)
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return root.Symlink(target, name)
	}
	for path, dir := range t.Volumes {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := link(dir, path); err != nil {
			return fmt.Errorf("volume %s: %w", path, err)
		}
	}
	if t.App == nil || t.App.Container == nil {
		return nil
	}
	for _, v := range t.App.Container.Volumes {
		switch {
		case v.Persistent != nil:
			if _, ok := t.Volumes[v.ContainerPath]; !ok {
				return fmt.Errorf("persistent volume %s has no folder", v.ContainerPath)
			}
		case v.External != nil:
			return fmt.Errorf("volume %s is external: the sandbox has no volume drivers", v.ContainerPath)
		case v.Secret != "":
			return fmt.Errorf("volume %s holds a secret: the sandbox has no secret store", v.ContainerPath)
		default:
			path := v.ContainerPath
			if rel, ok := strings.CutPrefix(path, dockerSandbox+"/"); ok {
				path = rel // where a Docker container has the run folder
			}
			if path == v.HostPath {
				continue // it is there already
			}
			if filepath.IsAbs(path) {
				return fmt.Errorf("volume %s cannot be mounted: tasks of the sandbox share the machine's file system; use a relative containerPath", path)
			}
			if err := link(v.HostPath, path); err != nil {
				return fmt.Errorf("volume %s: %w", path, err)
			}
		}
	}
	return nil
}

// ended is a task whose folders may be removed.
type ended struct {
	record   taskRecord
	stateDir string
}

// endedTasks reads what earlier processes left behind, oldest first; alive names the task ids that are none of it.
func (l layout) endedTasks(alive func(taskID string) bool) []ended {
	entries, err := os.ReadDir(l.states())
	if err != nil {
		return nil
	}
	var all []ended
	for _, e := range entries {
		var r taskRecord
		dir := filepath.Join(l.states(), e.Name())
		if err := readRecord(dir, taskFile, &r); err != nil || alive(r.TaskID) {
			continue
		}
		all = append(all, ended{r, dir})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].record.Created.Before(all[j].record.Created) })
	return all
}

// collect removes the folders of the oldest ended tasks beyond what is kept, and answers those that stay.
func (l layout) collect(tasks []ended) []ended {
	perInstance := map[string]int{}
	kept := make([]ended, 0, len(tasks))
	for i := len(tasks) - 1; i >= 0; i-- {
		t := tasks[i]
		perInstance[t.record.InstanceID]++
		if perInstance[t.record.InstanceID] <= keptPerInstance && len(kept) < keptTasks {
			kept = append(kept, t)
			continue
		}
		l.remove(t)
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].record.Created.Before(kept[j].record.Created) })
	return kept
}

func (l layout) remove(t ended) {
	executor := filepath.Dir(filepath.Dir(t.record.RunDir))
	// The record was read from a file: never remove what is not one of our own run folders.
	if rel, err := filepath.Rel(l.dir, executor); err == nil && strings.HasPrefix(rel, "slaves"+string(filepath.Separator)) {
		_ = os.RemoveAll(executor) // links to volumes are removed as links
	}
	_ = os.RemoveAll(t.stateDir) // what stays is tried again after the next start
}
