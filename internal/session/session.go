// Package session holds what one provider process shares: the settings of the provider block and the clients made from
// them, lazily and once. It finds a cluster's brokers through Marathon at the moment they are needed, so that a cluster
// and its contents can be made in one apply.
package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/mesos"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
)

// Settings are the provider block and its environment, already resolved.
type Settings struct {
	// Marathon is used only where MarathonConfigured is set.
	Marathon           marathon.Config
	MarathonConfigured bool
	// MarathonUnknown says that the block holds a value that is not known before apply.
	MarathonUnknown bool
	// BootstrapServers is for Kafka clusters that are not managed here; host:port each.
	BootstrapServers []string
	// BootstrapUnknown says that the list is not known before apply.
	BootstrapUnknown bool
	// ClientID names this provider to brokers.
	ClientID string
	// Rollout options, e.g. a shorter settle time in tests.
	Rollout []rollout.Option
}

// Session is safe for concurrent use.
type Session struct {
	settings Settings

	marathonOnce   sync.Once
	marathonClient *marathon.Client
	marathonErr    error

	logsMu sync.Mutex
	logs   rollout.Logs

	mu      sync.Mutex
	kafka   map[string]*kafkaadmin.Client
	forgot  map[string]int // how often, so that a search that began before does not count
	retired map[*kafkaadmin.Client]*time.Timer
	closed  bool
	opening singleflight.Group

	notes notes
}

const (
	// openWithin bounds the search for a cluster's brokers, which serves all who ask meanwhile and so has no caller's deadline.
	openWithin = 2 * time.Minute
	// retireAfter is how long a client that was forgotten still serves what is under way: a write that is cut off in the
	// middle leaves an object that no state knows.
	retireAfter = 2 * time.Minute
)

// New makes a session; nothing is contacted.
func New(settings Settings) *Session {
	return &Session{
		settings: settings, kafka: map[string]*kafkaadmin.Client{}, forgot: map[string]int{}, retired: map[*kafkaadmin.Client]*time.Timer{},
	}
}

// Marathon answers the shared client, or *NotConfiguredError or *UnknownError.
func (s *Session) Marathon() (*marathon.Client, error) {
	switch {
	case s.settings.MarathonUnknown:
		return nil, &UnknownError{Argument: "marathon"}
	case !s.settings.MarathonConfigured:
		return nil, &NotConfiguredError{What: "Marathon", Argument: "marathon = { url = … }", Variable: "MARATHON_URL"}
	}
	s.marathonOnce.Do(func() {
		s.marathonClient, s.marathonErr = marathon.New(s.settings.Marathon)
	})
	return s.marathonClient, s.marathonErr
}

// Waiter follows deployments. Where Marathon names its Mesos master, failures carry the task's own last lines.
func (s *Session) Waiter(ctx context.Context, opts ...rollout.Option) (*rollout.Waiter, error) {
	m, err := s.Marathon()
	if err != nil {
		return nil, err
	}
	all := append(append([]rollout.Option{}, s.settings.Rollout...), opts...)
	return rollout.New(m, s.taskLogs(ctx, m), all...), nil
}

// taskLogs answers nil when the master is not known or Marathon does not say: logs are a help, never a condition.
func (s *Session) taskLogs(ctx context.Context, m *marathon.Client) rollout.Logs {
	s.logsMu.Lock()
	defer s.logsMu.Unlock()
	if s.logs != nil {
		return s.logs
	}
	info, err := m.Info(ctx)
	if err != nil || info.MesosLeaderUI == "" {
		return nil
	}
	client := &http.Client{Transport: newMesosTransport(s.settings.Marathon), Timeout: 10 * time.Second}
	s.logs = mesos.New(info.MesosLeaderUI, client)
	return s.logs
}

// Cluster reads the cluster's brokers from Marathon. A group without broker apps is a *ClusterNotFoundError.
func (s *Session) Cluster(ctx context.Context, id string) (brokers.Observed, error) {
	m, err := s.Marathon()
	if err != nil {
		return brokers.Observed{}, err
	}
	observed, err := brokers.Operator{Marathon: m}.Observe(ctx, id)
	if errors.Is(err, brokers.ErrNoCluster) {
		return brokers.Observed{}, &ClusterNotFoundError{ID: id, Err: err}
	}
	if err != nil {
		return brokers.Observed{}, fmt.Errorf("reading the broker apps of Kafka cluster %q: %w", id, err)
	}
	return observed, nil
}

