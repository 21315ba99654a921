package kafka

import (
	"context"
	"io"
)

// WriteHome writes a KAFKA_HOME whose scripts run the embedded broker: bin/kafka-storage.sh and
// bin/kafka-server-start.sh exec program with "embedded-storage" and "embedded-broker".
func WriteHome(dir, program, hubSocket string) error { return errNotYet }

// RunStorage is the embedded kafka-storage.sh; it returns the exit code.
func RunStorage(args []string, stdout, stderr io.Writer) int { return 1 }

// RunBroker is the embedded kafka-server-start.sh; it returns the exit code after ctx ended or the broker failed.
func RunBroker(ctx context.Context, args []string, stdout, stderr io.Writer) int { return 1 }
