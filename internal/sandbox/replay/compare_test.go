package replay

import (
	"net/http"
	"strings"
	"testing"
)

func mustDecode(t *testing.T, s string) any {
	t.Helper()
	v, err := decode([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCompare(t *testing.T) {
	const (
		one = "11111111-2222-3333-4444-555555555555"
		two = "66666666-2222-3333-4444-555555555555"
	)
	for _, c := range []struct {
		name, want, got string
		loose           []string
		differs         string // part of the message; "" = equal
	}{
		{name: "numbers by value", want: `{"mem":128}`, got: `{"mem":128.0}`},
		{name: "other number", want: `{"mem":128}`, got: `{"mem":129}`, differs: "/body/mem: want 128, got 129"},
		{name: "number for text", want: `{"a":"1"}`, got: `{"a":1}`, differs: "/body/a"},
		{name: "missing key", want: `{"a":1,"b":2}`, got: `{"a":1}`, differs: "/body/b: missing"},
		{name: "extra key", want: `{"a":1}`, got: `{"a":1,"b":2}`, differs: "/body/b: not expected"},
		{name: "extra keys allowed", want: `{"a":1}`, got: `{"a":1,"b":2}`, loose: []string{"/body/+"}},
		{name: "loose value", want: `{"a":{"b":1}}`, got: `{"a":{"b":[]}}`, loose: []string{"/body/a/b"}},
		{name: "loose value absent", want: `{"a":{"b":1}}`, got: `{"a":{}}`, loose: []string{"/body/*/b"}},
		{name: "star is one segment", want: `{"a":{"b":{"c":1}}}`, got: `{"a":{"b":{"c":2}}}`, loose: []string{"/body/*/c"}, differs: "/body/a/b/c"},
		{name: "lists in order", want: `{"ports":[1,2]}`, got: `{"ports":[2,1]}`, differs: "/body/ports/0"},
		{name: "sets", want: `{"apps":[{"id":"a"},{"id":"b"}]}`, got: `{"apps":[{"id":"b"},{"id":"a"}]}`},
		{name: "list as body is a set", want: `["x","y"]`, got: `["y","x"]`},
		{name: "length", want: `{"apps":[1,2]}`, got: `{"apps":[1]}`, differs: "want 2 items, got 1"},
		{name: "placeholder", want: `{"id":"a.<uuid>"}`, got: `{"id":"a.` + one + `"}`},
		{name: "placeholder of another shape", want: `{"id":"a.<uuid>"}`, got: `{"id":"a.b"}`, differs: "/body/id"},
		{name: "variable repeats", want: `{"id":"<uuid#1>","v":"<uuid#1>"}`, got: `{"id":"` + one + `","v":"` + one + `"}`},
		{name: "variable changes", want: `{"id":"<uuid#1>","v":"<uuid#1>"}`, got: `{"id":"` + one + `","v":"` + two + `"}`, differs: "/body/v"},
		{name: "two variables of one value", want: `{"id":"<uuid#1>","v":"<uuid#2>"}`, got: `{"id":"` + one + `","v":"` + one + `"}`, differs: "/body/v"},
		{name: "variables settle sets", want: `{"tasks":[{"id":"<uuid#1>","p":1},{"id":"<uuid#2>","p":2}],"x":"<uuid#2>"}`,
			got: `{"tasks":[{"id":"` + two + `","p":2},{"id":"` + one + `","p":1}],"x":"` + two + `"}`},
		{name: "later values settle sets", want: `{"tasks":["<uuid#1>","<uuid#2>"],"x":"<uuid#1>"}`, got: `{"tasks":["` + one + `","` + two + `"],"x":"` + two + `"}`},
		{name: "service port", want: `{"port":"<servicePort#1>"}`, got: `{"port":10001}`},
		{name: "no service port", want: `{"port":"<servicePort#1>"}`, got: `{"port":8080}`, differs: "/body/port"},
		{name: "positive", want: `{"n":"<int+>"}`, got: `{"n":0}`, differs: "/body/n"},
		{name: "null", want: `{"n":null}`, got: `{"n":false}`, differs: "/body/n: want null, got false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			vars := NewVars()
			err := Compare(vars, c.loose, "/body", mustDecode(t, c.want), mustDecode(t, c.got))
			switch {
			case err == nil && c.differs != "":
				t.Fatal("taken for equal")
			case err != nil && (c.differs == "" || !strings.Contains(err.Error(), c.differs)):
				t.Fatalf("got %v, want %q", err, c.differs)
			case err != nil && len(vars.values) > 0:
				t.Fatalf("a failed comparison left %v bound", vars.values)
			}
		})
	}
}

func TestLaterStepsSettleEarlierSets(t *testing.T) {
	const a, b = `"11111111-2222-3333-4444-555555555555"`, `"66666666-2222-3333-4444-555555555555"`
	p := &Player{vars: NewVars()}
	fits := func(want, got string) error {
		w, g := mustDecode(t, want), mustDecode(t, got)
		return p.fits(func(next func() bool) error { return compareThen(p.vars, nil, "/body", w, g, next) })
	}
	if err := fits(`{"tasks":["<uuid#1>","<uuid#2>"]}`, `{"tasks":[`+a+`,`+b+`]}`); err != nil {
		t.Fatal(err)
	}
	if err := fits(`{"tasks":["<uuid#1>"]}`, `{"tasks":[`+b+`]}`); err != nil {
		t.Fatalf("the one that is left is <uuid#1>: %v", err)
	}
	// What was sent stays.
	if text, err := p.vars.Fill("/<uuid#1>"); err != nil || text != "/"+strings.Trim(b, `"`) {
		t.Fatal(text, err)
	}
	if err := fits(`{"x":"<uuid#1>"}`, `{"x":`+a+`}`); err == nil {
		t.Fatal("<uuid#1> was sent, it may not become another")
	}
}

func TestFill(t *testing.T) {
	v := NewVars()
	v.bind("<servicePort#1>", "10001")
	v.bind("<uuid#1>", "u")
	if got, err := v.FillJSON(`{"port":"<servicePort#1>","id":"a.<uuid#1>"}`); err != nil || got != `{"port":10001,"id":"a.u"}` {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := v.Fill("/x/<uuid#2>"); err == nil {
		t.Error("an unbound variable was sent")
	}
}

func TestCompareAnswer(t *testing.T) {
	recorded := []byte(`{"status":201,"headers":{"Location":"<base>/x"},"body":{"id":"/x"}}`)
	answer := func(change func(a *Answer)) *Answer {
		a := &Answer{Status: 201, Header: http.Header{"Location": {"http://127.0.0.1:80/x"}, "Content-Type": {"application/json"}}, Body: []byte(`{"id":"/x"}`)}
		change(a)
		return a
	}
	for _, c := range []struct {
		name    string
		change  func(a *Answer)
		loose   []string
		differs string
	}{
		{name: "equal", change: func(*Answer) {}},
		{name: "status", change: func(a *Answer) { a.Status = 200 }, differs: "status"},
		{name: "loose status", change: func(a *Answer) { a.Status = 200 }, loose: []string{"/status"}},
		{name: "header missing", change: func(a *Answer) { a.Header.Del("Location") }, differs: "header Location"},
		{name: "header too many", change: func(a *Answer) { a.Header.Set("Marathon-Deployment-Id", "x") }, differs: "want none"},
		{name: "other header", change: func(a *Answer) { a.Header.Set("Date", "x") }},
		{name: "content type", change: func(a *Answer) { a.Header.Set("Content-Type", "text/plain") }, differs: "Content-Type"},
		{name: "body", change: func(a *Answer) { a.Body = []byte(`{"id":"/y"}`) }, differs: "/body/id"},
		{name: "no JSON", change: func(a *Answer) { a.Body = []byte(`<html>`) }, differs: "no JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := CompareAnswer(NewVars(), c.loose, recorded, answer(c.change))
			if (err == nil) != (c.differs == "") || err != nil && !strings.Contains(err.Error(), c.differs) {
				t.Fatalf("got %v, want %q", err, c.differs)
			}
		})
	}
	if err := CompareAnswer(NewVars(), nil, []byte(`{"status":202}`), &Answer{Status: 202, Body: []byte("x")}); err == nil {
		t.Error("a body where none was recorded passed")
	}
}

func TestCompareEvents(t *testing.T) {
	event := func(typ, data string) Event { return Event{Type: typ, Data: mustDecode(t, data)} }
	up := func(task, state string) Event {
		return event("status_update_event", `{"taskId":"`+task+`","taskStatus":"`+state+`"}`)
	}
	plan := func(typ string) Event { return event(typ, `{}`) }
	const t1, t2 = "11111111-2222-3333-4444-555555555555", "66666666-2222-3333-4444-555555555555"
	want := []Event{
		plan("deployment_info"), up("<uuid#1>", "TASK_RUNNING"), up("<uuid#1>", "TASK_FAILED"), up("<uuid#2>", "TASK_RUNNING"), plan("deployment_success"),
	}
	for _, c := range []struct {
		name    string
		got     []Event
		loose   []string
		differs bool
	}{
		{name: "lanes interleave", got: []Event{up(t2, "TASK_RUNNING"), plan("deployment_info"), up(t1, "TASK_RUNNING"), plan("deployment_success"), up(t1, "TASK_FAILED")}},
		{name: "order in a lane", got: []Event{up(t2, "TASK_RUNNING"), plan("deployment_success"), up(t1, "TASK_RUNNING"), plan("deployment_info"), up(t1, "TASK_FAILED")}, differs: true},
		{name: "one missing", got: []Event{plan("deployment_info"), up(t1, "TASK_RUNNING"), up(t2, "TASK_RUNNING"), plan("deployment_success")}, differs: true},
		{name: "one too many", got: []Event{plan("deployment_info"), up(t1, "TASK_RUNNING"), up(t1, "TASK_FAILED"), up(t2, "TASK_RUNNING"), up(t2, "TASK_KILLED"), plan("deployment_success")}, differs: true},
		{name: "one more is allowed", got: []Event{plan("deployment_info"), up(t1, "TASK_RUNNING"), up(t1, "TASK_FAILED"), up(t2, "TASK_RUNNING"), up(t2, "TASK_KILLED"), plan("deployment_success")}, loose: []string{"/observed/extra"}},
		{name: "another type", got: []Event{plan("deployment_info"), up(t1, "TASK_RUNNING"), up(t1, "TASK_FAILED"), up(t2, "TASK_RUNNING"), plan("deployment_success"), plan("app_terminated_event")}, differs: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := CompareEvents(NewVars(), c.loose, want, c.got); (err != nil) != c.differs {
				t.Fatal(err)
			}
		})
	}
}

func TestAt(t *testing.T) {
	doc := mustDecode(t, `{"a":[{"b":1},{"b":2}]}`)
	for pointer, want := range map[string]float64{"/a/1/b": 2, "/a/length": 2} {
		if got := at(doc, pointer); !same(got, want) {
			t.Errorf("%s: %v", pointer, got)
		}
	}
	if at(doc, "/a/2/b") != nil || at(doc, "/x/y") != nil {
		t.Error("found what is not there")
	}
}
