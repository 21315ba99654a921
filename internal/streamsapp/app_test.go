package streamsapp_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
)

func wordcount() streamsapp.Spec {
	return streamsapp.Spec{
		AppID: "/streams/wordcount", ApplicationID: "wordcount", Cluster: "/kafka/main", BootstrapServers: "a:9092,b:9092",
		Artifacts: []streamsapp.Artifact{{URI: "file:///opt/wordcount", Extract: true, Executable: true}}, Runtime: streamsapp.RuntimeMesos, Command: "exec ./wordcount",
		Instances: 5, CPUs: 0.5, MemoryMiB: 512, HeapMiB: 256, Threads: 2, ProcessingGuarantee: "exactly_once_v2",
		Config: map[string]string{"commit.interval.ms": "100"}, Env: map[string]string{"LOG": "info"}, Labels: map[string]string{"team": "words"},
		Constraints: [][]string{{"hostname", "MAX_PER", "2"}, {"rack", "UNIQUE"}},
		HealthCheck: &streamsapp.HealthCheck{Protocol: "MESOS_HTTP", Path: "/live", GracePeriod: 60, Interval: 2, Timeout: 1, MaxConsecutiveFailures: 3}, ReadinessPath: "/ready",
		KillGracePeriod: 60, Upgrade: &streamsapp.Upgrade{MinimumHealthCapacity: 0.8}, InputTopics: []string{"lines"}, OutputTopics: []string{"counts", "totals"},
	}
}

func app(t rapid.TB, s streamsapp.Spec) marathon.App {
	t.Helper()
	a, err := s.App()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAppIsWhatMarathonNeeds(t *testing.T) {
	var want map[string]any
	decoder := json.NewDecoder(strings.NewReader(`{
	 "id": "/streams/wordcount", "cmd": "exec ./wordcount", "cpus": 0.5, "mem": 512, "instances": 5,
	 "env": {"STREAMS_APPLICATION_ID": "wordcount", "STREAMS_BOOTSTRAP_SERVERS": "a:9092,b:9092", "STREAMS_COMMIT_INTERVAL_MS": "100", "STREAMS_NUM_STREAM_THREADS": "2",
	         "STREAMS_PROCESSING_GUARANTEE": "exactly_once_v2", "JDK_JAVA_OPTIONS": "-Xms256m -Xmx256m", "LOG": "info", "INPUT_TOPICS": "lines", "INPUT_TOPIC": "lines", "OUTPUT_TOPICS": "counts,totals"},
	 "labels": {"KAFKA_STREAMS_APPLICATION": "wordcount", "KAFKA_STREAMS_CLUSTER": "/kafka/main", "team": "words"},
	 "fetch": [{"uri": "file:///opt/wordcount", "extract": true, "executable": true, "cache": false}],
	 "constraints": [["hostname", "MAX_PER", "2"], ["rack", "UNIQUE"]],
	 "networks": [{"mode": "host"}], "portDefinitions": [{"port": 0, "name": "http", "protocol": "tcp"}], "requirePorts": false,
	 "healthChecks": [{"protocol": "MESOS_HTTP", "path": "/live", "portIndex": 0, "gracePeriodSeconds": 60, "intervalSeconds": 2, "timeoutSeconds": 1, "maxConsecutiveFailures": 3, "delaySeconds": 0}],
	 "readinessChecks": [{"name": "ready", "protocol": "HTTP", "portName": "http", "path": "/ready", "intervalSeconds": 5, "timeoutSeconds": 4}],
	 "taskKillGracePeriodSeconds": 60, "upgradeStrategy": {"minimumHealthCapacity": 0.8, "maximumOverCapacity": 0}}`))
	decoder.UseNumber()
	if err := decoder.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, map[string]any(app(t, wordcount()))); diff != "" {
		t.Error(diff)
	}
}

