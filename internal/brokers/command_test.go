package brokers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nasty values try to leave the here-document, the quotes or the line.
var nasty = []string{
	`it's "quoted"`, "$HOME ${PATH} $(touch pwned) `touch pwned`", "line one\nPROPERTIES\ntouch pwned\n", `back\slash \n \u0041`,
	"  leading and trailing  ", "# no comment", "! neither", "a=b:c", "tab\there\r\f", "ünïcödé € 😀 \u0001", `\`, "", "'; touch pwned; '", "END", "\\\nEND\n",
}

func nastySpec() Spec {
	s := plainSpec()
	s.Config, s.Env, s.Labels = map[string]string{}, map[string]string{}, map[string]string{}
	for i, v := range nasty {
		name := string(rune('a' + i))
		s.Config["x."+name] = v
		s.Env["X_"+name] = v
		s.Labels["x-"+name] = v
	}
	s.Placement.Rack = &Rack{Attribute: "zone", Values: []string{"z'1 $(touch pwned)"}}
	s.Authorization = &Authorization{SuperUsers: []string{"User:ANONYMOUS", "User:CN=a b,O=\"$(touch pwned)\""}}
	return s
}

// TestCommandRuns runs the command in a real shell with a Kafka home that records how it was called.
func TestCommandRuns(t *testing.T) {
	for name, s := range map[string]Spec{"nasty": nastySpec(), "rich": richSpec()} {
		t.Run(name, func(t *testing.T) {
			home, sandbox := t.TempDir(), t.TempDir()
			if err := os.Mkdir(filepath.Join(home, "bin"), 0o755); err != nil {
				t.Fatal(err)
			}
			script := "#!/bin/sh\n{ printf '%s|' \"$(basename \"$0\")\" \"$@\"; echo; } >> \"$MESOS_SANDBOX/calls\"\n"
			for _, f := range []string{"kafka-storage.sh", "kafka-server-start.sh"} {
				if err := os.WriteFile(filepath.Join(home, "bin", f), []byte(script), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			app := mustApp(t, s, 1)
			run := exec.CommandContext(t.Context(), "/bin/sh", "-c", app.String("cmd"))
			run.Dir = t.TempDir()
			run.Env = []string{"PATH=" + os.Getenv("PATH"), "KAFKA_HOME=" + home, "MESOS_SANDBOX=" + sandbox, "HOST=127.0.0.3", "PORT0=9092", "PORT1=9093"}
			for k, v := range app.Env() {
				run.Env = append(run.Env, k+"="+v)
			}
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			calls := read(t, filepath.Join(sandbox, "calls"))
			want := "kafka-storage.sh|format|--ignore-formatted|-t|" + testID + "|-c|server.properties|--initial-controllers|" + s.initialControllers() + "|\n" +
				"kafka-server-start.sh|server.properties|\n"
			if calls != want {
				t.Errorf("called\n%s\nwant\n%s", calls, want)
			}
			for _, dir := range []string{sandbox, run.Dir, filepath.Join(sandbox, "data")} {
				if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
					t.Errorf("a value was run as a command: %s/pwned", dir)
				}
			}
			written, err := parseProperties(read(t, filepath.Join(sandbox, "server.properties")))
			if err != nil {
				t.Fatal(err)
			}
			static, dynamic := SplitConfig(s.Config)
			for k, v := range static {
				if got, ok := written[k]; !ok || got != v {
					t.Errorf("%s = %q, want %q", k, got, v)
				}
			}
			for k, v := range dynamic {
				if written[k] == v {
					t.Errorf("the dynamic property %s stands in the file", k)
				}
			}
			expect := map[string]string{
				"node.id": "1", "listeners": "CLIENT://:9092,CONTROLLER://:9093", "log.dirs": sandbox + "/data/kraft",
				"advertised.listeners": "CLIENT://127.0.0.3:9092,CONTROLLER://" + s.stableHost(1) + ":9093", "broker.rack": s.rackOf(1),
				"super.users": strings.Join(s.Authorization.SuperUsers, ";"),
			}
			for k, v := range expect {
				if written[k] != v {
					t.Errorf("%s = %q, want %q", k, written[k], v)
				}
			}
		})
	}
}

func TestCommandParses(t *testing.T) {
	for name, s := range map[string]Spec{"plain": plainSpec(), "nasty": nastySpec(), "rich": richSpec()} {
		check := exec.CommandContext(t.Context(), "/bin/sh", "-n")
		check.Stdin = strings.NewReader(s.command(0))
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestPropertiesAsJavaReads asks Java itself where there is one.
func TestPropertiesAsJavaReads(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a JVM")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("no java here")
	}
	dir := t.TempDir()
	var file strings.Builder
	for i, v := range nasty {
		writeProperty(&file, property{"k" + string(rune('a'+i)), v})
	}
	write(t, filepath.Join(dir, "p.properties"), file.String())
	write(t, filepath.Join(dir, "P.java"), `import java.io.*; import java.util.*; import java.nio.charset.StandardCharsets;
class P { public static void main(String[] a) throws Exception {
  Properties p = new Properties(); try (InputStream in = new FileInputStream(a[0])) { p.load(in); }
  StringBuilder b = new StringBuilder();
  for (String k : new TreeSet<>(p.stringPropertyNames())) b.append(Base64.getEncoder().encodeToString(p.getProperty(k).getBytes(StandardCharsets.UTF_8))).append('\n');
  System.out.print(b); } }`)
	out, err := exec.CommandContext(t.Context(), java, filepath.Join(dir, "P.java"), filepath.Join(dir, "p.properties")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i, v := range nasty {
		if got := lines[i]; got != base64Of(v) {
			t.Errorf("Java reads value %d as %q (base64), want %q", i, got, base64Of(v))
		}
	}
}

func TestPropertiesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOfN(rapid.StringMatching(`[A-Za-z0-9._-]{1,20}`), rapid.String(), 0, 6).Draw(t, "properties")
		var b strings.Builder
		for _, p := range sorted(want) {
			writeProperty(&b, p)
		}
		got, err := parseProperties(b.String())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("read back (-want +got):\n%s\n%s", diff, b.String())
		}
	})
}
