package replay

import (
	"encoding/json"
	"path"
	"strings"
)

// WithoutPods is a scenario without its requests to /v2/pods and without the pods in what other answers list, to hold the
// rest of it against a server that has none. The creation of a pod becomes an update of its group that changes nothing:
// it makes the version of the tree that later steps name.
func WithoutPods(s Scenario) (Scenario, error) {
	out := Scenario{Name: s.Name, File: s.File}
	for _, step := range s.Steps {
		switch {
		case step.Request != nil && strings.HasPrefix(step.Request.Path, "/v2/pods"):
			update, err := groupUpdate(step)
			if err != nil {
				return out, err
			}
			if update == nil {
				continue
			}
			step = *update
		case step.Request != nil && step.Response != nil:
			v, err := decode(step.Response)
			if err != nil {
				return out, err
			}
			dropPods(v)
			if step.Response, err = json.Marshal(v); err != nil {
				return out, err
			}
		}
		out.Steps = append(out.Steps, step)
	}
	return out, nil
}

func dropPods(v any) {
	switch x := v.(type) {
	case map[string]any:
		for k, m := range x {
			if _, isList := m.([]any); isList && k == "pods" {
				x[k] = []any{}
				continue
			}
			dropPods(m)
		}
	case []any:
		for _, e := range x {
			dropPods(e)
		}
	}
}

// groupUpdate is the update of the group that stands for the creation of a pod; nil when the step creates none.
func groupUpdate(step Step) (*Step, error) {
	var pod struct {
		ID string `json:"id"`
	}
	var created struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    struct {
			Version string `json:"version"`
		} `json:"body"`
	}
	if step.Request.Method != "POST" || json.Unmarshal(step.Request.Body, &pod) != nil || json.Unmarshal(step.Response, &created) != nil || created.Status != 201 {
		return nil, nil //nolint:nilnil,nilerr // not the creation of a pod
	}
	plan := created.Headers["Marathon-Deployment-Id"]
	response, err := json.Marshal(map[string]any{
		"status": 200, "headers": map[string]string{"Marathon-Deployment-Id": plan},
		"body": map[string]string{"deploymentId": plan, "version": created.Body.Version},
	})
	if err != nil {
		return nil, err
	}
	step.Request = &Request{Method: "PUT", Path: "/v2/groups" + path.Dir(pod.ID), Body: json.RawMessage("{}")}
	step.Response, step.Loose = response, nil
	return &step, nil
}
