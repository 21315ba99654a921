package rollout

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

const (
	v1 = "2021-01-01T00:00:01.000Z"
	v2 = "2021-01-01T00:00:02Z" // without the fraction, as some servers print it
	v3 = "2021-01-01T00:00:03.000Z"
)

var begin = time.Date(2021, 1, 1, 0, 0, 10, 0, time.UTC)

// view makes an observation of app /a at version v2, asked for 2 instances, that is complete.
func view(second float64, change ...func(*observation)) observation {
	o := observation{at: begin.Add(time.Duration(second * float64(time.Second)))}
	o.status = marathon.Status{
		ID: "/a", Instances: 2, Version: v2, LastConfigChangeAt: v2, Running: 2,
		Tasks: []marathon.Task{task("t1", v2), task("t2", v2)},
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func task(id, version string) marathon.Task {
	return marathon.Task{ID: id, AppID: "/a", Host: "h1", SlaveID: "S1", State: "TASK_RUNNING", Version: version, StagedAt: begin, StartedAt: begin}
}

func listed(id string) func(*observation) {
	return func(o *observation) {
		o.deployments = []marathon.Deployment{{ID: id, AffectedApps: []string{"/a"}, CurrentStep: 1, TotalSteps: 2, CurrentActions: []marathon.Action{{Action: "ScaleApplication", App: "/a"}}}}
		o.status.Deployments = []string{id}
	}
}

func status(f func(*marathon.Status)) func(*observation) {
	return func(o *observation) { f(&o.status) }
}

func failure(taskID, version, state string) func(*observation) {
	return status(func(s *marathon.Status) {
		s.LastTaskFailure = &marathon.TaskFailure{TaskID: taskID, Version: version, State: state, Message: "Command exited with status 3", Host: "h1", SlaveID: "S1", Timestamp: begin}
	})
}

func missing(o *observation) { o.gone, o.status = true, marathon.Status{} }

func short1(o *observation) {
	o.status.Running, o.status.Tasks = 1, o.status.Tasks[:1]
}

func queued(overdue bool, declined int) func(*observation) {
	return func(o *observation) {
		o.queue = &marathon.QueueItem{
			AppID: "/a", Count: 1, Overdue: overdue, ProcessedOffers: 3, App: marathon.App{"cpus": 8.0},
			RejectLastOffers: []marathon.Reject{{Reason: "UnfulfilledRole", Processed: 3}, {Reason: "InsufficientCpus", Declined: declined, Processed: 3}},
			LastUnusedOffers: []marathon.UnusedOffer{{Hostname: "127.0.0.2", CPUs: 4}, {Hostname: "127.0.0.3", CPUs: 1}},
		}
	}
}

func TestJudge(t *testing.T) {
	target := Target{AppID: "/a", DeploymentID: "d1", Version: v2}
	crashing := func(sec float64, id string) observation {
		return view(sec, listed("d1"), short1, failure(id, v2, "TASK_FAILED"))
	}
	tests := map[string]struct {
		target Target
		views  []observation
		done   bool
		err    any    // pointer to the expected type
		says   string // part of the error's text
	}{
		"complete and settled":                {views: []observation{view(0), view(1), view(3)}, done: true},
		"complete, not yet settled":           {views: []observation{view(0), view(2.9)}},
		"nothing to run":                      {views: []observation{view(0, status(func(s *marathon.Status) { s.Instances, s.Running, s.Tasks = 0, 0, nil }))}, done: true},
		"the deployment still runs":           {views: []observation{view(0, listed("d1")), view(5, listed("d1"))}},
		"another deployment holds the app":    {views: []observation{view(0, listed("d2")), view(5, listed("d2"))}},
		"absence of the deployment is not it": {views: []observation{view(0, short1), view(9, short1)}},
		"an old task is left":                 {views: []observation{view(0, status(func(s *marathon.Status) { s.Tasks[1].Version = v1 })), view(9, status(func(s *marathon.Status) { s.Tasks[1].Version = v1 }))}},
		"an extra task is left": {views: []observation{
			view(0, status(func(s *marathon.Status) { s.Tasks = append(s.Tasks, task("t3", v2)) })),
			view(9, status(func(s *marathon.Status) { s.Tasks = append(s.Tasks, task("t3", v2)) })),
		}},
		"ended tasks and reservations do not count": {views: []observation{
			view(0, status(func(s *marathon.Status) {
				s.Tasks = append(s.Tasks, marathon.Task{ID: "e", State: "TASK_FAILED", Version: v2, StagedAt: begin}, marathon.Task{ID: "r", State: "TASK_STAGING"})
			})),
			view(3, status(func(s *marathon.Status) { s.Tasks = append(s.Tasks, marathon.Task{ID: "r", State: "TASK_STAGING"}) })),
		}, done: true},
		"scaled: running tasks keep the older version": {views: []observation{
			view(0, status(func(s *marathon.Status) { s.LastConfigChangeAt, s.Tasks[0].Version = v1, v1 })),
			view(3, status(func(s *marathon.Status) { s.LastConfigChangeAt, s.Tasks[0].Version = v1, v1 })),
		}, done: true},
		"not healthy":                     {views: []observation{view(0, status(func(s *marathon.Status) { s.HasHealthChecks, s.Healthy = true, 1 })), view(9, status(func(s *marathon.Status) { s.HasHealthChecks, s.Healthy = true, 1 }))}},
		"staged":                          {views: []observation{view(0, status(func(s *marathon.Status) { s.Staged = 1 })), view(9, status(func(s *marathon.Status) { s.Staged = 1 }))}},
		"a task changes while it settles": {views: []observation{view(0), view(2, status(func(s *marathon.Status) { s.Tasks[0].ID = "t9" })), view(4, status(func(s *marathon.Status) { s.Tasks[0].ID = "t9" }))}},
		"a failure while it settles":      {views: []observation{view(0), view(2, failure("t0", v2, "TASK_FAILED")), view(4, failure("t0", v2, "TASK_FAILED"))}},
		"queued while it settles":         {views: []observation{view(0), view(2, queued(false, 0)), view(4)}},
		"settles after the failure":       {views: []observation{view(0), view(2, failure("t0", v2, "TASK_FAILED")), view(5, failure("t0", v2, "TASK_FAILED"))}, done: true},
		"crash loop":                      {views: []observation{crashing(0, "c1"), crashing(1, "c2"), crashing(2, "c2"), crashing(3, "c3")}, err: new(*CrashLoopError), says: "exited with status 3"},
		"of a crash loop the failure that Marathon kept is shown": {views: []observation{
			view(0, status(func(s *marathon.Status) { s.Tasks = []marathon.Task{task("a1", v2)} })),
			crashing(1, "c1"),
			view(2, status(func(s *marathon.Status) { s.Tasks = []marathon.Task{task("a2", v2)} })),
		}, err: new(*CrashLoopError), says: "exited with status 3"},
		"two failures are not yet a loop":    {views: []observation{crashing(0, "c1"), crashing(1, "c2"), crashing(2, "c2")}},
		"old tasks may crash":                {views: []observation{view(0, short1, failure("c1", v1, "TASK_FAILED")), view(1, short1, failure("c2", v1, "TASK_FAILED")), view(2, short1, failure("c3", v1, "TASK_FAILED"))}},
		"history does not count":             {target: Target{AppID: "/a", Version: v2}, views: []observation{crashing(0, "c1"), crashing(1, "c2"), crashing(2, "c3")}},
		"crash loop of an app left as it is": {target: Target{AppID: "/a"}, views: []observation{crashing(0, "c1"), crashing(1, "c2"), crashing(2, "c3"), crashing(3, "c4")}, err: new(*CrashLoopError)},
		"killed for its health": {views: []observation{
			view(0, short1, failure("c1", v2, "TASK_KILLED")), view(1, short1, failure("c2", v2, "TASK_KILLED")), view(2, short1, failure("c3", v2, "TASK_KILLED")),
		}, err: new(*UnhealthyError), says: "killed 3 tasks"},
		"exit 0 leaves no failure, but tasks vanish": {views: []observation{
			view(0, status(func(s *marathon.Status) { s.Tasks = []marathon.Task{task("a1", v2)}; s.Running = 1 })),
			view(1, status(func(s *marathon.Status) { s.Tasks = []marathon.Task{task("a2", v2)}; s.Running = 1 })),
			view(2, status(func(s *marathon.Status) { s.Tasks = []marathon.Task{task("a3", v2)}; s.Running = 1 })),
			view(3, status(func(s *marathon.Status) { s.Tasks = nil; s.Running = 0 })),
		}, err: new(*CrashLoopError), says: "ended by itself"},
		"surplus tasks vanish on purpose": {views: []observation{
			view(0, status(func(s *marathon.Status) {
				s.Instances = 1
				s.Tasks = append(s.Tasks, task("t3", v2), task("t4", v2))
				s.Running = 4
			})),
			view(1, listed("d1"), status(func(s *marathon.Status) { s.Instances = 1; s.Tasks = s.Tasks[:1]; s.Running = 1 })),
			view(2, status(func(s *marathon.Status) { s.Instances = 1; s.Tasks = s.Tasks[:1]; s.Running = 1 })),
			view(5, status(func(s *marathon.Status) { s.Instances = 1; s.Tasks = s.Tasks[:1]; s.Running = 1 })),
		}, done: true},
		"unschedulable":                      {views: []observation{view(0, listed("d1"), short1, queued(true, 3)), view(59, listed("d1"), short1, queued(true, 3)), view(61, listed("d1"), short1, queued(true, 3))}, err: new(*UnschedulableError), says: "needs 8 cpus; largest free on an agent 4 (127.0.0.2)"},
		"overdue without rejects":            {views: []observation{view(0, short1, queued(true, 0)), view(99, short1, queued(true, 0))}},
		"in backoff":                         {views: []observation{view(0, short1, queued(false, 3)), view(99, short1, queued(false, 3))}},
		"overdue, but something moved":       {views: []observation{view(0, short1, queued(true, 3)), view(50, short1, queued(true, 3), status(func(s *marathon.Status) { s.Tasks[0].Alive = true })), view(99, short1, queued(true, 3), status(func(s *marathon.Status) { s.Tasks[0].Alive = true }))}},
		"overdue, but a task is on its way":  {views: []observation{view(0, short1, queued(true, 3), status(func(s *marathon.Status) { s.HasHealthChecks = true })), view(99, short1, queued(true, 3), status(func(s *marathon.Status) { s.HasHealthChecks = true }))}},
		"overtaken":                          {views: []observation{view(0, listed("d1")), view(1, listed("d3"), status(func(s *marathon.Status) { s.Version = v3 }))}, err: new(*OvertakenError), says: "d3"},
		"the version before, for a moment":   {views: []observation{view(0, status(func(s *marathon.Status) { s.Version = v1 })), view(1), view(4)}, done: true},
		"back at the version before":         {views: []observation{view(0, listed("d1")), view(1, status(func(s *marathon.Status) { s.Version = v1 })), view(2, status(func(s *marathon.Status) { s.Version = v1 }))}, err: new(*RolledBackError), says: "undone"},
		"deleted by somebody":                {views: []observation{view(0, listed("d1")), view(1, missing), view(2, missing)}, err: new(*RolledBackError), says: "does not exist any more"},
		"missing for a moment":               {views: []observation{view(0, missing), view(1), view(4)}, done: true},
		"any version will do":                {target: Target{AppID: "/a"}, views: []observation{view(0), view(3)}, done: true},
		"versions are instants, not texts":   {target: Target{AppID: "/a", Version: "2021-01-01T00:00:02.000Z"}, views: []observation{view(0), view(3)}, done: true},
		"changed while any version would do": {target: Target{AppID: "/a"}, views: []observation{view(0), view(1, status(func(s *marathon.Status) { s.Version = v3 }))}, err: new(*OvertakenError)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.target.AppID == "" {
				tc.target = target
			}
			j := newJudge(tc.target, New(nil, nil).opts, begin)
			var v verdict
			for i, o := range tc.views {
				if v.done || v.err != nil {
					t.Fatalf("ended before observation %d: %+v", i, v)
				}
				v = j.observe(o)
			}
			if v.done != tc.done {
				t.Errorf("done %v, want %v", v.done, tc.done)
			}
			if tc.err == nil {
				if v.err != nil {
					t.Errorf("error %v", v.err)
				}
				return
			}
			if v.err == nil || !errors.As(v.err, tc.err) {
				t.Fatalf("got %v, want %T", v.err, tc.err)
			}
			if text := v.err.Error(); !strings.Contains(text, tc.says) || !strings.Contains(text, "/a") {
				t.Errorf("%q does not say %q", text, tc.says)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	item := func(reason string, app marathon.App) *marathon.QueueItem {
		return &marathon.QueueItem{
			AppID: "/a", Count: 2, Role: "kafka", ProcessedOffers: 3, App: app,
			RejectLastOffers: []marathon.Reject{{Reason: reason, Declined: 2, Processed: 3}},
			LastUnusedOffers: []marathon.UnusedOffer{{Hostname: "h2", Mem: 512, Disk: 10, Reasons: []string{reason}}, {Hostname: "h1", Mem: 1024.5, Disk: 5, Reasons: []string{reason}}},
		}
	}
	for reason, tc := range map[string]struct {
		app  marathon.App
		want []string
	}{
		"InsufficientMemory":              {marathon.App{"mem": 4096.0}, []string{"needs 4096 MiB of memory", "1024.5 (h1)", "2 of 3"}},
		"InsufficientDisk":                {marathon.App{"disk": 20}, []string{"needs 20 MiB of disk", "10 (h2)"}},
		"InsufficientGpus":                {marathon.App{"gpus": 1}, []string{"needs 1 gpus", "free on an agent 0"}},
		"InsufficientPorts":               {marathon.App{"requirePorts": true, "portDefinitions": []any{map[string]any{"port": 9092}}}, []string{"host port 9092", "h1, h2"}},
		"UnfulfilledConstraint":           {marathon.App{"constraints": []any{[]any{"hostname", "UNIQUE"}, []any{"rack", "LIKE", "r1"}}}, []string{"[hostname UNIQUE] [rack LIKE r1]", "h1, h2"}},
		"UnfulfilledRole":                 {marathon.App{}, []string{`"kafka"`}},
		"NoCorrespondingReservationFound": {marathon.App{}, []string{"reserved"}},
		"SomethingNew":                    {marathon.App{}, []string{"SomethingNew"}},
	} {
		got := strings.Join(reasons(item(reason, tc.app)), ";")
		for _, want := range tc.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", reason, got, want)
			}
		}
	}
	mapped := item("InsufficientPorts", marathon.App{"container": map[string]any{"portMappings": []any{map[string]any{"hostPort": 31000}, map[string]any{"hostPort": 0}}}})
	if got := reasons(mapped)[0]; !strings.Contains(got, "host port 31000, which") {
		t.Error(got)
	}
	if got := reasons(&marathon.QueueItem{Overdue: true}); len(got) != 1 || !strings.Contains(got[0], "no offers at all") {
		t.Error(got)
	}
}

func TestEvidenceIsOrdered(t *testing.T) {
	j := newJudge(Target{AppID: "/a", DeploymentID: "d1", Version: v2}, New(nil, nil).opts, begin)
	o := view(0, short1, queued(true, 3), failure("c1", v2, "TASK_FAILED"), status(func(s *marathon.Status) {
		s.HasHealthChecks, s.Unhealthy, s.Instances = true, 1, 3
		s.Tasks[0].Dead, s.Tasks[0].FailureCause = true, "HTTP 500"
		s.Tasks = append(s.Tasks, task("old", v1))
		s.Readiness = []marathon.ReadinessResult{{Name: "rdy", TaskID: "t1", Status: 503, Body: "not\nyet"}}
	}))
	j.observe(o)
	list, cause := j.evidence(o)
	order := []string{"Command exited", "unhealthy: HTTP 500", "503 not yet", "needs 8 cpus", "old configuration", "no longer listed", "1 of 3 instances run"}
	text := strings.Join(list, "\n")
	at := -1
	for _, want := range order {
		i := strings.Index(text, want)
		if i <= at {
			t.Errorf("%q at %d after %d in\n%s", want, i, at, text)
		}
		at = i
	}
	var crash *CrashLoopError
	if !errors.As(cause, &crash) {
		t.Errorf("cause %v", cause)
	}
}

func TestLeaving(t *testing.T) {
	d := &marathon.Deployment{ID: "d1"}
	there := marathon.Status{Version: v1}
	for name, tc := range map[string]struct {
		looks []departure
		done  bool
		err   any
	}{
		"gone":                        {looks: []departure{{}}, done: true},
		"the deployment runs":         {looks: []departure{{listed: d}}},
		"a task is left":              {looks: []departure{{tasks: []marathon.Task{{ID: "t"}}}}},
		"there, being deleted":        {looks: []departure{{exists: true, listed: d}, {exists: true, listed: d}, {exists: true, listed: d}, {exists: true, listed: d}}},
		"the deletion was undone":     {looks: []departure{{exists: true}, {exists: true}, {exists: true, now: there}}, err: new(*RolledBackError)},
		"created anew":                {looks: []departure{{listed: d}, {exists: true, now: there}}, err: new(*OvertakenError)},
		"there for a moment and gone": {looks: []departure{{exists: true}, {}}, done: true},
	} {
		var l leaving
		var done bool
		var err error
		for _, look := range tc.looks {
			done, err = l.observe("/a", "d1", look)
		}
		if done != tc.done || (tc.err == nil) != (err == nil) || (err != nil && !errors.As(err, tc.err)) {
			t.Errorf("%s: %v, %v", name, done, err)
		}
	}
}