func TestAppWithImage(t *testing.T) {
	for runtime, container := range map[string]string{streamsapp.RuntimeDocker: "DOCKER", streamsapp.RuntimeMesos: "MESOS", "": "MESOS"} {
		s := wordcount()
		s.Image, s.Runtime, s.Artifacts, s.Command = "example/wordcount:1", runtime, nil, ""
		got := app(t, s)
		if got.String("container", "type") != container || got.String("container", "docker", "image") != s.Image {
			t.Errorf("runtime %q: container %v", runtime, got["container"])
		}
		for _, key := range []string{"cmd", "fetch"} {
			if _, ok := got[key]; ok {
				t.Errorf("runtime %q: %s is set: %v", runtime, key, got[key])
			}
		}
	}
}

// served is what Marathon answers for a definition: as sent, with defaults and assigned numbers.
func served(t rapid.TB, sent marathon.App) marathon.App {
	t.Helper()
	out := sent.Clone()
	for key, value := range map[string]any{"backoffSeconds": 1, "killSelection": "YOUNGEST_FIRST", "role": "*", "executor": "", "unreachableStrategy": map[string]any{"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0}} {
		out[key] = value
	}
	out["portDefinitions"].([]any)[0].(map[string]any)["port"] = 10017
	if c, ok := out["container"].(map[string]any); ok {
		c["volumes"] = []any{}
		c["docker"].(map[string]any)["forcePullImage"] = false
		c["docker"].(map[string]any)["parameters"] = []any{}
	}
	if h, ok := out["healthChecks"].([]any); ok {
		h[0].(map[string]any)["ipProtocol"] = "IPv4"
		h[0].(map[string]any)["ignoreHttp1xx"] = false
	}
	if len(out.Env()) == 0 {
		delete(out, "env")
	}
	raw, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var back marathon.App
	if err := decoder.Decode(&back); err != nil {
		t.Fatal(err)
	}
	return back
}

var asUser = cmp.Options{cmpopts.EquateEmpty()}

func TestEverySpecComesBackFromMarathon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		stored := served(t, app(t, s))
		back, err := streamsapp.FromApp(stored, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, back, asUser); diff != "" {
			t.Fatalf("(-sent +read)\n%s", diff)
		}
		again, err := back.Overlay(stored)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(stored, again); diff != "" {
			t.Fatalf("an update without a change changes the definition:\n%s", diff)
		}
	})
}

func TestOnlyInstancesDependOnInstances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSpec(t)
		more := s
		more.Instances = rapid.IntRange(0, 50).Draw(t, "other")
		a, b := app(t, s), app(t, more)
		delete(a, "instances")
		delete(b, "instances")
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
	})
}

