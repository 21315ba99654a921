package marathon

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

type wireTask struct {
	ID, AppID, Host, SlaveID, State, Version string
	Ports                                    []int
	StagedAt, StartedAt                      string
	IPAddresses                              []struct {
		IPAddress string `json:"ipAddress"`
	} `json:"ipAddresses"`
	HealthCheckResults []*struct {
		Alive               bool
		ConsecutiveFailures int
		LastFailure         string
		LastFailureCause    string
	}
}

func (t wireTask) task(checks int) Task {
	out := Task{
		ID: t.ID, AppID: t.AppID, Host: t.Host, SlaveID: t.SlaveID, State: t.State, Version: t.Version, Ports: t.Ports,
		StagedAt: instant(t.StagedAt), StartedAt: instant(t.StartedAt),
	}
	for _, ip := range t.IPAddresses {
		out.IPs = append(out.IPs, ip.IPAddress)
	}
	alive := 0
	for _, r := range t.HealthCheckResults {
		switch {
		case r == nil:
		case r.Alive:
			alive++
		case r.LastFailure != "" || r.ConsecutiveFailures > 0:
			out.Dead = true
			if r.LastFailureCause != "" {
				out.FailureCause = r.LastFailureCause
			}
		}
	}
	out.Alive = checks > 0 && alive >= checks
	return out
}

type wireReadiness struct {
	Name, TaskID string
	Ready        bool
	LastResponse struct {
		Status int
		Body   string
	}
}

type wireStatus struct {
	ID          string
	Instances   int
	Version     string
	VersionInfo struct{ LastConfigChangeAt string }

	TasksStaged, TasksRunning, TasksHealthy, TasksUnhealthy int

	Deployments     []struct{ ID string }
	Tasks           []wireTask
	LastTaskFailure *struct {
		TaskID, Host, SlaveID, State, Message, Version, Timestamp string
	}
	ReadinessCheckResults []wireReadiness
	HealthChecks          []struct{}
	ReadinessChecks       []struct{}
}

// Status reads the runtime view of an app.
func (c *Client) Status(ctx context.Context, id string) (Status, error) {
	const op = "read the status of app"
	path, err := idPath("/v2/apps", op, id)
	if err != nil {
		return Status{}, err
	}
	r := request{op: op, target: id, method: http.MethodGet, path: path, query: url.Values{"embed": {
		"app.tasks", "app.counts", "app.deployments", "app.readiness", "app.lastTaskFailure",
	}}}
	a, err := c.read(ctx, r)
	if err != nil {
		return Status{}, err
	}
	var body struct{ App *wireStatus }
	if err := c.decode(r, a, &body); err != nil {
		return Status{}, err
	}
	if body.App == nil {
		return Status{}, &Error{Kind: NotMarathon, Op: op, Target: id, Status: a.status, Message: c.scrub(a.base.String() + " answers with JSON that holds no app")}
	}
	return body.App.status(), nil
}

func (w wireStatus) status() Status {
	s := Status{
		ID: w.ID, Instances: w.Instances, Version: w.Version, LastConfigChangeAt: w.VersionInfo.LastConfigChangeAt,
		Staged: w.TasksStaged, Running: w.TasksRunning, Healthy: w.TasksHealthy, Unhealthy: w.TasksUnhealthy,
		HasHealthChecks: len(w.HealthChecks) > 0, HasReadinessChecks: len(w.ReadinessChecks) > 0,
	}
	for _, d := range w.Deployments {
		s.Deployments = append(s.Deployments, d.ID)
	}
	for _, t := range w.Tasks {
		s.Tasks = append(s.Tasks, t.task(len(w.HealthChecks)))
	}
	s.markUnexplained(w.Tasks)
	for _, r := range w.ReadinessCheckResults {
		s.Readiness = append(s.Readiness, ReadinessResult{Name: r.Name, TaskID: r.TaskID, Ready: r.Ready, Status: r.LastResponse.Status, Body: r.LastResponse.Body})
	}
	if f := w.LastTaskFailure; f != nil {
		s.LastTaskFailure = &TaskFailure{TaskID: f.TaskID, Host: f.Host, SlaveID: f.SlaveID, State: f.State, Message: f.Message, Version: f.Version, Timestamp: instant(f.Timestamp)}
	}
	return s
}

// markUnexplained finds failing tasks whose results give no failure: agent-run checks leave {"alive":false} alone, which is
// also what a check without a result looks like. Only the app's counter tells them apart, and only when it covers all such tasks.
func (s *Status) markUnexplained(wire []wireTask) {
	dead := 0
	var silent []int
	for i, t := range s.Tasks {
		switch {
		case t.Dead:
			dead++
		case !t.Alive && len(wire[i].HealthCheckResults) > 0:
			silent = append(silent, i)
		}
	}
	if len(silent) > 0 && dead+len(silent) == s.Unhealthy {
		for _, i := range silent {
			s.Tasks[i].Dead = true
		}
	}
}

// AppTasks lists the tasks of an app out of the list of all tasks, where they stand even after the app was deleted.
// Alive is never set: the list does not say how many checks the app has.
func (c *Client) AppTasks(ctx context.Context, id string) ([]Task, error) {
	r := request{op: "list tasks", method: http.MethodGet, path: "/v2/tasks"}
	a, err := c.read(ctx, r)
	if err != nil {
		return nil, err
	}
	var body struct{ Tasks []wireTask }
	if err := c.decode(r, a, &body); err != nil {
		return nil, err
	}
	var out []Task
	for _, t := range body.Tasks {
		if t.AppID == id {
			out = append(out, t.task(0))
		}
	}
	return out, nil
}

// instant parses Marathon's timestamps, whose fraction is optional; the zero time stands for none.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
