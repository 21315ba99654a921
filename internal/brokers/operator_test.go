package brokers

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

var full = partition("t", []int32{0, 1, 2}, []int32{0, 1, 2})

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// only keeps the entries of the log that begin with one of the words.
func (w *world) only(words ...string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, entry := range w.log {
		if slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(entry, word) }) {
			out = append(out, entry)
		}
	}
	return out
}

func TestCreateIsParallel(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	w.apps, w.groups = map[string]marathon.App{}, map[string]bool{}
	// Nobody comes up before all three were made: a quorum needs two.
	w.onWait = func(int32) {
		if n := len(w.only("create")); n != 3 {
			t.Errorf("waiting for a broker when %d were made", n)
		}
	}
	if err := w.operator().Vacant(bounded(t), s.Group); err != nil {
		t.Fatal(err)
	}
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	if up := w.only("up"); len(up) != 3 {
		t.Errorf("came up: %v", up)
	}
	err := w.operator().Vacant(bounded(t), s.Group)
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.ClusterID != testID {
		t.Errorf("the group of a cluster is vacant: %v", err)
	}
}

func TestConvergeChangesNothingWhenAllIsWell(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	if len(w.log) > 0 {
		t.Errorf("did %v", w.log)
	}
}

func TestRollOneByOne(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	w.leader = 0
	for id := range int32(3) {
		w.lag[id] = 3
	}
	s.CPUs = 2
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	want := []string{"replace 1", "up 1", "in sync 1", "replace 2", "up 2", "in sync 2", "replace 0", "up 0", "in sync 0"}
	if got := w.only("replace", "up", "in sync"); !slices.Equal(got, want) {
		t.Errorf("went %v, want %v", got, want)
	}
}

// Health results get lost when Marathon's leader changes, and busy agents fail checks: what Kafka has in service is rolled.
func TestBrokersThatServeAreRolledWhateverTheirHealthChecksSay(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	w.sick = map[int32]bool{0: true, 1: true, 2: true}
	w.leader = 0
	s.CPUs = 2
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	want := []string{"replace 1", "up 1", "in sync 1", "replace 2", "up 2", "in sync 2", "replace 0", "up 0", "in sync 0"}
	got := w.only("replace", "up", "in sync")
	if first := slices.Index(got, "replace 1"); first < 0 || !slices.Equal(got[first:], want) {
		t.Errorf("went %v, want %v", got, want)
	}
}

func TestRollWaitsForTheGate(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, partition("t", []int32{0, 1, 2}, []int32{0, 1}))
	s.CPUs = 2
	err := w.operator().Converge(short(t), s)
	var roll *RollError
	var blocked *BlockedError
	if !errors.As(err, &roll) || !errors.As(err, &blocked) || roll.Stage != StageGate || roll.Broker != 1 || !slices.Equal(roll.Left, []int{0, 1, 2}) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(err.Error(), "partition t-0") {
		t.Errorf("the error does not name the partition: %v", err)
	}
	if got := w.only("replace"); len(got) > 0 {
		t.Errorf("touched %v", got)
	}
	// The cause mended, the same call goes on.
	w.mu.Lock()
	w.topics = []kafkaadmin.Partition{full}
	w.mu.Unlock()
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	if got := w.only("replace"); len(got) != 3 {
		t.Errorf("replaced %v", got)
	}
}

// Somebody's deployment may hold the app for an hour: what the gate saw before counts no more when it lets go.
func TestTheGateIsAskedAgainAfterALock(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	s.CPUs = 2
	w.onLock = func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.topics = []kafkaadmin.Partition{partition("t", []int32{0, 1, 2}, []int32{0, 1})}
	}
	err := w.operator().Converge(short(t), s)
	var blocked *BlockedError
	var roll *RollError
	if !errors.As(err, &blocked) || blocked.Broker != 1 || !errors.As(err, &roll) || roll.Stage != StageGate || !slices.Equal(roll.Left, []int{0, 1, 2}) {
		t.Errorf("%v", err)
	}
	if got := w.only("replace"); len(got) > 0 {
		t.Errorf("touched %v", got)
	}
}

func TestRollStopsAtLostQuorum(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	w.quorumErr = &kafkaadmin.Error{Op: "describe quorum", Name: "timeout", Err: kafkaadmin.ErrTimeout}
	s.CPUs = 2
	err := w.operator().Converge(short(t), s)
	if !errors.Is(err, kafkaadmin.ErrTimeout) || !strings.Contains(err.Error(), "quorum") {
		t.Errorf("%v", err)
	}
	if got := w.only("replace"); len(got) > 0 {
		t.Errorf("touched %v", got)
	}
	w.quorumErr = &kafkaadmin.Error{Op: "describe quorum", Name: "unsupported", Err: kafkaadmin.ErrUnsupported}
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Errorf("brokers without the API: %v", err)
	}
}

