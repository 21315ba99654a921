// Package kafkahome assembles a KAFKA_HOME, what an apache/kafka image provides, out of the jars that Apache publishes: libs
// and launchers of our own in bin. It needs a JDK and Maven, and keeps the result in the user's cache folder.
package kafkahome

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"text/template"

	"github.com/hashicorp/go-version"
)

//go:embed pom.xml.tmpl
var pomText string

var pom = template.Must(template.New("pom").Parse(pomText))

// Supported are the versions that this project is tested with.
var Supported = []string{"4.3.1", "3.9.2", "4.4.0"}

// withoutTools have no published kafka-tools: their homes hold no console tools.
var withoutTools = map[string]bool{"4.4.0": true}

// UnsupportedError says that a version is none of ours.
type UnsupportedError struct{ Version string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("Kafka %q cannot be assembled: choose one of %v, or set KAFKA_HOME to an unpacked distribution of that version", e.Version, Supported)
}

// MissingError says which program is needed and not there, or too old.
type MissingError struct {
	Program string
	Need    string
	Err     error
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("a Kafka home needs %s: %v. Install it, or set KAFKA_HOME to an unpacked distribution", e.Need, e.Err)
}

func (e *MissingError) Unwrap() error { return e.Err }

// manifestFile holds the checksums of what was assembled; it is written last, so that a home without it is not finished.
const manifestFile = "manifest.json"

// Assemble answers the home of a version below dir, and makes it where it is not there or not whole. progress is told what
// takes time.
func Assemble(ctx context.Context, version, dir string, progress io.Writer) (string, error) {
	supported := false
	for _, v := range Supported {
		supported = supported || v == version
	}
	if !supported {
		return "", &UnsupportedError{version}
	}
	if err := CheckJava(ctx, version); err != nil {
		return "", err
	}
	home := filepath.Join(dir, version)
	err := Verify(home)
	if err == nil {
		return home, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		_, _ = fmt.Fprintf(progress, "%v: assembling it again\n", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	// Made aside and moved at once: two that assemble at the same time do no harm.
	scratch, err := os.MkdirTemp(dir, version+".new-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if err := assemble(ctx, version, scratch, progress); err != nil {
		return "", err
	}
	if err := errors.Join(os.RemoveAll(home), os.Rename(scratch, home)); err != nil {
		if Verify(home) == nil {
			return home, nil // somebody else was faster
		}
		return "", err
	}
	return home, nil
}

func assemble(ctx context.Context, version, home string, progress io.Writer) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return &MissingError{Program: "mvn", Need: "Apache Maven (mvn on the PATH)", Err: err}
	}
	var text bytes.Buffer
	if err := pom.Execute(&text, map[string]any{"Version": version, "Tools": !withoutTools[version]}); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, "pom.xml"), text.Bytes(), 0o644); err != nil { //nolint:gosec // nothing secret
		return err
	}
	_, _ = fmt.Fprintf(progress, "Assembling Kafka %s from published jars (once)\n", version)
	// --strict-checksums: a jar whose checksum is not the published one fails the build.
	cmd := exec.CommandContext(ctx, mvn, "--batch-mode", "--quiet", "--strict-checksums", "dependency:copy-dependencies",
		"-DincludeScope=runtime", "-DoutputDirectory="+filepath.Join(home, "libs"))
	cmd.Dir = home
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("collecting the jars of Kafka %s with Maven: %w\n%s\nMaven must reach a repository with org.apache.kafka:kafka_2.13:%s; without one set KAFKA_HOME to an unpacked distribution", version, err, out, version)
	}
	if err := writeLaunchers(home, version); err != nil {
		return err
	}
	sums, err := checksums(home)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(sums, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, manifestFile), raw, 0o644) //nolint:gosec // nothing secret
}

// Verify holds a home against its manifest. os.ErrNotExist: there is no finished home.
func Verify(home string) error {
	raw, err := os.ReadFile(filepath.Join(home, manifestFile))
	if err != nil {
		return err
	}
	var want map[string]string
	if err := json.Unmarshal(raw, &want); err != nil {
		return fmt.Errorf("the Kafka home %s has a broken manifest: %w", home, err)
	}
	have, err := checksums(home)
	if err != nil {
		return fmt.Errorf("the Kafka home %s cannot be read: %w", home, err)
	}
	var differ []string
	for name, sum := range want {
		if have[name] != sum {
			differ = append(differ, name)
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			differ = append(differ, name)
		}
	}
	if len(differ) > 0 {
		sort.Strings(differ)
		return fmt.Errorf("the Kafka home %s is not as it was assembled: %v", home, differ)
	}
	return nil
}

func checksums(home string) (map[string]string, error) {
	sums := map[string]string{}
	for _, folder := range []string{"libs", "bin"} {
		entries, err := os.ReadDir(filepath.Join(home, folder))
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			name := filepath.Join(folder, entry.Name())
			sum, err := checksum(filepath.Join(home, name))
			if err != nil {
				return nil, err
			}
			sums[name] = sum
		}
	}
	return sums, nil
}

func checksum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// CheckJava says whether the java on the PATH runs brokers of that version: 17 for 4.x, 11 for 3.9.
func CheckJava(ctx context.Context, kafka string) error {
	v, err := version.NewVersion(kafka)
	if err != nil {
		return &UnsupportedError{kafka}
	}
	least := 11
	if v.Segments()[0] >= 4 {
		least = 17
	}
	need := fmt.Sprintf("a Java runtime %d or newer (java on the PATH)", least)
	java, err := exec.LookPath("java")
	if err != nil {
		return &MissingError{Program: "java", Need: need, Err: err}
	}
	cmd := exec.CommandContext(ctx, java, "-XshowSettings:properties", "-version")
	cmd.Env = append(os.Environ(), "JAVA_TOOL_OPTIONS=", "JDK_JAVA_OPTIONS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return &MissingError{Program: "java", Need: need, Err: fmt.Errorf("%s does not run: %w", java, err)}
	}
	have, err := feature(out)
	if err != nil {
		return &MissingError{Program: "java", Need: need, Err: fmt.Errorf("%s: %w", java, err)}
	}
	if have < least {
		return &MissingError{Program: "java", Need: need, Err: fmt.Errorf("%s is Java %d", java, have)}
	}
	return nil
}

// feature reads the Java version out of -XshowSettings: 8 calls itself 1.8.
func feature(settings []byte) (int, error) {
	for line := range bytes.Lines(settings) {
		key, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" = "))
		if !ok || string(key) != "java.specification.version" {
			continue
		}
		v, err := version.NewVersion(string(value))
		if err != nil {
			return 0, err
		}
		if s := v.Segments(); s[0] == 1 {
			return s[1], nil
		}
		return v.Segments()[0], nil
	}
	return 0, errors.New("it does not say which version it is")
}

// Dir is the folder below the user's cache that keeps the homes.
func Dir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "kafka-mesos", "kafka"), nil
}
