package spec

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestIsUpgrade(t *testing.T) {
	base := app(`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"executorResources":{"mem":64}`)
	for members, want := range map[string]bool{
		`"instances":5,"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]]`:                                 false,
		`"constraints":[["zone","UNIQUE"],["rack","UNIQUE"]]`:                                               false, // a set
		`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"executorResources":{"mem":128}`:               false, // not compared
		`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"labels":{"a":"b"}`:                            true,
		`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"killSelection":"OLDEST_FIRST"`:                true,
		`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"resourceLimits":{"mem":256}`:                  true,
		`"constraints":[["rack","UNIQUE"],["zone","UNIQUE"]],"healthChecks":[{"protocol":"TCP","port":80}]`: true,
	} {
		if got := IsUpgrade(create(t, base), create(t, app(members))); got != want {
			t.Errorf("%s: %v", members, got)
		}
	}
}

func TestResidentViolations(t *testing.T) {
	stored := `{"id":"/r/a","cmd":"x y","role":"r","portDefinitions":[{"port":10001}],"container":{"type":"MESOS","volumes":[{"containerPath":"d","persistent":{"size":1}}]}}`
	for body, want := range map[string][]string{
		`{"env":{"A":"1"}}`:     nil,
		`{"cpus":2,"disk":1}`:   {"/cpus", "/disk"},
		`{"requirePorts":true}`: {"/requirePorts"},
		`{"portDefinitions":[{"port":10001},{"port":10002}]}`:                                      {""},
		`{"container":{"type":"MESOS","volumes":[{"containerPath":"d","persistent":{"size":2}}]}}`: {""},
	} {
		from := create(t, stored)
		to, _, err := Update("/r/a", from, []byte(body), true, testOptions)
		if err != nil {
			t.Fatal(verdict(err))
		}
		var got []string
		for _, v := range ResidentViolations(from, to) {
			got = append(got, v.Path)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", body, got)
		}
	}
	a := create(t, app(""))
	b := a.Clone()
	b.CPUs = 9
	if v := ResidentViolations(a, b); v != nil {
		t.Errorf("an app without volumes: %v", v)
	}
}

func TestAssignServicePorts(t *testing.T) {
	defs := func(ports ...int) *App {
		a := create(t, app(`"portDefinitions":[]`))
		a.PortDefinitions = definitionsOf(ports)
		return a
	}
	used := func(ports ...int) func(int) bool { return func(p int) bool { return slices.Contains(ports, p) } }
	for _, c := range []struct {
		name     string
		app, old *App
		used     func(int) bool
		want     []int
	}{
		{"new", defs(0, 9092, 0), nil, used(), []int{10000, 9092, 10001}},
		{"in use", defs(0), nil, used(10000, 10001), []int{10002}},
		{"zeros keep", defs(0, 0), defs(10005, 10003), used(10005, 10003), []int{10005, 10003}},
		{"a zero takes what is left", defs(0, 10005), defs(10005, 10003), used(10005, 10003), []int{10003, 10005}},
		{"one more", defs(0, 0), defs(10005), used(10005), []int{10005, 10000}},
		{"named ones outside of the range are not reused", defs(0), defs(9092), used(), []int{10000}},
	} {
		if err := AssignServicePorts(c.app, c.old, c.used); err != nil || !slices.Equal(c.app.ServicePorts(), c.want) {
			t.Errorf("%s: %v %v", c.name, c.app.ServicePorts(), err)
		}
	}
	err := AssignServicePorts(defs(0), nil, func(int) bool { return true })
	if verdict(err)[:4] != "500 " {
		t.Errorf("exhausted: %v", err)
	}
}

func TestAssignedPortsAreDistinctAndStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ports := rapid.SliceOfN(rapid.OneOf(rapid.Just(0), rapid.IntRange(9998, 10006)), 0, 6).Draw(t, "ports")
		ports = slices.CompactFunc(ports, func(a, b int) bool { return a == b && a != 0 })
		if duplicatePorts(ports) {
			t.Skip("refused before")
		}
		taken := rapid.SliceOf(rapid.IntRange(10000, 10010)).Draw(t, "taken")
		a := &App{ID: "/a", Networks: []Network{{Mode: "host"}}, PortDefinitions: definitionsOf(ports)}
		if err := AssignServicePorts(a, nil, func(p int) bool { return slices.Contains(taken, p) }); err != nil {
			t.Fatal(err)
		}
		seen := map[int]bool{}
		for i, p := range a.ServicePorts() {
			if p == 0 || seen[p] || ports[i] != 0 && ports[i] != p || ports[i] == 0 && slices.Contains(taken, p) {
				t.Fatalf("%v became %v", ports, a.ServicePorts())
			}
			seen[p] = true
		}
		again := &App{ID: "/a", Networks: []Network{{Mode: "host"}}, PortDefinitions: definitionsOf(ports)}
		if err := AssignServicePorts(again, a, func(p int) bool { return slices.Contains(taken, p) || seen[p] }); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.ServicePorts(), a.ServicePorts()) {
			t.Fatalf("the same definition: %v, then %v", a.ServicePorts(), again.ServicePorts())
		}
	})
}

func TestAbsoluteID(t *testing.T) {
	for _, c := range []struct{ id, base, want string }{
		{"a", "", "/a"}, {"a", "/g", "/g/a"}, {"/a/", "/g", "/a"}, {"//a//b", "", "/a/b"}, {"../a", "/g/h", "/g/a"},
		{"../../../a", "/g", "/a"}, {"./a", "/g", "/g/a"}, {"/g/../a", "", "/a"}, {"/", "/g", "/"}, {"", "/g", "/g"},
	} {
		if got := AbsoluteID(c.id, c.base); got != c.want {
			t.Errorf("%s in %s: %s", c.id, c.base, got)
		}
	}
}

