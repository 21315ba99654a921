package api

import (
	"net/http"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

func (s *server) deploymentRoutes(segs []string) methods {
	switch len(segs) {
	case 0:
		return methods{"GET": s.listDeployments}
	case 1:
		return methods{"DELETE": s.deleteDeployment(segs[0])}
	}
	return nil
}

func stepViews(steps [][]scheduler.Action) []object {
	out := make([]object, len(steps))
	for i, step := range steps {
		actions := make([]object, len(step))
		for j, a := range step {
			actions[j] = object{"action": a.Kind, "app": a.App}
		}
		out[i] = object{"actions": actions}
	}
	return out
}

func (s *server) listDeployments(w http.ResponseWriter, r *http.Request) {
	out := []object{}
	for _, d := range s.core.Deployments() {
		current := make([]object, len(d.CurrentActions))
		for i, a := range d.CurrentActions {
			current[i] = object{"action": a.Kind, "app": a.App, "readinessCheckResults": readinessViews(d.Readiness[a.App])}
		}
		out = append(out, object{
			"id": d.ID, "version": spec.FormatTime(d.Version), "affectedApps": orEmpty(d.AffectedApps), "affectedPods": []string{},
			"steps": stepViews(d.Steps), "currentActions": current, "currentStep": d.CurrentStep, "totalSteps": len(d.Steps),
		})
	}
	writeJSON(w, r, http.StatusOK, out)
}

func (s *server) deleteDeployment(id string) handler {
	return func(w http.ResponseWriter, r *http.Request) {
		res, err := s.core.CancelDeployment(id, flag(r, "force", false))
		switch {
		case err != nil:
			s.fail(w, r, err, true)
		case res == nil: // only stopped
			writeEmpty(w, http.StatusAccepted)
		default:
			deployed(w, r, http.StatusOK, *res)
		}
	}
}
