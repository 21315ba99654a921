package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                               nil,
		"  --  ":                         nil,
		"The cat, the CAT.":              {"the", "cat", "the", "cat"},
		"Größe: 42 m²—naïve":             {"größe", "42", "m", "naïve"},
		"don't":                          {"don", "t"},
		"tab\tand\r\nline\u00a0break":    {"tab", "and", "line", "break"},
		"broker-1.main.kafka.mesos:9092": {"broker", "1", "main", "kafka", "mesos", "9092"},
	} {
		if got := words(line); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

func TestBatchTouchesTablesOnCommitOnly(t *testing.T) {
	a, b := &table{partition: 0, counts: map[string]int64{"x": 3}}, &table{partition: 1, counts: map[string]int64{}}
	aborted := newBatch()
	aborted.add(a, "x")
	aborted.add(b, "y")
	if a.counts["x"] != 3 || len(b.counts) != 0 {
		t.Fatalf("a batch that was not committed changed a table: %v %v", a.counts, b.counts)
	}
	again := newBatch()
	for range 2 {
		again.add(a, "x")
	}
	again.add(a, "z")
	// The table may have been restored by another instance of this partition meanwhile: a new table, not this one.
	restored := &table{partition: 0, counts: map[string]int64{"x": 100}}
	again.commit()
	if a.counts["x"] != 5 || a.counts["z"] != 1 || restored.counts["x"] != 100 {
		t.Errorf("after commit: %v, restored %v", a.counts, restored.counts)
	}
}

func environment(change ...string) []string {
	return append([]string{"STREAMS_APPLICATION_ID=wc", "STREAMS_BOOTSTRAP_SERVERS=a:1, b:2", "INPUT_TOPIC=lines", "OUTPUT_TOPIC=counts", "PATH=/bin"}, change...)
}

func TestConfig(t *testing.T) {
	cfg, notes, err := readConfig(environment("STREAMS_CONSUMER_SESSION_TIMEOUT_MS=6000", "STREAMS_TRANSACTION_TIMEOUT_MS=5000",
		"STREAMS_PROCESSING_GUARANTEE=at_least_once", "STREAMS_CACHE=1"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.BootstrapServers, []string{"a:1", "b:2"}) || cfg.SessionTimeout != 6*time.Second || cfg.TxnTimeout != 5*time.Second ||
		cfg.CommitInterval != 100*time.Millisecond || cfg.ReplicationFactor != -1 {
		t.Errorf("%+v", cfg)
	}
	if cfg.repartition() != "wc-words-repartition" || cfg.changelog() != "wc-counts-changelog" ||
		cfg.clientID() != "wc-"+cfg.ProcessID+"-StreamThread-1-consumer" || cfg.transactionalID() != "wc-"+cfg.ProcessID+"-1" {
		t.Errorf("names: %s %s %s %s", cfg.repartition(), cfg.changelog(), cfg.clientID(), cfg.transactionalID())
	}
	if all := strings.Join(notes, "\n"); !strings.Contains(all, "exactly_once_v2 only") || !strings.Contains(all, "STREAMS_CACHE") || strings.Contains(all, "PATH") {
		t.Errorf("notes: %q", notes)
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		env  []string
		want string
	}{
		"nothing":       {nil, "STREAMS_APPLICATION_ID is not set"},
		"no input":      {environment("INPUT_TOPIC="), "INPUT_TOPIC is not set"},
		"two threads":   {environment("STREAMS_NUM_STREAM_THREADS=2"), "run more instances instead"},
		"not a number":  {environment("STREAMS_COMMIT_INTERVAL_MS=soon"), `STREAMS_COMMIT_INTERVAL_MS must be a number`},
		"a negative":    {environment("STREAMS_CONSUMER_SESSION_TIMEOUT_MS=-1"), "must be a number from 1"},
		"no replicas":   {environment("STREAMS_REPLICATION_FACTOR=-2"), "must be a number from -1"},
		"several wrong": {[]string{"STREAMS_APPLICATION_ID=x"}, "OUTPUT_TOPIC is not set"},
	} {
		if _, _, err := readConfig(tc.env); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

func TestNamesFromTheHostsFile(t *testing.T) {
	hosts := "# names\n127.0.0.2 broker-0.main broker-0\n127.0.0.1 vip # both\n127.0.0.3 VIP\n"
	if got := lookup(hosts, "vip"); !slices.Equal(got, []string{"127.0.0.1", "127.0.0.3"}) {
		t.Errorf("vip: %v", got)
	}
	if got := lookup(hosts, "both"); got != nil {
		t.Errorf("a comment is no name: %v", got)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	file := filepath.Join(t.TempDir(), "hosts")
	dial := dialer(file)
	address := net.JoinHostPort("kafka-main.example.invalid", port)
	if _, err := dial(context.Background(), "tcp", address); err == nil {
		t.Error("a name that nobody knows was found")
	}
	// The first address refuses, the second serves; the file appears while the program runs.
	text := "127.0.0.9 kafka-main.example.invalid\n127.0.0.1 kafka-main.example.invalid\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	conn, err := dial(context.Background(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestHealth(t *testing.T) {
	h := &health{}
	server := httptest.NewServer(h)
	defer server.Close()
	get := func(path string) int {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.StatusCode
	}
	if get("/live") != 200 || get("/ready") != 503 || get("/") != 404 {
		t.Error("before the group is joined")
	}
	h.set(true)
	if get("/ready") != 200 {
		t.Error("once it is")
	}
}

func TestHealthIsServedWhereTheAgentLooks(t *testing.T) {
	for host, want := range map[string]string{"127.0.0.3": "127.0.0.3:31000", "10.0.0.7": ":31000", "agent.example.com": ":31000", "": ":31000"} {
		if got := (config{Host: host, Port: "31000"}).healthAddress(); got != want {
			t.Errorf("HOST=%q: %s, want %s", host, got, want)
		}
	}
}
