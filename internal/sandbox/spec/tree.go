package spec

import (
	"fmt"
	"sort"
	"strings"
)

// Tree is what ValidateTree looks at: a group with its apps and sub-groups in the server's order.
type Tree struct {
	ID           string
	Apps         []*App
	Groups       []Tree
	Dependencies []string
	EnforceRole  bool
}

// ValidateTree checks a whole root tree as Marathon does before it stores one: *InvalidError with paths from the root.
// The options are there for rules that depend on the set-up; none does at present. Indexes in paths count the groups below the root, depth first.
func ValidateTree(root Tree, _ Options) error {
	var p problems
	index := -1
	var walk func(t Tree, at string)
	walk = func(t Tree, at string) {
		flat := "/"
		if index >= 0 {
			flat = fmt.Sprintf("/groups(%d)", index)
		}
		groups := map[string]bool{}
		for _, g := range t.Groups {
			groups[g.ID] = true
			if ParentID(g.ID) != t.ID {
				p.add(flat, "Group has to be child of groups with parent id")
			}
		}
		for i, a := range t.Apps {
			if groups[a.ID] {
				p.add(flat, "Groups and Applications may not have the same identifier.")
			}
			if ParentID(a.ID) != t.ID {
				p.add(fmt.Sprintf("%s/apps(%d)/id", at, i), fmt.Sprintf("Identifier is not child of '%s'", t.ID))
			}
		}
		for i, g := range t.Groups {
			index++
			walk(g, fmt.Sprintf("%s/groups(%d)", at, i))
		}
	}
	walk(root, "")
	volumeConflicts(root, &p)
	if cyclic(DependencyEdges(root)) {
		p.add("/", "Dependency graph has cyclic dependencies.")
	}
	return p.ruleError()
}

// volumeConflicts: an external volume belongs to one app.
func volumeConflicts(root Tree, p *problems) {
	type use struct{ at, app string }
	users := map[string][]use{}
	var walk func(t Tree, at string)
	walk = func(t Tree, at string) {
		for i, a := range t.Apps {
			if a.Container == nil {
				continue
			}
			for _, v := range a.Container.Volumes {
				name, _ := v.External["name"].(string)
				if shared, _ := v.External["shared"].(bool); name != "" && !shared {
					users[name] = append(users[name], use{fmt.Sprintf("%s/apps(%d)/container", at, i), a.ID})
				}
			}
		}
		for i, g := range t.Groups {
			walk(g, fmt.Sprintf("%s/groups(%d)", at, i))
		}
	}
	walk(root, "")
	for _, name := range sortedKeys(users) {
		for i, u := range users[name] {
			var others []string
			for j, o := range users[name] {
				if i != j && o.app != u.app {
					others = append(others, o.app)
				}
			}
			if len(others) > 0 {
				p.add(u.at, fmt.Sprintf("Volume name '%s' in %s conflicts with volume(s) of same name in app(s): %s", name, u.app, strings.Join(others, ", ")))
			}
		}
	}
}

// DependencyEdges are the apps that each app waits for: its own dependencies and those of the groups around it, with
// groups standing for all apps below them. What does not exist is left out.
func DependencyEdges(root Tree) map[string][]string {
	below := map[string][]string{} // group → apps
	apps := map[string]bool{}
	var collect func(t Tree) []string
	collect = func(t Tree) []string {
		var ids []string
		for _, a := range t.Apps {
			ids = append(ids, a.ID)
			apps[a.ID] = true
		}
		for _, g := range t.Groups {
			ids = append(ids, collect(g)...)
		}
		below[t.ID] = ids
		return ids
	}
	collect(root)
	edges := map[string]map[string]bool{}
	add := func(from, dependency string) {
		targets := below[dependency]
		if apps[dependency] {
			targets = append([]string{dependency}, targets...)
		}
		for _, to := range targets {
			if edges[from] == nil {
				edges[from] = map[string]bool{}
			}
			edges[from][to] = true
		}
	}
	var walk func(t Tree)
	walk = func(t Tree) {
		for _, dep := range t.Dependencies {
			for _, id := range below[t.ID] {
				add(id, dep)
			}
		}
		for _, a := range t.Apps {
			for _, dep := range a.Dependencies {
				add(a.ID, dep)
			}
		}
		for _, g := range t.Groups {
			walk(g)
		}
	}
	walk(root)
	out := make(map[string][]string, len(edges))
	for from, set := range edges {
		out[from] = sortedKeys(set)
	}
	return out
}

// cyclic finds a cycle, an app that waits for itself included.
func cyclic(edges map[string][]string) bool {
	const (
		visiting = 1
		done     = 2
	)
	state := map[string]int{}
	var visit func(id string) bool
	visit = func(id string) bool {
		switch state[id] {
		case visiting:
			return true
		case done:
			return false
		}
		state[id] = visiting
		for _, to := range edges[id] {
			if visit(to) {
				return true
			}
		}
		state[id] = done
		return false
	}
	ids := sortedKeys(edges)
	sort.Strings(ids)
	for _, id := range ids {
		if visit(id) {
			return true
		}
	}
	return false
}
