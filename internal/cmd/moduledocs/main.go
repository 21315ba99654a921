// Command moduledocs writes what follows from the code into each module's README: below a marker come its requirements,
// resources, inputs and outputs; what stands above is written by hand and kept. With -check it writes nothing and fails
// where a README is out of date.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

func main() {
	check := flag.Bool("check", false, "change nothing, fail where a README is out of date")
	flag.Parse()
	if err := run(context.Background(), *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "moduledocs:", err)
		os.Exit(1)
	}
}

// run handles the given module folders, or all below modules/.
func run(ctx context.Context, check bool, dirs []string) error {
	if len(dirs) == 0 {
		root, err := tfcli.Root(ctx)
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(root, "modules", "*", "main.tf"))
		if err != nil {
			return err
		}
		for _, file := range files {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	if len(dirs) == 0 {
		return fmt.Errorf("there are no modules")
	}
	for _, dir := range dirs {
		if err := update(dir, check); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(dir), err)
		}
	}
	return nil
}

func update(dir string, check bool) error {
	path := filepath.Join(dir, "README.md")
	before, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("every module has a README whose head is written by hand: %w", err)
	}
	after, err := render(dir, string(before))
	if err != nil || after == string(before) {
		return err
	}
	if check {
		return fmt.Errorf("README.md is out of date: run \"make generate\"")
	}
	return os.WriteFile(path, []byte(after), 0o644)
}
