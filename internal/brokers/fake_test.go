package brokers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// world is a Marathon and the Kafka on it, as an Operator sees them: an app that is written stops its broker, and the wait
// for it starts it again. It keeps a log, and fails the test when two brokers are down that were up.
type world struct {
	t      *testing.T
	mu     sync.Mutex
	apps   map[string]marathon.App
	groups map[string]bool
	log    []string

	leader int32
	voters int
	lag    map[int32]int // looks until a broker is in sync again after its start
	down   map[int32]bool
	sick   map[int32]bool // serves, but Marathon does not see it as healthy
	dead   map[int32]bool // does not start
	topics []kafkaadmin.Partition
	minISR int
	config map[string]string // cluster-wide dynamic
	refuse string            // a key that Kafka refuses

	failStart map[int32]error
	failWrite map[string]error
	failApp   error    // of reading an app
	onLock    func()   // once, an app is locked when it is to be replaced, and this happens meanwhile
	stopped   []string // deployments
	quorumErr error
	onWait    func(id int32)
}

func newWorld(t *testing.T, s Spec, topics ...kafkaadmin.Partition) *world {
	w := &world{
		t: t, apps: map[string]marathon.App{}, groups: map[string]bool{s.Group: true}, voters: s.Controllers(), lag: map[int32]int{}, down: map[int32]bool{}, sick: map[int32]bool{}, dead: map[int32]bool{},
		topics: topics, minISR: 2, config: map[string]string{}, failStart: map[int32]error{}, failWrite: map[string]error{},
	}
	for _, app := range appsOf(t, s) {
		w.apps[app.ID()] = app
	}
	return w
}

func (w *world) operator() Operator {
	return Operator{
		Marathon: w, Waiter: w, Poll: time.Millisecond,
		Kafka: func(context.Context) (Kafka, error) { return w, nil },
		Warn:  func(s string) { w.note("warn: %s", s) },
	}
}

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) idOf(appID string) int32 {
	var id int32
	_, _ = fmt.Sscanf(appID[strings.LastIndex(appID, "-")+1:], "%d", &id)
	return id
}

func (w *world) Group(_ context.Context, id string) (marathon.Group, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.groups[id] {
		return marathon.Group{}, &marathon.Error{Kind: marathon.NotFound, Op: "read group", Target: id}
	}
	g := marathon.Group{ID: id}
	for _, app := range w.apps {
		read := app.Clone()
		if n, _ := read.Int("instances"); n > 0 && !w.down[w.idOf(app.ID())] {
			read["tasks"] = []any{map[string]any{"id": "t", "host": "h", "state": "TASK_RUNNING", "ports": []any{9092}, "healthCheckResults": []any{map[string]any{"alive": !w.sick[w.idOf(app.ID())]}}}}
		}
		g.Apps = append(g.Apps, asRead(w.t, read))
	}
	return g, nil
}

func (w *world) App(_ context.Context, id string) (marathon.App, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch app := w.apps[id]; {
	case w.failApp != nil:
		return nil, w.failApp
	case app == nil:
		return nil, &marathon.Error{Kind: marathon.NotFound, Op: "read app", Target: id}
	default:
		return app.Clone(), nil
	}
}

func (w *world) CreateApp(_ context.Context, app marathon.App) (marathon.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.failWrite[app.ID()]; err != nil {
		return marathon.Change{}, err
	}
	if w.apps[app.ID()] != nil {
		return marathon.Change{}, &marathon.Error{Kind: marathon.Exists, Op: "create app", Target: app.ID()}
	}
	w.apps[app.ID()], w.groups["/kafka/main"] = asRead(w.t, app), true
	w.down[w.idOf(app.ID())] = true
	w.note("create %d", w.idOf(app.ID()))
	return marathon.Change{DeploymentID: "d" + app.ID(), Version: "v"}, nil
}

func (w *world) ReplaceApp(_ context.Context, id string, overlay func(marathon.App) (marathon.App, error)) (marathon.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.failWrite[id]; err != nil {
		return marathon.Change{}, err
	}
	current := w.apps[id].Clone()
	locked := w.onLock
	w.onLock = nil
	w.mu.Unlock() // overlay may look at Kafka
	wanted, err := overlay(current.Clone())
	if err == nil && locked != nil {
		locked()
		wanted, err = overlay(current.Clone())
	}
	w.mu.Lock()
	if err != nil {
		return marathon.Change{}, err
	}
	broker := w.idOf(id)
	for other, isDown := range w.down {
		if isDown && other != broker && !w.down[broker] {
			w.t.Errorf("broker %d is taken down while broker %d is down", broker, other)
		}
	}
	w.apps[id] = asRead(w.t, wanted)
	w.down[broker] = true
	w.note("replace %d", broker)
	return marathon.Change{DeploymentID: "d" + id, Version: "v"}, nil
}

