package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
)

func TestWhatIsNotConfiguredIsNamed(t *testing.T) {
	s := session.New(session.Settings{})
	t.Cleanup(s.Close)
	_, err := s.Marathon()
	var missing *session.NotConfiguredError
	if !errors.As(err, &missing) || missing.Variable != "MARATHON_URL" {
		t.Errorf("Marathon: %v", err)
	}
	_, err = s.Kafka(t.Context(), "")
	if !errors.As(err, &missing) || missing.Variable != "KAFKA_BOOTSTRAP_SERVERS" {
		t.Errorf("Kafka: %v", err)
	}
	_, err = s.Kafka(t.Context(), "/kafka/main")
	if !errors.As(err, &missing) || missing.Variable != "MARATHON_URL" {
		t.Errorf("a cluster without Marathon: %v", err)
	}
}

func TestUnknownValuesAreToldFromMissingOnes(t *testing.T) {
	s := session.New(session.Settings{MarathonUnknown: true, BootstrapUnknown: true})
	t.Cleanup(s.Close)
	var unknown *session.UnknownError
	if _, err := s.Marathon(); !errors.As(err, &unknown) {
		t.Errorf("Marathon: %v", err)
	}
	if _, err := s.Kafka(t.Context(), ""); !errors.As(err, &unknown) {
		t.Errorf("Kafka: %v", err)
	}
}

// Only Marathon's own answer makes a cluster missing; a failing Marathon must not.
func TestOnlyAnAnswerMakesAClusterMissing(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		body    string
		missing bool
	}{
		"no such group":        {http.StatusNotFound, `{"message":"Group '/kafka/main' does not exist"}`, true},
		"a group without apps": {http.StatusOK, `{"id":"/kafka/main","apps":[],"groups":[],"pods":[],"dependencies":[],"version":"2021-05-01T10:00:00.100Z"}`, true},
		"credentials refused":  {http.StatusUnauthorized, `{"message":"Invalid username or password."}`, false},
		"a page of HTML":       {http.StatusForbidden, `<html>no</html>`, false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if r.URL.Path == "/v2/info" { // a 404 counts only when it comes from a Marathon
					_, _ = w.Write([]byte(`{"name":"marathon","version":"1.11.24"}`))
					return
				}
				if strings.HasPrefix(r.URL.Path, "/v2/apps/") && tc.missing {
					w.WriteHeader(http.StatusNotFound)
					_, _ = w.Write([]byte(`{"message":"App '/kafka/main/broker-0' does not exist"}`))
					return
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			}))
			t.Cleanup(server.Close)
			s := session.New(session.Settings{MarathonConfigured: true, Marathon: marathon.Config{URLs: []string{server.URL}}})
			t.Cleanup(s.Close)
			_, err := s.Kafka(t.Context(), "/kafka/main")
			if err == nil {
				t.Fatal("no error")
			}
			var missing *session.ClusterNotFoundError
			if got := errors.As(err, &missing); got != tc.missing {
				t.Errorf("missing = %v: %v", got, err)
			}
		})
	}
}

// Another cluster at the brokers' addresses is found out before anything is made there.
func TestForeignClusterIsRefused(t *testing.T) {
	foreign, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ClusterID("AAAAAAAAAAAAAAAAAAAAAA"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(foreign.Close)
	host, port, err := net.SplitHostPort(foreign.ListenAddrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	spec := brokers.Spec{
		Name: "main", Group: "/kafka/main", ClusterID: "BBBBBBBBBBBBBBBBBBBBBB", KafkaVersion: "4.3.1", Image: "apache/kafka:4.3.1", Runtime: "docker",
		Brokers: 1, CPUs: 1, MemoryMiB: 1024, HeapMiB: 512, ClientPort: 9092, ControllerPort: 9093, ServiceDiscovery: "vip",
	}
	app, err := spec.App(0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	app["tasks"] = []any{map[string]any{
		"id": "kafka_main_broker-0.instance-1._app.1", "appId": app.ID(), "host": host, "ports": []int{n, n + 1}, "state": "TASK_RUNNING",
	}}
	app["version"] = "2021-05-01T10:00:00.100Z"
	group, err := json.Marshal(map[string]any{"id": "/kafka/main", "apps": []any{app}, "groups": []any{}, "pods": []any{}, "version": "2021-05-01T10:00:00.100Z"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/v2/info" {
			_, _ = w.Write([]byte(`{"name":"marathon","version":"1.11.24"}`))
			return
		}
		_, _ = w.Write(group)
	}))
	t.Cleanup(server.Close)
	s := session.New(session.Settings{MarathonConfigured: true, Marathon: marathon.Config{URLs: []string{server.URL}}})
	t.Cleanup(s.Close)
	_, err = s.Kafka(t.Context(), "/kafka/main")
	var wrong *session.WrongClusterError
	if !errors.As(err, &wrong) || wrong.Got != "AAAAAAAAAAAAAAAAAAAAAA" || wrong.Want != spec.ClusterID {
		t.Errorf("a foreign cluster: %v", err)
	}
}

func TestForgettingAClientLeavesWhatIsUnderWay(t *testing.T) {
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	s := session.New(session.Settings{BootstrapServers: kafka.ListenAddrs()})
	t.Cleanup(s.Close)
	old, err := s.Kafka(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Forget("") // another resource did not reach a broker
	if err := old.CreateTopic(t.Context(), kafkaadmin.NewTopic{Name: "t", Partitions: 1, ReplicationFactor: 1}, false); err != nil {
		t.Errorf("a create under way is cut off: %v", err)
	}
	renewed, err := s.Kafka(t.Context(), "")
	if err != nil || renewed == old {
		t.Errorf("the next user gets the old client (%v)", err)
	}
	s.Close()
	for _, c := range []*kafkaadmin.Client{old, renewed} {
		if _, err := c.Brokers(t.Context()); err == nil {
			t.Error("a client outlives its session")
		}
	}
}

func TestWaitingForAnothersSearchEndsWithTheOwnContext(t *testing.T) {
	hang := make(chan struct{})
	asked := make(chan struct{}, 8)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-hang
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	s := session.New(session.Settings{MarathonConfigured: true, Marathon: marathon.Config{URLs: []string{server.URL}}})
	t.Cleanup(s.Close)
	patient, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	go func() { _, _ = s.Kafka(patient, "/kafka/main") }()
	<-asked
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Kafka(ctx, "/kafka/main")
		ended <- err
	}()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("a plan's short look waits for as long as an apply does")
	}
}

// A cluster is planned more than once in a process and is no other to itself; its last plan counts.
func TestPlansOfOtherClusters(t *testing.T) {
	s := session.New(session.Settings{})
	t.Cleanup(s.Close)
	a, b := brokers.Spec{Group: "/kafka/a", Name: "a", ClientPort: 1}, brokers.Spec{Group: "/kafka/b", Name: "b"}
	if others := s.PlanCluster(a); len(others) != 0 {
		t.Errorf("the first plan has others: %v", others)
	}
	a.ClientPort = 2
	if others := s.PlanCluster(a); len(others) != 0 {
		t.Errorf("a cluster is another to itself: %v", others)
	}
	if others := s.PlanCluster(b); len(others) != 1 || others[0].Group != a.Group || others[0].ClientPort != 2 {
		t.Errorf("others of b: %v", others)
	}
}
