package api

import (
	"net/http"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func (s *server) groupRoutes(segs []string) methods {
	n := len(segs)
	switch {
	case n > 0 && segs[n-1] == "versions":
		return methods{"GET": s.groupVersions(id(segs[:n-1]))}
	case n > 1 && segs[n-2] == "versions":
		return methods{"GET": s.groupVersion(id(segs[:n-2]), segs[n-1])}
	case n > 0 && segs[n-1] == "apps":
		return methods{"GET": s.groupApps(id(segs[:n-1]))}
	default:
		g := id(segs)
		return methods{"GET": s.getGroup(g), "POST": s.createGroup(g), "PUT": s.putGroup(g), "PATCH": s.patchGroup(g), "DELETE": s.deleteGroup(g)}
	}
}

// groupEmbeds: without any embed the whole tree is shown, otherwise only what is named.
type groupEmbeds struct {
	apps, groups bool
	app          embeds
}

func groupEmbedsOf(r *http.Request) groupEmbeds {
	values := r.URL.Query()["embed"]
	if len(values) == 0 {
		return groupEmbeds{apps: true, groups: true}
	}
	var e groupEmbeds
	var below []string
	for _, v := range values {
		switch v {
		case "group.apps", "apps":
			e.apps = true
		case "group.groups", "groups":
			e.groups = true
		default:
			if name, ok := strings.CutPrefix(v, "group.apps."); ok {
				below = append(below, name)
			}
		}
	}
	e.app = embedsOf(below)
	return e
}

func groupView(g scheduler.Group, e groupEmbeds) (object, error) {
	o := object{
		"id": g.ID, "apps": []object{}, "pods": []object{}, "groups": []object{},
		"dependencies": orEmpty(g.Dependencies), "version": spec.FormatTime(g.Version),
	}
	if g.ID != "/" && spec.ParentID(g.ID) == "/" {
		o["enforceRole"] = g.EnforceRole
	}
	if e.apps {
		views, err := appViews(g.Apps, e.app)
		if err != nil {
			return nil, err
		}
		o["apps"] = views
	}
	if e.groups {
		subs := make([]object, len(g.Groups))
		for i, sub := range g.Groups {
			v, err := groupView(sub, e)
			if err != nil {
				return nil, err
			}
			subs[i] = v
		}
		o["groups"] = subs
	}
	return o, nil
}

func (s *server) writeGroup(w http.ResponseWriter, r *http.Request, g scheduler.Group, err error) {
	if err != nil {
		s.fail(w, r, err, true)
		return
	}
	view, err := groupView(g, groupEmbedsOf(r))
	if err != nil {
		s.fail(w, r, err, false)
		return
	}
	writeJSON(w, r, http.StatusOK, view)
}

func (s *server) getGroup(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		g, err := s.core.Group(id)
		s.writeGroup(w, r, g, err)
	}
}

func (s *server) groupApps(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := s.core.Group(id); err != nil {
			s.fail(w, r, err, true)
			return
		}
		views, err := appViews(s.core.Apps(id), embedsOf(r.URL.Query()["embed"], "group.apps.", "apps.", "app."))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		writeJSON(w, r, http.StatusOK, views)
	}
}

func (s *server) groupVersions(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		versions, err := s.core.GroupVersions(id)
		if err != nil {
			s.fail(w, r, err, true)
			return
		}
		out := make([]string, len(versions))
		for i, v := range versions {
			out[i] = spec.FormatTime(v)
		}
		writeJSON(w, r, http.StatusOK, out)
	}
}

func (s *server) groupVersion(id, version string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		t, err := spec.ParseTime(version)
		if err != nil {
			writeJSON(w, r, http.StatusUnprocessableEntity, message("Invalid timestamp provided '"+version+"'. Expecting ISO-8601 datetime string."))
			return
		}
		g, err := s.core.GroupVersion(id, t)
		s.writeGroup(w, r, g, err)
	}
}

// update translates a decoded body to what the scheduler takes.
func update(g *spec.Group) scheduler.GroupUpdate {
	u := scheduler.GroupUpdate{
		Version: g.Version, ScaleBy: g.ScaleBy, Apps: g.Apps, AppsSet: g.AppsSet, GroupsSet: g.GroupsSet,
		Dependencies: g.Dependencies, DepsSet: g.DepsSet, EnforceRole: g.EnforceRole,
	}
	if g.GroupsSet {
		u.Groups = make(map[string]scheduler.GroupUpdate, len(g.Groups))
		for i := range g.Groups {
			u.Groups[g.Groups[i].ID] = update(&g.Groups[i])
		}
	}
	return u
}

func (s *server) decodeGroup(w http.ResponseWriter, r *http.Request, base string) (*spec.Group, bool) {
	body, err := readBody(r)
	if err != nil {
		s.fail(w, r, err, false)
		return nil, false
	}
	g, err := spec.ParseGroup(body, base, s.specOptions(flag(r, "force", false)))
	if err != nil {
		s.fail(w, r, err, false)
		return nil, false
	}
	return g, true
}

func (s *server) createGroup(base string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		g, ok := s.decodeGroup(w, r, base)
		if !ok {
			return
		}
		res, err := s.core.UpdateGroup(g.ID, update(g), true, flag(r, "force", false))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		w.Header().Set("Location", s.base(r)+g.ID)
		deployed(w, r, http.StatusCreated, res)
	}
}

func (s *server) putGroup(base string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		g, ok := s.decodeGroup(w, r, base)
		if !ok {
			return
		}
		if flag(r, "dryRun", false) {
			steps, err := s.core.PlanGroup(g.ID, update(g))
			if err != nil {
				s.fail(w, r, err, false)
				return
			}
			writeJSON(w, r, http.StatusOK, object{"steps": stepViews(steps)})
			return
		}
		res, err := s.core.UpdateGroup(g.ID, update(g), false, flag(r, "force", false))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		deployed(w, r, http.StatusOK, res)
	}
}

// patchGroup changes enforceRole of a top-level group; nothing else can be patched.
func (s *server) patchGroup(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := readBody(r)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		enforce, err := spec.ParseEnforceRole(body, id)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		if err := s.core.SetEnforceRole(id, enforce); err != nil {
			s.fail(w, r, err, true)
			return
		}
		writeEmpty(w, http.StatusOK)
	}
}

func (s *server) deleteGroup(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := s.core.DeleteGroup(id, flag(r, "force", false))
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		deployed(w, r, http.StatusOK, res)
	}
}
