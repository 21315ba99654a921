package scheduler

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/agent"
)

func TestCrashLoopBacksOff(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"crash 3","backoffSeconds":2,"backoffFactor":3,"maxLaunchDelaySeconds":20}`)
	w.until("the first failure", func() bool { return w.get("/a").LastTaskFailure != nil })
	w.quiet()
	var delays []time.Duration
	for n := range 4 {
		q := w.core.Queue()
		if len(q) != 1 || q[0].Overdue || q[0].Count != 1 {
			t.Fatalf("attempt %d: %s", n, asJSON(q))
		}
		delays = append(delays, q[0].TimeLeft)
		if n == 3 {
			break
		}
		w.advance(q[0].TimeLeft - time.Millisecond)
		w.quiet()
		if got := w.driver.launchCount(); got != n+1 {
			t.Fatalf("launched in the delay: %d", got)
		}
		w.until("the next start", func() bool { return w.driver.launchCount() == n+2 })
		w.quiet()
	}
	// The clock may have gone a step past the launch, so what is left is at most the delay.
	for n, want := range []time.Duration{2, 6, 18, 20} {
		if delays[n] > want*time.Second || delays[n] < want*time.Second-2*time.Second {
			t.Errorf("delay %d is %s, want %d s", n, delays[n], want)
		}
	}
	a := w.get("/a")
	if f := a.LastTaskFailure; f.State != agent.Failed || f.Message != "Command exited with status 3" || f.AppID != "/a" || f.Host == "" || f.AgentID == "" {
		t.Errorf("%+v", f)
	}
	if len(a.Tasks) != 1 || a.Tasks[0].Suspended || !a.Tasks[0].StagedAt.IsZero() || a.Tasks[0].State != agent.Failed || len(a.Tasks[0].Ports) != 0 || !strings.HasSuffix(a.Tasks[0].ID, "._app.4") {
		t.Errorf("%+v", a.Tasks)
	}
	// The plan ended in the moment in which the task ran.
	if len(a.Deployments) != 0 {
		t.Errorf("%v", a.Deployments)
	}
	if err := w.core.ResetDelay("/a"); err != nil {
		t.Fatal(err)
	}
	w.until("a start after the reset", func() bool { return w.driver.launchCount() == 5 })
	w.quiet()
	if q := w.core.Queue(); q[0].TimeLeft > 2*time.Second {
		t.Errorf("the delay did not begin anew: %s", q[0].TimeLeft)
	}
	if err := w.core.ResetDelay("/nope"); err == nil || err.Error() != "Application /nope not found in tasks queue." {
		t.Errorf("%v", err)
	}
	// A repair replaces it without waiting for the delay, and history stays.
	w.mustPut("/a", `{"cmd":"run"}`)
	w.deployed()
	a = w.get("/a")
	if a.Counts.Running != 1 || a.LastTaskFailure == nil || len(w.core.Queue()) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestForgottenDelay(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","backoffSeconds":5,"backoffFactor":10,"maxLaunchDelaySeconds":60}`)
	w.deployed()
	fail := func() time.Duration {
		w.running("/a", 1)
		w.driver.end(w.get("/a").Tasks[0].ID, agent.Failed, "x")
		w.until("the queue", func() bool { return len(w.core.Queue()) == 1 })
		return w.core.Queue()[0].TimeLeft
	}
	if d := fail(); d != 5*time.Second {
		t.Errorf("first %s", d)
	}
	w.advance(6 * time.Second)
	if d := fail(); d != 50*time.Second {
		t.Errorf("second %s", d)
	}
	w.advance(90 * time.Second) // ran for longer than the greatest delay
	if d := fail(); d != 5*time.Second {
		t.Errorf("after a long life %s", d)
	}
}

func TestExitZeroIsALossWithoutAFailure(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"crash 0","backoffSeconds":30}`)
	w.until("the end", func() bool { q := w.core.Queue(); return len(q) == 1 && !q[0].Overdue })
	a := w.get("/a")
	if a.LastTaskFailure != nil || a.Tasks[0].State != agent.Finished {
		t.Errorf("%+v %+v", a.LastTaskFailure, a.Tasks)
	}
}

func TestKillOnPurposeCostsNoDelay(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","backoffSeconds":600}`)
	w.deployed()
	if _, _, err := w.core.KillTasks([]string{w.get("/a").Tasks[0].ID}, false, false, false); err != nil {
		t.Fatal(err)
	}
	w.quiet()
	if q := w.core.Queue(); len(q) > 0 && !q[0].Overdue {
		t.Errorf("%s", asJSON(q))
	}
	w.advance(2 * time.Second)
	w.quiet()
	if w.driver.launchCount() != 2 {
		t.Error("not launched again")
	}
}

// A factor without bound is legal; the delay must end at its limit, not wrap around to none.
func TestHugeBackoffFactorEndsAtTheLimit(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"crash 3","backoffSeconds":1,"backoffFactor":1e300,"maxLaunchDelaySeconds":20}`)
	w.until("the second failure", func() bool { return w.driver.launchCount() == 2 })
	w.quiet()
	if q := w.core.Queue(); len(q) != 1 || q[0].TimeLeft < 15*time.Second {
		t.Errorf("queue %s", asJSON(q))
	}
}
