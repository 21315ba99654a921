package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// appRoutes finds the resource below /v2/apps. The words restart, tasks and versions at the end (tasks and versions also
// before the last segment) are resources of the app before them.
func (s *server) appRoutes(segs []string) methods {
	n := len(segs)
	last := func(i int) string {
		if n > i {
			return segs[n-1-i]
		}
		return ""
	}
	switch {
	case n == 0:
		return methods{"GET": s.listApps, "POST": s.createApp, "PUT": s.bulk(false), "PATCH": s.bulk(true)}
	case n > 1 && last(0) == "restart":
		return methods{"POST": s.restartApp(id(segs[:n-1]))}
	case n > 1 && last(0) == "tasks":
		return methods{"GET": s.appTasks(segs[:n-1]), "DELETE": s.deleteAppTasks(id(segs[:n-1]))}
	case n > 2 && last(1) == "tasks":
		return methods{"DELETE": s.deleteAppTask(id(segs[:n-2]), last(0))}
	case n > 1 && last(0) == "versions":
		return methods{"GET": s.appVersions(id(segs[:n-1]))}
	case n > 2 && last(1) == "versions":
		return methods{"GET": s.appVersion(id(segs[:n-2]), last(0))}
	case last(0) == "*":
		return methods{"GET": s.appsBelow(id(segs[:n-1]))}
	default:
		app := id(segs)
		return methods{"GET": s.getApp(app), "PUT": s.putApp(app, false), "PATCH": s.putApp(app, true), "DELETE": s.deleteApp(app)}
	}
}

// listEmbeds always hold counts and deployments; details are for single apps.
func listEmbeds(r *http.Request) embeds {
	e := embedsOf(r.URL.Query()["embed"], "apps.", "app.")
	e.counts, e.deployments = true, true
	return e
}

func detailEmbeds(r *http.Request) embeds {
	e := listEmbeds(r)
	e.tasks, e.failure = true, true
	return e
}

func (s *server) listApps(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	selector := func(map[string]string) bool { return true }
	if text := q.Get("label"); text != "" {
		parsed, err := parseSelector(text)
		if err != nil {
			writeJSON(w, r, http.StatusUnprocessableEntity, message(err.Error()))
			return
		}
		selector = parsed
	}
	contains := func(text, part string) bool {
		return strings.Contains(strings.ToLower(text), strings.ToLower(part))
	}
	var chosen []scheduler.App
	for _, a := range s.core.Apps("/") {
		cmd := ""
		if a.Spec.Cmd != nil {
			cmd = *a.Spec.Cmd
		}
		if (!q.Has("cmd") || contains(cmd, q.Get("cmd"))) && (!q.Has("id") || contains(a.Spec.ID, q.Get("id"))) && selector(a.Spec.Labels) {
			chosen = append(chosen, a)
		}
	}
	s.writeApps(w, r, "apps", chosen, listEmbeds(r))
}

func (s *server) writeApps(w http.ResponseWriter, r *http.Request, key string, apps []scheduler.App, e embeds) {
	views, err := appViews(apps, e)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	writeJSON(w, r, http.StatusOK, object{key: views})
}

func (s *server) getApp(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		a, err := s.core.App(id)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		view, err := appView(a, detailEmbeds(r))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		writeJSON(w, r, http.StatusOK, object{"app": view})
	}
}

// appsBelow is GET /v2/apps/{group}/*.
func (s *server) appsBelow(group string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.core.Group(group); err != nil {
			s.fail(w, r, err, true)
			return
		}
		s.writeApps(w, r, "*", s.core.Apps(group), detailEmbeds(r))
	}
}

