// Command kafka-sandbox is a Marathon-compatible server over virtual agents that runs tasks as local processes, for
// laptops, CI and tests. It listens on loopback only.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
)

func main() {
	if code, handled := sandbox.Multicall(os.Args[1:]); handled {
		os.Exit(code)
	}
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, pflag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "kafka-sandbox:", err)
			os.Exit(1)
		}
	}
}

// options are the command's flags.
type options struct {
	config       sandbox.Config
	agents       int
	cpus         float64
	mem, disk    float64
	passwordFile string
	closeTimeout time.Duration
	verbose      bool
	isolated     bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := pflag.NewFlagSet("kafka-sandbox", pflag.ContinueOnError)
	f.SetOutput(stderr)
	f.SortFlags = false
	f.StringVar(&o.config.Listen, "listen", "127.0.0.1:8080", "loopback address of the Marathon API")
	f.StringVar(&o.config.Dir, "dir", defaultDir(), "folder for everything it keeps")
	f.IntVar(&o.agents, "agents", 3, "number of virtual agents, on 127.0.0.2 and on")
	f.BoolVar(&o.isolated, "isolated", false, "agents on addresses that depend on --dir, for several sandboxes at a time")
	f.Float64Var(&o.cpus, "agent-cpus", 4, "cpus of each agent (counted, not enforced)")
	f.Float64Var(&o.mem, "agent-mem", 8192, "memory of each agent in MiB (counted, not enforced)")
	f.Float64Var(&o.disk, "agent-disk", 100000, "disk of each agent in MiB (counted, not enforced)")
	f.StringVar(&o.config.MesosRole, "mesos-role", "marathon", "role of Marathon and of apps that name none; * forbids persistent volumes, as on a cluster")
	f.StringVar(&o.config.User, "user", "", "user name, to demand basic auth")
	f.StringVar(&o.passwordFile, "password-file", "", "file with the password for --user")
	f.BoolVar(&o.config.KeepTasks, "keep-tasks", false, "leave tasks running at the end; the next start with the same --dir finds them")
	f.StringVar(&o.config.KafkaHome, "kafka-home", "", "unpacked Apache Kafka for images apache/kafka:* (default: embedded Kafka)")
	f.StringVar(&o.config.KafkaHomes, "kafka-homes", "", "folder with an unpacked Apache Kafka per version, for images apache/kafka:<version>")
	f.DurationVar(&o.closeTimeout, "close-timeout", time.Minute, "how long tasks may take to end before they are killed")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say more")
	f.Usage = func() {
		_, _ = fmt.Fprintf(stderr, "Usage: kafka-sandbox [flags]\n\nA Marathon on this machine that runs tasks as local processes.\n\n%s", f.FlagUsages())
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; see --help", f.Arg(0))
	}
	if o.agents < 1 || o.agents > 200 {
		return o, fmt.Errorf("--agents must be between 1 and 200, not %d", o.agents)
	}
	if o.config.KafkaHome != "" && o.config.KafkaHomes != "" {
		return o, errors.New("--kafka-home and --kafka-homes are two ways to say one thing: give one of them")
	}
	if (o.config.User == "") != (o.passwordFile == "") {
		return o, errors.New("--user and --password-file go together")
	}
	if o.passwordFile != "" {
		raw, err := os.ReadFile(o.passwordFile)
		if err != nil {
			return o, fmt.Errorf("--password-file: %w", err)
		}
		if o.config.Password = strings.TrimRight(string(raw), "\r\n"); o.config.Password == "" {
			return o, fmt.Errorf("--password-file: %s is empty", o.passwordFile)
		}
	}
	o.config.Agents = sandbox.DefaultAgents(o.agents)
	if o.isolated {
		o.config.Agents = sandbox.IsolatedAgents(o.config.Dir, o.agents)
	}
	for i := range o.config.Agents {
		o.config.Agents[i].CPUs, o.config.Agents[i].Mem, o.config.Agents[i].Disk = o.cpus, o.mem, o.disk
	}
	return o, nil
}

func defaultDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	return filepath.Join(cache, "kafka-sandbox")
}

func run(args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	level := slog.LevelWarn
	if o.verbose {
		level = slog.LevelDebug
	}
	o.config.Logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	sb, err := sandbox.Start(ctx, o.config)
	if err != nil {
		return err
	}
	describe(stdout, sb, o)
	<-ctx.Done()
	stop() // a second Ctrl-C ends it the hard way

	if o.config.KeepTasks {
		_, _ = fmt.Fprintln(stdout, "Stopping; tasks stay for the next start.")
	} else {
		_, _ = fmt.Fprintln(stdout, "Stopping all tasks …")
	}
	closing, cancel := context.WithTimeout(context.Background(), o.closeTimeout)
	defer cancel()
	return sb.Close(closing)
}

// describe says how to use the sandbox. Its last line is what a script waits for.
func describe(w io.Writer, sb *sandbox.Sandbox, o options) {
	auth, kafka := "", "embedded"
	if o.config.User != "" {
		auth = "-u " + o.config.User + " "
	}
	if home := cmp.Or(o.config.KafkaHome, o.config.KafkaHomes); home != "" {
		kafka = home
	}
	_, _ = fmt.Fprintf(w, `kafka-sandbox: Marathon with %d agents; it runs what it is told on this machine, as you.

  for the provider   export MARATHON_URL=%s
  what runs          curl %s%s/v2/apps
  Mesos API          %s
  names              %s
  task logs          %s/slaves/*/frameworks/*/executors/<task>/runs/latest/{stdout,stderr}
  Kafka              %s
  state              %s
  to end it          Ctrl-C

`, o.agents, sb.URL(), auth, sb.URL(), sb.MesosURL(), sb.HostsFile(), filepath.Join(sb.Dir(), "mesos"), kafka, sb.Dir())
	_, _ = fmt.Fprintf(w, "Ready: %s\n", sb.URL())
}