func (w *world) DeleteApp(_ context.Context, id string) (marathon.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.apps, id)
	w.note("delete %s", id)
	return marathon.Change{DeploymentID: "d" + id}, nil
}

func (w *world) DeleteGroup(_ context.Context, id string) (marathon.Change, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.groups, id)
	w.note("delete group %s", id)
	return marathon.Change{}, nil
}

func (w *world) Deployments(context.Context) ([]marathon.Deployment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []marathon.Deployment
	for id := range w.apps {
		if w.down[w.idOf(id)] {
			out = append(out, marathon.Deployment{ID: "d" + id, AffectedApps: []string{id}})
		}
	}
	return out, nil
}

func (w *world) StopDeployment(_ context.Context, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = append(w.stopped, id)
	return nil
}

func (w *world) Wait(ctx context.Context, target rollout.Target) error {
	id := w.idOf(target.AppID)
	if w.onWait != nil {
		w.onWait(id)
	}
	w.mu.Lock()
	err := w.failStart[id]
	if err == nil && !w.dead[id] {
		w.down[id] = false
		w.note("up %d", id)
		if w.leader == id && w.voters > 1 {
			w.leader = (id + 1) % int32(w.voters)
		}
	}
	dead := w.dead[id]
	w.mu.Unlock()
	if dead {
		<-ctx.Done()
		return ctx.Err()
	}
	return err
}

func (w *world) WaitGone(context.Context, string, string) error { return nil }

func (w *world) Brokers(context.Context) ([]kafkaadmin.Broker, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []kafkaadmin.Broker
	for id := range w.apps {
		out = append(out, kafkaadmin.Broker{ID: w.idOf(id), Fenced: w.down[w.idOf(id)]})
	}
	return out, nil
}

func (w *world) Quorum(context.Context) (kafkaadmin.Quorum, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.quorumErr != nil {
		return kafkaadmin.Quorum{}, w.quorumErr
	}
	return *quorum(int(w.leader), w.voters), nil
}

// Partitions is what brokers that were not restarted say: they believe in a dead one's ISR membership for a while.
func (w *world) Partitions(context.Context) ([]kafkaadmin.Partition, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.topics), nil
}

func (w *world) PartitionsFrom(_ context.Context, broker int32) ([]kafkaadmin.Partition, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down[broker] {
		return nil, &kafkaadmin.Error{Op: "read", Name: "down", Err: kafkaadmin.ErrUnreachable}
	}
	out := slices.Clone(w.topics)
	if w.lag[broker] > 0 {
		w.lag[broker]--
		for i, p := range out {
			out[i].ISR = slices.DeleteFunc(slices.Clone(p.ISR), func(id int32) bool { return id == broker })
		}
		return out, nil
	}
	w.note("in sync %d", broker)
	return out, nil
}

func (w *world) MinISR(_ context.Context, topics []string) (map[string]int, error) {
	out := map[string]int{}
	for _, topic := range topics {
		out[topic] = w.minISR
	}
	return out, nil
}

func (w *world) BrokerConfig(context.Context, int32) (map[string]kafkaadmin.ConfigEntry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]kafkaadmin.ConfigEntry{"num.partitions": {Value: "1", Source: kafkaadmin.SourceStaticBroker}, "log.roll.ms": {Value: "9", Source: kafkaadmin.SourceDefault}}
	for k, v := range w.config {
		out[k] = kafkaadmin.ConfigEntry{Value: v, Source: kafkaadmin.SourceDynamicDefaultBroker}
	}
	return out, nil
}

func (w *world) AlterBrokerConfig(_ context.Context, broker int32, set map[string]string, unset []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if broker != clusterWide {
		return errors.New("not the cluster-wide entity")
	}
	for k, v := range set {
		if k == w.refuse {
			return &kafkaadmin.Error{Op: "alter", Name: "INVALID_CONFIG", Err: kafkaadmin.ErrInvalidConfig}
		}
		w.config[k] = v
		w.note("set %s=%s", k, v)
	}
	for _, k := range unset {
		delete(w.config, k)
		w.note("unset %s", k)
	}
	return nil
}
