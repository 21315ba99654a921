// Command docs writes the registry pages below docs/ from the provider's schemas and the examples. With -check it writes
// into a scratch folder and fails when the committed pages differ.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

// generated are the parts of docs/ that the generator owns; the others are written by hand.
var generated = []string{"index.md", "resources", "data-sources"}

func main() {
	check := flag.Bool("check", false, "write nothing; fail when the committed pages differ")
	generator := flag.String("tfplugindocs", "tfplugindocs", "the documentation generator")
	flag.Parse()
	if err := run(context.Background(), *generator, *check); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, generator string, check bool) error {
	cli, err := tfcli.Here(ctx, os.Stderr)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "kafka-docs-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	schema, err := schemaFile(ctx, cli, scratch)
	if err != nil {
		return err
	}
	// The generator empties the folder it renders into, so it gets one of its own and docs/adr stays.
	rendered := filepath.Join(scratch, "rendered")
	cmd := exec.CommandContext(ctx, generator, "generate", "--provider-name", "terraform-provider-kafka", "--rendered-provider-name", "Kafka",
		"--providers-schema", schema, "--provider-dir", cli.Root, "--rendered-website-dir", relative(cli.Root, rendered), "--examples-dir", "examples")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", generator, err, out)
	}
	if check {
		return compare(rendered, filepath.Join(cli.Root, "docs"))
	}
	for _, part := range generated {
		target := filepath.Join(cli.Root, "docs", part)
		if err := os.RemoveAll(target); err != nil {
			return err
		}
	}
	return os.CopyFS(filepath.Join(cli.Root, "docs"), os.DirFS(rendered))
}

// schemaFile asks the CLI for the provider's schemas, so that the generator has nothing to download.
func schemaFile(ctx context.Context, cli *tfcli.CLI, scratch string) (string, error) {
	dir := filepath.Join(scratch, "schema")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	text := "terraform {\n  required_providers {\n    kafka = {\n      source = \"kafka-mesos/kafka\"\n    }\n  }\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		return "", err
	}
	if _, err := cli.Run(ctx, dir, nil, "init", "-no-color"); err != nil {
		return "", err
	}
	out, err := cli.Run(ctx, dir, nil, "providers", "schema", "-json")
	if err != nil {
		return "", err
	}
	// The generator looks for the provider under the namespace that it would have without an address.
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		out = bytes.ReplaceAll(out, []byte(`"`+host+`/kafka-mesos/kafka"`), []byte(`"registry.terraform.io/hashicorp/kafka"`))
	}
	path := filepath.Join(scratch, "schema.json")
	return path, os.WriteFile(path, out, 0o600)
}

func relative(base, target string) string {
	if rel, err := filepath.Rel(base, target); err == nil {
		return rel
	}
	return target
}

func compare(want, have string) error {
	var differ []string
	wanted, err := files(want)
	if err != nil {
		return err
	}
	for name, content := range wanted {
		committed, err := os.ReadFile(filepath.Join(have, name))
		if err != nil || !bytes.Equal(committed, content) {
			differ = append(differ, name)
		}
	}
	for _, part := range generated {
		committed, err := files(filepath.Join(have, part))
		if err != nil {
			return err
		}
		for name := range committed {
			if _, ok := wanted[filepath.Join(part, name)]; !ok {
				differ = append(differ, filepath.Join(part, name))
			}
		}
	}
	if len(differ) > 0 {
		sort.Strings(differ)
		return fmt.Errorf("these pages differ from what the schemas and examples say; run \"make generate\" and commit: docs/%s", strings.Join(differ, ", docs/"))
	}
	return nil
}

// files reads a folder; a file by itself or a missing folder has none.
func files(dir string) (map[string][]byte, error) {
	all := map[string][]byte{}
	info, err := os.Stat(dir)
	if errors.Is(err, os.ErrNotExist) || (err == nil && !info.IsDir()) {
		return all, nil
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all[relative(dir, path)] = content
		return err
	})
	return all, err
}
