package brokers

import (
	"encoding/base64"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func base64Of(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

// appsOf are all apps of a cluster as Marathon would answer them.
func appsOf(t interface {
	Fatal(...any)
	Helper()
}, s Spec) []marathon.App {
	t.Helper()
	apps := make([]marathon.App, s.Brokers)
	for i := range apps {
		app, err := s.App(i)
		if err != nil {
			t.Fatal(err)
		}
		apps[i] = asRead(t, app)
	}
	return apps
}

func observe(t *testing.T, s Spec, apps []marathon.App) Observed {
	t.Helper()
	o, err := FromApps(s.Group, apps)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// staticOnly is what the apps can tell of a Spec.
func staticOnly(s Spec) Spec {
	s.Config, _ = SplitConfig(s.Config)
	return s
}

var specOpts = cmp.Options{cmpopts.EquateEmpty()}

func genSpec() *rapid.Generator[Spec] {
	return rapid.Custom(func(t *rapid.T) Spec {
		name := rapid.StringMatching(`[a-z][a-z0-9-]{0,8}[a-z0-9]`)
		text := rapid.StringMatching(`[ -~äß€\n\t]{0,12}`)
		s := Spec{
			Name: name.Draw(t, "name"), KafkaVersion: rapid.SampledFrom([]string{"3.9.2", "4.3.1"}).Draw(t, "version"),
			ClusterID: NewClusterID(), Image: rapid.SampledFrom([]string{"apache/kafka:4.3.1", "registry/x@sha256:1"}).Draw(t, "image"),
			Runtime: rapid.SampledFrom([]string{RuntimeDocker, RuntimeMesos}).Draw(t, "runtime"),
			Brokers: rapid.IntRange(1, 6).Draw(t, "brokers"), CPUs: float64(rapid.IntRange(1, 80).Draw(t, "cpus")) / 10,
			HeapMiB: rapid.IntRange(64, 4096).Draw(t, "heap"), ClientPort: rapid.IntRange(1, 30000).Draw(t, "client"), ControllerPort: rapid.IntRange(30001, 65535).Draw(t, "controller"),
			ServiceDiscovery: rapid.SampledFrom([]string{DiscoveryVIP, DiscoveryMesosDNS, DiscoveryHosts}).Draw(t, "discovery"),
			Env:              rapid.MapOfN(rapid.StringMatching(`X_[A-Z0-9]{1,6}`), text, 0, 4).Draw(t, "env"),
			Labels:           rapid.MapOfN(rapid.StringMatching(`x[a-zA-Z0-9_.-]{1,6}`), text, 0, 4).Draw(t, "labels"),
			Config:           rapid.MapOfN(rapid.StringMatching(`x\.[a-z.]{1,6}`), text, 0, 4).Draw(t, "config"),
		}
		s.MemoryMiB = RequiredMemory(s.HeapMiB) + float64(rapid.IntRange(0, 4096).Draw(t, "memory"))
		s.Group = rapid.SampledFrom([]string{DefaultGroup(s.Name), "/a/b.c/" + s.Name, "/" + s.Name}).Draw(t, "group")
		if rapid.Bool().Draw(t, "stored") {
			s.Storage = &Storage{Type: rapid.SampledFrom([]string{"root", "path", "mount"}).Draw(t, "disk"), SizeMiB: int64(rapid.IntRange(1, 1<<20).Draw(t, "size"))}
		}
		if rapid.Bool().Draw(t, "authorized") {
			s.Authorization = &Authorization{AllowEveryoneIfNoACL: rapid.Bool().Draw(t, "everyone"), SuperUsers: []string{"User:ANONYMOUS", "User:é x"}}
		}
		if s.ServiceDiscovery == DiscoveryHosts || rapid.Bool().Draw(t, "pinned") {
			s.Placement.Hosts = rapid.SliceOfNDistinct(rapid.StringMatching(`h[a-z0-9]{1,6}(\.[a-z]{1,4})?`), s.Brokers, s.Brokers, rapid.ID).Draw(t, "hosts")
		}
		if rapid.Bool().Draw(t, "racked") {
			values := rapid.SliceOfNDistinct(rapid.StringMatching(`r[a-z0-9 ]{0,4}[0-9]`), 1, s.Brokers, rapid.ID).Draw(t, "racks")
			s.Placement.Rack = &Rack{Attribute: rapid.SampledFrom([]string{"@zone", "rack"}).Draw(t, "attribute"), Values: values}
		}
		s.Placement.Constraints = rapid.SliceOfN(rapid.SampledFrom([][]string{{"hostname", "UNIQUE"}, {"disk", "IS", "ssd"}, {"rack", "IS", "r1"}, {"node", "LIKE", "n.*"}}), 0, 3).Draw(t, "constraints")
		return s
	})
}

// TestRoundTrip: what a cluster was made from is read back from its apps, and the apps match it.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := genSpec().Draw(t, "spec")
		o, err := FromApps(s.Group, appsOf(t, s))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(staticOnly(s), o.Spec, specOpts); diff != "" {
			t.Fatalf("read back (-made +read):\n%s", diff)
		}
		if diff := cmp.Diff(s, o.Against(s), specOpts); diff != "" {
			t.Fatalf("against what it was made from (-made +read):\n%s", diff)
		}
		if unlike, err := o.Unlike(s); err != nil || len(unlike) > 0 {
			t.Fatalf("brokers %v differ from what they were made from (%v)", unlike, err)
		}
	})
}

