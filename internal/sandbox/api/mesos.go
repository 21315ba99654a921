package api

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
)

// MesosOptions set NewMesos up.
type MesosOptions struct {
	// BaseURL is the address of this handler; agents are told to be reached there. Empty = that of each request.
	BaseURL string
	// User and Password switch basic auth on, as in Options: task logs are no less private than definitions.
	User, Password string
}

// NewMesos makes the handler of the little of Mesos's own HTTP API that tails of task logs need. One process plays the
// master and all virtual agents, so every agent has this server's address:
//
//	GET /slaves, /master/slaves         the agents
//	GET /state, /slave(1)/state         the executors (one per task) with their sandbox directories
//	GET /files/read, /slave(1)/files/read   path, offset (-1 = only the size), length
//
// sandboxDir gives the directory of a task, "" when unknown. Files outside of the directories of known tasks are 404.
func NewMesos(core scheduler.Scheduler, sandboxDir func(taskID string) string, opts MesosOptions) http.Handler {
	m := &mesos{core: core, dir: sandboxDir, opts: opts}
	return guard{base: opts.BaseURL, user: opts.User, password: opts.Password}.wrap(http.HandlerFunc(m.serve))
}

type mesos struct {
	core scheduler.Scheduler
	dir  func(string) string
	opts MesosOptions
}

func (m *mesos) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeEmpty(w, http.StatusMethodNotAllowed)
		return
	}
	switch strings.TrimPrefix(r.URL.Path, "/slave(1)") {
	case "/slaves", "/master/slaves":
		m.slaves(w, r)
	case "/state", "/state.json":
		m.state(w, r)
	case "/files/read", "/files/read.json":
		m.read(w, r)
	default:
		writeEmpty(w, http.StatusNotFound)
	}
}

func (m *mesos) address(r *http.Request) string {
	if h := hostOf(m.opts.BaseURL); h != "" {
		return h
	}
	return r.Host
}

func (m *mesos) slaves(w http.ResponseWriter, r *http.Request) {
	agents := []object{}
	for _, a := range m.core.Agents() {
		ranges := make([]string, len(a.PortRanges))
		for i, p := range a.PortRanges {
			ranges[i] = fmt.Sprintf("%d-%d", p[0], p[1])
		}
		agents = append(agents, object{
			"id": a.ID, "hostname": a.Hostname, "pid": "slave(1)@" + m.address(r), "active": true, "port": port(m.address(r)),
			"attributes": a.Attributes,
			"resources": object{
				"cpus": a.CPUs, "mem": a.Mem, "disk": a.Disk, "gpus": a.GPUs, "ports": "[" + strings.Join(ranges, ", ") + "]",
			},
		})
	}
	writeJSON(w, r, http.StatusOK, object{"slaves": agents})
}

// maxEarlier is how many earlier incarnations of an instance are looked for.
const maxEarlier = 20

// tasks are the ids of known tasks: those that live, and those that ended but left their directory.
func (m *mesos) tasks() (live, completed []string) {
	seen := map[string]bool{}
	earlier := func(id string) {
		stem, n, ok := incarnation(id)
		for i := n - 1; ok && i > 0 && i >= n-maxEarlier; i-- {
			old := stem + strconv.Itoa(i)
			if !seen[old] && m.dir(old) != "" {
				seen[old] = true
				completed = append(completed, old)
			}
		}
	}
	apps := m.core.Apps("/")
	for _, a := range apps {
		for _, t := range a.Tasks {
			if !seen[t.ID] && m.dir(t.ID) != "" {
				seen[t.ID] = true
				live = append(live, t.ID)
			}
		}
	}
	for _, a := range apps {
		for _, t := range a.Tasks {
			earlier(t.ID)
		}
		if f := a.LastTaskFailure; f != nil {
			if !seen[f.TaskID] && m.dir(f.TaskID) != "" {
				seen[f.TaskID] = true
				completed = append(completed, f.TaskID)
			}
			earlier(f.TaskID)
		}
	}
	return live, completed
}

// incarnation parts a task id ….<n> before its number.
func incarnation(id string) (stem string, n int, ok bool) {
	dot := strings.LastIndexByte(id, '.')
	if dot < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(id[dot+1:])
	return id[:dot+1], n, err == nil
}

func (m *mesos) state(w http.ResponseWriter, r *http.Request) {
	live, completed := m.tasks()
	executors := func(ids []string) []object {
		out := make([]object, len(ids))
		for i, id := range ids {
			// A command task's executor has the task's id, as in Mesos.
			out[i] = object{"id": id, "source": id, "name": "Command Executor (Task: " + id + ")", "directory": m.dir(id)}
		}
		return out
	}
	writeJSON(w, r, http.StatusOK, object{
		"frameworks": []object{{
			"name": "marathon", "executors": executors(live), "completed_executors": executors(completed),
		}},
		"completed_frameworks": []object{},
	})
}

// maxRead is what one answer holds at most: Mesos's 16 pages.
const maxRead = 16 * 4096

func (m *mesos) read(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	path := q.Get("path")
	if path == "" {
		writeText(w, http.StatusBadRequest, "Expecting 'path=value' in query.\n")
		return
	}
	offset, err := number(q.Get("offset"), -1)
	if err != nil {
		writeText(w, http.StatusBadRequest, "Failed to parse offset: "+err.Error()+".\n")
		return
	}
	length, err := number(q.Get("length"), maxRead)
	if err != nil {
		writeText(w, http.StatusBadRequest, "Failed to parse length: "+err.Error()+".\n")
		return
	}
	if length < 0 || length > maxRead {
		length = maxRead
	}
	f, err := m.open(path)
	if err != nil {
		// Whether it is forbidden or missing is nobody's business.
		writeText(w, http.StatusNotFound, "")
		return
	}
	defer func() { _ = f.Close() }() // read only
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		writeText(w, http.StatusBadRequest, "Cannot read from directory.\n")
		return
	}
	if offset < 0 {
		writeJSON(w, r, http.StatusOK, object{"data": "", "offset": info.Size()})
		return
	}
	buf := make([]byte, length)
	n, err := f.ReadAt(buf, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		writeText(w, http.StatusInternalServerError, "Failed to read the file.\n")
		return
	}
	writeJSON(w, r, http.StatusOK, object{"data": string(buf[:n]), "offset": offset})
}

func number(s string, def int64) (int64, error) {
	if s == "" {
		return def, nil
	}
	return strconv.ParseInt(s, 10, 64)
}

// open finds the file below the directory of a known task. os.Root refuses ways out of it, by .. or by symbolic links.
func (m *mesos) open(path string) (*os.File, error) {
	path = filepath.Clean(path)
	live, completed := m.tasks()
	for _, id := range append(live, completed...) {
		dir := filepath.Clean(m.dir(id))
		rel, ok := strings.CutPrefix(path, dir+string(filepath.Separator))
		if !ok {
			continue
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, err
		}
		// Without waiting: a named pipe would hold the request for ever.
		f, err := root.OpenFile(rel, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		return f, errors.Join(err, root.Close())
	}
	return nil, fs.ErrNotExist
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
