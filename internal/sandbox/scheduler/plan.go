package scheduler

import (
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// The actions of a plan.
const (
	actionStart   = "StartApplication"
	actionStop    = "StopApplication"
	actionScale   = "ScaleApplication"
	actionRestart = "RestartApplication"
)

// errCyclic is what Marathon says of a dependency cycle, whoever made it.
func errCyclic() error {
	return &spec.InvalidError{Message: "Object is not valid", Details: []spec.Violation{{Path: "/", Errors: []string{"Dependency graph has cyclic dependencies."}}}}
}

// planSteps computes the way from one tree to another: stops, starts (at scale 0), then per dependency layer the scaling
// of new and rescaled apps and the restart of changed ones. Empty steps are dropped. forced names apps that are restarted
// though equal (dryRun's quirk). An error means a dependency cycle.
func planSteps(from, to *tree, forced map[string]bool) ([][]Action, error) {
	layers, err := dependencyLayers(to)
	if err != nil {
		return nil, err
	}
	var stop, start []Action
	old := map[string]*spec.App{}
	for _, a := range from.apps() {
		old[a.ID] = a
		if to.app(a.ID) == nil {
			stop = append(stop, Action{actionStop, a.ID})
		}
	}
	byLayer := map[int][]Action{}
	deepest := -1
	for _, a := range to.apps() {
		was := old[a.ID]
		var kind string
		switch {
		case was == nil:
			start = append(start, Action{actionStart, a.ID})
			kind = actionScale
		case !spec.IsUpgrade(was, a) && was.Instances != a.Instances && was.LastConfigChangeAt.Equal(a.LastConfigChangeAt):
			kind = actionScale
		case forced[a.ID] || spec.IsUpgrade(was, a) || !was.LastConfigChangeAt.Equal(a.LastConfigChangeAt):
			kind = actionRestart
			if a.Instances == 0 {
				kind = actionScale
			}
		default:
			continue
		}
		l := layers[a.ID]
		byLayer[l] = append(byLayer[l], Action{kind, a.ID})
		deepest = max(deepest, l)
	}
	steps := [][]Action{}
	for _, s := range [][]Action{stop, start} {
		if len(s) > 0 {
			steps = append(steps, s)
		}
	}
	for l := 0; l <= deepest; l++ {
		if len(byLayer[l]) > 0 {
			steps = append(steps, byLayer[l])
		}
	}
	return steps, nil
}

// affectedApps are the ids that a plan touches, sorted. They are what it locks.
func affectedApps(steps [][]Action) []string {
	out := []string{}
	for _, s := range steps {
		for _, a := range s {
			if !slices.Contains(out, a.App) {
				out = append(out, a.App)
			}
		}
	}
	slices.Sort(out)
	return out
}

// dependencyLayers numbers each app by the longest path of dependencies below it. A dependency names an app or a group
// (then all apps of it); one on nothing that exists counts for nothing.
func dependencyLayers(t *tree) (map[string]int, error) {
	edges := spec.DependencyEdges(t.root.forValidation())
	layers := map[string]int{}
	const visiting = -1
	var visit func(id string) (int, error)
	visit = func(id string) (int, error) {
		if l, ok := layers[id]; ok {
			if l == visiting {
				return 0, errCyclic()
			}
			return l, nil
		}
		layers[id] = visiting
		depth := 0
		for _, dep := range edges[id] {
			l, err := visit(dep)
			if err != nil {
				return 0, err
			}
			depth = max(depth, l+1)
		}
		layers[id] = depth
		return depth, nil
	}
	for _, a := range t.apps() {
		if _, err := visit(a.ID); err != nil {
			return nil, err
		}
	}
	return layers, nil
}
