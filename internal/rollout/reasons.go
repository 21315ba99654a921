package rollout

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

func unschedulable(appID string, q *marathon.QueueItem) *UnschedulableError {
	return &UnschedulableError{AppID: appID, Waiting: q.Count, Reasons: reasons(q)}
}

// reasons words a queue entry's rejections, in Marathon's order, with numbers of the last unused offers where there are some.
func reasons(q *marathon.QueueItem) []string {
	var out []string
	for _, r := range q.RejectLastOffers {
		if r.Declined > 0 {
			out = append(out, fmt.Sprintf("%s (%d of %d offers declined: %s)", reason(r.Reason, q), r.Declined, r.Processed, r.Reason))
		}
	}
	if len(out) == 0 && q.ProcessedOffers == 0 {
		out = append(out, "Marathon has received no offers at all: every agent is full, or Marathon is not connected to a Mesos master")
	}
	return out
}

func reason(name string, q *marathon.QueueItem) string {
	switch name {
	case "InsufficientCpus":
		return amount(q, "cpus", "cpus", func(o marathon.UnusedOffer) float64 { return o.CPUs })
	case "InsufficientMemory":
		return amount(q, "mem", "MiB of memory", func(o marathon.UnusedOffer) float64 { return o.Mem })
	case "InsufficientDisk":
		return amount(q, "disk", "MiB of disk", func(o marathon.UnusedOffer) float64 { return o.Disk })
	case "InsufficientGpus":
		return amount(q, "gpus", "gpus", func(o marathon.UnusedOffer) float64 { return o.GPUs })
	case "InsufficientPorts":
		return ports(q)
	case "UnfulfilledConstraint":
		return "the constraints " + constraints(q.App) + " leave no agent" + hosts(q, name)
	case "UnfulfilledRole":
		return fmt.Sprintf("no offer of role %q, or of a role that the app accepts", q.Role)
	case "NoCorrespondingReservationFound":
		return "the agent that holds the instance's reserved resources and volume makes no offer"
	case "AgentMaintenance":
		return "agents are in maintenance" + hosts(q, name)
	case "DeclinedScarceResources":
		return "the agents left have gpus, which Marathon keeps for apps that need them"
	}
	return name
}

// amount compares a need with the largest offer; disk of volumes is not in the app's own number, so it says "at least".
func amount(q *marathon.QueueItem, key, unit string, of func(marathon.UnusedOffer) float64) string {
	need, known := q.App.Float(key)
	if !known {
		return "not enough " + unit
	}
	text := fmt.Sprintf("needs %s %s", number(need), unit)
	if len(q.LastUnusedOffers) == 0 {
		return text
	}
	best := q.LastUnusedOffers[0]
	for _, o := range q.LastUnusedOffers[1:] {
		if of(o) > of(best) {
			best = o
		}
	}
	return fmt.Sprintf("%s; largest free on an agent %s (%s)", text, number(of(best)), best.Hostname)
}

func ports(q *marathon.QueueItem) string {
	var wanted []string
	fixed, _ := q.App["requirePorts"].(bool)
	if fixed {
		for i := range q.App.List("portDefinitions") {
			if n, ok := q.App.Int("portDefinitions", strconv.Itoa(i), "port"); ok {
				wanted = append(wanted, strconv.FormatInt(n, 10))
			}
		}
	}
	for i := range q.App.List("container", "portMappings") {
		if n, ok := q.App.Int("container", "portMappings", strconv.Itoa(i), "hostPort"); ok && n != 0 {
			wanted = append(wanted, strconv.FormatInt(n, 10))
		}
	}
	if len(wanted) == 0 {
		return "no agent has enough free ports"
	}
	return "needs host port " + strings.Join(wanted, ", ") + ", which no agent offers: it is taken, or outside the agents' port ranges" + hosts(q, "InsufficientPorts")
}

func constraints(app marathon.App) string {
	var out []string
	for _, c := range app.List("constraints") {
		parts, _ := c.([]any)
		var words []string
		for _, p := range parts {
			words = append(words, fmt.Sprint(p))
		}
		out = append(out, "["+strings.Join(words, " ")+"]")
	}
	if len(out) == 0 {
		return "(none of its own)"
	}
	return strings.Join(out, " ")
}

// hosts names the agents whose offers were declined for this reason.
func hosts(q *marathon.QueueItem, name string) string {
	seen := map[string]bool{}
	for _, o := range q.LastUnusedOffers {
		for _, r := range o.Reasons {
			if r == name {
				seen[o.Hostname] = true
			}
		}
	}
	if len(seen) == 0 {
		return ""
	}
	names := make([]string, 0, len(seen))
	for h := range seen {
		names = append(names, h)
	}
	sort.Strings(names)
	if len(names) > 5 {
		names = append(names[:5], "…")
	}
	return " (asked: " + strings.Join(names, ", ") + ")"
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
