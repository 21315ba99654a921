package replay

import (
	"fmt"
	"regexp"
	"strings"
)

// Placeholders of the recordings: <type> anywhere in a string; with a number, <type#n>, a variable of the scenario.
var placeholder = regexp.MustCompile(`<(uuid|version|timestamp|host|ip|agentId|offerId|base|leader|message|servicePort|port|int\+|int|number)(#\d+)?>`)

// shapes are what placeholders in strings stand for.
var shapes = map[string]string{
	"uuid":      `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
	"version":   `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
	"timestamp": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`,
	"host":      `[A-Za-z0-9.-]+`,
	"ip":        `\d{1,3}(?:\.\d{1,3}){3}`,
	"agentId":   `[^\s"]+`,
	"offerId":   `[^\s"]+`,
	"base":      `https?://[A-Za-z0-9.-]+:\d+`,
	"leader":    `[A-Za-z0-9.-]+:\d+`,
	"message":   `(?s:.*)`,
}

// numeric placeholders stand for JSON numbers, as whole values.
var numeric = map[string]func(x float64) bool{
	"servicePort": func(x float64) bool { return x >= 10000 && x <= 20000 && whole(x) },
	"port":        func(x float64) bool { return x > 0 && x < 65536 && whole(x) },
	"int":         whole,
	"int+":        func(x float64) bool { return x > 0 && whole(x) },
	"number":      func(float64) bool { return true },
}

func whole(x float64) bool { return x == float64(int64(x)) }

// A Vars holds what the variables of a scenario are bound to. Bindings are undone when a comparison goes back.
type Vars struct {
	values map[string]string // "<uuid#1>" → value
	owners map[string]string // type + value → variable: two variables of one type never have the same value
	trail  []string
	sent   map[string]string // what Fill put into requests: no longer free to choose
	steps  int               // comparisons that may still be made before giving up
}

// maxSteps bounds the search for an assignment; a scenario that fits needs far fewer.
const maxSteps = 1 << 20

// NewVars makes an empty set.
func NewVars() *Vars {
	return &Vars{values: map[string]string{}, owners: map[string]string{}, sent: map[string]string{}, steps: maxSteps}
}

// restart forgets all bindings but those that were sent.
func (v *Vars) restart() {
	v.undo(0)
	for name, value := range v.sent {
		v.bind(name, value)
	}
	v.steps = maxSteps
}

func (v *Vars) bind(name, value string) bool {
	if have, ok := v.values[name]; ok {
		return have == value
	}
	typ, _, _ := strings.Cut(name, "#")
	key := typ + "\x00" + value
	if _, taken := v.owners[key]; taken {
		return false
	}
	v.values[name] = value
	v.owners[key] = name
	v.trail = append(v.trail, name)
	return true
}

func (v *Vars) mark() int { return len(v.trail) }

func (v *Vars) undo(mark int) {
	for len(v.trail) > mark {
		name := v.trail[len(v.trail)-1]
		v.trail = v.trail[:len(v.trail)-1]
		typ, _, _ := strings.Cut(name, "#")
		delete(v.owners, typ+"\x00"+v.values[name])
		delete(v.values, name)
	}
}

// Fill puts values into text that is to be sent. A variable that is not bound yet is an error.
func (v *Vars) Fill(text string) (string, error) {
	var missing error
	out := placeholder.ReplaceAllStringFunc(text, func(p string) string {
		value, ok := v.values[p]
		if !ok {
			missing = fmt.Errorf("%s is not bound", p)
			return p
		}
		v.sent[p] = value
		return value
	})
	return out, missing
}

// FillJSON is Fill for JSON: variables that stand for numbers lose their quotes.
func (v *Vars) FillJSON(text string) (string, error) {
	for name, value := range v.values {
		typ, _, _ := strings.Cut(strings.TrimPrefix(name, "<"), "#")
		if numeric[typ] != nil {
			if quoted := `"` + name + `"`; strings.Contains(text, quoted) {
				v.sent[name] = value
				text = strings.ReplaceAll(text, quoted, value)
			}
		}
	}
	return v.Fill(text)
}

// matchText compares a string with a pattern and binds the pattern's variables.
func (v *Vars) matchText(pattern, text string) bool {
	spots := placeholder.FindAllStringSubmatchIndex(pattern, -1)
	if len(spots) == 0 {
		return pattern == text
	}
	var re strings.Builder
	re.WriteString("^")
	var names []string
	at := 0
	for _, s := range spots {
		re.WriteString(regexp.QuoteMeta(pattern[at:s[0]]))
		name := pattern[s[0]:s[1]]
		shape, ok := shapes[pattern[s[2]:s[3]]]
		if !ok {
			shape = `-?\d+(?:\.\d+)?`
		}
		if s[4] < 0 {
			name = "" // any value will do
		} else if have, bound := v.values[name]; bound {
			shape = regexp.QuoteMeta(have)
		}
		re.WriteString("(" + shape + ")")
		names = append(names, name)
		at = s[1]
	}
	re.WriteString(regexp.QuoteMeta(pattern[at:]) + "$")
	m := regexp.MustCompile(re.String()).FindStringSubmatch(text)
	if m == nil {
		return false
	}
	for i, name := range names {
		if name != "" && !v.bind(name, m[i+1]) {
			return false
		}
	}
	return true
}
