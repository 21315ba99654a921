package kafka

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// clusterState is what the hub itself keeps of a cluster, in state.json; records, groups and transactions are kfake's.
type clusterState struct {
	ID string `json:"id"`
	// Generation names the content. It changes when the log directories that made up the cluster are gone.
	Generation string                  `json:"generation"`
	Voters     []voter                 `json:"voters"`
	Brokers    map[int32]*registration `json:"brokers"`
	Topics     map[string]*topicState  `json:"topics"`
	// Configs are the dynamic broker configs: "" is the cluster-wide default, else the broker's id.
	Configs map[string]map[string]string `json:"configs"`
	ACLs    []aclBinding                 `json:"acls"`
	// LogDirs are all directories that ever took part, to find out when the cluster is gone for good.
	LogDirs []string `json:"log_dirs"`
}

// registration is a broker as the controller knows it.
type registration struct {
	ID          int32             `json:"id"`
	Incarnation string            `json:"incarnation"`
	Host        string            `json:"host"`
	Port        int               `json:"port"`
	Rack        string            `json:"rack,omitempty"`
	Fenced      bool              `json:"fenced"`
	Props       map[string]string `json:"props"`
	LogDir      string            `json:"log_dir"`

	lastContact time.Time
	unfencedAt  time.Time
	caughtUp    bool
}

type topicState struct {
	ID         [16]byte          `json:"id"`
	Partitions []*partitionState `json:"partitions"`
}

// partitionState is where a partition's replicas are. ELR are the replicas outside the ISR that hold every committed
// record still (KIP-966); only they and the ISR may lead.
type partitionState struct {
	Replicas []int32 `json:"replicas"`
	ISR      []int32 `json:"isr"`
	ELR      []int32 `json:"elr,omitempty"`
	Leader   int32   `json:"leader"`
	Epoch    int32   `json:"epoch"`
}

const noLeader = -1

func newState(id string) *clusterState {
	return &clusterState{ID: id, Brokers: map[int32]*registration{}, Topics: map[string]*topicState{}, Configs: map[string]map[string]string{}}
}

func loadState(dir, id string) (*clusterState, error) {
	s := newState(id)
	text, err := os.ReadFile(filepath.Join(dir, "state.json")) //nolint:gosec // the hub's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, "state.json"), err)
	}
	return s, nil
}

func (s *clusterState) save(dir string) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "state.json"), text)
}

// without is set less id, a new slice.
func without(set []int32, id int32) []int32 {
	return slices.DeleteFunc(slices.Clone(set), func(x int32) bool { return x == id })
}

// with is set and id, in the order of replicas.
func with(set []int32, id int32, replicas []int32) []int32 {
	var out []int32
	for _, r := range replicas {
		if r == id || slices.Contains(set, r) {
			out = append(out, r)
		}
	}
	return out
}
