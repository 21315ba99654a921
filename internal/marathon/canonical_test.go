package marathon

import (
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestCanonicalNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0.0": "0", "128": "128", "128.0": "128", "1.50": "1.5", "15e-1": "1.5", "1E2": "100", "0.10": "0.1", "-0.001": "-0.001",
		"1e400": "1e400", "12345678901234567890.10": "12345678901234567890.1", "1e99999999999": "1e99999999999", "0.00012e4": "1.2",
	} {
		if got := canonicalNumber(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestCanonicalNumbersKeepTheirValue(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		in := number.Draw(t, "number")
		out := canonicalNumber(in)
		a, okA := new(big.Rat).SetString(in)
		b, okB := new(big.Rat).SetString(out)
		if !okA || !okB || a.Cmp(b) != 0 {
			t.Fatalf("%s became %s", in, out)
		}
		if again := canonicalNumber(out); again != out {
			t.Fatalf("%s is not stable: %s", out, again)
		}
		if !json.Valid([]byte(out)) {
			t.Fatalf("%s is no JSON", out)
		}
	})
}

func TestEqual(t *testing.T) {
	a := App{"id": "/a", "mem": json.Number("128.0"), "env": map[string]string{"K": "v"}, "cmd": nil, "args": []string{"x"}}
	b := App{"id": "/a", "mem": 128, "env": map[string]any{"K": "v"}, "args": []any{"x"}}
	if !Equal(a, b) {
		t.Error("the same is not equal")
	}
	b["args"] = []any{"x", "y"}
	if Equal(a, b) {
		t.Error("different is equal")
	}
}

// value draws any JSON value, depth levels deep, with keys that Marathon has and keys that nobody knows.
func value(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.StringMatching(`-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,12})?`), func(s string) any { return json.Number(s) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	deeper := value(depth - 1)
	return rapid.OneOf(append(scalars,
		rapid.Map(rapid.SliceOfN(deeper, 0, 3), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(keys, deeper, 0, 4), func(m map[string]any) any { return m }),
	)...)
}

var keys = rapid.OneOf(
	rapid.SampledFrom([]string{"container", "docker", "portMappings", "healthChecks", "env", "labels", "fetch", "tty", "check", "linuxInfo", "pullConfig", "role", "version", "tasks", "deployments"}),
	rapid.StringMatching(`[a-zA-Z_$][a-zA-Z0-9_.\-]{0,10}`),
)

// Whatever a server returns survives read → strip → overlay → send, apart from the read-only keys and what the overlay sets.
func TestOverlayLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		server := App(rapid.MapOfN(keys, value(4), 0, 8).Draw(t, "app"))
		server["id"] = "/a"
		for _, key := range readOnly {
			if rapid.Bool().Draw(t, "has "+key) {
				server[key] = value(1).Draw(t, key)
			}
		}
		raw, err := encode(server)
		if err != nil {
			t.Fatal(err)
		}
		var read App // as it comes off the wire
		if err := decodeNumbers(raw, &read); err != nil {
			t.Fatal(err)
		}
		before := Editable(read)
		after := before.Clone()
		after["cpus"] = 1.5
		sent, err := encode(after)
		if err != nil {
			t.Fatal(err)
		}

		var back App // what the server now stores
		if err := decodeNumbers(sent, &back); err != nil {
			t.Fatal(err)
		}
		if got, _ := back.Float("cpus"); got != 1.5 {
			t.Fatal("the overlay is lost")
		}
		delete(back, "cpus")
		expected := App{}
		for k, v := range server {
			expected[k] = v
		}
		for _, key := range append([]string{"cpus"}, readOnly...) {
			delete(expected, key)
		}
		want, err := Canonical(expected)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Canonical(back)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != string(got) {
			t.Fatalf("lost:\nwant %s\ngot  %s", want, got)
		}
		if !Equal(before, before.Clone()) || !covers(before, read) {
			t.Fatal("a definition does not equal itself")
		}
	})
}

func TestEditableDropsOldForms(t *testing.T) {
	a := App{"ports": []any{1}, "portDefinitions": []any{}, "uris": []any{}, "ipAddress": map[string]any{}, "cmd": "x"}
	got := Editable(a)
	for key, want := range map[string]bool{"ports": false, "uris": false, "ipAddress": true, "cmd": true} {
		if _, there := got[key]; there != want {
			t.Errorf("%s: %v", key, there)
		}
	}
	if _, untouched := a["ports"]; !untouched {
		t.Error("the original was changed")
	}
}

func TestAccessors(t *testing.T) {
	var a App
	if err := decodeNumbers([]byte(`{"id":"/a","cpus":0.5,"instances":3.0,"container":{"portMappings":[{"hostPort":31000}]},"env":{"A":"1","S":{"secret":"s"}},"labels":{"l":"v"}}`), &a); err != nil {
		t.Fatal(err)
	}
	port, _ := a.Int("container", "portMappings", "0", "hostPort")
	cpus, _ := a.Float("cpus")
	n, whole := a.Int("instances")
	if got := fmt.Sprint(port, cpus, n, whole, a.Env(), a.Labels(), a.String("nope", "x") == ""); got != "31000 0.5 3 true map[A:1] map[l:v] true" {
		t.Error(got)
	}
	if _, ok := a.Int("cpus"); ok {
		t.Error("0.5 is no whole number")
	}
	if App(nil).Clone() != nil || App(nil).ID() != "" {
		t.Error("nil app")
	}
}
