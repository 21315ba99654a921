// Command moduletest checks the formatting of modules and examples and runs "terraform test" in every module, with nothing
// reachable. Examples are applied by the tests of internal/e2e.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "moduletest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	cli, err := tfcli.Here(ctx, os.Stderr)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s\n", cli.Name, cli.Version)
	if _, err := cli.Run(ctx, cli.Root, nil, "fmt", "-check", "-recursive", "-diff", "modules", "examples"); err != nil {
		return fmt.Errorf("run \"make generate\" to format: %w", err)
	}
	tests, err := filepath.Glob(filepath.Join(cli.Root, "modules", "*", "tests", "*.tftest.hcl"))
	if err != nil {
		return err
	}
	modules := map[string]bool{}
	for _, test := range tests {
		modules[filepath.Dir(filepath.Dir(test))] = true
	}
	if len(modules) == 0 {
		return fmt.Errorf("no module has tests")
	}
	for _, dir := range sorted(modules) {
		if err := inScratch(ctx, cli, dir, "test", "-no-color"); err != nil {
			return err
		}
	}
	return nil
}

// inScratch initialises and runs with the working data outside the repository.
func inScratch(ctx context.Context, cli *tfcli.CLI, dir string, args ...string) error {
	data, err := os.MkdirTemp("", "kafka-module-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(data) }()
	defer func() { _ = os.Remove(filepath.Join(dir, ".terraform.lock.hcl")) }()
	env := []string{"TF_DATA_DIR=" + data}
	started := time.Now()
	if _, err := cli.Run(ctx, dir, env, "init", "-no-color", "-backend=false"); err != nil {
		return err
	}
	out, err := cli.Run(ctx, dir, env, args...)
	name, relErr := filepath.Rel(cli.Root, dir)
	if relErr != nil {
		name = dir
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Printf("== %s (%.1fs)\n%s", name, time.Since(started).Seconds(), out)
	return nil
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}