// Kafka answers the shared client for a cluster that Marathon runs, or, with cluster "", for the provider's
// bootstrap_servers. Callers never close it.
func (s *Session) Kafka(ctx context.Context, cluster string) (*kafkaadmin.Client, error) {
	s.mu.Lock()
	client := s.kafka[cluster]
	s.mu.Unlock()
	if client != nil {
		return client, nil
	}
	found := s.opening.DoChan(cluster, func() (any, error) { return s.open(ctx, cluster) })
	select {
	case res := <-found:
		if res.Err != nil {
			return nil, res.Err
		}
		client, _ = res.Val.(*kafkaadmin.Client)
		return client, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("connecting to the brokers of %s: %w", named(cluster), ctx.Err())
	}
}

func named(cluster string) string {
	if cluster == "" {
		return "bootstrap_servers"
	}
	return fmt.Sprintf("Kafka cluster %q", cluster)
}

// open finds the brokers and keeps the client, unless the cluster was forgotten meanwhile.
func (s *Session) open(ctx context.Context, cluster string) (*kafkaadmin.Client, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), openWithin)
	defer cancel()
	s.mu.Lock()
	client, before := s.kafka[cluster], s.forgot[cluster]
	s.mu.Unlock()
	if client != nil {
		return client, nil
	}
	servers, clusterID, err := s.servers(ctx, cluster)
	if err != nil {
		return nil, err
	}
	client, err = kafkaadmin.Open(ctx, kafkaadmin.Config{BootstrapServers: servers, ClientID: s.settings.ClientID})
	if err != nil {
		return nil, err
	}
	if err := sameCluster(ctx, client, cluster, clusterID, servers); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.forgot[cluster] != before {
		s.retire(client)
	} else {
		s.kafka[cluster] = client
	}
	return client, nil
}

// sameCluster makes sure that what answers at the brokers' addresses is the cluster that Marathon was asked to run. A
// foreign broker on a host's port passes every TCP check, and topics would be made there.
func sameCluster(ctx context.Context, client *kafkaadmin.Client, cluster, want string, servers []string) error {
	if want == "" {
		return nil
	}
	got, err := client.ClusterID(ctx)
	if err != nil {
		return err
	}
	if got != want {
		return &WrongClusterError{ID: cluster, Want: want, Got: got, Servers: servers}
	}
	return nil
}

// servers answers where to connect, and the Kafka cluster id that must answer there ("" = any).
func (s *Session) servers(ctx context.Context, cluster string) (servers []string, clusterID string, err error) {
	if cluster == "" {
		switch {
		case s.settings.BootstrapUnknown:
			return nil, "", &UnknownError{Argument: "bootstrap_servers"}
		case len(s.settings.BootstrapServers) == 0:
			return nil, "", &NotConfiguredError{
				What: "Kafka", Argument: "bootstrap_servers = [\"host:9092\"]", Variable: "KAFKA_BOOTSTRAP_SERVERS",
				Instead: "cluster = kafka_cluster.<name>.id on the resource",
			}
		}
		return s.settings.BootstrapServers, "", nil
	}
	observed, err := s.Cluster(ctx, cluster)
	if err != nil {
		return nil, "", err
	}
	addresses := brokers.Addresses(observed)
	if len(addresses) == 0 {
		return nil, "", &NoBrokersError{ID: cluster}
	}
	return addresses, observed.Spec.ClusterID, nil
}

// Forget drops the shared client of a cluster, e.g. after its brokers moved or it was destroyed; the next user
// resolves the brokers again. Whoever uses the old client at the moment may finish.
func (s *Session) Forget(cluster string) {
	s.opening.Forget(cluster)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgot[cluster]++
	if client := s.kafka[cluster]; client != nil {
		delete(s.kafka, cluster)
		s.retire(client)
	}
}

// retire closes a client that nobody new will get. The lock is held.
func (s *Session) retire(client *kafkaadmin.Client) {
	if s.closed {
		_ = client.Close()
		return
	}
	s.retired[client] = time.AfterFunc(retireAfter, func() {
		s.mu.Lock()
		delete(s.retired, client)
		s.mu.Unlock()
		_ = client.Close()
	})
}

// Close ends all shared clients.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for cluster, client := range s.kafka {
		delete(s.kafka, cluster)
		_ = client.Close()
	}
	for client, timer := range s.retired {
		timer.Stop()
		delete(s.retired, client)
		_ = client.Close()
	}
}

// BootstrapServers are the provider's own, as configured; nil when there are none.
func (s *Session) BootstrapServers() []string { return s.settings.BootstrapServers }
