package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// config is what the environment says.
type config struct {
	ApplicationID    string
	BootstrapServers []string
	Input, Output    string
	SessionTimeout   time.Duration
	CommitInterval   time.Duration
	TxnTimeout       time.Duration
	// ReplicationFactor of the internal topics; -1 is the brokers' default.
	ReplicationFactor int16
	HostsFile         string
	Host, Port        string // where /live and /ready are served; no port, no server
	ProcessID         string
}

func (c config) repartition() string { return c.ApplicationID + "-words-repartition" }
func (c config) changelog() string   { return c.ApplicationID + "-counts-changelog" }
func (c config) clientID() string {
	return fmt.Sprintf("%s-%s-StreamThread-1-consumer", c.ApplicationID, c.ProcessID)
}
func (c config) transactionalID() string { return fmt.Sprintf("%s-%s-1", c.ApplicationID, c.ProcessID) }

// readConfig reads KEY=value pairs. The notes are what the log should say about settings that are not taken as they are.
func readConfig(environ []string) (cfg config, notes []string, err error) {
	env := map[string]string{}
	for _, pair := range environ {
		k, v, _ := strings.Cut(pair, "=")
		env[k] = v
	}
	var errs []error
	used := map[string]bool{}
	get := func(fallback string, keys ...string) string {
		for _, k := range keys {
			used[k] = true
			if v := strings.TrimSpace(env[k]); v != "" {
				return v
			}
		}
		return fallback
	}
	required := func(key string) string {
		v := get("", key)
		if v == "" {
			errs = append(errs, fmt.Errorf("%s is not set", key))
		}
		return v
	}
	number := func(fallback, low, high int, keys ...string) int {
		text := get(strconv.Itoa(fallback), keys...)
		n, err := strconv.Atoi(text)
		if err != nil || n < low || n > high {
			errs = append(errs, fmt.Errorf("%s must be a number from %d to %d, not %q", keys[0], low, high, text))
		}
		return n
	}
	millis := func(fallback int, keys ...string) time.Duration {
		return time.Duration(number(fallback, 1, 1<<31-1, keys...)) * time.Millisecond
	}
	cfg = config{
		ApplicationID:     required("STREAMS_APPLICATION_ID"),
		BootstrapServers:  strings.FieldsFunc(required("STREAMS_BOOTSTRAP_SERVERS"), func(r rune) bool { return r == ',' || r == ' ' }),
		Input:             required("INPUT_TOPIC"),
		Output:            required("OUTPUT_TOPIC"),
		SessionTimeout:    millis(45_000, "STREAMS_CONSUMER_SESSION_TIMEOUT_MS", "STREAMS_SESSION_TIMEOUT_MS"),
		CommitInterval:    millis(100, "STREAMS_COMMIT_INTERVAL_MS"),
		TxnTimeout:        millis(10_000, "STREAMS_PRODUCER_TRANSACTION_TIMEOUT_MS", "STREAMS_TRANSACTION_TIMEOUT_MS"),
		ReplicationFactor: int16(number(-1, -1, 100, "STREAMS_REPLICATION_FACTOR")), //nolint:gosec // checked range
		HostsFile:         env["SANDBOX_HOSTS_FILE"],
		Host:              env["HOST"],
		Port:              env["PORT0"],
		ProcessID:         uuid.NewString(),
	}
	if threads := number(1, 1, 1<<16, "STREAMS_NUM_STREAM_THREADS"); threads > 1 {
		errs = append(errs, fmt.Errorf("STREAMS_NUM_STREAM_THREADS=%d: this program has one thread; run more instances instead", threads))
	}
	if g := get("exactly_once_v2", "STREAMS_PROCESSING_GUARANTEE"); g != "exactly_once_v2" {
		notes = append(notes, fmt.Sprintf("STREAMS_PROCESSING_GUARANTEE=%s: this program knows exactly_once_v2 only and keeps to it", g))
	}
	var ignored []string
	for k := range env {
		if strings.HasPrefix(k, "STREAMS_") && !used[k] {
			ignored = append(ignored, k)
		}
	}
	if slices.Sort(ignored); len(ignored) > 0 {
		notes = append(notes, "settings of Kafka Streams that this program does not know and ignores: "+strings.Join(ignored, ", "))
	}
	return cfg, notes, errors.Join(errs...)
}

// healthAddress is where the health checks are served: on all addresses, as a Mesos agent checks its tasks over 127.0.0.1.
// A loopback $HOST is one of several agents on one machine, whose ports are its own and nobody else's.
func (c config) healthAddress() string {
	host := c.Host
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		host = ""
	}
	return net.JoinHostPort(host, c.Port)
}
