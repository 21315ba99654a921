package marathon

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

type wireReject struct {
	Reason              string
	Declined, Processed int
}

type wireQueueItem struct {
	Count int
	Role  string
	Since string
	Delay struct {
		TimeLeftSeconds float64
		Overdue         bool
	}
	ProcessedOffersSummary struct {
		ProcessedOffersCount, UnusedOffersCount             int
		LastUsedOfferAt, LastUnusedOfferAt                  string
		RejectSummaryLastOffers, RejectSummaryLaunchAttempt []wireReject
	}
	LastUnusedOffers []struct {
		Offer struct {
			Hostname, AgentID string
			Resources         []wireResource
			Attributes        []wireAttribute
		}
		Reason    []string
		Timestamp string
	}
	App App
	Pod *struct{ ID string }
}

type wireRange struct{ Begin, End int }

type wireResource struct {
	Name   string
	Scalar *float64
	Ranges []wireRange
}

type wireAttribute struct {
	Name, Text string
	Scalar     *float64
}

// Queue lists what waits for launch, with the reasons why offers were declined.
func (c *Client) Queue(ctx context.Context) ([]QueueItem, error) {
	r := request{op: "read the launch queue", method: http.MethodGet, path: "/v2/queue", query: url.Values{"embed": {"lastUnusedOffers"}}}
	a, err := c.read(ctx, r)
	if err != nil {
		return nil, err
	}
	var body struct{ Queue []wireQueueItem }
	if err := c.decode(r, a, &body); err != nil {
		return nil, err
	}
	out := make([]QueueItem, 0, len(body.Queue))
	for _, w := range body.Queue {
		out = append(out, w.item())
	}
	return out, nil
}

func (w wireQueueItem) item() QueueItem {
	s := w.ProcessedOffersSummary
	q := QueueItem{
		AppID: w.App.ID(), Role: w.Role, Count: w.Count, Since: instant(w.Since), App: w.App,
		Overdue: w.Delay.Overdue, TimeLeft: time.Duration(w.Delay.TimeLeftSeconds * float64(time.Second)),
		ProcessedOffers: s.ProcessedOffersCount, UnusedOffers: s.UnusedOffersCount,
		LastUsedOffer: instant(s.LastUsedOfferAt), LastUnusedOffer: instant(s.LastUnusedOfferAt),
		RejectLastOffers: rejects(s.RejectSummaryLastOffers), RejectLaunch: rejects(s.RejectSummaryLaunchAttempt),
	}
	if w.Pod != nil {
		q.PodID = w.Pod.ID
	}
	for _, o := range w.LastUnusedOffers {
		u := UnusedOffer{Hostname: o.Offer.Hostname, AgentID: o.Offer.AgentID, Reasons: o.Reason, At: instant(o.Timestamp), Attributes: map[string]string{}}
		for _, r := range o.Offer.Resources {
			u.add(r)
		}
		for _, a := range o.Offer.Attributes {
			u.Attributes[a.Name] = a.Text
			if a.Text == "" && a.Scalar != nil {
				u.Attributes[a.Name] = strconv.FormatFloat(*a.Scalar, 'f', -1, 64)
			}
		}
		q.LastUnusedOffers = append(q.LastUnusedOffers, u)
	}
	return q
}

// add sums up: an agent offers one resource per role.
func (u *UnusedOffer) add(r wireResource) {
	amount := 0.0
	if r.Scalar != nil {
		amount = *r.Scalar
	}
	switch r.Name {
	case "cpus":
		u.CPUs += amount
	case "mem":
		u.Mem += amount
	case "disk":
		u.Disk += amount
	case "gpus":
		u.GPUs += amount
	case "ports":
		for _, p := range r.Ranges {
			u.Ports = append(u.Ports, [2]int{p.Begin, p.End})
		}
	}
}

func rejects(list []wireReject) []Reject {
	out := make([]Reject, 0, len(list))
	for _, r := range list {
		out = append(out, Reject(r))
	}
	return out
}
