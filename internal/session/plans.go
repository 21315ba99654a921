package session

import (
	"errors"
	"path"
	"sync"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// notes is what resources of one plan tell each other through the session.
type notes struct {
	mu      sync.Mutex
	brokers map[string]int       // planned number of brokers by cluster id
	silent  map[string]time.Time // clusters that did not answer, and when
	leaving map[string]bool      // clusters that the plan replaces by others
}

// PlanBrokers notes how many brokers a cluster of this configuration will have. Clusters are planned before what names
// them, so topics can be held against the number before the cluster exists.
func (s *Session) PlanBrokers(cluster string, n int) {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if s.notes.brokers == nil {
		s.notes.brokers = map[string]int{}
	}
	s.notes.brokers[cluster] = n
}

// PlannedBrokers answers what PlanBrokers noted.
func (s *Session) PlannedBrokers(cluster string) (n int, ok bool) {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	n, ok = s.notes.brokers[cluster]
	return n, ok
}

// PlanLeaves notes that the plan replaces a cluster by one of another id: its ports will be free by then.
func (s *Session) PlanLeaves(cluster string) {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if s.notes.leaving == nil {
		s.notes.leaving = map[string]bool{}
	}
	s.notes.leaving[cluster] = true
}

// Leaving answers what PlanLeaves noted of the cluster with an app of this id.
func (s *Session) Leaving(appID string) bool {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	return s.notes.leaving[path.Dir(appID)]
}

// lookAgain is how long a plan does without a cluster that did not answer.
const lookAgain = 30 * time.Second

// NoteSilent remembers that a cluster could not be reached, so that a plan with many topics does not wait for each of them.
func (s *Session) NoteSilent(cluster string) {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if s.notes.silent == nil {
		s.notes.silent = map[string]time.Time{}
	}
	s.notes.silent[cluster] = time.Now()
}

// Silent says whether the cluster did not answer a moment ago.
func (s *Session) Silent(cluster string) bool {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	at, ok := s.notes.silent[cluster]
	return ok && time.Since(at) < lookAgain
}

// Renew makes the next user look for the cluster's brokers again if err says that they were not reached: they may have
// moved while this process was running. It reports whether that makes sense.
func (s *Session) Renew(cluster string, err error) bool {
	if cluster == "" || !errors.Is(err, kafkaadmin.ErrUnreachable) {
		return false
	}
	s.Forget(cluster)
	return true
}

// IsDown says that Marathon answered, and has no running broker of the cluster. That is a fact about the cluster, not
// about what is in it.
func IsDown(err error) bool {
	var gone *ClusterNotFoundError
	var idle *NoBrokersError
	return errors.As(err, &gone) || errors.As(err, &idle)
}