func drawSpec(t *rapid.T) streamsapp.Spec {
	words := rapid.StringMatching(`[a-z]{1,6}`)
	s := streamsapp.Spec{
		ApplicationID: rapid.StringMatching(`[a-z][a-z0-9-]{0,8}[a-z]`).Draw(t, "application"), BootstrapServers: "a:9092,b:9092",
		Cluster: rapid.SampledFrom([]string{"", "/kafka/main"}).Draw(t, "cluster"), Runtime: streamsapp.RuntimeMesos,
		Instances: rapid.IntRange(0, 20).Draw(t, "instances"), CPUs: float64(rapid.IntRange(1, 40).Draw(t, "cpus")) / 10, MemoryMiB: 4096,
		HeapMiB: rapid.SampledFrom([]int{0, 64, 1024}).Draw(t, "heap"), Threads: rapid.IntRange(0, 3).Draw(t, "threads"),
		ProcessingGuarantee: rapid.SampledFrom([]string{"", "at_least_once", "exactly_once_v2"}).Draw(t, "guarantee"),
		Env:                 rapid.MapOf(rapid.StringMatching(`[A-R][A-Z_]{0,5}`), rapid.StringMatching(`[ -~]{0,8}`)).Draw(t, "env"),
		Labels:              rapid.MapOf(words, words).Draw(t, "labels"),
		ReadinessPath:       rapid.SampledFrom([]string{"", "/ready"}).Draw(t, "ready"), KillGracePeriod: rapid.IntRange(1, 120).Draw(t, "grace"),
		Upgrade:      &streamsapp.Upgrade{MinimumHealthCapacity: rapid.SampledFrom([]float64{0, 0.5, 0.66, 1}).Draw(t, "minimum"), MaximumOverCapacity: rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "over")},
		InputTopics:  sortedSet(rapid.SliceOfNDistinct(words, 0, 3, rapid.ID[string]).Draw(t, "inputs")),
		OutputTopics: sortedSet(rapid.SliceOfNDistinct(words, 0, 3, rapid.ID[string]).Draw(t, "outputs")),
	}
	s.AppID = "/streams/" + s.ApplicationID
	s.Config = map[string]string{}
	seen := map[string]bool{"STREAMS_APPLICATION_ID": true, "STREAMS_BOOTSTRAP_SERVERS": true}
	for k, v := range rapid.MapOf(rapid.StringMatching(`[a-zA-Z][a-z]{0,3}([.-][a-z0-9]{1,3}){0,3}`), words).Draw(t, "config") {
		if !seen[streamsapp.Variable(k)] {
			seen[streamsapp.Variable(k)] = true
			s.Config[k] = v
		}
	}
	if s.Threads == 0 && rapid.Bool().Draw(t, "threads in config") {
		s.Config["num.stream.threads"] = "4"
	}
	if rapid.Bool().Draw(t, "image") {
		s.Image = "example/app:1"
		s.Runtime = rapid.SampledFrom([]string{streamsapp.RuntimeMesos, streamsapp.RuntimeDocker}).Draw(t, "runtime")
	} else {
		s.Artifacts = []streamsapp.Artifact{{URI: "file:///a.jar", Extract: rapid.Bool().Draw(t, "extract"), Executable: rapid.Bool().Draw(t, "executable"), DestPath: rapid.SampledFrom([]string{"", "app"}).Draw(t, "dest")}}
		s.Command = "exec ./app"
	}
	if protocol := rapid.SampledFrom(append([]string{""}, streamsapp.Protocols...)).Draw(t, "protocol"); protocol != "" {
		s.HealthCheck = &streamsapp.HealthCheck{Protocol: protocol, GracePeriod: 10, Interval: 5, Timeout: 2, MaxConsecutiveFailures: 3}
		if protocol == "COMMAND" {
			s.HealthCheck.Command = "true"
		} else if streamsapp.UsesPath(protocol) {
			s.HealthCheck.Path = "/live"
		}
	}
	if rapid.Bool().Draw(t, "constrained") {
		s.Constraints = [][]string{{"hostname", "UNIQUE"}, {"rack", "MAX_PER", "2"}}
	}
	return s
}