func (s *server) createApp(w http.ResponseWriter, r *http.Request) {
	force := flag(r, "force", false)
	body, err := readBody(r)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	app, err := spec.Create(body, s.specOptions(force))
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	res, err := s.core.CreateApp(app.Clone(), force)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	// The answer shows the definition as it was sent: automatic service ports are 0 still.
	view, err := asObject(app)
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	view["version"] = spec.FormatTime(res.Version)
	s.apiPost(r, view)
	answer := make(object, len(view)+5)
	for k, v := range view {
		answer[k] = v
	}
	for _, k := range []string{"tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"} {
		answer[k] = 0
	}
	answer["deployments"] = idObjects([]string{res.DeploymentID})
	w.Header().Set("Location", s.base(r)+app.ID)
	w.Header().Set("Marathon-Deployment-Id", res.DeploymentID)
	writeJSON(w, r, http.StatusCreated, answer)
}

// putApp is PUT, or PATCH of an existing app (mustExist).
func (s *server) putApp(id string, mustExist bool) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		force := flag(r, "force", false)
		partial := mustExist || flag(r, "partialUpdate", true)
		body, err := readBody(r)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		opts := s.specOptions(force)
		status := http.StatusOK
		res, err := s.core.UpdateApps([]string{id}, func(id string, current *spec.App) (*spec.App, error) {
			app, version, err := spec.Update(id, current, body, partial, opts)
			switch {
			case err != nil:
				return nil, err
			case version != nil:
				return s.rollback(id, version)
			case current == nil && mustExist: // told only of a definition that is valid as a whole
				return nil, notFound("App '" + id + "' does not exist")
			case current == nil:
				status = http.StatusCreated
			}
			return app, nil
		}, force)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		if status == http.StatusCreated {
			w.Header().Set("Location", s.base(r)+id)
		}
		if a, err := s.core.App(id); err == nil {
			if view, err := definition(a.Spec); err == nil {
				s.apiPost(r, view)
			}
		}
		deployed(w, r, status, res)
	}
}

// bulk is PUT and PATCH of /v2/apps.
func (s *server) bulk(mustExist bool) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		force := flag(r, "force", false)
		partial := mustExist || flag(r, "partialUpdate", true)
		body, err := readBody(r)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		opts := s.specOptions(force)
		changes, err := spec.Changes(body, partial, opts)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		var ids []string
		byID := map[string][]spec.Change{}
		for _, c := range changes {
			if byID[c.ID] == nil {
				ids = append(ids, c.ID)
			}
			byID[c.ID] = append(byID[c.ID], c)
		}
		res, err := s.core.UpdateApps(ids, func(id string, current *spec.App) (*spec.App, error) {
			for _, c := range byID[id] {
				if current == nil && mustExist {
					return nil, notFound("App '" + id + "' does not exist")
				}
				next, version, err := c.Apply(current, opts)
				if err == nil && version != nil {
					next, err = s.rollback(id, version)
				}
				if err != nil {
					return nil, err
				}
				current = next
			}
			return current, nil
		}, force)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		deployed(w, r, http.StatusOK, res)
	}
}

// rollback is the app as it was in an earlier version; an unknown one is told like an unknown app.
func (s *server) rollback(id string, version *time.Time) (*spec.App, error) {
	app, err := s.core.AppVersion(id, *version)
	if errors.As(err, new(*scheduler.NotFoundError)) {
		return nil, notFound("App '" + id + "' does not exist")
	}
	return app, err
}

func (s *server) deleteApp(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := s.core.DeleteApp(id, flag(r, "force", true))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		deployed(w, r, http.StatusOK, res)
	}
}

func (s *server) restartApp(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := s.core.RestartApp(id, flag(r, "force", false))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		deployed(w, r, http.StatusOK, res)
	}
}

func (s *server) appVersions(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		versions, err := s.core.Versions(id)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		out := make([]string, len(versions))
		for i, v := range versions {
			out[i] = spec.FormatTime(v)
		}
		writeJSON(w, r, http.StatusOK, object{"versions": out})
	}
}

func (s *server) appVersion(id, version string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := spec.ParseTime(version)
		if err != nil {
			writeJSON(w, r, http.StatusUnprocessableEntity, message("Invalid timestamp provided '"+version+"'. Expecting ISO-8601 datetime string."))
			return
		}
		app, err := s.core.AppVersion(id, t)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		view, err := definition(app)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		writeJSON(w, r, http.StatusOK, view)
	}
}
