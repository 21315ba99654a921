package kafka

import (
	"fmt"
	"os"
	"path/filepath"

	"al.essio.dev/pkg/shellescape"
)

// HubEnv names the environment variable that overrides the hub's socket for an embedded broker.
const HubEnv = "KAFKA_SANDBOX_HUB"

const homeReadme = `This folder is not Apache Kafka.

It is the sandbox's embedded stand-in: bin/kafka-storage.sh and bin/kafka-server-start.sh read the same
server.properties and write the same meta.properties as Kafka's own, but the broker behind them is a process of the
sandbox (franz-go's kfake), made for laptops and tests. Start the sandbox with --kafka-home DIR to run real Kafka.
`

// WriteHome writes a KAFKA_HOME whose scripts run the embedded broker: bin/kafka-storage.sh and
// bin/kafka-server-start.sh exec program with "embedded-storage" and "embedded-broker". Files that exist are replaced.
func WriteHome(dir, program, hubSocket string) error {
	bin := filepath.Join(dir, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return fmt.Errorf("embedded KAFKA_HOME: %w", err)
	}
	exe, socket := shellescape.Quote(program), shellescape.Quote(hubSocket)
	files := map[string]string{
		"kafka-storage.sh":      "exec " + exe + " embedded-storage \"$@\"\n",
		"kafka-server-start.sh": "if [ -z \"$" + HubEnv + "\" ]; then " + HubEnv + "=" + socket + "; fi\nexport " + HubEnv + "\nexec " + exe + " embedded-broker \"$@\"\n",
	}
	for name, body := range files {
		if err := writeFile(filepath.Join(bin, name), []byte("#!/bin/sh\n# Embedded Kafka of the sandbox, see ../README.\n"+body)); err != nil {
			return fmt.Errorf("embedded KAFKA_HOME: %w", err)
		}
		if err := os.Chmod(filepath.Join(bin, name), 0o750); err != nil { //nolint:gosec // a script has to be executable
			return fmt.Errorf("embedded KAFKA_HOME: %w", err)
		}
	}
	if err := writeFile(filepath.Join(dir, "README"), []byte(homeReadme)); err != nil {
		return fmt.Errorf("embedded KAFKA_HOME: %w", err)
	}
	return nil
}