func TestRollFailureLeavesTheRest(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	w.leader = 2
	crash := &rollout.CrashLoopError{AppID: s.AppID(1), Failures: 3, Message: "exit 1", LastLines: "boom"}
	w.failStart[1] = crash
	s.Image = "bad"
	err := w.operator().Converge(bounded(t), s)
	var roll *RollError
	if !errors.As(err, &roll) || roll.Broker != 1 || roll.Stage != StageStart || !slices.Equal(roll.Done, []int{0}) || !slices.Equal(roll.Left, []int{2}) {
		t.Fatalf("%v", err)
	}
	var loop *rollout.CrashLoopError
	if !errors.As(err, &loop) || !strings.Contains(err.Error(), "boom") {
		t.Errorf("the cause is lost: %v", err)
	}
	if !slices.Equal(w.stopped, []string{"d" + s.AppID(1)}) {
		t.Errorf("stopped %v: a plan that never ends would lock the app", w.stopped)
	}

	// With a good image: the broken one first, then what was left, then the one that was done.
	w.mu.Lock()
	w.log, w.failStart, w.leader = nil, map[int32]error{}, 2
	w.mu.Unlock()
	s.Image = "good"
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	if got, want := w.only("replace"), []string{"replace 1", "replace 0", "replace 2"}; !slices.Equal(got, want) {
		t.Errorf("went %v, want %v", got, want)
	}
}

func TestResumedRollTouchesOnlyWhatIsLeft(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	s.CPUs = 2
	w.apps[s.AppID(1)] = asRead(t, mustApp(t, s, 1))
	w.leader = 0
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	if got, want := w.only("replace"), []string{"replace 2", "replace 0"}; !slices.Equal(got, want) {
		t.Errorf("went %v, want %v", got, want)
	}
}

func TestConvergeMends(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	delete(w.apps, s.AppID(1))
	w.apps[s.AppID(2)]["instances"] = 0
	w.down[2] = true
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatal(err)
	}
	got := w.only("create", "replace")
	slices.Sort(got)
	if want := []string{"create 1", "replace 2"}; !slices.Equal(got, want) {
		t.Errorf("did %v, want %v", got, want)
	}
	if n, _ := w.apps[s.AppID(2)].Int("instances"); n != 1 {
		t.Errorf("broker 2 has %d instances", n)
	}
}

func TestLaunchFailureNamesTheBroker(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	w.apps = map[string]marathon.App{}
	w.failStart[1] = &rollout.CrashLoopError{AppID: s.AppID(1), Message: "exit 1"}
	w.dead[0], w.dead[2] = true, true // wait for a quorum that never is
	err := w.operator().Converge(bounded(t), s)
	var launch *LaunchError
	if !errors.As(err, &launch) || !slices.Equal(launch.IDs(), []int{1}) {
		t.Fatalf("%v", err)
	}
	if len(w.stopped) != 3 {
		t.Errorf("stopped %v, want the plans of all three", w.stopped)
	}
}

// Two clusters of one group that are made at the same time both find it free.
func TestTheGroupIsTakenMeanwhile(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	w.apps, w.groups = map[string]marathon.App{}, map[string]bool{}
	w.failWrite = map[string]error{s.AppID(0): &marathon.Error{Kind: marathon.Exists, Op: "create app", Target: s.AppID(0), Status: 409}}
	err := w.operator().Converge(bounded(t), s)
	var launch *LaunchError
	if !errors.As(err, &launch) || !slices.Equal(launch.IDs(), []int{0}) {
		t.Fatalf("%v", err)
	}
	var taken *TakenError
	if !errors.As(launch.Brokers[0], &taken) || taken.AppID != s.AppID(0) || taken.Attribute() != "group" || !errors.Is(taken, marathon.ErrExists) {
		t.Errorf("%v", launch.Brokers[0])
	}
}

// late shows the group from the second look on.
type late struct {
	*world
	looks int
}

func (l *late) Group(ctx context.Context, id string) (marathon.Group, error) {
	if l.looks++; l.looks == 1 {
		return marathon.Group{}, &marathon.Error{Kind: marathon.NotFound, Op: "read group", Target: id}
	}
	return l.world.Group(ctx, id)
}

// A broker that is made between the look at the group and the one at its app is no app without labels.
func TestObserveWhatIsMadeMeanwhile(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	o := w.operator()
	o.Marathon = &late{world: w}
	found, err := o.Observe(bounded(t), s.Group)
	if err != nil || len(found.Brokers) != s.Brokers {
		t.Errorf("%d brokers, %v", len(found.Brokers), err)
	}
}

