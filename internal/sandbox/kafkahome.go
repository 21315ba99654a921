package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"al.essio.dev/pkg/shellescape"
)

const startScript = "kafka-server-start.sh"

// agentScript starts a broker of the distribution at %[1]s. On a cluster every agent is a machine, and a broker listens on
// all of its addresses. Here the agents are loopback addresses of one machine: a listener without a host would take the
// port from all other brokers and from the VIPs, so it gets the agent's address. Nothing else is changed.
const agentScript = `#!/bin/sh
# Written by kafka-sandbox. Starts %[1]s with listeners on this agent's address.
case "$1" in
*.properties)
	sed "/^[[:space:]]*listeners[[:space:]]*[=:]/s#://\(0\.0\.0\.0\)\{0,1\}:#://$LIBPROCESS_IP:#g" "$1" >"$1.agent" || exit 1
	file="$1.agent"
	shift
	exec %[1]s "$file" "$@"
	;;
esac
exec %[1]s "$@"
`

// realHome makes a KAFKA_HOME in dir out of an unpacked distribution: links to all it has, but for the start script.
func realHome(distribution, dir string) (string, error) {
	distribution, err := filepath.Abs(distribution)
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	for _, script := range []string{"kafka-storage.sh", startScript} {
		if _, err := os.Stat(filepath.Join(distribution, "bin", script)); err != nil {
			return "", fmt.Errorf("sandbox: %s is no unpacked Kafka distribution: %w", distribution, err)
		}
	}
	bin := filepath.Join(dir, "bin")
	err = errors.Join(
		os.RemoveAll(dir),
		os.MkdirAll(bin, 0o700),
		linkAll(distribution, dir, "bin"),
		linkAll(filepath.Join(distribution, "bin"), bin, startScript),
		os.WriteFile(filepath.Join(bin, startScript), fmt.Appendf(nil, agentScript, shellescape.Quote(filepath.Join(distribution, "bin", startScript))), 0o700), //nolint:gosec // a script has to be executable
	)
	if err != nil {
		return "", fmt.Errorf("sandbox: making a home for %s: %w", distribution, err)
	}
	return dir, nil
}

// realHomes makes a home of every version that is a folder of from.
func realHomes(from, dir string) (kafkaHomes, error) {
	h := kafkaHomes{versions: map[string]string{}, from: from}
	entries, err := os.ReadDir(from)
	if err != nil {
		return h, fmt.Errorf("sandbox: Kafka homes: %w", err)
	}
	for _, e := range entries {
		distribution := filepath.Join(from, e.Name())
		if _, err := os.Stat(filepath.Join(distribution, "bin", startScript)); err != nil {
			continue // one that is being made, or no home at all
		}
		if h.versions[e.Name()], err = realHome(distribution, filepath.Join(dir, e.Name())); err != nil {
			return h, err
		}
	}
	if len(h.versions) == 0 {
		return h, fmt.Errorf("sandbox: %s holds no Kafka home; \"make kafka VERSION=…\" assembles one", from)
	}
	return h, nil
}

// linkAll links every entry of from into to, but for one.
func linkAll(from, to, except string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == except {
			continue
		}
		if err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
