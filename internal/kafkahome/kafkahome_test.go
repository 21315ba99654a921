package kafkahome_test

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkahome"
)

func TestUnknownVersionIsRefusedWithTheChoice(t *testing.T) {
	_, err := kafkahome.Assemble(t.Context(), "9.9.9", t.TempDir(), io.Discard)
	var unsupported *kafkahome.UnsupportedError
	if !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "4.3.1") {
		t.Errorf("got %v", err)
	}
}

// fakeJava puts a java on an otherwise empty PATH that says it is the given version.
func fakeJava(t *testing.T, specification string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho '    java.specification.version = " + specification + "' >&2\n"
	if err := os.WriteFile(filepath.Join(dir, "java"), []byte(script), 0o700); err != nil { //nolint:gosec // it has to run
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

func TestJavaIsCheckedBeforeAnythingIsFetched(t *testing.T) {
	for name, tc := range map[string]struct {
		java, kafka string
		refused     bool
	}{
		"none":               {"", "4.3.1", true},
		"8 calls itself 1.8": {"1.8", "3.9.2", true},
		"11 for 3.9":         {"11", "3.9.2", false},
		"11 for 4.x":         {"11", "4.3.1", true},
		"17 for 4.x":         {"17", "4.3.1", false},
		"25 for 4.x":         {"25", "4.4.0", false},
		"says nothing":       {"", "4.3.1", true},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "none" {
				t.Setenv("PATH", t.TempDir())
			} else {
				fakeJava(t, tc.java)
			}
			err := kafkahome.CheckJava(t.Context(), tc.kafka)
			var missing *kafkahome.MissingError
			if got := errors.As(err, &missing); got != tc.refused {
				t.Fatalf("refused = %v: %v", got, err)
			}
			if tc.refused && !strings.Contains(err.Error(), "KAFKA_HOME") {
				t.Errorf("no remedy: %v", err)
			}
		})
	}
}

func TestMavenIsNamedWhenItIsMissing(t *testing.T) {
	fakeJava(t, "17")
	_, err := kafkahome.Assemble(t.Context(), "4.3.1", t.TempDir(), io.Discard)
	var missing *kafkahome.MissingError
	if !errors.As(err, &missing) || missing.Program != "mvn" {
		t.Errorf("got %v", err)
	}
}

// A home is made once, found again, and made anew when something in it was changed.
func TestAssembledHomeIsKeptAndMended(t *testing.T) {
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("real Kafka is left out: no %s on this machine", program)
		}
	}
	dir := t.TempDir()
	home, err := kafkahome.Assemble(t.Context(), "4.3.1", dir, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(home, "bin", "kafka-storage.sh"), "random-uuid")
	id, err := cmd.Output()
	if err != nil || len(strings.TrimSpace(string(id))) != 22 {
		t.Fatalf("its storage tool answers %q: %v", id, err)
	}
	before, err := os.Stat(home)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kafkahome.Assemble(t.Context(), "4.3.1", dir, io.Discard); err != nil {
		t.Fatal(err)
	}
	if after, err := os.Stat(home); err != nil || !os.SameFile(before, after) {
		t.Errorf("a whole home was made again (%v)", err)
	}
	jars, err := filepath.Glob(filepath.Join(home, "libs", "kafka-clients-*.jar"))
	if err != nil || len(jars) != 1 {
		t.Fatalf("%v: %v", jars, err)
	}
	if err := os.Truncate(jars[0], 100); err != nil {
		t.Fatal(err)
	}
	if err := kafkahome.Verify(home); err == nil || !strings.Contains(err.Error(), "kafka-clients") {
		t.Fatalf("a truncated jar goes unseen: %v", err)
	}
	if _, err := kafkahome.Assemble(t.Context(), "4.3.1", dir, io.Discard); err != nil {
		t.Fatal(err)
	}
	if err := kafkahome.Verify(home); err != nil {
		t.Error(err)
	}
}
