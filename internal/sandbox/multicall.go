package sandbox

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/kafka"
)

// Multicall runs the hidden modes that tasks are started through (the supervisor, the embedded Kafka's two programs).
// It answers false when args (os.Args without the program) name none of them. A test binary that is a sandbox's Program
// calls it first thing in TestMain.
func Multicall(args []string) (code int, handled bool) {
	if len(args) == 0 {
		return 0, false
	}
	switch args[0] {
	case agent.SuperviseMode:
		return agent.Supervise(os.Stdin, os.Stdout), true
	case "embedded-storage":
		return kafka.RunStorage(args[1:], os.Stdout, os.Stderr), true
	case "embedded-broker":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		return kafka.RunBroker(ctx, args[1:], os.Stdout, os.Stderr), true
	}
	return 0, false
}