func TestFromAppsIgnoresOthers(t *testing.T) {
	s := plainSpec()
	apps := appsOf(t, s)
	deeper := apps[0].Clone()
	deeper["id"] = "/kafka/main/sub/broker-0"
	copied := apps[1].Clone()
	copied["id"] = "/kafka/main/my-copy"
	foreign := marathon.App{"id": "/kafka/main/ui", "cmd": "x"}
	o := observe(t, s, append(apps, deeper, copied, foreign))
	if len(o.Brokers) != 3 {
		t.Errorf("found %d brokers", len(o.Brokers))
	}
	if _, err := FromApps(s.Group, []marathon.App{foreign, copied}); !errors.Is(err, ErrNoCluster) {
		t.Errorf("apps without a broker: %v", err)
	}
	if _, ok := o.Of(NewClusterID()); ok {
		t.Error("brokers of another cluster id are taken for ours")
	}
	if of, ok := o.Of(testID); !ok || len(of.Brokers) != 3 {
		t.Error("our own brokers are not found by cluster id")
	}
}

// TestDrift: a change of one app shows at the attribute that it belongs to, and that broker is found to differ.
func TestDrift(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(marathon.App)
		want func(*Spec)
	}{
		"cpus":   {func(a marathon.App) { a["cpus"] = 3.0 }, func(s *Spec) { s.CPUs = 3 }},
		"memory": {func(a marathon.App) { a["mem"] = 4000.0 }, func(s *Spec) { s.MemoryMiB = 4000 }},
		"image": {func(a marathon.App) {
			object(object(a["container"])["docker"])["image"] = "evil"
		}, func(s *Spec) { s.Image = "evil" }},
		"env added":   {func(a marathon.App) { object(a["env"])["DEBUG"] = "1" }, func(s *Spec) { s.Env = merge(s.Env, "DEBUG", "1") }},
		"env removed": {func(a marathon.App) { delete(object(a["env"]), "TZ") }, func(s *Spec) { s.Env = without(s.Env, "TZ") }},
		"heap":        {func(a marathon.App) { object(a["env"])["KAFKA_HEAP_OPTS"] = "-Xmx1g" }, func(s *Spec) { s.HeapMiB = 1024 }},
		"label":       {func(a marathon.App) { object(a["labels"])["team"] = "other" }, func(s *Spec) { s.Labels = merge(s.Labels, "team", "other") }},
		"version":     {func(a marathon.App) { object(a["labels"])[LabelVersion] = "4.0.0" }, func(s *Spec) { s.KafkaVersion = "4.0.0" }},
		"stopped":     {func(a marathon.App) { a["instances"] = 0 }, func(s *Spec) { s.Brokers = 3 }},
		"doubled":     {func(a marathon.App) { a["instances"] = 2 }, func(*Spec) {}},
		"grace":       {func(a marathon.App) { a["taskKillGracePeriodSeconds"] = 1 }, func(*Spec) {}},
		"no command":  {func(a marathon.App) { a["cmd"] = "sleep 1" }, func(*Spec) {}},
		"unpinned": {func(a marathon.App) { delete(a, "constraints") }, func(s *Spec) {
			s.Placement.Hosts = []string{"10.0.0.1", "10.0.0.2", "", "10.0.0.4"}
			s.Placement.Constraints = nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := richSpec()
			apps := appsOf(t, s)
			tc.edit(apps[2])
			apps[2] = asRead(t, apps[2])
			o := observe(t, s, apps)
			want := s
			tc.want(&want)
			if diff := cmp.Diff(want, o.Against(s), specOpts); diff != "" {
				t.Errorf("drift (-want +got):\n%s", diff)
			}
			if unlike, err := o.Unlike(s); err != nil || !slices.Equal(unlike, []int{2}) {
				t.Errorf("brokers %v differ (%v), want 2", unlike, err)
			}
		})
	}
	t.Run("deleted", func(t *testing.T) {
		s := richSpec()
		apps := appsOf(t, s)
		o := observe(t, s, slices.Delete(apps, 1, 2))
		want := s
		want.Brokers = 3
		if diff := cmp.Diff(want, o.Against(s), specOpts); diff != "" {
			t.Errorf("drift (-want +got):\n%s", diff)
		}
		if unlike, _ := o.Unlike(s); !slices.Equal(unlike, []int{1}) {
			t.Errorf("brokers %v differ, want 1", unlike)
		}
	})
}

