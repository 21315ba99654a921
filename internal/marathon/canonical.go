package marathon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// readOnly are the keys of a read that must not go back: runtime values, and version, which has a meaning of its own in an update.
var readOnly = []string{
	"version", "versionInfo", "tasks", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy",
	"taskStats", "tasksStats", "deployments", "lastTaskFailure", "readinessCheckResults",
}

// Editable is the definition alone, as it may be sent back: read-only keys are dropped, and the old forms that a
// server before 1.5 returns beside the new ones (sending both is refused).
func Editable(a App) App {
	out := a.Clone()
	for _, key := range readOnly {
		delete(out, key)
	}
	for old, now := range map[string]string{"ports": "portDefinitions", "uris": "fetch", "ipAddress": "networks"} {
		_, both := out[now]
		list, isList := out[old].([]any)
		if both || (isList && len(list) == 0) {
			delete(out, old)
		}
	}
	if _, mapped := out.at([]string{"container", "portMappings"}).([]any); mapped {
		delete(out, "ports")
	}
	return out
}

// Equal says whether two definitions mean the same to Marathon: key order, the spelling of numbers (128, 128.0) and null
// members do not count.
func Equal(a, b App) bool {
	x, errX := Canonical(a)
	y, errY := Canonical(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Canonical is the one spelling of a definition: sorted keys, numbers in shortest decimal form, no null members.
func Canonical(a App) ([]byte, error) {
	raw, err := encode(a)
	if err != nil {
		return nil, err
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("app definition: %w", err)
	}
	return encode(canonicalValue(v))
}

func canonicalValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil {
				delete(v, k)
				continue
			}
			v[k] = canonicalValue(e)
		}
	case []any:
		for i, e := range v {
			v[i] = canonicalValue(e)
		}
	case json.Number:
		return json.Number(canonicalNumber(string(v)))
	}
	return v
}

// canonicalNumber works on the digits, so that no precision is lost: 1.50 and 15e-1 become 1.5, 128.0 becomes 128.
func canonicalNumber(s string) string {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(s[i+1:])
		if err != nil || e > 1<<20 || e < -1<<20 {
			return s
		}
		mantissa, exponent = s[:i], e
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent -= len(fraction)
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	short := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(short)
	switch {
	case exponent >= 0 && exponent <= 20:
		return sign + short + strings.Repeat("0", exponent)
	case exponent < 0 && -exponent < len(short):
		return sign + short[:len(short)+exponent] + "." + short[len(short)+exponent:]
	case exponent < 0 && -exponent <= 20:
		return sign + "0." + strings.Repeat("0", -exponent-len(short)) + short
	}
	return sign + short + "e" + strconv.Itoa(exponent)
}

// encode is json.Marshal without the HTML escapes, which only make commands hard to read.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("app definition: %w", err)
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// assigned are numbers that the server fills in where 0 is sent.
var assigned = map[string]bool{"port": true, "servicePort": true, "hostPort": true}

// covers says whether got, as a server returns it, is what sent becomes there: whatever was sent is in it, defaults may be added.
func covers(sent, got App) bool {
	raw, err := Canonical(sent)
	if err != nil {
		return false
	}
	have, err := Canonical(got)
	if err != nil {
		return false
	}
	var x, y map[string]any
	if decodeNumbers(raw, &x) != nil || decodeNumbers(have, &y) != nil {
		return false
	}
	for _, key := range append([]string{"id", "ports", "uris", "ipAddress"}, readOnly...) { // id is the one asked for; old forms never come back
		delete(x, key)
	}
	return within("", x, y)
}

func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

func within(key string, sent, got any) bool {
	switch s := sent.(type) {
	case map[string]any:
		if len(s) == 0 && got == nil {
			return true
		}
		g, ok := got.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range s {
			if !within(k, v, g[k]) {
				return false
			}
		}
		return true
	case []any:
		if len(s) == 0 && got == nil {
			return true
		}
		g, ok := got.([]any)
		if !ok || len(g) != len(s) {
			return false
		}
		for i := range s {
			if !within("", s[i], g[i]) {
				return false
			}
		}
		return true
	case json.Number:
		if assigned[key] && s == "0" {
			_, number := got.(json.Number)
			return number || got == nil
		}
		return got == sent
	}
	return got == sent
}
