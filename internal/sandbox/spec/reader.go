package spec

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"time"
	"unicode/utf8"
)

// A node is a value at a path, read with the rules of Marathon's RAML types. Optional members may be null.
type node struct {
	v    value
	path string
	p    *problems
}

func (n node) child(key string) (node, bool) {
	m, ok := n.v.get(key)
	return node{m, n.path + "/" + key, n.p}, ok
}

// opt is an optional member: absent and null are the same.
func (n node) opt(key string) (node, bool) {
	c, ok := n.child(key)
	return c, ok && c.v.kind != kindNull
}

// req is a required member; its absence is told in Marathon's words, null is left to the type check.
func (n node) req(key string) (node, bool) {
	c, ok := n.child(key)
	if ok {
		return c, true
	}
	if n.v.kind != kindObject {
		n.p.addRaw(c.path, n.v.compact()+" is not an object")
	} else {
		n.p.addRaw(c.path, fmt.Sprintf("'%s' is undefined on object: %s", key, n.v.compact()))
	}
	return c, false
}

func (n node) fail(msg string) { n.p.addRaw(n.path, msg) }

func (n node) str() (string, bool) {
	if n.v.kind != kindString {
		n.fail("error.expected.jsstring")
		return "", false
	}
	return n.v.text, true
}

func (n node) boolean() (bool, bool) {
	if n.v.kind != kindBool {
		n.fail("error.expected.jsboolean")
		return false, false
	}
	return n.v.text == "true", true
}

func (n node) number() (float64, bool) {
	if n.v.kind != kindNumber {
		n.fail("error.expected.jsnumber")
		return 0, false
	}
	f, _, err := big.ParseFloat(n.v.text, 10, 64, big.ToNearestEven)
	if err != nil {
		n.fail("error.expected.jsnumber")
		return 0, false
	}
	x, _ := f.Float64()
	return x, true
}

// integer takes 1.0 for 1, as Marathon does.
func (n node) integer(name string, limit float64) (int64, bool) {
	x, ok := n.number()
	if !ok {
		return 0, false
	}
	if x != math.Trunc(x) || x > limit || x < -limit-1 {
		n.fail("error.expected." + name)
		return 0, false
	}
	return int64(x), true
}

func (n node) array() ([]node, bool) {
	if n.v.kind != kindArray {
		n.fail("error.expected.jsarray")
		return nil, false
	}
	out := make([]node, len(n.v.list))
	for i, e := range n.v.list {
		out[i] = node{e, fmt.Sprintf("%s(%d)", n.path, i), n.p}
	}
	return out, true
}

func (n node) object() bool {
	if n.v.kind != kindObject {
		n.fail("error.expected.jsobject")
		return false
	}
	return true
}

// Optional members by type. nil = absent, null or wrong (then a problem is noted).

func (n node) optString(key string) *string {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	if s, ok := c.str(); ok {
		return &s
	}
	return nil
}

// optText is a text of at least one character.
func (n node) optText(key string, pattern *regexp.Regexp) *string {
	s := n.optString(key)
	if s == nil {
		return nil
	}
	c, _ := n.child(key)
	c.checkText(*s, 1, pattern)
	return s
}

func (n node) reqText(key string, minLength int, pattern *regexp.Regexp) string {
	c, ok := n.req(key)
	if !ok {
		return ""
	}
	s, ok := c.str()
	if ok {
		c.checkText(s, minLength, pattern)
	}
	return s
}

func (n node) checkText(s string, minLength int, pattern *regexp.Regexp) {
	if utf8.RuneCountInString(s) < minLength {
		n.fail("error.minLength")
	} else if pattern != nil && !pattern.MatchString(s) {
		n.fail("error.pattern")
	}
}

func (n node) optEnum(key string, words ...string) *string {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	return c.enum(words...)
}

func (n node) enum(words ...string) *string {
	s, ok := n.str()
	if !ok {
		return nil
	}
	for _, w := range words {
		if s == w {
			return &s
		}
	}
	n.fail("error.unknown.enum.literal")
	return nil
}

func (n node) optBool(key string) *bool {
	if c, ok := n.opt(key); ok {
		if b, ok := c.boolean(); ok {
			return &b
		}
	}
	return nil
}

// optInt is not negative.
func (n node) optInt(key string, hi int) *int {
	if c, ok := n.opt(key); ok {
		return c.boundedInt(0, hi)
	}
	return nil
}

func (n node) boundedInt(lo, hi int) *int {
	i, ok := n.integer("int", math.MaxInt32)
	if !ok {
		return nil
	}
	switch {
	case int(i) < lo:
		n.fail("error.min")
		return nil
	case int(i) > hi:
		n.fail("error.max")
		return nil
	}
	x := int(i)
	return &x
}

// optLong is not negative.
func (n node) optLong(key string) *int64 {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	i, ok := c.integer("long", math.MaxInt64)
	if !ok {
		return nil
	}
	if i < 0 {
		c.fail("error.min")
		return nil
	}
	return &i
}

func (n node) optDouble(key string, lo float64) *float64 {
	if c, ok := n.opt(key); ok {
		return c.double(lo, math.MaxFloat64)
	}
	return nil
}

// reqShare is a required number in 0..1.
func (n node) reqShare(key string) float64 {
	if c, ok := n.req(key); ok {
		if f := c.double(0, 1); f != nil {
			return *f
		}
	}
	return 0
}

func (n node) double(lo, hi float64) *float64 {
	x, ok := n.number()
	switch {
	case !ok:
		return nil
	case x < lo:
		n.fail("error.min")
		return nil
	case x > hi:
		n.fail("error.max")
		return nil
	}
	return &x
}

func (n node) optStrings(key string) *[]string {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	return c.strings()
}

func (n node) strings() *[]string {
	items, ok := n.array()
	if !ok {
		return nil
	}
	out := make([]string, 0, len(items))
	for _, it := range items {
		if s, ok := it.str(); ok {
			out = append(out, s)
		}
	}
	return &out
}

func (n node) optStringLists(key string) *[][]string {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	items, ok := c.array()
	if !ok {
		return nil
	}
	out := make([][]string, 0, len(items))
	for _, it := range items {
		if l := it.strings(); l != nil {
			out = append(out, *l)
		}
	}
	return &out
}

func (n node) optStringMap(key string) *map[string]string {
	c, ok := n.opt(key)
	if !ok || !c.object() {
		return nil
	}
	out := make(map[string]string, len(c.v.keys))
	for _, k := range c.v.keys {
		m, _ := c.child(k)
		if s, ok := m.str(); ok {
			out[k] = s
		}
	}
	return &out
}

// optTime is a version.
func (n node) optTime(key string) *time.Time {
	c, ok := n.opt(key)
	if !ok {
		return nil
	}
	s, ok := c.str()
	if !ok {
		return nil
	}
	t, err := ParseTime(s)
	if err != nil {
		c.fail("error.expected.date.isoformat")
		return nil
	}
	return &t
}
