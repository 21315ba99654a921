package brokers

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// quorum makes voters 0..n-1; behind are late by a minute.
func quorum(leader, n int, behind ...int) *kafkaadmin.Quorum {
	q := &kafkaadmin.Quorum{LeaderID: int32(leader)}
	for i := range n {
		r := kafkaadmin.QuorumReplica{ID: int32(i), LastCaughtUp: noon}
		for _, b := range behind {
			if b == i {
				r.LastCaughtUp = noon.Add(-time.Minute)
			}
		}
		q.Voters = append(q.Voters, r)
	}
	return q
}

func partition(topic string, replicas, isr []int32) kafkaadmin.Partition {
	return kafkaadmin.Partition{Topic: topic, Replicas: replicas, ISR: isr}
}

func TestGate(t *testing.T) {
	r3 := []int32{0, 1, 2}
	minISR := map[string]int{"two": 2, "one": 1}
	for name, tc := range map[string]struct {
		view            View
		broker          int
		blocker, warned string // a word of each, empty = none
	}{
		"all in sync":                     {View{quorum(0, 3), nil, []kafkaadmin.Partition{partition("two", r3, r3)}, minISR}, 1, "", ""},
		"no topics":                       {View{Quorum: quorum(0, 3)}, 1, "", ""},
		"no quorum API":                   {View{Partitions: []kafkaadmin.Partition{partition("two", r3, r3)}, MinISR: minISR}, 1, "", ""},
		"no leader":                       {View{Quorum: quorum(-1, 3)}, 1, "no leader", ""},
		"other voter behind":              {View{Quorum: quorum(0, 3, 2)}, 1, "controllers", ""},
		"the one that is behind":          {View{Quorum: quorum(0, 3, 2)}, 2, "", ""},
		"five voters, one behind":         {View{Quorum: quorum(0, 5, 4)}, 1, "", ""},
		"five voters, two behind":         {View{Quorum: quorum(0, 5, 3, 4)}, 1, "controllers", ""},
		"no voter":                        {View{Quorum: quorum(0, 3, 2)}, 7, "", ""},
		"single controller":               {View{Quorum: quorum(0, 1)}, 0, "", "single controller"},
		"two controllers":                 {View{Quorum: quorum(0, 2)}, 0, "", "two controllers"},
		"two controllers, other behind":   {View{Quorum: quorum(0, 2, 1)}, 0, "controllers", "two controllers"},
		"at min ISR, in it":               {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("two", r3, []int32{0, 1})}, MinISR: minISR}, 1, "two-0", ""},
		"at min ISR, out of it":           {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("two", r3, []int32{0, 1})}, MinISR: minISR}, 2, "", ""},
		"below min ISR":                   {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("two", r3, []int32{0})}, MinISR: minISR}, 2, "below", ""},
		"elsewhere":                       {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("two", r3, []int32{0})}, MinISR: minISR}, 3, "", ""},
		"single replica":                  {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("one", []int32{1}, []int32{1})}, MinISR: minISR}, 1, "", "one-0"},
		"replicas equal min ISR":          {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("two", []int32{0, 1}, []int32{0, 1})}, MinISR: minISR}, 1, "", "two-0"},
		"unknown min ISR counts as one":   {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("new", []int32{0, 1}, []int32{1})}, MinISR: minISR}, 1, "new-0", ""},
		"replicas equal min ISR, last":    {View{quorum(0, 3), nil, []kafkaadmin.Partition{partition("two", []int32{0, 1}, []int32{1})}, minISR}, 1, "only in-sync", ""},
		"replicas equal min ISR, out":     {View{quorum(0, 3), nil, []kafkaadmin.Partition{partition("two", []int32{0, 1}, []int32{0})}, minISR}, 1, "", "two-0"},
		"two replicas, min ISR one, full": {View{Quorum: quorum(0, 3), Partitions: []kafkaadmin.Partition{partition("one", []int32{0, 1}, []int32{0, 1})}, MinISR: minISR}, 1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			blockers, warnings := tc.view.Gate(tc.broker)
			for what, got := range map[string][2]string{"blockers": {strings.Join(blockers, "; "), tc.blocker}, "warnings": {strings.Join(warnings, "; "), tc.warned}} {
				if (got[1] == "") != (got[0] == "") || !strings.Contains(got[0], got[1]) {
					t.Errorf("%s: %q, want %q in it", what, got[0], got[1])
				}
			}
		})
	}
}

// For 9 s after its end a broker stands in every ISR; the controllers miss its fetches at once.
func TestGateDoesNotCountADeadBrokerThatIsStillInTheISR(t *testing.T) {
	observed := func(late ...time.Duration) *kafkaadmin.Quorum {
		q := quorum(0, 3)
		for _, l := range late {
			q.Observers = append(q.Observers, kafkaadmin.QuorumReplica{ID: 4, LastCaughtUp: noon.Add(-l)})
		}
		return q
	}
	view := View{Partitions: []kafkaadmin.Partition{partition("two", []int32{0, 3, 4}, []int32{0, 3, 4})}, MinISR: map[string]int{"two": 2}}
	for name, tc := range map[string]struct {
		quorum *kafkaadmin.Quorum
		open   bool
	}{
		"all follow":                     {observed(time.Second), true},
		"one died":                       {observed(5 * time.Second), false},
		"one came back on another disk":  {observed(5*time.Minute, time.Second), true},
		"nothing is said of the brokers": {observed(), true},
		"no quorum API":                  {nil, true},
	} {
		view.Quorum = tc.quorum
		if blockers, _ := view.Gate(3); (len(blockers) == 0) != tc.open {
			t.Errorf("%s: %v", name, blockers)
		}
	}
}

func TestNext(t *testing.T) {
	s := Spec{Brokers: 5}
	all := map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true}
	order := func(ready map[int]bool, leader int) string {
		remaining := []int{0, 1, 2, 3, 4}
		var out []int
		for len(remaining) > 0 {
			id := Next(remaining, ready, leader, s.IsController)
			out = append(out, id)
			var rest []int
			for _, r := range remaining {
				if r != id {
					rest = append(rest, r)
				}
			}
			remaining = rest
		}
		return ids(out)
	}
	for want, got := range map[string]string{
		"0, 2, 3, 4, 1": order(all, 1),
		"0, 1, 2, 3, 4": order(all, -1),
		"3, 1, 2, 4, 0": order(map[int]bool{0: true, 1: true, 2: true, 4: true}, 0),
		"0, 1, 2, 4, 3": order(all, 3),
	} {
		if got != want {
			t.Errorf("order %s, want %s", got, want)
		}
	}
}

func TestNotInSync(t *testing.T) {
	got := NotInSync([]kafkaadmin.Partition{partition("a", []int32{0, 1}, []int32{0}), partition("b", []int32{0, 1}, []int32{1}), partition("c", []int32{2}, nil)}, 1)
	if len(got) != 1 || got[0] != "a-0" {
		t.Errorf("not in sync: %v", got)
	}
}
