package api

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A label selector: comma = and; each part is key, key==value, key!=value, key in (a,b) or key notin (a,b).
var (
	selectorKey   = `([a-zA-Z0-9_./-]+)`
	selectorValue = `([^,=()\s]+)`
	selectorSet   = regexp.MustCompile(`^` + selectorKey + `\s+(in|notin)\s*\(([^()]*)\)$`)
	selectorEqual = regexp.MustCompile(`^` + selectorKey + `\s*(==|!=)\s*` + selectorValue + `$`)
	selectorHas   = regexp.MustCompile(`^` + selectorKey + `$`)
)

var errSelectorEnd = errors.New("end of input expected")

func parseSelector(text string) (func(labels map[string]string) bool, error) {
	var tests []func(map[string]string) bool
	for _, part := range splitSelector(text) {
		test, err := parseSelectorPart(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("Can not parse label selector %s. Reason: %w", text, err) //nolint:revive,staticcheck // Marathon's words
		}
		tests = append(tests, test)
	}
	return func(labels map[string]string) bool {
		for _, t := range tests {
			if !t(labels) {
				return false
			}
		}
		return true
	}, nil
}

// splitSelector parts at the commas outside of parentheses.
func splitSelector(text string) []string {
	var parts []string
	depth, start := 0, 0
	for i, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, text[start:i])
				start = i + 1
			}
		}
	}
	return append(parts, text[start:])
}

func parseSelectorPart(part string) (func(map[string]string) bool, error) {
	if m := selectorSet.FindStringSubmatch(part); m != nil {
		in := map[string]bool{}
		for _, v := range strings.Split(m[3], ",") {
			in[strings.TrimSpace(v)] = true
		}
		key, want := m[1], m[2] == "in"
		return func(l map[string]string) bool {
			v, ok := l[key]
			return ok && in[v] == want
		}, nil
	}
	if m := selectorEqual.FindStringSubmatch(part); m != nil {
		key, value, want := m[1], m[3], m[2] == "=="
		return func(l map[string]string) bool {
			v, ok := l[key]
			return ok && (v == value) == want
		}, nil
	}
	if m := selectorHas.FindStringSubmatch(part); m != nil {
		return func(l map[string]string) bool {
			_, ok := l[m[1]]
			return ok
		}, nil
	}
	return nil, errSelectorEnd
}
