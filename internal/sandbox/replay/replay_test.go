package replay

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
)

func TestMain(m *testing.M) {
	// Tasks are started through the test binary.
	if code, handled := sandbox.Multicall(os.Args[1:]); handled {
		// Not os.Exit: a binary built for race detection waits a second there.
		syscall.Exit(code)
	}
	flag.Parse()
	// Scenarios mostly wait; the number of CPUs says nothing about how many can run at once.
	if f := flag.Lookup("test.parallel"); f != nil {
		_ = f.Value.Set("24")
	}
	os.Exit(m.Run())
}

// rig is a sandbox of its own for one scenario.
type rig struct {
	cfg sandbox.Config
	sb  *sandbox.Sandbox
}

func newRig(ctx context.Context, dir string) (*rig, error) {
	r := &rig{cfg: sandbox.Config{Dir: dir, Agents: sandbox.IsolatedAgents(dir, 3), Ephemeral: true}}
	for i := range r.cfg.Agents {
		r.cfg.Agents[i].AttributeOrder = []string{"rack", "zone", "node"} // as the recorded ones
	}
	return r, r.start(ctx)
}

func (r *rig) start(ctx context.Context) (err error) {
	r.sb, err = sandbox.Start(ctx, r.cfg)
	return err
}

func (r *rig) close() error {
	if r.sb == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	err := r.sb.Close(ctx)
	r.sb = nil
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // tasks that did not end by themselves were killed
	}
	return err
}

func (r *rig) Host() string {
	u, err := url.Parse(r.sb.URL())
	if err != nil {
		return r.sb.URL()
	}
	return u.Host
}

func (r *rig) Counters(app string) Counters {
	a, err := r.sb.Core().App(app)
	if err != nil {
		return Counters{}
	}
	return Counters{Running: a.Counts.Running, Healthy: a.Counts.Healthy, Tasks: len(a.Tasks)}
}

func (r *rig) Fault(ctx context.Context, f Fault) error {
	core := r.sb.Core()
	firstTask := func(app string) (id, agent string, err error) {
		a, err := core.App(app)
		if err != nil {
			return "", "", err
		}
		if len(a.Tasks) == 0 {
			return "", "", fmt.Errorf("%s has no tasks", app)
		}
		return a.Tasks[0].ID, a.Tasks[0].AgentID, nil
	}
	switch f.Action {
	case "offers-pause", "offers-resume":
		core.PauseOffers(f.Action == "offers-pause")
		return nil
	case "agent-down":
		_, agent, err := firstTask(f.AgentOf)
		if err == nil {
			core.SetAgentDown(agent, true)
		}
		return err
	case "all-agents-up":
		for _, a := range core.Agents() {
			core.SetAgentDown(a.ID, false)
		}
		return nil
	case "kill-process":
		id, _, err := firstTask(f.App)
		if err != nil {
			return err
		}
		return r.sb.Driver().Signal(id, int(syscall.SIGKILL))
	case "make-unhealthy":
		id, _, err := firstTask(f.App)
		if err != nil {
			return err
		}
		return os.Remove(filepath.Join(r.sb.Driver().SandboxDir(id), f.File))
	case "restart-server": // the recorded agents forget their tasks then, so they end here too
		r.cfg.Listen = r.Host()
		if err := r.close(); err != nil {
			return err
		}
		return r.start(ctx)
	}
	return fmt.Errorf("%s: %w", f.Action, ErrNotReplayable)
}

func playOnce(s Scenario, dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r, err := newRig(ctx, dir)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	err = Play(ctx, s, r)
	return errors.Join(err, r.close())
}

// recordings are all scenarios. Without them the test is skipped, in CI it fails.
func recordings(t *testing.T) []Scenario {
	t.Helper()
	dir, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("the recordings are missing; set MARATHON_RECORDINGS")
		}
		t.Skip("no recordings of a Marathon server: set MARATHON_RECORDINGS to their folder to replay them")
	}
	scenarios, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return scenarios
}

// tries is how often a verdict that surprises is asked for: on a loaded machine timing makes a difference now and then.
const tries = 3

// play plays a scenario, some times if the verdict is not the one expected.
func play(t *testing.T, s Scenario, matches bool) error {
	t.Helper()
	err := playOnce(s, t.TempDir())
	for try := 1; try < tries && (err == nil) != matches; try++ {
		t.Logf("try %d: %v", try, err)
		err = playOnce(s, t.TempDir())
	}
	return err
}

// TestRecordings plays every scenario on a sandbox of its own.
func TestRecordings(t *testing.T) {
	scenarios := recordings(t)
	var mu sync.Mutex
	matched := map[string]int{}
	total := map[string]int{}
	seen := map[string]bool{}
	for _, s := range scenarios {
		total[s.File]++
		seen[s.Name] = true
	}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range scenarios {
			t.Run(strings.TrimSuffix(s.File, ".jsonl")+"/"+s.Name, func(t *testing.T) {
				t.Parallel()
				known, listed := KnownDifferences[s.Name]
				race, unsteady := Unsteady[s.Name]
				err := play(t, s, !listed)
				switch {
				case err == nil && listed:
					t.Errorf("matches now: take it out of KnownDifferences (%s)", known)
				case err != nil && unsteady:
					t.Logf("differs this time (%s): %v", race, err)
				case err != nil && !listed:
					t.Error(err)
				case err != nil:
					t.Logf("known difference (%s): %v", known, err)
				default:
					mu.Lock()
					matched[s.File]++
					mu.Unlock()
				}
			})
		}
	})
	t.Run("without pods", func(t *testing.T) { playWithoutPods(t, scenarios) })
	for name := range KnownDifferences {
		if !seen[name] {
			t.Errorf("KnownDifferences names %s, which is not recorded", name)
		}
	}
	files := make([]string, 0, len(total))
	all, ok := 0, 0
	for f := range total {
		files = append(files, f)
		all += total[f]
		ok += matched[f]
	}
	sort.Strings(files)
	for _, f := range files {
		t.Logf("%-22s %3d of %3d", f, matched[f], total[f])
	}
	t.Logf("%-22s %3d of %3d scenarios match", "all", ok, all)
}

// playWithoutPods plays what is left of scenarios that need pods in passing only.
func playWithoutPods(t *testing.T, scenarios []Scenario) {
	for _, s := range scenarios {
		if !PodsInPassing[s.Name] {
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			rest, err := WithoutPods(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := play(t, rest, true); err != nil {
				t.Error(err)
			}
		})
	}
}
