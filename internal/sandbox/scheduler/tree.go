package scheduler

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// group is a node of the tree. Definitions in it are never changed in place: a change puts a new one.
type group struct {
	id          string
	apps        map[string]*spec.App // by full id
	groups      map[string]*group    // by full id
	deps        []string
	enforceRole bool
}

// tree is one version of everything. All groups carry the version of the whole tree, as Marathon shows it.
type tree struct {
	root    *group
	version time.Time
}

func newGroup(id string) *group {
	return &group{id: id, apps: map[string]*spec.App{}, groups: map[string]*group{}}
}

func newTree() *tree { return &tree{root: newGroup("/")} }

// clone copies the nodes; the definitions are shared.
func (t *tree) clone() *tree { return &tree{root: t.root.clone(), version: t.version} }

func (g *group) clone() *group {
	c := &group{id: g.id, apps: maps.Clone(g.apps), groups: make(map[string]*group, len(g.groups)), deps: slices.Clone(g.deps), enforceRole: g.enforceRole}
	for id, sub := range g.groups {
		c.groups[id] = sub.clone()
	}
	return c
}

// parentOf is the path above id; "/" is its own parent.
func parentOf(id string) string {
	i := strings.LastIndexByte(id, '/')
	if i <= 0 {
		return "/"
	}
	return id[:i]
}

// topLevel is the first segment of an id as a path: "/a/b/c" → "/a".
func topLevel(id string) string {
	if i := strings.IndexByte(strings.TrimPrefix(id, "/"), '/'); i >= 0 {
		return id[:i+1]
	}
	return id
}

// under says whether id lies at or below the group prefix.
func under(id, prefix string) bool {
	return prefix == "/" || id == prefix || strings.HasPrefix(id, prefix+"/")
}

// group finds a node, nil when there is none.
func (t *tree) group(id string) *group {
	g := t.root
	if id == "/" {
		return g
	}
	path := ""
	for seg := range strings.SplitSeq(strings.TrimPrefix(id, "/"), "/") {
		path += "/" + seg
		if g = g.groups[path]; g == nil {
			return nil
		}
	}
	return g
}

// ensureGroup makes the node and what is missing above it.
func (t *tree) ensureGroup(id string) *group {
	g := t.root
	if id == "/" {
		return g
	}
	path := ""
	for seg := range strings.SplitSeq(strings.TrimPrefix(id, "/"), "/") {
		path += "/" + seg
		next := g.groups[path]
		if next == nil {
			next = newGroup(path)
			g.groups[path] = next
		}
		g = next
	}
	return g
}

func (t *tree) app(id string) *spec.App {
	if g := t.group(parentOf(id)); g != nil {
		return g.apps[id]
	}
	return nil
}

func (t *tree) putApp(app *spec.App) { t.ensureGroup(parentOf(app.ID)).apps[app.ID] = app }

// removeApp takes the app out; its groups stay.
func (t *tree) removeApp(id string) {
	if g := t.group(parentOf(id)); g != nil {
		delete(g.apps, id)
	}
}

// removeGroup takes a whole group out; the root is emptied.
func (t *tree) removeGroup(id string) {
	if id == "/" {
		t.root = newGroup("/")
		return
	}
	if g := t.group(parentOf(id)); g != nil {
		delete(g.groups, id)
	}
}

// apps are all definitions, sorted by id.
func (t *tree) apps() []*spec.App { return t.root.allApps() }

func (g *group) allApps() []*spec.App {
	var out []*spec.App
	g.walk(func(n *group) {
		for _, a := range n.apps {
			out = append(out, a)
		}
	})
	slices.SortFunc(out, func(a, b *spec.App) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (g *group) walk(f func(*group)) {
	f(g)
	for _, id := range slices.Sorted(maps.Keys(g.groups)) {
		g.groups[id].walk(f)
	}
}

func (g *group) empty() bool { return len(g.apps) == 0 && len(g.groups) == 0 }

// forValidation is the shape package spec checks.
func (g *group) forValidation() spec.Tree {
	out := spec.Tree{ID: g.id, Dependencies: g.deps, EnforceRole: g.enforceRole}
	for _, id := range slices.Sorted(maps.Keys(g.apps)) {
		out.Apps = append(out.Apps, g.apps[id])
	}
	for _, id := range slices.Sorted(maps.Keys(g.groups)) {
		out.Groups = append(out.Groups, g.groups[id].forValidation())
	}
	return out
}

// enforcesRole says whether the app's top-level group fixes its role.
func (t *tree) enforcesRole(appID string) bool {
	if parentOf(appID) == "/" {
		return false
	}
	g := t.group(topLevel(appID))
	return g != nil && g.enforceRole
}