func sortedSet(list []string) []string {
	out := append([]string(nil), list...)
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if out[j] < out[i] {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	return out
}

// What somebody edits in Marathon shows at the field that it belongs to, whatever it is.
func TestDriftShowsAtItsField(t *testing.T) {
	set := func(value any, path ...string) func(marathon.App) {
		return func(a marathon.App) {
			var at any = map[string]any(a)
			for _, key := range path[:len(path)-1] {
				at = at.(map[string]any)[key]
			}
			if value == nil {
				delete(at.(map[string]any), path[len(path)-1])
				return
			}
			at.(map[string]any)[path[len(path)-1]] = value
		}
	}
	cases := map[string]struct {
		edit func(marathon.App)
		want func(*streamsapp.Spec)
	}{
		"cpus":                   {set(json.Number("2"), "cpus"), func(s *streamsapp.Spec) { s.CPUs = 2 }},
		"instances":              {set(json.Number("0"), "instances"), func(s *streamsapp.Spec) { s.Instances = 0 }},
		"command":                {set("exec ./other", "cmd"), func(s *streamsapp.Spec) { s.Command = "exec ./other" }},
		"own variable":           {set("debug", "env", "LOG"), func(s *streamsapp.Spec) { s.Env = map[string]string{"LOG": "debug"} }},
		"own variable removed":   {set(nil, "env", "LOG"), func(s *streamsapp.Spec) { s.Env = nil }},
		"foreign variable":       {set("x", "env", "MORE"), func(s *streamsapp.Spec) { s.Env = map[string]string{"LOG": "info", "MORE": "x"} }},
		"config":                 {set("5", "env", "STREAMS_COMMIT_INTERVAL_MS"), func(s *streamsapp.Spec) { s.Config = map[string]string{"commit.interval.ms": "5"} }},
		"config removed":         {set(nil, "env", "STREAMS_COMMIT_INTERVAL_MS"), func(s *streamsapp.Spec) { s.Config = nil }},
		"config added":           {set("1", "env", "STREAMS_LINGER_MS"), func(s *streamsapp.Spec) { s.Config = map[string]string{"commit.interval.ms": "100", "linger.ms": "1"} }},
		"brokers":                {set("c:1", "env", "STREAMS_BOOTSTRAP_SERVERS"), func(s *streamsapp.Spec) { s.BootstrapServers = "c:1" }},
		"application id":         {set("other", "env", "STREAMS_APPLICATION_ID"), func(s *streamsapp.Spec) { s.Env = map[string]string{"LOG": "info", "STREAMS_APPLICATION_ID": "other"} }},
		"application id removed": {set(nil, "env", "STREAMS_APPLICATION_ID"), func(s *streamsapp.Spec) { s.Env = map[string]string{"LOG": "info", "STREAMS_APPLICATION_ID": ""} }},
		"threads":                {set("7", "env", "STREAMS_NUM_STREAM_THREADS"), func(s *streamsapp.Spec) { s.Threads = 7 }},
		"threads, nonsense": {set("many", "env", "STREAMS_NUM_STREAM_THREADS"), func(s *streamsapp.Spec) {
			s.Threads = 0
			s.Config = map[string]string{"commit.interval.ms": "100", "num.stream.threads": "many"}
		}},
		"heap": {set("-Xmx1g", "env", "JDK_JAVA_OPTIONS"), func(s *streamsapp.Spec) {
			s.HeapMiB = 0
			s.Env = map[string]string{"LOG": "info", "JDK_JAVA_OPTIONS": "-Xmx1g"}
		}},
		"input topics": {set("lines,more", "env", "INPUT_TOPICS"), func(s *streamsapp.Spec) {
			s.InputTopics = []string{"lines", "more"}
			s.Env = map[string]string{"LOG": "info", "INPUT_TOPIC": "lines"}
		}},
		"label": {set("others", "labels", "team"), func(s *streamsapp.Spec) { s.Labels = map[string]string{"team": "others"} }},
		"our label": {set("x", "labels", streamsapp.LabelApplication), func(s *streamsapp.Spec) {
			s.Labels = map[string]string{"team": "words", streamsapp.LabelApplication: "x"}
		}},
		"our label removed":  {set(nil, "labels", streamsapp.LabelCluster), func(s *streamsapp.Spec) { s.Labels = map[string]string{"team": "words", streamsapp.LabelCluster: ""} }},
		"health check":       {set(nil, "healthChecks"), func(s *streamsapp.Spec) { s.HealthCheck = nil }},
		"constraints":        {set([]any{}, "constraints"), func(s *streamsapp.Spec) { s.Constraints = nil }},
		"upgrade":            {set(json.Number("0.1"), "upgradeStrategy", "minimumHealthCapacity"), func(s *streamsapp.Spec) { s.Upgrade = &streamsapp.Upgrade{MinimumHealthCapacity: 0.1} }},
		"kill grace removed": {set(nil, "taskKillGracePeriodSeconds"), func(s *streamsapp.Spec) { s.KillGracePeriod = 0 }},
		"readiness":          {set(nil, "readinessChecks"), func(s *streamsapp.Spec) { s.ReadinessPath = "" }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			prior, want := wordcount(), wordcount()
			stored := served(t, app(t, prior))
			pristine := stored.Clone()
			c.edit(stored)
			c.want(&want)
			got, err := streamsapp.FromApp(stored, &prior)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, asUser); diff != "" {
				t.Errorf("(-want +read)\n%s", diff)
			}
			mended, err := prior.Overlay(stored)
			if err != nil {
				t.Fatal(err)
			}
			if name == "health check" || name == "readiness" { // what Marathon adds to them is gone with them
				delete(mended, "healthChecks")
				delete(pristine, "healthChecks")
				delete(mended, "readinessChecks")
				delete(pristine, "readinessChecks")
			}
			if diff := cmp.Diff(pristine, mended); diff != "" {
				t.Errorf("an update does not mend it (-want +got)\n%s", diff)
			}
		})
	}
}

