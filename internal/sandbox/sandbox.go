// Package sandbox puts the sandbox together: a Marathon-compatible server over virtual agents that run tasks as real
// local processes, with names, addresses and Kafka homes for the images it knows. It listens on loopback only.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/names"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
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
	// MesosRole is the role Marathon is registered with, and that of apps which name none; * when empty. Apps with
	// persistent volumes need another one, as reservations do.
	MesosRole string
	// KafkaHome is the unpacked Kafka distribution that images apache/kafka:* get; empty = the embedded one.
	KafkaHome string
	// KafkaHomes is a folder with a distribution per version, named by the image's tag: apache/kafka:<tag> gets that one.
	KafkaHomes string
	// Program is the kafka-sandbox binary (or one whose main calls Multicall); os.Executable() when empty.
	Program string
	Logger  *slog.Logger
	// OfferInterval is the time between two rounds of offers, 1 s when zero.
	OfferInterval time.Duration
}

// frameworkID and framework are how Marathon is registered with the virtual Mesos.
const (
	frameworkID = "6b61666b-6173-616e-6462-6f7800000000-0000"
	framework   = "marathon"
)

// specOptions are what definitions may use: the features of the server whose answers were recorded. What the sandbox
// accepts but cannot do, such as external volumes, fails the task with words that say so.
func (c Config) specOptions() spec.Options {
	return spec.Options{DefaultRole: c.MesosRole, Features: map[string]bool{
		"task_killing": true, "gpu_resources": true, "external_volumes": true, "secrets": true, "vips": true,
	}}
}

// Sandbox is a running sandbox.
type Sandbox struct {
	cfg    Config
	log    *slog.Logger
	core   *scheduler.Core
	driver *agent.Processes
	names  *names.Keeper
	hosts  string
	api    *server
	mesos  *server
	// undo ends what Start began, last first.
	undo []func(context.Context) error
}

// Start starts a sandbox; ctx bounds the start only. Errors say what to do about them.
func Start(ctx context.Context, cfg Config) (*Sandbox, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{cfg: cfg, log: cfg.Logger, hosts: filepath.Join(cfg.Dir, "hosts")}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.unwind(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context) error {
	unlock, err := lock(s.cfg.Dir)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, unlock)
	release, err := holdAgents(ctx, s.cfg.Agents)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, release)
	homes, err := s.openKafka(ctx)
	if err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	var driverErr error
	s.core, err = scheduler.New(scheduler.Options{
		Agents:        s.cfg.Agents,
		Dir:           filepath.Join(s.cfg.Dir, "marathon"),
		VolumesDir:    filepath.Join(s.cfg.Dir, "volumes"),
		OfferInterval: s.cfg.OfferInterval,
		Logger:        s.log,
		SpecOptions:   s.cfg.specOptions(),
		NewDriver: func(report func(agent.Status)) agent.Driver {
			s.driver, driverErr = agent.New(agent.Options{
				Dir: filepath.Join(s.cfg.Dir, "mesos"), Report: report, Program: s.cfg.Program, FrameworkID: frameworkID,
				Images: homes.environment, TaskEnv: s.taskEnv, Ephemeral: s.cfg.Ephemeral, Logger: s.log,
			})
			return s.driver
		},
	})
	if err := errors.Join(err, driverErr); err != nil {
		return err
	}
	s.undo = append(s.undo, func(ctx context.Context) error { return s.core.Close(ctx, s.cfg.KeepTasks) })
	s.names, err = names.Start(names.Options{File: s.hosts, Scheduler: s.core, Framework: framework, Salt: s.cfg.Dir, Logger: s.log}) //nolint:contextcheck // it outlives the start
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func(context.Context) error { s.names.Close(); return nil })
	s.core.Start()
	s.serve()
	return nil
}

// URL is the base URL of the Marathon API, without a trailing slash.
func (s *Sandbox) URL() string { return s.api.url() }

// MesosURL is the base URL of the Mesos master's API.
func (s *Sandbox) MesosURL() string { return s.mesos.url() }

// HostsFile is the file with every name of the cluster, kept up to date.
func (s *Sandbox) HostsFile() string { return s.hosts }

// Dir is the folder the sandbox keeps its state in.
func (s *Sandbox) Dir() string { return s.cfg.Dir }

// Core is the Marathon core.
func (s *Sandbox) Core() *scheduler.Core { return s.core }

// Driver runs the tasks.
func (s *Sandbox) Driver() agent.Driver { return s.driver }

// Close stops the sandbox and, unless KeepTasks was set, every task; tasks that are not gone when ctx ends are killed.
func (s *Sandbox) Close(ctx context.Context) error { return s.unwind(ctx) }

func (s *Sandbox) unwind(ctx context.Context) error {
	var errs []error
	for len(s.undo) > 0 {
		last := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		errs = append(errs, last(ctx))
	}
	return errors.Join(errs...)
}

// complete checks the configuration, fills in what is not given and makes the folder.
func (c Config) complete() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("sandbox: Config.Dir is empty; give it a folder of its own")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("sandbox: %w", err)
	}
	c.Dir = dir
	if err := makeFolder(c.Dir); err != nil {
		return c, err
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if err := loopbackOnly(c.Listen); err != nil {
		return c, err
	}
	if (c.User == "") != (c.Password == "") {
		return c, errors.New("sandbox: basic auth needs both a user and a password")
	}
	if c.Agents == nil {
		c.Agents = DefaultAgents(3)
	}
	if c.Program == "" {
		if c.Program, err = os.Executable(); err != nil {
			return c, fmt.Errorf("sandbox: finding its own program: %w", err)
		}
	}
	if c.Program, err = filepath.Abs(c.Program); err != nil {
		return c, fmt.Errorf("sandbox: %w", err)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// loopbackOnly refuses addresses that others can reach: whoever reaches the API runs commands as this user.
func loopbackOnly(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("sandbox: the address to listen on: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || (ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("sandbox: %s is not a loopback address; the sandbox runs commands for whoever reaches it, so it listens on loopback only (127.0.0.1:8080)", address)
}
