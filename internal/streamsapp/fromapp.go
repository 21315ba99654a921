package streamsapp

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// ErrNoApplication says that an app is none of a Kafka Streams application: it has neither our label nor STREAMS_APPLICATION_ID.
var ErrNoApplication = errors.New("not a Kafka Streams application")

// FromApp rebuilds the Spec that a definition came from. prior, which may be nil, is what is known of the application:
// its identity and the spelling of its configuration keys. What was changed outside shows in the Spec at the field that
// it belongs to; a variable or label of ours that was changed so that no field can hold it shows in Env or Labels.
// Upgrade is always set.
func FromApp(app marathon.App, prior *Spec) (Spec, error) {
	env, labels := app.Env(), app.Labels()
	s := Spec{AppID: app.ID(), Command: app.String("cmd"), Image: app.String("container", "docker", "image"), Runtime: RuntimeMesos}
	s.identify(env, labels, prior)
	if s.ApplicationID == "" {
		return Spec{}, fmt.Errorf("app %s has neither the label %s nor the variable %s: %w", s.AppID, LabelApplication, EnvApplicationID, ErrNoApplication)
	}
	if s.Image != "" && app.String("container", "type") == "DOCKER" {
		s.Runtime = RuntimeDocker
	}
	s.Instances = integer(app, "instances")
	s.CPUs, _ = app.Float("cpus")
	s.MemoryMiB, _ = app.Float("mem")
	s.KillGracePeriod = integer(app, "taskKillGracePeriodSeconds")
	s.ReadinessPath = app.String("readinessChecks", "0", "path")
	s.Artifacts = artifacts(app)
	s.Constraints = constraints(app)
	s.HealthCheck = healthCheck(app)
	minimum, _ := app.Float("upgradeStrategy", "minimumHealthCapacity")
	over, _ := app.Float("upgradeStrategy", "maximumOverCapacity")
	s.Upgrade = &Upgrade{MinimumHealthCapacity: minimum, MaximumOverCapacity: over}

	s.readEnvironment(env, spelling(labels, prior))
	s.Labels = residue(labels, s.labels())
	delete(s.Labels, LabelConfigKeys) // a help for reading; that it is missing changes nothing
	return s, nil
}

// identify takes the identity from what is known before what is found: an edited label must be mended, not make the
// application another one.
func (s *Spec) identify(env, labels map[string]string, prior *Spec) {
	s.ApplicationID, s.Cluster = labels[LabelApplication], labels[LabelCluster]
	if s.ApplicationID == "" {
		s.ApplicationID = env[EnvApplicationID]
	}
	if prior != nil {
		s.ApplicationID, s.Cluster = prior.ApplicationID, prior.Cluster
	}
}

// spelling lists the configuration keys whose spelling is known.
func spelling(labels map[string]string, prior *Spec) []string {
	var keys []string
	if list := labels[LabelConfigKeys]; list != "" {
		keys = strings.Split(list, ",")
	}
	if prior != nil {
		for k := range prior.Config {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.DeleteFunc(slices.Compact(keys), func(k string) bool { return checkKey(k) != nil })
}

func integer(app marathon.App, path ...string) int {
	n, _ := app.Int(path...)
	return int(n)
}

func artifacts(app marathon.App) []Artifact {
	list, _ := app["fetch"].([]any)
	var out []Artifact
	for _, item := range list {
		object, _ := item.(map[string]any)
		a := Artifact{Extract: true}
		a.URI, _ = object["uri"].(string)
		a.DestPath, _ = object["destPath"].(string)
		a.Executable, _ = object["executable"].(bool)
		if extract, ok := object["extract"].(bool); ok {
			a.Extract = extract
		}
		out = append(out, a)
	}
	return out
}

func constraints(app marathon.App) [][]string {
	list, _ := app["constraints"].([]any)
	var out [][]string
	for _, item := range list {
		members, _ := item.([]any)
		constraint := make([]string, 0, len(members))
		for _, m := range members {
			constraint = append(constraint, fmt.Sprint(m))
		}
		out = append(out, constraint)
	}
	return out
}

// healthCheck reads the first check; we write no more than one.
func healthCheck(app marathon.App) *HealthCheck {
	list, _ := app["healthChecks"].([]any)
	if len(list) == 0 {
		return nil
	}
	h := &HealthCheck{
		Protocol:               app.String("healthChecks", "0", "protocol"),
		Path:                   app.String("healthChecks", "0", "path"),
		Command:                app.String("healthChecks", "0", "command", "value"),
		GracePeriod:            integer(app, "healthChecks", "0", "gracePeriodSeconds"),
		Interval:               integer(app, "healthChecks", "0", "intervalSeconds"),
		Timeout:                integer(app, "healthChecks", "0", "timeoutSeconds"),
		MaxConsecutiveFailures: integer(app, "healthChecks", "0", "maxConsecutiveFailures"),
	}
	if UsesPath(h.Protocol) && h.Path == "" {
		h.Path = "/" // what Marathon asks when the path is left away
	}
	return h
}
