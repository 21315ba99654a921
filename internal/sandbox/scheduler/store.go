package scheduler

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// store keeps two files: tree.json (definitions, groups, their history) and run.json (instances, deployments, failures).
// run.json is written first: a deployment whose tree never came to be stored is dropped by the next start.
type store struct{ dir string }

const (
	treeFile = "tree.json"
	runFile  = "run.json"
	// formatVersion is refused when newer.
	formatVersion = 1
)

type appRef struct {
	ID      string
	Version time.Time
}

type storedGroup struct {
	ID          string
	Apps        []appRef
	Groups      []storedGroup
	Deps        []string
	EnforceRole bool
}

type storedTree struct {
	Version time.Time
	Root    storedGroup
}

type treeState struct {
	Format   int
	Versions map[string][]*spec.App
	History  []storedTree
}

type storedDeployment struct {
	ID               string
	Version          time.Time
	Original, Target storedTree
	Steps            [][]Action
	Kill             map[string][]string
}

type runState struct {
	Format      int
	Instances   []*instance
	Deployments []storedDeployment
	Failures    map[string]*TaskFailure
	Orphans     map[string]*orphan
}

func (s *store) write(name string, v any) error {
	text, err := json.Marshal(encode(reflect.ValueOf(v)))
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, name)
	tmp := path + ".new"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// read leaves v alone when the file is not there.
func (s *store) read(name string, v any) error {
	text, err := os.ReadFile(filepath.Join(s.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var in any
	if err == nil {
		in, err = parse(text)
	}
	if err == nil {
		err = decode(in, reflect.ValueOf(v).Elem())
	}
	if err != nil {
		return fmt.Errorf("scheduler: %s in %s cannot be read (move the folder away to start afresh): %w", name, s.dir, err)
	}
	return nil
}

// save writes what changed.
func (c *Core) save() error {
	if c.dirtyRun {
		r := runState{Format: formatVersion, Instances: c.instances, Failures: c.failures, Orphans: c.orphans}
		for _, d := range c.deployments {
			r.Deployments = append(r.Deployments, storedDeployment{
				ID: d.ID, Version: d.Version, Original: d.original.stored(), Target: d.target.stored(), Steps: d.steps, Kill: d.kill,
			})
		}
		if err := c.store.write(runFile, r); err != nil {
			return err
		}
		c.dirtyRun = false
	}
	if c.dirtyTree {
		t := treeState{Format: formatVersion, Versions: c.versions}
		for _, h := range c.history {
			t.History = append(t.History, h.stored())
		}
		if err := c.store.write(treeFile, t); err != nil {
			return err
		}
		c.dirtyTree = false
	}
	return nil
}

// load takes in what an earlier process stored.
func (c *Core) load() error {
	var t treeState
	var r runState
	if err := c.store.read(treeFile, &t); err != nil {
		return err
	}
	if err := c.store.read(runFile, &r); err != nil {
		return err
	}
	if t.Format > formatVersion || r.Format > formatVersion {
		return fmt.Errorf("scheduler: the state in %s was written by a newer version", c.store.dir)
	}
	if t.Versions != nil {
		c.versions = t.Versions
	}
	for n, h := range t.History {
		loaded, complete := c.loadTree(h)
		if complete {
			c.history = append(c.history, loaded)
		} else if n == len(t.History)-1 {
			return fmt.Errorf("scheduler: %s in %s lacks definitions that its own tree names", treeFile, c.store.dir)
		}
	}
	if n := len(c.history); n > 0 {
		c.root = c.history[n-1]
	}
	c.instances = r.Instances
	if r.Failures != nil {
		c.failures = r.Failures
	}
	if r.Orphans != nil {
		c.orphans = r.Orphans
	}
	for _, d := range r.Deployments {
		original, ok := c.loadTree(d.Original)
		target, alsoOK := c.loadTree(d.Target)
		if !ok || !alsoOK || target.version.After(c.root.version) {
			continue // its tree was never stored
		}
		c.deployments = append(c.deployments, &deployment{ID: d.ID, Version: d.Version, original: original, target: target, steps: d.Steps, kill: d.Kill})
	}
	return nil
}

func (t *tree) stored() storedTree { return storedTree{t.version, t.root.stored()} }

func (g *group) stored() storedGroup {
	out := storedGroup{ID: g.id, Deps: g.deps, EnforceRole: g.enforceRole}
	for _, id := range slices.Sorted(maps.Keys(g.apps)) {
		out.Apps = append(out.Apps, appRef{id, g.apps[id].Version})
	}
	for _, id := range slices.Sorted(maps.Keys(g.groups)) {
		out.Groups = append(out.Groups, g.groups[id].stored())
	}
	return out
}

// loadTree puts the definitions back into a tree; false when one is not remembered any more.
func (c *Core) loadTree(s storedTree) (*tree, bool) {
	complete := true
	var load func(s storedGroup) *group
	load = func(s storedGroup) *group {
		g := newGroup(s.ID)
		g.deps, g.enforceRole = s.Deps, s.EnforceRole
		for _, ref := range s.Apps {
			at := slices.IndexFunc(c.versions[ref.ID], func(a *spec.App) bool { return a.Version.Equal(ref.Version) })
			if at < 0 {
				complete = false
				continue
			}
			g.apps[ref.ID] = c.versions[ref.ID][at]
		}
		for _, sub := range s.Groups {
			g.groups[sub.ID] = load(sub)
		}
		return g
	}
	t := &tree{root: load(s.Root), version: s.Version}
	return t, complete
}