func TestParseGroup(t *testing.T) {
	g, err := ParseGroup([]byte(`{"apps":[{"id":"a","cmd":"x y","dependencies":["b"]}],"groups":[{"id":"s","apps":[]}],"dependencies":["../x"]}`), "/g", testOptions)
	if err != nil {
		t.Fatal(verdict(err))
	}
	if g.ID != "/g" || g.Apps[0].ID != "/g/a" || !reflect.DeepEqual(g.Apps[0].Dependencies, []string{"/g/b"}) ||
		g.Groups[0].ID != "/g/s" || !g.Groups[0].AppsSet || g.Groups[0].GroupsSet || !reflect.DeepEqual(g.Dependencies, []string{"/x"}) {
		t.Errorf("%+v", g)
	}
	if g, err := ParseGroup([]byte(`{"id":"/other","apps":null}`), "/g", testOptions); err != nil || g.ID != "/other" || g.AppsSet {
		t.Errorf("%+v %v", g, err)
	}
	for body, want := range map[string]string{
		`{"apps":[{"id":"a","cpus":-1}]}`:                       `422 Invalid JSON: /apps(0)/cpus error.min`,
		`{"groups":[{"id":"s","apps":[{"id":"a","mem":"x"}]}]}`: `422 Invalid JSON: /groups(0)/apps(0)/mem error.expected.jsnumber`,
		`{"apps":[{"id":"a"}]}`:                                 `422 Object is not valid: / AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.`,
		`{"apps":[{"id":"/x/a","cmd":"x y"}]}`:                  `422 Object is not valid: /apps(0)/id Identifier is not child of '/g'`,
		`{"groups":[{"id":"/x"}]}`:                              `422 Object is not valid: /groups(0) Group has to be child of groups with parent id`,
		`{"scaleBy":2,"apps":[]}`:                               `422 Object is not valid: /scaleBy not allowed in conjunction with other properties.`,
		`{"version":"2015-01-01T00:00:00.000Z","apps":[]}`:      `422 Object is not valid: /version not allowed in conjunction with other properties.`,
		`{"groups":[{"id":"s","enforceRole":true}]}`:            `422 Object is not valid: /groups(0)/enforceRole enforceRole can only be set for top-level groups, and /g/s is not top-level`,
		`{"id":"B_d"}`: `422 Invalid JSON: /id error.pattern`,
	} {
		if _, err := ParseGroup([]byte(body), "/g", testOptions); verdict(err) != want {
			t.Errorf("%s: %s", body, verdict(err))
		}
	}
}

func TestValidateTree(t *testing.T) {
	leaf := func(id string, deps ...string) *App { return &App{ID: id, Dependencies: deps} }
	for _, c := range []struct {
		name string
		root Tree
		want string
	}{
		{"plain", Tree{ID: "/", Groups: []Tree{{ID: "/g", Apps: []*App{leaf("/g/a", "/g/b", "/nope"), leaf("/g/b")}}}}, "ok"},
		{"a cycle", Tree{ID: "/", Groups: []Tree{{ID: "/g", Apps: []*App{leaf("/g/a", "/g/b"), leaf("/g/b", "/g/a")}}}}, `422 Object is not valid: / Dependency graph has cyclic dependencies.`},
		{"on the own group", Tree{ID: "/", Groups: []Tree{{ID: "/g", Apps: []*App{leaf("/g/a", "/g")}}}}, `422 Object is not valid: / Dependency graph has cyclic dependencies.`},
		{"groups wait for each other", Tree{ID: "/", Groups: []Tree{
			{ID: "/g", Apps: []*App{leaf("/g/a")}, Dependencies: []string{"/h"}}, {ID: "/h", Apps: []*App{leaf("/h/a")}, Dependencies: []string{"/g"}},
		}}, `422 Object is not valid: / Dependency graph has cyclic dependencies.`},
		{"an empty group may wait for its parent", Tree{ID: "/", Groups: []Tree{{ID: "/g", Groups: []Tree{{ID: "/g/h", Dependencies: []string{"/g"}}}}}}, "ok"},
		{"app and group of one id", Tree{ID: "/", Groups: []Tree{{ID: "/f"}, {ID: "/g", Apps: []*App{leaf("/g/a")}, Groups: []Tree{{ID: "/g/a"}}}}},
			`422 Object is not valid: /groups(1) Groups and Applications may not have the same identifier.`},
		{"the same at the root", Tree{ID: "/", Apps: []*App{leaf("/g")}, Groups: []Tree{{ID: "/g"}}}, `422 Object is not valid: / Groups and Applications may not have the same identifier.`},
	} {
		if got := verdict(ValidateTree(c.root, Options{})); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

func TestDependencyEdges(t *testing.T) {
	root := Tree{ID: "/", Groups: []Tree{
		{ID: "/db", Apps: []*App{{ID: "/db/a"}, {ID: "/db/b"}}},
		{ID: "/web", Apps: []*App{{ID: "/web/x", Dependencies: []string{"/web/y"}}, {ID: "/web/y"}}, Dependencies: []string{"/db"}},
	}}
	want := map[string][]string{"/web/x": {"/db/a", "/db/b", "/web/y"}, "/web/y": {"/db/a", "/db/b"}}
	if got := DependencyEdges(root); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v", got)
	}
}
