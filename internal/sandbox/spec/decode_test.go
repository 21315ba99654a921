package spec

import (
	"encoding/json"
	"errors"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"
)

var testOptions = Options{Features: map[string]bool{FeatureSecrets: true, FeatureGPUs: true, FeatureExternalVolumes: true}}

// verdict is the error as the API would answer it.
func verdict(err error) string {
	var syntax *SyntaxError
	var invalid *InvalidError
	var server *ServerError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &syntax):
		return "400 " + syntax.Message + ": " + syntax.Details
	case errors.As(err, &invalid):
		var parts []string
		for _, d := range invalid.Details {
			parts = append(parts, d.Path+" "+strings.Join(d.Errors, " & "))
		}
		sort.Strings(parts)
		return "422 " + invalid.Message + ": " + strings.Join(parts, " | ")
	case errors.As(err, &server):
		return "500 " + server.Message
	}
	return err.Error()
}

// app is a body of id /g/a with further members.
func app(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"id":"/g/a","cmd":"sleep 1"` + members + `}`
}

func TestRefusals(t *testing.T) {
	const invalid, object = "422 Invalid JSON: ", "422 Object is not valid: "
	volume := func(v, rest string) string {
		return `{"id":"/r/a","cmd":"sleep 1","role":"r","container":{"type":"MESOS","volumes":[` + v + `]}` + rest + `}`
	}
	for _, c := range []struct{ name, body, want string }{
		// syntax
		{"no JSON", `{not`, `400 Invalid JSON: Unexpected character ('n' (code 110)): was expecting double-quote to start field name`},
		{"empty", ``, "400 Please specify data in JSON format: No content to map due to end-of-input\n at [Source: (byte[])\"\"; line: 1, column: 0]"},
		{"cut off", `{"id":`, `400 Invalid JSON: Unexpected end-of-input within/between Object entries`},
		{"unclosed", `{`, `400 Invalid JSON: Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])"{"; line: 1, column: 1])`},
		{"unclosed list", "{\n \"a\":[1", "400 Invalid JSON: Unexpected end-of-input: expected close marker for Array (start marker at [Source: (byte[])\"{\n \"a\":[1\"; line: 2, column: 6])"},
		{"comment", `{/**/}`, `400 Invalid JSON: Unexpected character ('/' (code 47)): maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)`},
		{"garbage behind", app("") + " x", `400 Invalid JSON: Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')`},
		{"NaN", app(`"cpus":NaN`), `400 Invalid JSON: Non-standard token 'NaN': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow`},
		{"too deep", strings.Repeat("[", 10000), "400 Invalid JSON: nested too deeply"},
		// types
		{"list", `[]`, invalid + `/id [] is not an object`},
		{"without id, quoted in its order", `{"b":1.50,"a":"<x>"}`, invalid + `/id 'id' is undefined on object: {"b":1.50,"a":"<x>"}`},
		{"id of another type", `{"id":7}`, invalid + `/id error.expected.jsstring`},
		{"id with upper case", `{"id":"/A","cmd":"x y"}`, invalid + `/id error.pattern`},
		{"several", app(`"cpus":"1","instances":1.5,"mem":-1`), invalid + `/cpus error.expected.jsnumber | /instances error.expected.int | /mem error.min`},
		{"env of a number", app(`"env":{"A":1}`), invalid + `/env/A error.expected.jsobject`},
		{"port too high", app(`"portDefinitions":[{"port":70000}]`), invalid + `/portDefinitions(0)/port error.max`},
		{"tcp,udp", app(`"portDefinitions":[{"protocol":"tcp,udp"}]`), invalid + `/portDefinitions(0)/protocol error.unknown.enum.literal`},
		{"half a strategy", app(`"upgradeStrategy":{"minimumHealthCapacity":1}`), invalid + `/upgradeStrategy/maximumOverCapacity 'maximumOverCapacity' is undefined on object: {"minimumHealthCapacity":1}`},
		// rules
		{"nothing to run", `{"id":"/a"}`, object + `/ AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.`},
		{"keyword", `{"id":"/g/tasks","cmd":"x y"}`, object + `/id must not end with any of the following reserved keywords: restart, tasks, versions, ., ..`},
		{"root", `{"id":"/","cmd":"x y"}`, object + `/ must not be root | /id Path must contain at least one path element`},
		{"ports twice", app(`"portDefinitions":[{"port":9000},{"port":9000}]`), object + `/portDefinitions Ports must be unique.`},
		{"port index", app(`"healthChecks":[{"portIndex":3}]`), object + `/healthChecks(0) Health check port indices must address an element of the ports array or container port mappings.`},
		{"no port for a check", app(`"portDefinitions":[],"healthChecks":[{"protocol":"MESOS_TCP"}]`), object + `/healthChecks(0) Health check port indices must address an element of the ports array or container port mappings.`},
		{"readiness port", app(`"portDefinitions":[{"name":"a"}],"readinessChecks":[{"portName":"b"}]`), object + `/readinessChecks(0)/portName No port definition reference for portName b`},
		{"unique with value", app(`"constraints":[["hostname","UNIQUE",""]]`), object + `/constraints UNIQUE does not accept a value`},
		{"lower-case operator", app(`"constraints":[["hostname","unique"]]`), `500 illegal constraint specification hostname,unique`},
		{"role", `{"id":"/g/a","cmd":"x y","role":"nope"}`, object + `/role got nope, expected one of: [*, g]`},
		{"role at the root", `{"id":"/a","cmd":"x y","role":"g"}`, object + `/role got g, expected one of: [*]`},
		{"expunge below inactive", app(`"unreachableStrategy":{"inactiveAfterSeconds":10,"expungeAfterSeconds":5}`), object + `/unreachableStrategy/inactiveAfterSeconds inactiveAfterSeconds (10) must be less or equal to expungeAfterSeconds, which is 5`},
		{"single instance", app(`"labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"}`), object + `/isSingleInstance must be false | /upgradeStrategy/maximumOverCapacity got 1.0, expected 0.0 | /upgradeStrategy/minimumHealthCapacity got 1.0, expected 0.0`},
		{"limit", app(`"cpus":2,"resourceLimits":{"cpus":1}`), object + `/resourceLimits/cpus resource limit must be greater than or equal to requested resource (2.0)`},
		{"volume without size", volume(`{"containerPath":"d","mode":"RW","persistent":{}}`, ""), invalid + `/container/volumes(0)/hostPath 'hostPath' is undefined on object: {"containerPath":"d","mode":"RW","persistent":{}}`},
		{"resident with role *", volume(`{"containerPath":"d","mode":"RW","persistent":{"size":1}}`, `,"role":"*"`), object + `/role Resident apps cannot have the role *`},
		{"resident over capacity", volume(`{"containerPath":"d","mode":"RW","persistent":{"size":1}}`, `,"upgradeStrategy":{"minimumHealthCapacity":1,"maximumOverCapacity":1}`), object + `/upgradeStrategy/maximumOverCapacity got 1.0, expected 0.0`},
		{"volume path", volume(`{"containerPath":"a/b","persistent":{"size":1}}`, ""), object + `/container/volumes(0)/containerPath value must not contain "/"`},
		{"command check without command", app(`"healthChecks":[{"protocol":"COMMAND"}]`), `500 illegal protocol COMMAND for non-command health check`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Create([]byte(c.body), testOptions)
			if got := verdict(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFeatures(t *testing.T) {
	body := app(`"gpus":1,"secrets":{"s":{"source":"/x"}}`)
	_, err := Create([]byte(body), Options{})
	want := "422 Object is not valid: / Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources) | " +
		"/secrets Feature secrets is not enabled. Enable with --enable_features secrets)"
	if got := verdict(err); got != want {
		t.Errorf("got %s", got)
	}
}

// members decodes JSON for comparison.
func members(t *testing.T, v any) map[string]any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNormalisation(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"least", `{"id":"a","cmd":"x y"}`, `{"id":"/a","portDefinitions":[{"port":0,"name":"default","protocol":"tcp"}],"role":"*"}`},
		{"no ports", app(`"portDefinitions":[]`), `{"portDefinitions":[]}`},
		{"ports", app(`"ports":[0,8081]`), `{"portDefinitions":[{"port":0,"protocol":"tcp"},{"port":8081,"protocol":"tcp"}],"ports":null}`},
		{"uris", app(`"uris":["http://h/a.tgz","http://h/b.jar"]`), `{"uris":null,"fetch":[{"uri":"http://h/a.tgz","extract":true,"executable":false,"cache":false},{"uri":"http://h/b.jar","extract":false,"executable":false,"cache":false}]}`},
		{"relative dependencies", app(`"dependencies":["x","../y/"]`), `{"dependencies":["/x","/y"]}`},
		{"bridge", app(`"networks":[{"mode":"container/bridge"}],"container":{"type":"MESOS","portMappings":[{"containerPort":80}]}`),
			`{"portDefinitions":null,"container":{"type":"MESOS","volumes":[],"portMappings":[{"containerPort":80,"hostPort":0,"labels":{},"protocol":"tcp","servicePort":0}]}}`},
		{"legacy bridge", app(`"container":{"docker":{"image":"i","network":"BRIDGE"}}`),
			`{"networks":[{"mode":"container/bridge"}],"container":{"type":"DOCKER","docker":{"image":"i","forcePullImage":false,"privileged":false,"parameters":[]},"volumes":[],"portMappings":[{"containerPort":0,"hostPort":0,"labels":{},"name":"default","protocol":"tcp","servicePort":0}]}}`},
		{"ipAddress", app(`"ipAddress":{"networkName":"n","discovery":{"ports":[{"number":80,"name":"http"}]}}`),
			`{"networks":[{"mode":"container","name":"n"}],"container":{"type":"MESOS","volumes":[],"portMappings":[{"containerPort":80,"labels":{},"name":"http","protocol":"tcp","servicePort":0}]}}`},
		{"mappings in host mode", app(`"container":{"type":"MESOS","portMappings":[{"containerPort":80}]}`), `{"container":{"type":"MESOS","volumes":[]}}`},
		{"check without ports", app(`"healthChecks":[{"path":"/"}]`), `{"healthChecks":[{"protocol":"HTTP","path":"/","gracePeriodSeconds":300,"intervalSeconds":60,"timeoutSeconds":20,"maxConsecutiveFailures":3,"delaySeconds":15,"ignoreHttp1xx":false,"ipProtocol":"IPv4"}]}`},
		{"check with ports", app(`"portDefinitions":[{}],"healthChecks":[{"protocol":"TCP","path":"/"}]`), `{"healthChecks":[{"protocol":"TCP","portIndex":0,"gracePeriodSeconds":300,"intervalSeconds":60,"timeoutSeconds":20,"maxConsecutiveFailures":3,"delaySeconds":15,"ipProtocol":"IPv4"}]}`},
		{"any word disables", app(`"unreachableStrategy":"never"`), `{"unreachableStrategy":"disabled"}`},
		{"resident", `{"id":"/r/a","cmd":"x y","role":"r","residency":{"relaunchEscalationTimeoutSeconds":10},"container":{"type":"MESOS","volumes":[{"containerPath":"d","persistent":{"size":64}}]}}`,
			`{"residency":{"relaunchEscalationTimeoutSeconds":3600,"taskLostBehavior":"WAIT_FOREVER"},"upgradeStrategy":{"maximumOverCapacity":0,"minimumHealthCapacity":0.5},"unreachableStrategy":"disabled","container":{"type":"MESOS","volumes":[{"containerPath":"d","mode":"RW","persistent":{"type":"root","size":64,"constraints":[]}}]}}`},
		{"residency without volume", app(`"residency":{}`), `{"residency":null}`},
		{"env", app(`"env":{"A":"1","B":{"secret":"s"}},"secrets":{"s":{"source":"/x"}}`), `{"env":{"A":"1","B":{"secret":"s"}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := Create([]byte(c.body), testOptions)
			if err != nil {
				t.Fatal(err)
			}
			got := members(t, a)
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			for k, w := range want {
				if !reflect.DeepEqual(got[k], w) {
					t.Errorf("%s: got %v, want %v", k, got[k], w)
				}
			}
			if again := members(t, a.Clone()); !reflect.DeepEqual(got, again) || IsUpgrade(a, a.Clone()) {
				t.Errorf("a clone differs: %v", again)
			}
		})
	}
}

func TestDoublesHaveADecimal(t *testing.T) {
	a, err := Create([]byte(app(`"mem":128,"cpus":0.25,"disk":1e3,"cmd":"a && b <c>","resourceLimits":{"cpus":"unlimited","mem":256},"executorResources":{"cpus":1,"mem":32,"disk":10}`)), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	b, err := marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"mem":128.0`, `"cpus":0.25`, `"disk":1000.0`, `"backoffFactor":1.15`, `"resourceLimits":{"cpus":"unlimited","mem":256.0}`,
		`"executorResources":{"cpus":1.0,"mem":32.0,"disk":10.0}`, `"maximumOverCapacity":1.0`, `"gpus":0,`, `"cmd":"a && b <c>"`,
	} {
		if !strings.Contains(string(b), part) {
			t.Errorf("%s is not in %s", part, b)
		}
	}
}

func create(t *testing.T, body string) *App {
	t.Helper()
	a, err := Create([]byte(body), testOptions)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestUpdate(t *testing.T) {
	rich := app(`"env":{"A":"1"},"labels":{"x":"1"},"user":"root","backoffSeconds":7,"executorResources":{"mem":48},"resourceLimits":{"mem":256},"portDefinitions":[{"name":"p"}],"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"}}]`)
	for _, c := range []struct {
		name, body string
		partial    bool
		want       string // members after the update; null = absent
	}{
		{"maps are replaced", `{"env":{"B":"2"}}`, true, `{"env":{"B":"2"},"labels":{"x":"1"},"user":"root","backoffSeconds":7}`},
		{"null keeps", `{"user":null,"env":null}`, true, `{"user":"root","env":{"A":"1"}}`},
		{"empty clears", `{"env":{},"healthChecks":[]}`, true, `{"env":null,"healthChecks":null}`},
		{"two are lost", `{"instances":2}`, true, `{"instances":2,"executorResources":null,"resourceLimits":null}`},
		{"unless they are sent", `{"executorResources":{"mem":64},"resourceLimits":{"mem":300}}`, true, `{"executorResources":{"cpus":0.1,"mem":64,"disk":10},"resourceLimits":{"mem":300}}`},
		{"complete: the rest goes back", `{"cmd":"x y"}`, false, `{"env":null,"labels":{},"user":null,"backoffSeconds":1,"healthChecks":null,"portDefinitions":[{"port":0,"name":"default","protocol":"tcp"}]}`},
		{"complete: executorResources are lost", `{"cmd":"x y","executorResources":{"mem":64},"resourceLimits":{"mem":300}}`, false, `{"executorResources":null,"resourceLimits":{"mem":300}}`},
		{"complete: version is ignored", `{"cmd":"x y","version":"2015-01-01T00:00:00.000Z"}`, false, `{"cmd":"x y"}`},
		{"complete: checks get a port", `{"cmd":"x y","healthChecks":[{"protocol":"MESOS_TCP"}]}`, false, `{"healthChecks":[{"protocol":"MESOS_TCP","portIndex":0,"gracePeriodSeconds":300,"intervalSeconds":60,"timeoutSeconds":20,"maxConsecutiveFailures":3,"delaySeconds":15,"ipProtocol":"IPv4"}]}`},
		{"another id is ignored", `{"id":"/other","cpus":2}`, true, `{"id":"/g/a","cpus":2}`},
		{"to a bridge", `{"networks":[{"mode":"container/bridge"}]}`, true, `{"portDefinitions":null,"networks":[{"mode":"container/bridge"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			stored := create(t, rich)
			before := members(t, stored)
			a, version, err := Update("/g/a", stored, []byte(c.body), c.partial, testOptions)
			if err != nil || version != nil {
				t.Fatal(version, verdict(err))
			}
			got := members(t, a)
			var want map[string]any
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			for k, w := range want {
				if !reflect.DeepEqual(got[k], w) {
					t.Errorf("%s: got %v, want %v", k, got[k], w)
				}
			}
			if !reflect.DeepEqual(before, members(t, stored)) {
				t.Error("the stored definition was changed")
			}
		})
	}
}

func TestUpdateRefusals(t *testing.T) {
	stored := create(t, app(""))
	for _, c := range []struct {
		name, body string
		partial    bool
		current    *App
		want       string
	}{
		{"version and more", `{"version":"2015-01-01T00:00:00.000Z","cpus":1}`, true, stored, `422 Object is not valid: / The 'version' field may only be combined with the 'id' field.`},
		{"version alone, complete", `{"version":"2015-01-01T00:00:00.000Z"}`, false, stored, `422 Object is not valid: / AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.`},
		{"no time", `{"version":"x"}`, true, stored, `422 Invalid JSON: /version error.expected.date.isoformat`},
		{"args beside the stored cmd", `{"args":["x"]}`, true, stored, `422 Object is not valid: / AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.`},
		{"new but incomplete", `{"instances":1}`, true, nil, `422 Object is not valid: / AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.`},
		{"unnamed network", `{"networks":[{"mode":"container"}]}`, true, stored, `500 container network name is not defined`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Update("/g/a", c.current, []byte(c.body), c.partial, testOptions); verdict(err) != c.want {
				t.Errorf("got %s", verdict(err))
			}
		})
	}
	_, version, err := Update("/g/a", stored, []byte(`{"id":"/g/a","version":"2015-01-02T03:04:05.678Z"}`), true, testOptions)
	if err != nil || version == nil || !version.Equal(time.Date(2015, 1, 2, 3, 4, 5, 678e6, time.UTC)) {
		t.Errorf("rollback: %v %v", version, err)
	}
}

func TestRolesOfUpdates(t *testing.T) {
	resident := create(t, `{"id":"/r/a","cmd":"x y","role":"r","container":{"type":"MESOS","volumes":[{"containerPath":"d","persistent":{"size":1}}]}}`)
	_, _, err := Update("/r/a", resident, []byte(`{"role":"*"}`), true, testOptions)
	if got := verdict(err); !strings.Contains(got, "Resident apps cannot have the role * & It is not possible to change the role") {
		t.Error(got)
	}
	enforcing := testOptions
	enforcing.EnforceRole = func(top string) bool { return top == "r" }
	a, err := Create([]byte(`{"id":"/r/b","cmd":"x y"}`), enforcing)
	if err != nil || a.Role != "r" {
		t.Errorf("role of an enforcing group: %v %v", a, err)
	}
	// The role an app has already stays allowed.
	old := create(t, `{"id":"/r/b","cmd":"x y"}`)
	if _, _, err := Update("/r/b", old, []byte(`{"cpus":2}`), true, enforcing); err != nil {
		t.Error(verdict(err))
	}
}

func TestChanges(t *testing.T) {
	changes, err := Changes([]byte(`[{"id":"a","cmd":"x y"},{"id":"/b","cpus":2}]`), true, testOptions)
	if err != nil || len(changes) != 2 || changes[0].ID != "/a" {
		t.Fatal(changes, err)
	}
	a, _, err := changes[0].Apply(nil, testOptions)
	if err != nil || len(a.PortDefinitions) != 0 {
		t.Errorf("an app made in bulk has no ports: %v %v", a, err)
	}
	for body, want := range map[string]string{
		`{}`:                     `422 Invalid JSON:  error.expected.jsarray`,
		`[{"cpus":1}]`:           `422 requirement failed: App Update must have app id set: `,
		`[{"id":"a","cpus":-1}]`: `422 Invalid JSON: (0)/cpus error.min`,
	} {
		if _, err := Changes([]byte(body), true, testOptions); verdict(err) != want {
			t.Errorf("%s: %s", body, verdict(err))
		}
	}
}
