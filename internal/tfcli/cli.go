// Package tfcli is for this repository's own programs (docs, module tests, demo): it finds a Terraform-compatible CLI,
// builds the provider into a plugin mirror and runs the CLI with a configuration of its own, whatever the user's says.
package tfcli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hashicorp/go-version"
)

// Version is what a locally built provider calls itself in plugin mirrors.
const Version = "0.1.0"

// oldest is the first CLI version that knows write-only arguments and the test features that the modules use.
var oldest = version.Must(version.NewVersion("1.11.0"))

// CLI is a Terraform-compatible program with a mirror that holds this provider.
type CLI struct {
	Path    string // of terraform or tofu
	Name    string // "terraform" or "tofu"
	Version string
	Config  string // CLI configuration file of our own
	Root    string // the repository
	Cache   string // what our own runs build and keep
}

// Find finds the CLI: terraform, tofu, else OpenTofu built from internal/tools/tofu, once, and kept in the repository's
// cache. It prepares no mirror and no configuration.
func Find(ctx context.Context, root string, progress io.Writer) (*CLI, error) {
	cli := &CLI{Root: root, Cache: filepath.Join(root, ".cache")}
	return cli, cli.find(ctx, progress)
}

// Open is Find; it also builds the provider and prepares the mirror below cache (a folder that may be kept between runs).
func Open(ctx context.Context, root, cache string, progress io.Writer) (*CLI, error) {
	cli, err := Find(ctx, root, progress)
	if err != nil {
		return nil, err
	}
	cli.Cache = cache
	mirror := filepath.Join(cache, "mirror")
	if err := Install(ctx, root, mirror); err != nil {
		return nil, err
	}
	cli.Config = filepath.Join(cache, "cli.tfrc")
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\ndisable_checkpoint = true\n", mirror)
	if err := os.WriteFile(cli.Config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	return cli, nil
}

// Here opens the CLI for the repository of the working directory, with the cache below it. Programs call it first.
func Here(ctx context.Context, progress io.Writer) (*CLI, error) {
	root, err := Root(ctx)
	if err != nil {
		return nil, err
	}
	cache := filepath.Join(root, ".cache")
	if err := os.MkdirAll(filepath.Join(cache, "bin"), 0o755); err != nil {
		return nil, err
	}
	return Open(ctx, root, cache, progress)
}

// Command runs the CLI in dir. Extra environment goes on top of the process's own, without what would disturb it.
func (c *CLI) Command(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Path, args...)
	cmd.Dir = dir
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "MARATHON_") || strings.HasPrefix(name, "KAFKA_") {
			continue
		}
		cmd.Env = append(cmd.Env, kv)
	}
	cmd.Env = append(cmd.Env, "TF_CLI_CONFIG_FILE="+c.Config, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

// Run runs the CLI and answers its output; on failure the error holds it.
func (c *CLI) Run(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := c.Command(ctx, dir, env, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s %s: %w\n%s%s", c.Name, strings.Join(args, " "), err, out.Bytes(), errs.Bytes())
	}
	return out.Bytes(), nil
}

func (c *CLI) find(ctx context.Context, progress io.Writer) error {
	for _, name := range []string{"terraform", "tofu"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		v, err := cliVersion(ctx, path)
		if err != nil {
			_, _ = fmt.Fprintf(progress, "%s cannot be used: %v\n", path, err)
			continue
		}
		if v.LessThan(oldest) {
			_, _ = fmt.Fprintf(progress, "%s is %s, older than %s: not used\n", path, v, oldest)
			continue
		}
		c.Path, c.Name, c.Version = path, name, v.String()
		return nil
	}
	path := filepath.Join(c.Cache, "bin", "tofu")
	if _, err := os.Stat(path); err != nil {
		_, _ = fmt.Fprintln(progress, "Neither terraform nor tofu is on the PATH: building OpenTofu once (several minutes).")
		// Several tests may build it at a time, and none must find half a program.
		built := fmt.Sprintf("%s.%d", path, os.Getpid())
		defer func() { _ = os.Remove(built) }()
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -X github.com/opentofu/opentofu/version.dev=no",
			"-o", built, "github.com/opentofu/opentofu/cmd/tofu")
		build.Dir = filepath.Join(c.Root, "internal", "tools", "tofu")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building OpenTofu: %w\n%s", err, out)
		}
		if err := os.Rename(built, path); err != nil {
			return err
		}
	}
	v, err := cliVersion(ctx, path)
	if err != nil {
		return err
	}
	c.Path, c.Name, c.Version = path, "tofu", v.String()
	return nil
}

func cliVersion(ctx context.Context, path string) (*version.Version, error) {
	cmd := exec.CommandContext(ctx, path, "version", "-json")
	// An unreadable CLI configuration makes some commands fail and others warn: it must not decide here.
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("its version: %w", err)
	}
	return version.NewVersion(answer.Version)
}

// Install builds the provider into a plugin mirror, under the addresses that Terraform and OpenTofu give the source
// "kafka-mesos/kafka".
func Install(ctx context.Context, root, mirror string) error {
	var first string
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		dir := filepath.Join(mirror, host, "kafka-mesos", "kafka", Version, runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		path := filepath.Join(dir, "terraform-provider-kafka_v"+Version)
		if first == "" {
			build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w -X main.version="+Version, "-o", path, ".")
			build.Dir = root
			if out, err := build.CombinedOutput(); err != nil {
				return fmt.Errorf("building the provider: %w\n%s", err, out)
			}
			first = path
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Link(first, path); err != nil {
			return err
		}
	}
	return nil
}

// Root is the repository's top folder, seen from the working directory.
func Root(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
