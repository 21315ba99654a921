package api

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// embeds say what an app's view holds besides its definition.
type embeds struct {
	counts, deployments, tasks, readiness, failure, stats bool
}

// embedsOf reads embed parameters: names with or without the given prefixes; unknown ones are ignored.
func embedsOf(values []string, prefixes ...string) embeds {
	var e embeds
	for _, v := range values {
		for _, p := range prefixes {
			if strings.HasPrefix(v, p) {
				v = strings.TrimPrefix(v, p)
				break
			}
		}
		switch v {
		case "tasks":
			e.tasks, e.deployments = true, true
		case "counts":
			e.counts = true
		case "deployments":
			e.deployments = true
		case "readiness":
			e.readiness = true
		case "lastTaskFailure":
			e.failure = true
		case "failures":
			e.failure, e.tasks, e.deployments = true, true, true
		case "taskStats":
			e.stats = true
		}
	}
	return e
}

// definition is a stored app with version and versionInfo.
func definition(a *spec.App) (object, error) {
	o, err := asObject(a)
	if err != nil {
		return nil, err
	}
	o["version"] = spec.FormatTime(a.Version)
	o["versionInfo"] = object{
		"lastScalingAt":      spec.FormatTime(a.LastScalingAt),
		"lastConfigChangeAt": spec.FormatTime(a.LastConfigChangeAt),
	}
	return o, nil
}

func asObject(a *spec.App) (object, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode app %s: %w", a.ID, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(b, &members); err != nil {
		return nil, fmt.Errorf("encode app %s: %w", a.ID, err)
	}
	o := make(object, len(members)+8)
	for k, v := range members {
		o[k] = v
	}
	return o, nil
}

// appView is an app with what the embeds name.
func appView(a scheduler.App, e embeds) (object, error) {
	o, err := definition(a.Spec)
	if err != nil {
		return nil, err
	}
	if e.counts {
		o["tasksStaged"] = a.Counts.Staged
		o["tasksRunning"] = a.Counts.Running
		o["tasksHealthy"] = a.Counts.Healthy
		o["tasksUnhealthy"] = a.Counts.Unhealthy
	}
	if e.deployments {
		o["deployments"] = idObjects(a.Deployments)
	}
	if e.tasks {
		o["tasks"] = taskViews(a, false)
	}
	if e.readiness {
		o["readinessCheckResults"] = readinessViews(a.Readiness)
	}
	if e.failure && a.LastTaskFailure != nil {
		o["lastTaskFailure"] = failureView(*a.LastTaskFailure)
	}
	if e.stats {
		o["tasksStats"] = statsView(a, time.Now())
	}
	return o, nil
}

func appViews(apps []scheduler.App, e embeds) ([]object, error) {
	out := make([]object, len(apps))
	for i, a := range apps {
		o, err := appView(a, e)
		if err != nil {
			return nil, err
		}
		out[i] = o
	}
	return out, nil
}

func idObjects(ids []string) []object {
	out := make([]object, len(ids))
	for i, id := range ids {
		out[i] = object{"id": id}
	}
	return out
}

func taskViews(a scheduler.App, servicePorts bool) []object {
	out := make([]object, len(a.Tasks))
	for i, t := range a.Tasks {
		out[i] = taskView(t)
		if servicePorts && a.Spec != nil {
			out[i]["servicePorts"] = a.Spec.ServicePorts()
		}
	}
	return out
}

// unreachable tasks have lost their addresses.
const unreachable = "TASK_UNREACHABLE"

func taskView(t scheduler.Task) object {
	health := make([]object, len(t.Health))
	for i, h := range t.Health {
		health[i] = healthView(h)
	}
	volumes := make([]object, len(t.LocalVolumes))
	for i, v := range t.LocalVolumes {
		volumes[i] = object{
			"runSpecId": v.AppID, "containerPath": v.ContainerPath, "uuid": v.UUID,
			"persistenceId": strings.ReplaceAll(strings.TrimPrefix(v.AppID, "/"), "/", "_") + "#" + v.ContainerPath + "#" + v.UUID,
		}
	}
	addresses := []object{}
	if t.State != unreachable && t.Host != "" {
		// Tasks in container networks run on the agent's address as well: the sandbox has no networks of its own.
		addresses = append(addresses, object{"ipAddress": t.Host, "protocol": "IPv4"})
	}
	o := object{
		"id": t.ID, "appId": t.AppID, "host": t.Host, "ports": orEmpty(t.Ports), "servicePorts": []int{},
		"ipAddresses": addresses, "slaveId": t.AgentID, "state": string(t.State),
		"healthCheckResults": health, "localVolumes": volumes, "role": t.Role,
	}
	if t.Suspended {
		o["ports"] = []int{}
	} else {
		setTime(o, "stagedAt", t.StagedAt)
		setTime(o, "startedAt", t.StartedAt)
		setTime(o, "version", t.Version)
	}
	return o
}

