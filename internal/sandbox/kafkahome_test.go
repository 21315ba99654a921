package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func distribution(t *testing.T, dir string) {
	t.Helper()
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, script := range []string{"kafka-storage.sh", startScript} {
		if err := os.WriteFile(filepath.Join(bin, script), []byte("#!/bin/sh\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// The tag of the image decides which of several distributions runs, and one that is not there is never replaced by another.
func TestImageTagChoosesTheKafka(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	distribution(t, filepath.Join(from, "4.3.1"))
	distribution(t, filepath.Join(from, "3.9.2"))
	if err := os.Mkdir(filepath.Join(from, "4.4.0.new-1"), 0o755); err != nil { // one that is being made
		t.Fatal(err)
	}
	homes, err := realHomes(from, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"4.3.1", "3.9.2"} {
		env, err := homes.environment("apache/kafka:" + version)
		if err != nil || env["KAFKA_HOME"] != filepath.Join(dir, version) {
			t.Errorf("%s: %v, %v", version, env, err)
		}
	}
	for _, image := range []string{"apache/kafka:4.4.0", "apache/kafka", "example/kafka:4.3.1"} {
		if env, err := homes.environment(image); err == nil {
			t.Errorf("%s gets %v", image, env)
		}
	}
	if _, err := homes.environment("apache/kafka:4.4.0"); err == nil || !strings.Contains(err.Error(), "make kafka VERSION=4.4.0") {
		t.Errorf("no remedy: %v", err)
	}
	if _, err := realHomes(t.TempDir(), dir); err == nil {
		t.Error("a folder without any home is taken")
	}
}
