package kafka

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// instance is one wordcount-go process.
type instance struct {
	cmd    *exec.Cmd
	out    *syncBuffer
	port   int
	exited chan struct{}
}

func buildWordcount(t *testing.T) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "wordcount-go")
	build := exec.Command("go", "build", "-o", exe, "github.com/kafka-mesos/terraform-provider-kafka/examples/apps/wordcount-go")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building wordcount-go: %v\n%s", err, out)
	}
	return exe
}

func (c *testCluster) wordcount(exe, id string, env ...string) *instance {
	c.t.Helper()
	in := &instance{cmd: exec.Command(exe), out: &syncBuffer{}, port: freePort(c.t), exited: make(chan struct{})}
	in.cmd.Env = append(os.Environ(), append([]string{"STREAMS_APPLICATION_ID=" + id, "STREAMS_BOOTSTRAP_SERVERS=" + strings.Join(c.addrs(), ","),
		"INPUT_TOPIC=lines", "OUTPUT_TOPIC=counts", "STREAMS_CONSUMER_SESSION_TIMEOUT_MS=6000", "STREAMS_TRANSACTION_TIMEOUT_MS=10000",
		"STREAMS_PROCESSING_GUARANTEE=exactly_once_v2", "HOST=127.0.0.1", fmt.Sprintf("PORT0=%d", in.port)}, env...)...)
	in.cmd.Stdout, in.cmd.Stderr = in.out, in.out
	if err := in.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		_ = in.cmd.Wait()
		close(in.exited)
	}()
	c.t.Cleanup(func() {
		_ = in.cmd.Process.Kill()
		<-in.exited
		if c.t.Failed() {
			c.t.Logf("instance %d:\n%s", in.cmd.Process.Pid, in.out)
		}
	})
	return in
}

func (in *instance) ready() bool {
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/ready", in.port))
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// text makes lines of words whose counts are known; some words are frequent, many are rare.
func text(lines, wordsPerLine int) (out []string, want map[string]int64) {
	rnd := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same text every time
	want = map[string]int64{}
	for range lines {
		line := make([]string, wordsPerLine)
		for i := range line {
			line[i] = fmt.Sprintf("w%d", int(rnd.ExpFloat64()*60))
			want[line[i]]++
		}
		out = append(out, strings.Join(line, " "))
	}
	return out, want
}

func (c *testCluster) send(lines []string, pause time.Duration) {
	c.t.Helper()
	cl := c.client(kgo.DefaultProduceTopic("lines"), kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
	promise := kgo.AbortingFirstErrPromise(cl)
	for i, l := range lines {
		cl.Produce(testContext(c.t), kgo.StringRecord(l), promise.Promise())
		if pause > 0 && i%100 == 0 {
			time.Sleep(pause) // the rate of the input, not a wait for something
		}
	}
	if err := promise.Err(); err != nil {
		c.t.Fatal(err)
	}
}

// counts reads the output topic, committed records only, and keeps the last count of each word.
func (c *testCluster) counts(into map[string]int64, cl *kgo.Client) {
	fetches := cl.PollFetches(testContext(c.t))
	fetches.EachRecord(func(r *kgo.Record) {
		n, err := strconv.ParseInt(string(r.Value), 10, 64)
		if err != nil {
			c.t.Fatal(err)
		}
		if n < into[string(r.Key)] {
			c.t.Errorf("the count of %q went from %d to %d", r.Key, into[string(r.Key)], n)
		}
		into[string(r.Key)] = n
	})
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// compare waits until as many words are counted as were sent, and then looks at each.
func (c *testCluster) compare(want map[string]int64, limit time.Duration) {
	c.t.Helper()
	cl := c.client(kgo.ConsumeTopics("counts"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	got := map[string]int64{}
	for deadline := time.Now().Add(limit); total(got) < total(want); {
		if time.Now().After(deadline) {
			c.t.Fatalf("%d of %d words counted after %v", total(got), total(want), limit)
		}
		c.counts(got, cl)
	}
	if !maps.Equal(got, want) {
		for w, n := range want {
			if got[w] != n {
				c.t.Errorf("%q: %d, want %d", w, got[w], n)
			}
		}
		c.t.Errorf("%d different words, want %d", len(got), len(want))
	}
}

func (c *testCluster) wordTopics(partitions int32) {
	c.t.Helper()
	for _, name := range []string{"lines", "counts"} {
		if _, err := c.admin().CreateTopic(testContext(c.t), partitions, int16(min(3, len(c.brokers))), nil, name); err != nil {
			c.t.Fatal(err)
		}
	}
}

func TestWordcountIsExactAfterSIGKILL(t *testing.T) {
	t.Parallel()
	exe := buildWordcount(t)
	c := newCluster(startHub(t), "words", 3)
	c.startAll()
	c.wordTopics(6)
	var all []*instance
	for range 3 {
		all = append(all, c.wordcount(exe, "wc"))
	}
	for _, in := range all {
		eventually(t, "every instance is ready", in.ready)
	}
	lines, want := text(6000, 10)
	started := time.Now()
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		eventually(t, "the instance is at work", func() bool {
			lag, err := c.admin().Lag(testContext(t), "wc")
			return err == nil && lag["wc"].Lag.Total() > 0
		})
		_ = all[0].cmd.Process.Kill()
		<-all[0].exited
		c.wordcount(exe, "wc") // as Marathon would
	}()
	c.send(lines, 20*time.Millisecond)
	<-killed
	c.compare(want, 30*time.Second)
	t.Logf("%d words in %v", total(want), time.Since(started))

	stopped := time.Now()
	_ = all[1].cmd.Process.Signal(syscall.SIGTERM)
	<-all[1].exited
	if code := all[1].cmd.ProcessState.ExitCode(); code != 0 || time.Since(stopped) > 5*time.Second {
		t.Errorf("SIGTERM: exit code %d after %v", code, time.Since(stopped))
	}
	groups, err := c.admin().DescribeGroups(testContext(t), "wc")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stopped instance left the group", func() bool {
		groups, err = c.admin().DescribeGroups(testContext(t), "wc")
		return err == nil && len(groups["wc"].Members) == 2
	})
}

func TestWordcountNeedsItsTopics(t *testing.T) {
	t.Parallel()
	exe := buildWordcount(t)
	c := newCluster(startHub(t), "notopics", 1)
	c.startAll()
	in := c.wordcount(exe, "wc")
	select {
	case <-in.exited:
	case <-time.After(testTimeout):
		t.Fatal("it runs without its topics")
	}
	if code := in.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(in.out.String(), `topic "lines" does not exist`) {
		t.Errorf("exit code %d\n%s", code, in.out)
	}
}
