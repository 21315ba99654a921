package session

import (
	"errors"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// notes is what resources of one plan tell each other through the session.
type notes struct {
	mu      sync.Mutex
	brokers map[string]int             // planned number of brokers by cluster id
	plans   map[[2]string]brokers.Spec // planned clusters by id and name
	silent  map[string]time.Time       // clusters that did not answer, and when
	leaving map[string]bool            // clusters that the plan replaces by others
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

// PlanCluster notes the plan of a cluster in place of an earlier one of the same id and name, as Terraform plans a resource
// more than once, and answers what was noted of others. What is not known yet is zero in it.
func (s *Session) PlanCluster(spec brokers.Spec) (others []brokers.Spec) {
	s.notes.mu.Lock()
	defer s.notes.mu.Unlock()
	if s.notes.plans == nil {
		s.notes.plans = map[[2]string]brokers.Spec{}
	}
	own := [2]string{spec.Group, spec.Name}
	s.notes.plans[own] = spec
	for key, other := range s.notes.plans {
		if key != own {
			others = append(others, other)
		}
	}
	slices.SortFunc(others, func(a, b brokers.Spec) int { return strings.Compare(a.Group, b.Group) })
	return others
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