func TestOverlayKeepsWhatIsNotOurs(t *testing.T) {
	s := wordcount()
	s.Image, s.Artifacts = "example/app:1", nil
	stored := served(t, app(t, s))
	stored["backoffSeconds"] = json.Number("7")
	stored["secrets"] = map[string]any{"db": map[string]any{"source": "/db"}}
	stored["env"].(map[string]any)["DB"] = map[string]any{"secret": "db"}
	stored["container"].(map[string]any)["docker"].(map[string]any)["forcePullImage"] = true
	stored["healthChecks"].([]any)[0].(map[string]any)["delaySeconds"] = json.Number("3")
	want := stored.Clone()
	want["container"].(map[string]any)["docker"].(map[string]any)["image"] = "example/app:2"

	s.Image = "example/app:2"
	got, err := s.Overlay(stored)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if env := stored.Env(); maps.Equal(env, map[string]string{}) {
		t.Error("the overlay emptied the definition that it was given")
	}
}

// A variable that was taken from a secret outside and is written by the application is one that the user wants back.
func TestAWantedVariableWinsOverASecretOfItsName(t *testing.T) {
	s := wordcount()
	s.Env = map[string]string{"MODE": "fast"}
	stored := served(t, app(t, s))
	env := stored["env"].(map[string]any)
	env["MODE"] = map[string]any{"secret": "mode"}
	env[streamsapp.EnvBootstrapServers] = map[string]any{"secret": "servers"}
	next, err := s.Overlay(marathon.Editable(stored))
	if err != nil {
		t.Fatal(err)
	}
	if got := next.String("env", "MODE"); got != "fast" {
		t.Errorf("MODE is %v", next["env"])
	}
	if got := next.String("env", streamsapp.EnvBootstrapServers); got != s.BootstrapServers {
		t.Errorf("the brokers are %v", next["env"])
	}
}

func TestOverlayTakesAwayWhatTheUserRemoved(t *testing.T) {
	stored := served(t, app(t, wordcount()))
	stored["args"] = []any{"x"} // somebody switched the app over
	s := wordcount()
	s.HealthCheck, s.ReadinessPath, s.Constraints, s.KillGracePeriod, s.Env, s.HeapMiB = nil, "", nil, 0, nil, 0
	got, err := s.Overlay(stored)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"args", "healthChecks", "readinessChecks", "constraints", "taskKillGracePeriodSeconds"} {
		if v, ok := got[key]; ok {
			t.Errorf("%s is still there: %v", key, v)
		}
	}
	for _, name := range []string{"LOG", "JDK_JAVA_OPTIONS"} {
		if v, ok := got.Env()[name]; ok {
			t.Errorf("variable %s is still there: %s", name, v)
		}
	}
}

func TestFromAppKnowsOurApplicationsOnly(t *testing.T) {
	_, err := streamsapp.FromApp(marathon.App{"id": "/web"}, nil)
	if err == nil || !strings.Contains(err.Error(), "/web") {
		t.Errorf("got %v", err)
	}
}
