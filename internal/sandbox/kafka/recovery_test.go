package kafka

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// killableHub runs the hub as a process of its own.
func killableHub(t *testing.T, h *testHub) (kill func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "test-hub", filepath.Join(h.dir, "data"), h.socket)
	out := &syncBuffer{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	kill = func() {
		_ = cmd.Process.Kill()
		<-exited
	}
	t.Cleanup(func() {
		kill()
		if t.Failed() {
			t.Log(out)
		}
	})
	return kill
}

// A transaction that was open when the sandbox was killed stays aborted, however often it is killed after.
func TestKilledSandboxLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	h.close()
	kill := killableHub(t, h)
	c := newCluster(h, "crash", 3)
	c.startAll()
	ctx := testContext(t)
	if _, err := c.admin().CreateTopic(ctx, 1, 3, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 10)
	open := func() *kgo.Client {
		cl := c.client(kgo.TransactionalID("tx"), kgo.DefaultProduceTopic("lines"))
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		return cl
	}
	first := open()
	if err := first.ProduceSync(ctx, kgo.StringRecord("aborted by the kill")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	again := func() {
		kill()
		kill = killableHub(t, h)
		eventually(t, "brokers are back", func() bool {
			cl, err := kgo.NewClient(kgo.SeedBrokers(c.addr(0)), kgo.RetryTimeout(time.Second))
			if err != nil {
				t.Fatal(err)
			}
			defer cl.Close()
			return cl.Ping(ctx) == nil
		})
	}
	again()
	second := open()
	if err := second.ProduceSync(ctx, kgo.StringRecord("committed")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := second.EndTransaction(ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	again()
	produce(t, c.client(), "lines", 10, 12)
	got := consume(t, c, "lines", 13, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if len(got) != 13 {
		t.Errorf("read %d records, want 13", len(got))
	}
	for _, v := range got {
		if v == "aborted by the kill" {
			t.Error("an aborted record was read")
		}
	}
}

// A dead producer holds readers of committed records up for its transaction timeout, and no longer.
func TestTransactionOfADeadProducerIsAborted(t *testing.T) {
	t.Parallel()
	c := newCluster(startHub(t), "timeout", 1)
	c.startAll()
	ctx := testContext(t)
	if _, err := c.admin().CreateTopic(ctx, 1, 1, nil, "lines"); err != nil {
		t.Fatal(err)
	}
	dead := c.client(kgo.TransactionalID("dead"), kgo.TransactionTimeout(1500*time.Millisecond), kgo.DefaultProduceTopic("lines"))
	if err := dead.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := dead.ProduceSync(ctx, kgo.StringRecord("never committed")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	produce(t, c.client(), "lines", 0, 1)
	got := consume(t, c, "lines", 1, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	took := time.Since(began)
	if got[0] != "0" || took < time.Second || took > 6*time.Second {
		t.Errorf("read %v after %v, want only the record behind the aborted one, after 1.5 s", got, took)
	}
}
