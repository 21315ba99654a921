package streams_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// workerMode makes the test binary an instance of an application instead: it joins the consumer group of its application
// id with a member for each thread and answers health checks. Its value says how it behaves: "work" as it should, "crash" at
// once, "sick" fails its health checks, "alone" runs but never joins.
const workerMode = "WORKER_MODE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(workerMode); mode != "" {
		os.Exit(work(mode))
	}
	testkit.Main(m)
}

func work(mode string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if mode == "crash" {
		fmt.Fprintln(os.Stderr, "worker: cannot open the state store: disk on fire")
		return 3
	}
	server := &http.Server{
		Addr: net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT0")), ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if mode == "sick" {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}),
	}
	go func() { fmt.Fprintln(os.Stderr, "worker:", server.ListenAndServe()) }()
	if mode == "work" {
		threads, err := strconv.Atoi(os.Getenv("STREAMS_NUM_STREAM_THREADS"))
		if err != nil {
			threads = 1
		}
		for range threads {
			client, err := kgo.NewClient(
				kgo.SeedBrokers(strings.Split(os.Getenv("STREAMS_BOOTSTRAP_SERVERS"), ",")...), kgo.ConsumerGroup(os.Getenv("STREAMS_APPLICATION_ID")),
				kgo.ConsumeTopics(strings.Split(os.Getenv("INPUT_TOPICS"), ",")...), kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond),
			)
			if err != nil {
				fmt.Fprintln(os.Stderr, "worker:", err)
				return 1
			}
			defer client.Close() // leaves the group
			go func() {
				for ctx.Err() == nil {
					client.PollFetches(ctx)
				}
			}()
		}
	}
	<-ctx.Done()
	return 0
}

// program is a file that starts a worker in its task's sandbox.
func program(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec "+self+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// kafka is a Kafka of one broker with the topics lines (4 partitions) and counts.
func kafka(t *testing.T) []string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "lines"), kfake.SeedTopics(4, "counts"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()
}