// TestServerDefaultsAreNoDrift: what Marathon adds to a definition does not make it differ.
func TestServerDefaultsAreNoDrift(t *testing.T) {
	s := richSpec()
	apps := appsOf(t, s)
	for _, a := range apps {
		a["backoffFactor"], a["role"], a["killSelection"], a["executor"] = 1.15, "*", "YOUNGEST_FIRST", ""
		object(list(a, "healthChecks")[0])["ipProtocol"] = "IPv4"
		docker := object(object(a["container"])["docker"])
		docker["forcePullImage"], docker["privileged"], docker["pullConfig"] = false, false, map[string]any{"secret": "s"}
		object(object(list(a, "container", "volumes")[0])["persistent"])["constraints"] = []any{}
		object(a["env"])["TOKEN"] = map[string]any{"secret": "token"}
	}
	o := observe(t, s, apps)
	if unlike, err := o.Unlike(s); err != nil || len(unlike) > 0 {
		t.Errorf("brokers %v differ (%v)", unlike, err)
	}
	s.CPUs = 9
	out := overlay(apps[0], mustApp(t, s, 0))
	if out["role"] != "*" || object(object(out["container"])["docker"])["pullConfig"] == nil || object(out["env"])["TOKEN"] == nil {
		t.Errorf("what the provider does not model is lost: %v", out)
	}
	if !holds(asRead(t, out), mustApp(t, s, 0)) {
		t.Error("the overlaid definition is not what was wanted")
	}
	s.Placement, s.ServiceDiscovery = Placement{}, DiscoveryVIP
	if out := overlay(apps[0], mustApp(t, s, 0)); out["constraints"] != nil {
		t.Errorf("removed constraints stay: %v", out["constraints"])
	}
}

func TestAddresses(t *testing.T) {
	s := plainSpec()
	apps := appsOf(t, s)
	task := func(host, state string, alive ...any) []any {
		results := make([]any, len(alive))
		for i, a := range alive {
			results[i] = map[string]any{"alive": a}
		}
		return []any{map[string]any{"id": "t-" + host, "host": host, "state": state, "ports": []any{9092, 9093}, "healthCheckResults": results}}
	}
	apps[0]["tasks"] = task("a", "TASK_RUNNING")
	apps[1]["tasks"] = task("b", "TASK_STAGING")
	apps[2]["tasks"] = task("c", "TASK_RUNNING", true)
	for i := range apps {
		apps[i] = asRead(t, apps[i])
	}
	if got := Addresses(observe(t, s, apps)); !slices.Equal(got, []string{"c:9092", "a:9092"}) {
		t.Errorf("addresses %v", got)
	}
}

func TestParseHeap(t *testing.T) {
	for options, want := range map[string]int{
		"-Xms128m -Xmx128m": 128, "-Xmx4g": 4096, "-Xmx1048576k -XX:+UseG1GC": 1024, "-Xmx1073741824": 1024, "": 0, "-Xms1g": 0, "-Xmxfoo": 0, "-Xmx": 0,
	} {
		if got := parseHeap(options); got != want {
			t.Errorf("%q: %d, want %d", options, got, want)
		}
	}
}

func merge(m map[string]string, k, v string) map[string]string {
	m = maps.Clone(m)
	m[k] = v
	return m
}

func without(m map[string]string, k string) map[string]string {
	m = maps.Clone(m)
	delete(m, k)
	return m
}
