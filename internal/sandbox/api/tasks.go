package api

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

const scaleAndWipe = "You cannot use scale and wipe at the same time."

// taskIDPattern is the form of ids that Marathon gives: ….instance-<uuid>._app.<n> (and its older ones).
var taskIDPattern = regexp.MustCompile(`^(.+)[._](instance-|marathon-)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(\..+)?$`)

func (s *server) taskRoutes(segs []string) methods {
	switch {
	case len(segs) == 0:
		return methods{"GET": s.listTasks}
	case len(segs) == 1 && segs[0] == "delete":
		return methods{"POST": s.deleteTasks}
	}
	return nil
}

func (s *server) listTasks(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	wanted := map[string]bool{}
	for _, v := range append(append([]string{}, q["status"]...), q["status[]"]...) {
		switch v {
		case "running", "staging":
			wanted[v] = true
		}
	}
	out := []object{}
	for _, a := range s.core.Apps("/") {
		views := taskViews(a, true)
		for i, t := range a.Tasks {
			status := ""
			switch t.State {
			case "TASK_RUNNING":
				status = "running"
			case "TASK_STAGING":
				status = "staging"
			}
			if len(wanted) == 0 || wanted[status] {
				out = append(out, views[i])
			}
		}
	}
	writeJSON(w, r, http.StatusOK, object{"tasks": out})
}

// deleteTasks is POST /v2/tasks/delete. Unknown ids are skipped, malformed ones fail the call.
func (s *server) deleteTasks(w http.ResponseWriter, r *http.Request) {
	scale, wipe, force := flag(r, "scale", false), flag(r, "wipe", false), flag(r, "force", false)
	if scale && wipe {
		writeJSON(w, r, http.StatusBadRequest, message(scaleAndWipe))
		return
	}
	body, err := readBody(r)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	ids, err := spec.ParseIDs(body)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	for _, id := range ids {
		if !taskIDPattern.MatchString(id) {
			writeJSON(w, r, http.StatusBadRequest, message("Invalid task id '"+id+"'. [taskId "+id+" no valid identifier (of class java.lang.String)]"))
			return
		}
	}
	tasks, res, err := s.core.KillTasks(ids, scale, wipe, force)
	switch {
	case err != nil:
		s.fail(w, r, err, false)
	case res != nil:
		deployed(w, r, http.StatusOK, *res)
	default:
		writeJSON(w, r, http.StatusOK, object{"tasks": plainTasks(tasks)})
	}
}

func plainTasks(tasks []scheduler.Task) []object {
	out := make([]object, len(tasks))
	for i, t := range tasks {
		out[i] = taskView(t)
	}
	return out
}

// appTasks is GET of the tasks of an app, or of all below a group ({group}/*).
func (s *server) appTasks(segs []string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		var apps []scheduler.App
		if n := len(segs); segs[n-1] == "*" {
			group := id(segs[:n-1])
			if _, err := s.core.Group(group); err != nil {
				s.fail(w, r, err, true)
				return
			}
			apps = s.core.Apps(group)
		} else {
			a, err := s.core.App(id(segs))
			if err != nil {
				s.fail(w, r, err, true)
				return
			}
			apps = []scheduler.App{a}
		}
		out := []object{}
		for _, a := range apps {
			out = append(out, taskViews(a, false)...)
		}
		writeJSON(w, r, http.StatusOK, object{"tasks": out})
	}
}

func (s *server) deleteAppTasks(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		scale, wipe, force := flag(r, "scale", false), flag(r, "wipe", false), flag(r, "force", false)
		if scale && wipe {
			writeJSON(w, r, http.StatusBadRequest, message(scaleAndWipe))
			return
		}
		a, err := s.core.App(id)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		host := r.URL.Query().Get("host")
		ids := []string{}
		for _, t := range a.Tasks {
			if !t.Suspended && (host == "" || host == "*" || t.Host == host) {
				ids = append(ids, t.ID)
			}
		}
		if scale && len(ids) == 0 {
			s.fail(w, r, notFound("Path '"+id+"' does not exist"), false)
			return
		}
		tasks, res, err := s.core.KillTasks(ids, scale, wipe, force)
		switch {
		case err != nil:
			s.fail(w, r, err, false)
		case res != nil:
			deployed(w, r, http.StatusOK, *res)
		default:
			writeJSON(w, r, http.StatusOK, object{"tasks": plainTasks(tasks)})
		}
	}
}

// deleteAppTask kills one task. The id may be that of an earlier incarnation of the same instance.
func (s *server) deleteAppTask(id, taskID string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		scale, wipe, force := flag(r, "scale", false), flag(r, "wipe", false), flag(r, "force", false)
		if scale && wipe {
			writeJSON(w, r, http.StatusBadRequest, message(scaleAndWipe))
			return
		}
		a, err := s.core.App(id)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		current := ""
		for _, t := range a.Tasks {
			if t.ID == taskID || t.InstanceID != "" && strings.HasPrefix(taskID, t.InstanceID+".") {
				current = t.ID
			}
		}
		if current == "" {
			s.fail(w, r, notFound("Task '"+taskID+"' does not exist"), true)
			return
		}
		tasks, res, err := s.core.KillTasks([]string{current}, scale, wipe, force)
		switch {
		case err != nil:
			s.fail(w, r, err, false)
		case res != nil:
			deployed(w, r, http.StatusOK, *res)
		case len(tasks) == 0: // it ended in between
			s.fail(w, r, notFound("Task '"+taskID+"' does not exist"), true)
		default:
			writeJSON(w, r, http.StatusOK, object{"task": taskView(tasks[0])})
		}
	}
}
