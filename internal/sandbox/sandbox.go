// Package sandbox puts the sandbox together: a Marathon-compatible server over virtual agents that run tasks as real
// local processes, with names, addresses and Kafka homes for the images it knows. It listens on loopback only.
package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
)

// Config says how a sandbox runs; the zero value of every member but Dir is usable.
type Config struct {
	// Dir holds everything the sandbox keeps; it is created with mode 0700 and locked for one sandbox at a time.
	Dir string
	// Listen is the address of the Marathon API, 127.0.0.1:0 when empty. Addresses off the loopback are refused.
	Listen string
	// Agents are the virtual agents, DefaultAgents(3) when nil.
	Agents []scheduler.Agent
	// User and Password switch basic auth on when both are set.
	User, Password string
	// KeepTasks leaves tasks running at Close, to be found again by the next Start with the same Dir.
	KeepTasks bool
	// Ephemeral ends every task when this process ends, however it ends; for tests. Close with KeepTasks still keeps them
	// for a later Start in the same process.
	Ephemeral bool
	// KafkaHome is the unpacked Kafka distribution that images apache/kafka:* get; empty = the embedded one.
	KafkaHome string
	// Program is the kafka-sandbox binary (or one whose main calls Multicall); os.Executable() when empty.
	Program string
	Logger  *slog.Logger
	// OfferInterval is the time between two rounds of offers, 1 s when zero.
	OfferInterval time.Duration
}

// Sandbox is a running sandbox.
type Sandbox struct{}

var errNotYet = errors.New("sandbox: not built yet")

// Start starts a sandbox; ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (*Sandbox, error) { return nil, errNotYet }

// URL is the base URL of the Marathon API, without a trailing slash.
func (s *Sandbox) URL() string { return "" }

// MesosURL is the base URL of the Mesos master's API.
func (s *Sandbox) MesosURL() string { return "" }

// HostsFile is the file with every name of the cluster, kept up to date.
func (s *Sandbox) HostsFile() string { return "" }

// Dir is the folder the sandbox keeps its state in.
func (s *Sandbox) Dir() string { return "" }

// Core is the Marathon core.
func (s *Sandbox) Core() *scheduler.Core { return nil }

// Driver runs the tasks.
func (s *Sandbox) Driver() agent.Driver { return nil }

// Close stops the sandbox and, unless KeepTasks was set, every task.
func (s *Sandbox) Close(ctx context.Context) error { return nil }

// Multicall runs the hidden modes that tasks are started through (the supervisor, the embedded Kafka's two programs).
// It answers false when args (os.Args without the program) name none of them. A test binary that is a sandbox's Program
// calls it first thing in TestMain.
func Multicall(args []string) (code int, handled bool) { return 0, false }
