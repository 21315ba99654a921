package marathon

import (
	"encoding/json"
	"strconv"
)

// App is an app definition as raw JSON: whatever Marathon sent is in it, known to us or not. Numbers are json.Number.
type App map[string]any

// ID is the app's id as it stands in the definition.
func (a App) ID() string { return a.String("id") }

// Version is the version that a read returned, "" in a definition that was never sent.
func (a App) Version() string { return a.String("version") }

// at walks objects by key and lists by decimal index.
func (a App) at(path []string) any {
	var v any = map[string]any(a)
	for _, key := range path {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case App:
			v = node[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(node) {
				return nil
			}
			v = node[i]
		default:
			return nil
		}
	}
	return v
}

// String is the string at path ("" when absent or of another type). List elements are addressed by decimal index.
func (a App) String(path ...string) string {
	s, _ := a.at(path).(string)
	return s
}

// Int is the whole number at path.
func (a App) Int(path ...string) (int64, bool) {
	switch v := a.at(path).(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i, true
		}
		f, err := v.Float64()
		if err != nil || f != float64(int64(f)) {
			return 0, false
		}
		return int64(f), true
	case int:
		return int64(v), true
	case int64:
		return v, true
	case float64:
		return int64(v), v == float64(int64(v))
	}
	return 0, false
}

// Float is the number at path.
func (a App) Float(path ...string) (float64, bool) {
	switch v := a.at(path).(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// List is the list at path, nil when there is none.
func (a App) List(path ...string) []any {
	l, _ := a.at(path).([]any)
	return l
}

// Clone copies the definition with everything in it.
func (a App) Clone() App {
	if a == nil {
		return nil
	}
	return App(cloneValue(map[string]any(a)).(map[string]any))
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case App:
		return cloneValue(map[string]any(v))
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = cloneValue(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	case map[string]string:
		out := make(map[string]string, len(v))
		for k, e := range v {
			out[k] = e
		}
		return out
	case []string:
		return append([]string(nil), v...)
	case []map[string]any:
		out := make([]map[string]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e).(map[string]any)
		}
		return out
	}
	return v
}

// Env gives the plain environment; variables that take a secret are left out.
func (a App) Env() map[string]string { return a.strings("env") }

// Labels gives the labels.
func (a App) Labels() map[string]string { return a.strings("labels") }

func (a App) strings(key string) map[string]string {
	out := map[string]string{}
	switch m := a[key].(type) {
	case map[string]any:
		for k, v := range m {
			if s, ok := v.(string); ok {
				out[k] = s
			}
		}
	case map[string]string:
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}
