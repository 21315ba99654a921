package brokers

import (
	"fmt"
	"slices"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// fetchTimeout is controller.quorum.fetch.timeout.ms: a voter further behind than this does not count as caught up.
const fetchTimeout = 2 * time.Second

// View is one look at a cluster.
type View struct {
	// Quorum is nil where the brokers do not offer DescribeQuorum.
	Quorum     *kafkaadmin.Quorum
	Brokers    []kafkaadmin.Broker
	Partitions []kafkaadmin.Partition
	MinISR     map[string]int // by topic
}

// Gate says whether a broker may be taken down: blockers are why not, warnings what it will cost.
func (v View) Gate(broker int) (blockers, warnings []string) {
	b, w := v.quorumGate(int32(broker))
	blockers, warnings = append(blockers, b...), append(warnings, w...)
	b, w = v.partitionGate(int32(broker))
	return append(blockers, b...), append(warnings, w...)
}

// quorumGate demands a leader and, of a voter, that a majority of caught-up voters is left without it. A lost quorum is
// seen by DescribeQuorum alone: everything else still looks healthy then.
func (v View) quorumGate(broker int32) (blockers, warnings []string) {
	if v.Quorum == nil {
		return nil, nil
	}
	if v.Quorum.LeaderID < 0 {
		return []string{"the controller quorum has no leader"}, nil
	}
	if !slices.ContainsFunc(v.Quorum.Voters, func(r kafkaadmin.QuorumReplica) bool { return r.ID == broker }) {
		return nil, nil
	}
	n := len(v.Quorum.Voters)
	if n == 1 {
		return nil, []string{"the cluster has a single controller: nothing can be changed in it while that broker restarts"}
	}
	left := 0
	for _, voter := range v.Quorum.Voters {
		if voter.ID != broker && v.caughtUp(voter) {
			left++
		}
	}
	need := (n + 2) / 2
	if n == 2 {
		need = 1
		warnings = append(warnings, "the cluster has two controllers: nothing can be changed in it while one of them restarts")
	}
	if left < need {
		blockers = append(blockers, fmt.Sprintf("of the other %d controllers %d have caught up with the leader, %d are needed", n-1, left, need))
	}
	return blockers, warnings
}

func (v View) caughtUp(voter kafkaadmin.QuorumReplica) bool {
	if voter.ID == v.Quorum.LeaderID {
		return true
	}
	var latest time.Time
	for _, other := range v.Quorum.Voters {
		if other.LastCaughtUp.After(latest) {
			latest = other.LastCaughtUp
		}
	}
	return !voter.LastCaughtUp.IsZero() && latest.Sub(voter.LastCaughtUp) <= fetchTimeout
}

// silent are the brokers that do not follow the quorum's leader any more. A broker that died stands in every ISR until its
// session ends, after 9 s, but stops fetching metadata at once. One that came back on an empty disk is listed twice.
func (v View) silent() map[int32]bool {
	silent := map[int32]bool{}
	if v.Quorum == nil {
		return silent
	}
	all := slices.Concat(v.Quorum.Voters, v.Quorum.Observers)
	for _, r := range all {
		silent[r.ID] = silent[r.ID] || !r.LastCaughtUp.IsZero() // zero: a leader that was just elected knows nothing yet
	}
	for _, r := range all {
		if v.caughtUp(r) {
			silent[r.ID] = false
		}
	}
	return silent
}

// partitionGate demands of every partition on the broker that its in-sync replicas stay at or above min.insync.replicas
// without it. Partitions that have no replica to spare at any time cannot be waited for; they are warned of. The last
// in-sync replica of several is never taken down.
func (v View) partitionGate(broker int32) (blockers, warnings []string) {
	var single, unavailable []string
	silent := v.silent()
	for _, p := range v.Partitions {
		if !slices.Contains(p.Replicas, broker) {
			continue
		}
		name := fmt.Sprintf("%s-%d", p.Topic, p.Partition)
		need := max(v.MinISR[p.Topic], 1)
		isr := slices.DeleteFunc(slices.Clone(p.ISR), func(id int32) bool { return silent[id] })
		switch inSync := len(isr); {
		case len(p.Replicas) == 1:
			single = append(single, name)
		case inSync == 1 && isr[0] == broker: // whatever is asked for: the others lack records, and a broker may come back empty
			blockers = append(blockers, fmt.Sprintf("broker %d is the only in-sync replica of partition %s, of %v", broker, name, p.Replicas))
		case len(p.Replicas) <= need:
			unavailable = append(unavailable, name)
		case inSync < need:
			blockers = append(blockers, fmt.Sprintf("partition %s has %d in-sync replicas %v of %v, below its min.insync.replicas of %d", name, inSync, isr, p.Replicas, need))
		case inSync == need && slices.Contains(isr, broker):
			blockers = append(blockers, fmt.Sprintf("partition %s has %d in-sync replicas %v of %v: without broker %d fewer than its min.insync.replicas of %d would be left", name, inSync, isr, p.Replicas, broker, need))
		}
	}
	if len(single) > 0 {
		warnings = append(warnings, fmt.Sprintf("broker %d is the only replica of these partitions, which cannot be read or written while it restarts and are empty afterwards if the cluster has no storage: %s", broker, shortList(single)))
	}
	if len(unavailable) > 0 {
		warnings = append(warnings, fmt.Sprintf("not writable while broker %d restarts, as they have no more replicas than min.insync.replicas: %s", broker, shortList(unavailable)))
	}
	return blockers, warnings
}

// NotInSync lists the partitions that have the broker as a replica outside their ISR.
func NotInSync(partitions []kafkaadmin.Partition, broker int) []string {
	var out []string
	for _, p := range partitions {
		if slices.Contains(p.Replicas, int32(broker)) && !slices.Contains(p.ISR, int32(broker)) {
			out = append(out, fmt.Sprintf("%s-%d", p.Topic, p.Partition))
		}
	}
	return out
}

// shortList names the first few of many.
func shortList(names []string) string {
	const most = 5
	if len(names) <= most {
		return commas(names)
	}
	return fmt.Sprintf("%s and %d more", commas(names[:most]), len(names)-most)
}

// Next picks the broker to take down next: of those that remain first one that serves nobody now (so that a failure takes
// no second one), then controllers, then plain brokers, the active controller last of all.
func Next(remaining []int, ready map[int]bool, leader int, isController func(int) bool) int {
	rank := func(id int) int {
		switch {
		case !ready[id]:
			return 0
		case id == leader:
			return 3
		case isController(id):
			return 1
		}
		return 2
	}
	return slices.MinFunc(remaining, func(a, b int) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return a - b
	})
}
