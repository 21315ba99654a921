package brokers

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// removable are top-level fields that are ours even when a definition leaves them out.
var removable = []string{"constraints", "args", "fetch", "dependencies", "acceptedResourceRoles", "user", "readinessChecks", "check"}

// replaced are fields in which nothing of the current definition is kept.
var replaced = map[string]bool{"constraints": true, "labels": true, "portDefinitions": true, "networks": true}

// overlay writes the wanted definition over the current one. What the provider does not model (a pull configuration,
// secrets, a role …) is carried over.
func overlay(current, wanted marathon.App) marathon.App {
	out := current.Clone()
	if out == nil {
		out = marathon.App{}
	}
	for _, field := range removable {
		if _, ok := wanted[field]; !ok {
			delete(out, field)
		}
	}
	for field, v := range wanted.Clone() {
		switch {
		case field == "env":
			out[field] = withSecrets(object(current[field]), object(v))
		case replaced[field], field == "container" && current.String("container", "type") != wanted.String("container", "type"):
			out[field] = v
		default:
			out[field] = merged(out[field], v)
		}
	}
	return out
}

// withSecrets keeps variables that Marathon fills from its secret store: their values are not known here.
func withSecrets(current, wanted map[string]any) map[string]any {
	for name, v := range current {
		if _, plain := v.(string); plain {
			continue
		}
		if _, set := wanted[name]; !set {
			wanted[name] = v
		}
	}
	return wanted
}

func merged(current, wanted any) any {
	switch w := wanted.(type) {
	case map[string]any:
		c := object(current)
		if c == nil {
			return w
		}
		for k, v := range w {
			c[k] = merged(c[k], v)
		}
		return c
	case []any:
		c := asList(current)
		if len(c) != len(w) {
			return w
		}
		for i, v := range w {
			c[i] = merged(c[i], v)
		}
		return c
	}
	return wanted
}

// matches says whether a broker's app is as the Spec wants it; what Marathon added by default does not count.
func (s Spec) matches(b Broker) (bool, error) {
	wanted, err := s.App(b.ID)
	if err != nil {
		return false, err
	}
	return holds(b.App, wanted), nil
}

func holds(current, wanted marathon.App) bool {
	for _, field := range removable {
		if _, ok := wanted[field]; !ok && !empty(current[field]) {
			return false
		}
	}
	for field, v := range wanted {
		switch field {
		case "env":
			if !equalMaps(plain(object(current[field])), object(v)) {
				return false
			}
		case "labels":
			if !equalMaps(object(current[field]), object(v)) {
				return false
			}
		case "portDefinitions":
			if !contains(current[field], v) || !samePortLabels(asList(current[field]), asList(v)) {
				return false
			}
		default:
			if !contains(current[field], v) {
				return false
			}
		}
	}
	return true
}

// samePortLabels: a label that is not wanted any more (a VIP) is a difference. The lists are of one length.
func samePortLabels(current, wanted []any) bool {
	for i := range wanted {
		if !equalMaps(object(object(current[i])["labels"]), object(object(wanted[i])["labels"])) {
			return false
		}
	}
	return true
}

func plain(env map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range env {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

func equalMaps(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range b {
		if a[k] != v {
			return false
		}
	}
	return true
}

// contains says whether everything wanted is in current; objects of current may have more.
func contains(current, wanted any) bool {
	switch w := wanted.(type) {
	case map[string]any:
		c := object(current)
		if c == nil && len(w) > 0 {
			return false
		}
		for k, v := range w {
			if !contains(c[k], v) {
				return false
			}
		}
		return true
	case []any:
		c := asList(current)
		if len(c) != len(w) {
			return false
		}
		for i, v := range w {
			if !contains(c[i], v) {
				return false
			}
		}
		return true
	}
	if n, ok := number(wanted); ok {
		m, ok := number(current)
		return ok && m == n
	}
	return reflect.DeepEqual(current, wanted)
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}

func empty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	case string:
		return x == ""
	}
	return false
}

// Unlike lists the brokers below s.Brokers whose app is missing or differs from what s wants, by id.
func (o Observed) Unlike(s Spec) ([]int, error) {
	var ids []int
	for id := range s.Brokers {
		b := o.Broker(id)
		if b == nil {
			ids = append(ids, id)
			continue
		}
		ok, err := s.matches(*b)
		if err != nil {
			return nil, fmt.Errorf("comparing broker %d of %s: %w", id, s.Group, err)
		}
		if !ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