// Made between the look at the group and the first write: brokers of another cluster are never turned into ours.
func TestConvergeLeavesAnotherCluster(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s, full)
	s.ClusterID = NewClusterID()
	err := w.operator().Converge(bounded(t), s)
	var exists *ExistsError
	if !errors.As(err, &exists) || exists.ClusterID != testID {
		t.Errorf("%v", err)
	}
	if len(w.log) > 0 {
		t.Errorf("did %v", w.log)
	}
}

func TestConvergeStopsWhenCancelled(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	w.apps = map[string]marathon.App{}
	w.dead[0], w.dead[1], w.dead[2] = true, true, true
	ctx, cancel := context.WithCancel(t.Context())
	w.onWait = func(int32) { cancel() }
	if err := w.operator().Converge(ctx, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	w.mu.Lock()
	w.dead, w.onWait = map[int32]bool{}, nil
	w.mu.Unlock()
	if err := w.operator().Converge(bounded(t), s); err != nil {
		t.Fatalf("a second run does not converge: %v", err)
	}
	if got := w.only("create"); len(got) != 3 {
		t.Errorf("made %v", got)
	}
}

func TestJoined(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	w.down[1] = true
	err := w.operator().AwaitJoined(short(t), s)
	var not *NotJoinedError
	if !errors.As(err, &not) || !slices.Equal(not.Fenced, []int{1}) {
		t.Errorf("fenced: %v", err)
	}
	delete(w.apps, s.AppID(1))
	if err := w.operator().AwaitJoined(short(t), s); !errors.As(err, &not) || !slices.Equal(not.Missing, []int{1}) {
		t.Errorf("missing: %v", err)
	}
	w.leader = -1
	if err := w.operator().AwaitJoined(short(t), s); !errors.As(err, &not) || !not.NoLeader {
		t.Errorf("no leader: %v", err)
	}
}

func TestApplyDynamic(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	o := w.operator()
	w.config["min.insync.replicas"] = "2" // as brokers with eligible leader replicas have it from the start
	s.Config = map[string]string{"log.retention.ms": "1000", "min.insync.replicas": "1", "num.partitions": "6"}
	if err := o.ApplyDynamic(bounded(t), nil, s); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"log.retention.ms": "1000", "min.insync.replicas": "1"}; !maps.Equal(w.config, want) {
		t.Errorf("Kafka has %v, want %v", w.config, want)
	}
	n := len(w.log)
	if err := o.ApplyDynamic(bounded(t), s.Config, s); err != nil || len(w.log) != n {
		t.Errorf("a second time did %v (%v)", w.log[n:], err)
	}
	before := s.Config
	s.Config = map[string]string{"num.partitions": "6"}
	if err := o.ApplyDynamic(bounded(t), before, s); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"min.insync.replicas": "2"}; !maps.Equal(w.config, want) {
		t.Errorf("after removal Kafka has %v, want %v", w.config, want)
	}
	if got := s.WrittenBy(w.config); len(got) != 0 {
		t.Errorf("what a cluster has by itself is taken for the user's: %v", got)
	}
	w.refuse = "log.roll.ms"
	s.Config = map[string]string{"log.roll.ms": "x"}
	err := o.ApplyDynamic(bounded(t), nil, s)
	var config *ConfigError
	if !errors.As(err, &config) || config.Attribute() != "config[log.roll.ms]" || !errors.Is(err, kafkaadmin.ErrInvalidConfig) {
		t.Errorf("refused: %v", err)
	}
}

// Marathon leaves out of a group what the credentials may not see, and then says that the group does not exist.
func TestWhatMayNotBeSeenIsNotGone(t *testing.T) {
	s := plainSpec()
	forbidden := &marathon.Error{Kind: marathon.Forbidden, Op: "read app", Target: s.AppID(0)}
	for name, spoil := range map[string]func(*world){
		"no group":     func(w *world) { delete(w.groups, s.Group); w.failApp = forbidden },
		"hidden apps":  func(w *world) { w.apps, w.failApp = map[string]marathon.App{}, forbidden },
		"labels taken": func(w *world) { w.apps = map[string]marathon.App{s.AppID(0): {"id": s.AppID(0)}} },
	} {
		w := newWorld(t, s)
		spoil(w)
		o := w.operator()
		if _, err := o.Observe(bounded(t), s.Group); err == nil || errors.Is(err, ErrNoCluster) {
			t.Errorf("%s: observed as gone (%v)", name, err)
		}
		if err := o.Destroy(bounded(t), s.Group, testID); err == nil {
			t.Errorf("%s: destroyed although nothing was", name)
		}
		if err := o.Vacant(bounded(t), s.Group); err == nil {
			t.Errorf("%s: vacant", name)
		}
	}
}

