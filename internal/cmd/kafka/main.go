// Command kafka assembles a Kafka home (see package kafkahome) and prints its folder.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkahome"
)

func main() {
	version := pflag.String("version", kafkahome.Supported[0], "version of Apache Kafka")
	pflag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	home, err := run(ctx, *version)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kafka:", err)
		os.Exit(1)
	}
	fmt.Println(home)
}

func run(ctx context.Context, version string) (string, error) {
	dir, err := kafkahome.Dir()
	if err != nil {
		return "", err
	}
	return kafkahome.Assemble(ctx, version, dir, os.Stderr)
}
