package api

import (
	"math"
	"net/http"
	"slices"
	"sort"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func (s *server) queueRoutes(segs []string) methods {
	n := len(segs)
	switch {
	case n == 0:
		return methods{"GET": s.listQueue}
	case n > 1 && segs[n-1] == "delay":
		return methods{"DELETE": s.resetDelay(id(segs[:n-1]))}
	}
	return nil
}

func (s *server) listQueue(w http.ResponseWriter, r *http.Request) {
	offers := slices.Contains(r.URL.Query()["embed"], "lastUnusedOffers")
	out := []object{}
	for _, item := range s.core.Queue() {
		app, err := definition(item.App)
		if err != nil {
			s.fail(w, r, err, false)
			return
		}
		summary := object{
			"processedOffersCount":       item.ProcessedOffers,
			"unusedOffersCount":          item.UnusedOffers,
			"rejectSummaryLastOffers":    rejectViews(item.RejectLastOffers),
			"rejectSummaryLaunchAttempt": rejectViews(item.RejectLaunch),
		}
		setTime(summary, "lastUsedOfferAt", item.LastUsed)
		setTime(summary, "lastUnusedOfferAt", item.LastUnused)
		o := object{
			"count": item.Count, "role": item.App.Role, "since": spec.FormatTime(item.Since),
			"delay":                  object{"timeLeftSeconds": int(math.Round(item.TimeLeft.Seconds())), "overdue": item.Overdue},
			"processedOffersSummary": summary, "app": app,
		}
		if offers {
			unused := make([]object, len(item.LastUnusedOffers))
			for i, u := range item.LastUnusedOffers {
				unused[i] = unusedOfferView(u)
			}
			o["lastUnusedOffers"] = unused
		}
		out = append(out, o)
	}
	writeJSON(w, r, http.StatusOK, object{"queue": out})
}

func rejectViews(rejects []scheduler.Reject) []object {
	out := make([]object, len(rejects))
	for i, r := range rejects {
		out[i] = object{"reason": r.Reason, "declined": r.Declined, "processed": r.Processed}
	}
	return out
}

func unusedOfferView(u scheduler.UnusedOffer) object {
	ranges := make([]object, len(u.FreePorts))
	for i, p := range u.FreePorts {
		ranges[i] = object{"begin": p[0], "end": p[1]}
	}
	resources := []object{
		{"name": "cpus", "role": "*", "scalar": u.FreeCPUs},
		{"name": "mem", "role": "*", "scalar": u.FreeMem},
		{"name": "disk", "role": "*", "scalar": u.FreeDisk},
		{"name": "ports", "role": "*", "ranges": ranges},
	}
	names := attributeNames(u.Agent)
	attributes := make([]object, len(names))
	for i, name := range names {
		attributes[i] = object{"name": name, "text": u.Agent.Attributes[name]}
	}
	return object{
		"offer": object{
			"id": u.OfferID, "hostname": u.Agent.Hostname, "agentId": u.Agent.ID,
			"resources": resources, "attributes": attributes,
		},
		"reason": orEmpty(u.Reasons), "timestamp": spec.FormatTime(u.Time),
	}
}

func attributeNames(a scheduler.Agent) []string {
	var names, rest []string
	for _, name := range a.AttributeOrder {
		if _, ok := a.Attributes[name]; ok {
			names = append(names, name)
		}
	}
	for name := range a.Attributes {
		if !slices.Contains(names, name) {
			rest = append(rest, name)
		}
	}
	sort.Strings(rest)
	return append(names, rest...)
}

func (s *server) resetDelay(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := s.core.ResetDelay(id); err != nil {
			s.fail(w, r, err, true)
			return
		}
		writeEmpty(w, http.StatusNoContent)
	}
}
