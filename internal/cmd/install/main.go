// Command install builds the provider into the user's plugin folder, where a plain "terraform init" finds it.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tfcli"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "install:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	root, err := tfcli.Root(ctx)
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	// The implied local mirror of both CLIs: no CLI configuration is needed.
	mirror := filepath.Join(home, ".terraform.d", "plugins")
	if err := tfcli.Install(ctx, root, mirror); err != nil {
		return err
	}
	fmt.Printf("Installed kafka-mesos/kafka %s into %s\n", tfcli.Version, mirror)
	return nil
}
