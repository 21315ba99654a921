package scheduler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// The state file is JSON by field name. The JSON of package spec will not do: it is Marathon's, which leaves out and
// rewrites (an empty list, "disabled", a port 0). Here nil stays nil, empty stays empty, and a pointer to zero a pointer.

var timeType = reflect.TypeFor[time.Time]()

// encode turns a value of our own types into what encoding/json writes.
func encode(v reflect.Value) any {
	if v.Type() == timeType {
		t := v.Interface().(time.Time) // its type was just checked
		return t.Format(time.RFC3339Nano)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return encode(v.Elem())
	case reflect.Interface:
		return encodeAny(v.Interface())
	case reflect.Struct:
		out := map[string]any{}
		for n := range v.NumField() {
			if f := v.Type().Field(n); f.IsExported() && !v.Field(n).IsZero() {
				out[f.Name] = encode(v.Field(n))
			}
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		fallthrough
	case reflect.Array:
		out := make([]any, v.Len())
		for n := range out {
			out[n] = encode(v.Index(n))
		}
		return out
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		out := map[string]any{}
		for it := v.MapRange(); it.Next(); {
			out[it.Key().String()] = encode(it.Value())
		}
		return out
	default:
		return v.Interface()
	}
}

// encodeAny keeps the kinds of loose values apart: a float is a plain number, other numbers are tagged.
func encodeAny(v any) any {
	switch x := v.(type) {
	case json.Number:
		return map[string]any{"$number": x.String()}
	case int:
		return map[string]any{"$int": strconv.Itoa(x)}
	case int64:
		return map[string]any{"$int64": strconv.FormatInt(x, 10)}
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			out[k] = encodeAny(e)
		}
		return map[string]any{"$map": out}
	case []any:
		out := make([]any, len(x))
		for n, e := range x {
			out[n] = encodeAny(e)
		}
		return out
	}
	return v
}

func decodeAny(v any) (any, error) {
	switch x := v.(type) {
	case json.Number:
		return x.Float64()
	case []any:
		out := make([]any, len(x))
		for n, e := range x {
			var err error
			if out[n], err = decodeAny(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		if s, ok := x["$number"].(string); ok {
			return json.Number(s), nil
		}
		if s, ok := x["$int"].(string); ok {
			return strconv.Atoi(s)
		}
		if s, ok := x["$int64"].(string); ok {
			return strconv.ParseInt(s, 10, 64)
		}
		inner, ok := x["$map"].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("untagged object %v", x)
		}
		out := map[string]any{}
		for k, e := range inner {
			var err error
			if out[k], err = decodeAny(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	return v, nil
}

// parse reads JSON for decode; numbers stay text, as not every integer is a float.
func parse(text []byte) (in any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&in)
	return in, err
}

// decode is the way back, into a settable value. Fields that the text does not name keep their zero.
func decode(in any, v reflect.Value) error {
	if v.Type() == timeType {
		s, _ := in.(string)
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			return err
		}
		v.Set(reflect.ValueOf(t.UTC()))
		return nil
	}
	if in == nil {
		v.SetZero()
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return decode(in, v.Elem())
	case reflect.Interface:
		x, err := decodeAny(in)
		if err == nil && x != nil {
			v.Set(reflect.ValueOf(x))
		}
		return err
	case reflect.Struct:
		fields, ok := in.(map[string]any)
		if !ok {
			return mismatch(in, v)
		}
		for n := range v.NumField() {
			if f, given := fields[v.Type().Field(n).Name]; given && v.Type().Field(n).IsExported() {
				if err := decode(f, v.Field(n)); err != nil {
					return fmt.Errorf("%s: %w", v.Type().Field(n).Name, err)
				}
			}
		}
		return nil
	case reflect.Slice, reflect.Array:
		list, ok := in.([]any)
		if !ok || v.Kind() == reflect.Array && len(list) != v.Len() {
			return mismatch(in, v)
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		}
		for n, e := range list {
			if err := decode(e, v.Index(n)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		entries, ok := in.(map[string]any)
		if !ok {
			return mismatch(in, v)
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
		for k, e := range entries {
			x := reflect.New(v.Type().Elem()).Elem()
			if err := decode(e, x); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(k).Convert(v.Type().Key()), x)
		}
		return nil
	}
	text, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v.Addr().Interface())
}

func mismatch(in any, v reflect.Value) error {
	return fmt.Errorf("%T where %s is wanted", in, v.Type())
}
