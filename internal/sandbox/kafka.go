package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/kafka"
)

// kafkaHomes answers what images provide: the sandbox pulls none, it knows apache/kafka by the folder behind KAFKA_HOME.
type kafkaHomes struct {
	home     string            // for every version; empty where versions has them
	versions map[string]string // by image tag
	from     string            // the folder that versions were found in
}

func (h kafkaHomes) environment(image string) (map[string]string, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(image, "docker.io/"), "index.docker.io/")
	repository, tag, _ := strings.Cut(name, ":")
	if repository == "apache/kafka" {
		if h.home != "" {
			return map[string]string{"KAFKA_HOME": h.home}, nil
		}
		if home, ok := h.versions[tag]; ok {
			return map[string]string{"KAFKA_HOME": home}, nil
		}
		return nil, fmt.Errorf("image %s: %s holds no Kafka %s, only %v; \"make kafka VERSION=%s\" assembles one", image, h.from, tag, slices.Sorted(maps.Keys(h.versions)), tag)
	}
	return nil, fmt.Errorf("image %s is not known to the sandbox: it runs no containers and provides apache/kafka:* only; give the app a cmd (and artifacts) instead of an image", image)
}

// openKafka finds the real distribution, or sets up the embedded one with its hub.
func (s *Sandbox) openKafka(ctx context.Context) (kafkaHomes, error) {
	if s.cfg.KafkaHome != "" {
		home, err := realHome(s.cfg.KafkaHome, filepath.Join(s.cfg.Dir, "kafka-real"))
		return kafkaHomes{home: home}, err
	}
	if s.cfg.KafkaHomes != "" {
		return realHomes(s.cfg.KafkaHomes, filepath.Join(s.cfg.Dir, "kafka-real"))
	}
	socket, err := s.hubSocket()
	if err != nil {
		return kafkaHomes{}, err
	}
	hub, err := kafka.NewHub(context.WithoutCancel(ctx), kafka.HubConfig{Dir: filepath.Join(s.cfg.Dir, "kafka"), Socket: socket, Logger: s.log})
	if err != nil {
		return kafkaHomes{}, fmt.Errorf("sandbox: embedded Kafka: %w", err)
	}
	s.undo = append(s.undo, func(context.Context) error { return hub.Close() })
	home := filepath.Join(s.cfg.Dir, "kafka-home")
	if err := kafka.WriteHome(home, s.cfg.Program, socket); err != nil {
		return kafkaHomes{}, fmt.Errorf("sandbox: embedded Kafka: %w", err)
	}
	return kafkaHomes{home: home}, nil
}

// hubSocket is a path that stays the same for one folder, as brokers that outlive the sandbox come back to it, and that
// is short enough for a socket's address.
func (s *Sandbox) hubSocket() (string, error) {
	const longest = 100 // of 108 on Linux and 104 on macOS
	if path := filepath.Join(s.cfg.Dir, "hub.sock"); len(path) <= longest {
		return path, nil
	}
	sum := sha256.Sum256([]byte(s.cfg.Dir))
	dir := filepath.Join("/tmp", fmt.Sprintf("kafka-sandbox-%d", os.Geteuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	if err := ownFolder(dir); err != nil {
		return "", err
	}
	path := filepath.Join(dir, hex.EncodeToString(sum[:8])+".sock")
	s.undo = append(s.undo, func(context.Context) error { _ = os.Remove(path); return nil })
	return path, nil
}

// taskEnv is what every task gets beside Marathon's variables: the names of the cluster, for JVMs and for our own programs.
func (s *Sandbox) taskEnv(t agent.Task) map[string]string {
	file := s.hosts
	if strings.ContainsAny(file, " \t") {
		file = `"` + file + `"`
	}
	return map[string]string{
		"JAVA_TOOL_OPTIONS":  strings.TrimSpace(t.Env["JAVA_TOOL_OPTIONS"] + " -Djdk.net.hosts.file=" + file),
		"SANDBOX_HOSTS_FILE": s.hosts,
	}
}
