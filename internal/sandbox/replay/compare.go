package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// sets are the keys under which the order of a list does not count; so it is for a list that is a whole body.
var sets = map[string]bool{
	"apps": true, "tasks": true, "groups": true, "pods": true, "versions": true, "deployments": true, "affectedApps": true,
	"affectedPods": true, "actions": true, "currentActions": true, "queue": true, "instances": true, "details": true,
	"errors": true, "*": true, "plugins": true, "healthCheckResults": true, "lastUnusedOffers": true, "resources": true,
	"containers": true, "dependencies": true,
}

// decode reads JSON keeping numbers as they are written.
func decode(b []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// A comparison holds a recorded value against a real one.
type comparison struct {
	vars  *Vars
	loose []string
	// What went wrong where most of the value had been found equal: with sets, the likeliest cause.
	progress, deepest int
	cause             string
}

// A check compares once more what came at some step. It succeeds when next does too, with the variables bound that the
// comparison binds; several assignments may fit (two tasks of one app), and next decides.
type check func(next func() bool) error

func yes() bool { return true }

// Compare holds want (recorded, with placeholders) against got, both decoded; root is the pointer that loose pointers
// start from. The error tells the first difference.
func Compare(vars *Vars, loose []string, root string, want, got any) error {
	return compareThen(vars, loose, root, want, got, yes)
}

func compareThen(vars *Vars, loose []string, root string, want, got any, next func() bool) error {
	c := &comparison{vars: vars, loose: loose}
	key := ""
	if root == "/body" {
		key = "*" // a list as whole body is a set
	}
	if c.match(root, key, want, got, next) {
		return nil
	}
	return c.failed()
}

func (c *comparison) failed() error {
	if c.cause == "" {
		return errors.New("what came later does not fit")
	}
	return errors.New(c.cause)
}

// isLoose says whether nothing is compared at a pointer.
func (c *comparison) isLoose(path string) bool {
	for _, l := range c.loose {
		if pointerFits(l, path) {
			return true
		}
	}
	return false
}

// mayHaveMore says whether further keys are allowed in the object at a pointer.
func (c *comparison) mayHaveMore(path string) bool { return c.isLoose(path + "/+") }

func pointerFits(pattern, path string) bool {
	p, q := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(p) != len(q) {
		return false
	}
	for i := range p {
		if p[i] != q[i] && (p[i] != "*" || q[i] == "+") {
			return false
		}
	}
	return true
}

func (c *comparison) differ(path, format string, args ...any) bool {
	if c.cause == "" || c.progress >= c.deepest {
		c.deepest = c.progress
		c.cause = path + ": " + fmt.Sprintf(format, args...)
	}
	return false
}

// match calls next with the variables bound that an equal value binds; sets try one assignment of their items after the
// other until next agrees.
func (c *comparison) match(path, key string, want, got any, next func() bool) bool {
	if c.vars.steps--; c.vars.steps < 0 {
		return c.differ(path, "gave up: too many assignments")
	}
	if c.isLoose(path) {
		return next()
	}
	mark := c.vars.mark()
	before := c.progress
	ok := c.matchValue(path, key, want, got, func() bool {
		c.progress++
		return next()
	})
	c.progress = before
	if !ok {
		c.vars.undo(mark)
	}
	return ok
}

func (c *comparison) matchValue(path, key string, want, got any, next func() bool) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return c.differ(path, "want an object, got %s", show(got))
		}
		return c.matchObject(path, w, g, next)
	case []any:
		g, ok := got.([]any)
		if !ok {
			return c.differ(path, "want a list, got %s", show(got))
		}
		if len(w) != len(g) {
			return c.differ(path, "want %d items, got %d: %s", len(w), len(g), show(got))
		}
		if sets[key] {
			return c.matchSet(path, w, g, make([]bool, len(g)), 0, next)
		}
		return c.matchList(path, w, g, 0, next)
	case string:
		if !c.matchString(w, got) {
			return c.differ(path, "want %s, got %s", c.showBound(w), show(got))
		}
		return next()
	case json.Number:
		if g, ok := got.(json.Number); !ok || !sameNumber(w, g) {
			return c.differ(path, "want %s, got %s", w, show(got))
		}
		return next()
	default: // true, false, null
		if want != got {
			return c.differ(path, "want %s, got %s", show(want), show(got))
		}
		return next()
	}
}

func (c *comparison) matchString(want string, got any) bool {
	switch g := got.(type) {
	case string:
		if p := placeholder.FindStringSubmatch(want); p != nil && p[0] == want && numeric[p[1]] != nil {
			return false // stands for a number
		}
		return c.vars.matchText(want, g)
	case json.Number:
		p := placeholder.FindStringSubmatch(want)
		if p == nil || p[0] != want || numeric[p[1]] == nil {
			return false
		}
		x, err := g.Float64()
		if err != nil || !numeric[p[1]](x) {
			return false
		}
		return p[2] == "" || c.vars.bind(want, strconv.FormatFloat(x, 'f', -1, 64))
	}
	return false
}

func sameNumber(a, b json.Number) bool {
	x, err1 := a.Float64()
	y, err2 := b.Float64()
	return err1 == nil && err2 == nil && x == y
}

func (c *comparison) matchObject(path string, want, got map[string]any, next func() bool) bool {
	for k := range got {
		if _, ok := want[k]; !ok && !c.mayHaveMore(path) && !c.isLoose(path+"/"+k) {
			return c.differ(path+"/"+k, "not expected: %s", show(got[k]))
		}
	}
	keys := sorted(want)
	var step func(i int) bool
	step = func(i int) bool {
		if i == len(keys) {
			return next()
		}
		k := keys[i]
		g, ok := got[k]
		if !ok {
			if c.isLoose(path + "/" + k) {
				return step(i + 1)
			}
			return c.differ(path+"/"+k, "missing, want %s", show(want[k]))
		}
		return c.match(path+"/"+k, k, want[k], g, func() bool { return step(i + 1) })
	}
	return step(0)
}

// sorted puts plain values before lists and objects: they tell items of a set apart at little cost.
func sorted(m map[string]any) []string {
	var plain, deep []string
	for k, v := range m {
		switch v.(type) {
		case map[string]any, []any:
			deep = append(deep, k)
		default:
			plain = append(plain, k)
		}
	}
	sort.Strings(plain)
	sort.Strings(deep)
	return append(plain, deep...)
}

func (c *comparison) matchList(path string, want, got []any, i int, next func() bool) bool {
	if i == len(want) {
		return next()
	}
	return c.match(fmt.Sprintf("%s/%d", path, i), "", want[i], got[i], func() bool {
		return c.matchList(path, want, got, i+1, next)
	})
}

func (c *comparison) matchSet(path string, want, got []any, used []bool, i int, next func() bool) bool {
	if i == len(want) {
		return next()
	}
	for j := range got {
		if used[j] {
			continue
		}
		used[j] = true
		if c.match(fmt.Sprintf("%s/%d", path, i), "", want[i], got[j], func() bool {
			return c.matchSet(path, want, got, used, i+1, next)
		}) {
			return true
		}
		used[j] = false
	}
	if len(got) == 0 {
		c.differ(path, "no item fits")
	}
	return false
}

// showBound prints a recorded text with what its variables are bound to.
func (c *comparison) showBound(want string) string {
	text := placeholder.ReplaceAllStringFunc(want, func(p string) string {
		if v, ok := c.vars.values[p]; ok {
			return p + "=" + v
		}
		return p
	})
	return strconv.Quote(text)
}

func show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 400
	if len(b) > most {
		return string(b[:most]) + "…"
	}
	return string(b)
}
