package kafka

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// TestWordcountUnderRandomKills is run by hand: WORDCOUNT_KILLS=n kills instances (and sometimes brokers) n times.
func TestWordcountUnderRandomKills(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("WORDCOUNT_KILLS"))
	if kills == 0 {
		t.Skip("WORDCOUNT_KILLS is not set")
	}
	exe := buildWordcount(t)
	c := newCluster(startHub(t), "stress", 3)
	c.startAll()
	c.wordTopics(10)
	var all []*instance
	env := []string{"STREAMS_TRANSACTION_TIMEOUT_MS=" + os.Getenv("WORDCOUNT_TXN_TIMEOUT")}
	for range 5 {
		all = append(all, c.wordcount(exe, "wc", env...))
	}
	for _, in := range all {
		eventually(t, "every instance is ready", in.ready)
	}
	lines, want := text(200*kills, 50)
	if kills < 0 {
		lines, want = text(3000, 50)
	}
	started := time.Now()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range max(kills, 0) {
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Millisecond) //nolint:gosec // random faults
			victim := rand.IntN(len(all))
			if i%4 == 3 {
				b := rand.IntN(3)
				c.signal(b, syscall.SIGKILL)
				c.start(b)
				c.serving(b, b+1)
			}
			_ = all[victim].cmd.Process.Kill()
			<-all[victim].exited
			all[victim] = c.wordcount(exe, "wc", env...)
		}
	}()
	c.send(lines, map[bool]time.Duration{true: 150 * time.Millisecond}[kills > 0])
	<-done
	c.compare(want, 60*time.Second)
	t.Logf("%d words in %v", total(want), time.Since(started))
}