func orEmpty[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func setTime(o object, key string, t time.Time) {
	if !t.IsZero() {
		o[key] = spec.FormatTime(t)
	}
}

func setText(o object, key, s string) {
	if s != "" {
		o[key] = s
	}
}

func healthView(h scheduler.HealthResult) object {
	o := object{
		"alive": h.Alive, "consecutiveFailures": h.ConsecutiveFailures,
		"instanceId": "instance [" + h.InstanceID + "]", // so Marathon prints it
	}
	setTime(o, "firstSuccess", h.FirstSuccess)
	setTime(o, "lastSuccess", h.LastSuccess)
	setTime(o, "lastFailure", h.LastFailure)
	setText(o, "lastFailureCause", h.LastFailureCause)
	return o
}

func readinessViews(results []scheduler.ReadinessResult) []object {
	out := make([]object, len(results))
	for i, r := range results {
		out[i] = object{"name": r.Name, "taskId": r.TaskID, "ready": r.Ready}
		if r.HasResponse {
			out[i]["lastResponse"] = object{"status": r.Status, "contentType": r.ContentType, "body": r.Body}
		}
	}
	return out
}

func failureView(f scheduler.TaskFailure) object {
	return object{
		"appId": f.AppID, "host": f.Host, "message": f.Message, "state": string(f.State), "taskId": f.TaskID,
		"timestamp": spec.FormatTime(f.Timestamp), "version": spec.FormatTime(f.Version), "slaveId": f.AgentID,
	}
}

// statsView groups the tasks; groups without tasks are left out.
func statsView(a scheduler.App, now time.Time) object {
	o := object{}
	add := func(name string, in func(scheduler.Task) bool) {
		var chosen []scheduler.Task
		for _, t := range a.Tasks {
			if !t.Suspended && in(t) {
				chosen = append(chosen, t)
			}
		}
		if len(chosen) > 0 {
			o[name] = object{"stats": taskStats(chosen, now)}
		}
	}
	add("startedAfterLastScaling", func(t scheduler.Task) bool { return !t.Version.Before(a.Spec.LastScalingAt) })
	add("withLatestConfig", func(t scheduler.Task) bool { return !t.Version.Before(a.Spec.LastConfigChangeAt) })
	add("withOutdatedConfig", func(t scheduler.Task) bool { return t.Version.Before(a.Spec.LastConfigChangeAt) })
	add("totalSummary", func(scheduler.Task) bool { return true })
	return o
}

func taskStats(tasks []scheduler.Task, now time.Time) object {
	var staged, running, healthy, unhealthy int
	var lives []float64
	for _, t := range tasks {
		switch t.State {
		case "TASK_STAGING", "TASK_STARTING":
			staged++
		case "TASK_RUNNING", "TASK_KILLING":
			running++
		}
		if len(t.Health) > 0 {
			alive := true
			for _, h := range t.Health {
				alive = alive && h.Alive
			}
			if alive {
				healthy++
			} else {
				unhealthy++
			}
		}
		if !t.StartedAt.IsZero() {
			lives = append(lives, now.Sub(t.StartedAt).Seconds())
		}
	}
	o := object{"counts": object{"staged": staged, "running": running, "healthy": healthy, "unhealthy": unhealthy}}
	if len(lives) > 0 {
		sort.Float64s(lives)
		sum := 0.0
		for _, l := range lives {
			sum += l
		}
		median := lives[len(lives)/2]
		if len(lives)%2 == 0 {
			median = (lives[len(lives)/2-1] + median) / 2
		}
		o["lifeTime"] = object{"averageSeconds": sum / float64(len(lives)), "medianSeconds": median}
	}
	return o
}