func TestDestroy(t *testing.T) {
	s := plainSpec()
	w := newWorld(t, s)
	if err := w.operator().Destroy(bounded(t), s.Group, NewClusterID()); err != nil || len(w.log) > 0 {
		t.Errorf("another cluster's brokers: %v, did %v", err, w.log)
	}
	w.apps["/kafka/main/ui"] = marathon.App{"id": "/kafka/main/ui", "instances": 1}
	if err := w.operator().Destroy(bounded(t), s.Group, testID); err != nil {
		t.Fatal(err)
	}
	if len(w.apps) != 1 || w.apps["/kafka/main/ui"] == nil || !w.groups[s.Group] {
		t.Errorf("left %v, group there: %t", w.apps, w.groups[s.Group])
	}
	delete(w.apps, "/kafka/main/ui")
	if err := w.operator().Destroy(bounded(t), s.Group, testID); err != nil || w.groups[s.Group] {
		t.Errorf("an empty group stays (%v)", err)
	}
	if err := w.operator().Destroy(bounded(t), s.Group, testID); err != nil {
		t.Errorf("what is gone already: %v", err)
	}
}

func TestPortClashes(t *testing.T) {
	s := richSpec()
	task := marathon.App{"id": "/other", "tasks": []any{map[string]any{"host": "10.0.0.2", "ports": []any{8080, 9093}}}}
	pinned := marathon.App{"id": "/idle", "requirePorts": true, "constraints": []any{[]any{"hostname", "CLUSTER", "10.0.0.4"}}, "portDefinitions": []any{map[string]any{"port": 9092}, map[string]any{"port": 9093}}}
	own := marathon.App{"id": s.AppID(1), "tasks": []any{map[string]any{"host": "10.0.0.2", "ports": []any{9092, 9093}}}}
	got := PortClashes(s, []marathon.App{asRead(t, task), asRead(t, pinned), asRead(t, own)})
	want := []Clash{{1, "10.0.0.2", 9093, "/other"}, {3, "10.0.0.4", 9092, "/idle"}}
	if !slices.Equal(got, want) {
		t.Errorf("clashes %v, want %v", got, want)
	}
}

func TestPlannedPortClashes(t *testing.T) {
	a := Spec{Name: "a", Group: "/kafka/a", Brokers: 4, ClientPort: 9092, ControllerPort: 9093, Placement: Placement{Hosts: []string{"h0", "h1", "h2", "h3"}}}
	b := Spec{Name: "b", Group: "/kafka/b", Brokers: 1, ClientPort: 9093, ControllerPort: 9094}
	for host, want := range map[string][]Clash{
		"h1": {{Broker: 1, Host: "h1", Port: 9093, AppID: "/kafka/b/broker-0"}},
		"h3": nil, // broker 3 is no controller
		"h4": nil,
	} {
		b.Placement.Hosts = []string{host}
		if got := PlannedPortClashes(a, b); !slices.Equal(got, want) {
			t.Errorf("%s: clashes %v, want %v", host, got, want)
		}
	}
}

func TestOneVIP(t *testing.T) {
	s := plainSpec()
	s.Group = "/kafka-main"
	labels := map[string]any{"labels": map[string]any{"VIP_1": s.vipLabel()}}
	mapped := marathon.App{"id": "/mapped", "container": map[string]any{"portMappings": []any{labels}}}
	elsewhere := marathon.App{"id": "/elsewhere", "portDefinitions": []any{map[string]any{"labels": map[string]any{"VIP_0": "/kafka-main:1", "OTHER": s.vipLabel()}}}}
	own, err := s.App(0)
	if err != nil {
		t.Fatal(err)
	}
	twin := s
	twin.Group = "/kafka/main"
	theirs, err := twin.App(1)
	if err != nil {
		t.Fatal(err)
	}
	apps := []marathon.App{asRead(t, mapped), asRead(t, elsewhere), asRead(t, own), asRead(t, theirs)}
	if got, want := VIPTakers(s, apps), []string{"/mapped", "/kafka/main/broker-1"}; !slices.Equal(got, want) {
		t.Errorf("VIP of %v, want %v", got, want)
	}
	if !ShareVIP(s, twin) {
		t.Error("two paths of one name do not share a VIP")
	}
	twin.ClientPort++
	if ShareVIP(s, twin) {
		t.Error("two ports share a VIP")
	}
	s.ServiceDiscovery = DiscoveryMesosDNS
	if got := VIPTakers(s, apps); len(got) > 0 {
		t.Errorf("a cluster without a VIP shares it with %v", got)
	}
}
