package replay

import (
	"fmt"
	"sort"
	"strings"
)

// An Event is one frame of a stream.
type Event struct {
	Type string
	Data any // decoded
}

// CompareEvents holds recorded events against those that came. Every recorded one must come and no other; order counts
// only within a lane: all deployment_*, status updates per task, instance changes per instance, any other type by itself.
func CompareEvents(vars *Vars, loose []string, want, got []Event) error {
	return compareEventsThen(vars, loose, want, got, yes)
}

func compareEventsThen(vars *Vars, loose []string, want, got []Event, next func() bool) error {
	c := &comparison{vars: vars, loose: loose}
	wanted, came := lanesOf(want), lanesOf(got)
	extra := c.isLoose("/observed/extra")
	kinds := make([]string, 0, len(wanted))
	for k := range wanted {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	if !extra {
		for k, lanes := range came {
			if wanted[k] == nil {
				return fmt.Errorf("events of type %s were not expected: %s", k, show(lanes[0].events[0].Data))
			}
		}
	}
	mark := vars.mark()
	var step func(i int) bool
	step = func(i int) bool {
		if i == len(kinds) {
			return next()
		}
		k := kinds[i]
		return c.matchLanes(k, wanted[k], came[k], make([]bool, len(came[k])), 0, extra, func() bool { return step(i + 1) })
	}
	if step(0) {
		return nil
	}
	vars.undo(mark)
	return c.failed()
}

type lane struct {
	events  []Event
	indexes []int // in the recording
}

// lanesOf sorts events by kind, and within a kind by entity.
func lanesOf(events []Event) map[string][]*lane {
	out := map[string][]*lane{}
	byEntity := map[string]*lane{}
	for i, e := range events {
		kind, entity := e.Type, ""
		data, _ := e.Data.(map[string]any)
		switch {
		case strings.HasPrefix(e.Type, "deployment_"):
			kind = "deployment_*"
		case e.Type == "status_update_event":
			entity, _ = data["taskId"].(string)
		case e.Type == "instance_changed_event":
			entity, _ = data["instanceId"].(string)
		}
		l := byEntity[kind+"\x00"+entity]
		if l == nil {
			l = &lane{}
			byEntity[kind+"\x00"+entity] = l
			out[kind] = append(out[kind], l)
		}
		l.events = append(l.events, e)
		l.indexes = append(l.indexes, i)
	}
	return out
}

// matchLanes assigns lanes of one kind to each other, as the items of a set.
func (c *comparison) matchLanes(kind string, want, got []*lane, used []bool, i int, extra bool, next func() bool) bool {
	if i == len(want) {
		if !extra && len(got) > len(want) {
			return c.differ(kind, "want %d lanes, got %d", len(want), len(got))
		}
		return next()
	}
	for j := range got {
		if used[j] {
			continue
		}
		used[j] = true
		if c.matchLane(kind, want[i], got[j], 0, 0, extra, func() bool {
			return c.matchLanes(kind, want, got, used, i+1, extra, next)
		}) {
			return true
		}
		used[j] = false
	}
	return c.differ(kind, "no lane of events fits %s", types(want[i].events))
}

func (c *comparison) matchLane(kind string, want, got *lane, i, j int, extra bool, next func() bool) bool {
	if i == len(want.events) {
		if !extra && j < len(got.events) {
			return c.differ(kind, "one event too many: %s", show(got.events[j].Data))
		}
		return next()
	}
	if j >= len(got.events) {
		return c.differ(kind, "missing event %s", show(want.events[i].Data))
	}
	w, g := want.events[i], got.events[j]
	path := fmt.Sprintf("/observed/%d", want.indexes[i])
	if w.Type == g.Type && c.match(path+"/data", "", w.Data, g.Data, func() bool {
		return c.matchLane(kind, want, got, i+1, j+1, extra, next)
	}) {
		return true
	}
	if w.Type != g.Type {
		c.differ(path, "want %s, got %s", w.Type, g.Type)
	}
	return extra && c.matchLane(kind, want, got, i, j+1, extra, next)
}

func types(events []Event) string {
	names := make([]string, len(events))
	for i, e := range events {
		names[i] = e.Type
		if d, ok := e.Data.(map[string]any); ok {
			for _, k := range []string{"taskStatus", "condition"} {
				if s, ok := d[k].(string); ok {
					names[i] += " " + s
				}
			}
		}
	}
	return "[" + strings.Join(names, ", ") + "]"
}
