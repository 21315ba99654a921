package streamsapp_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
)

// fields lists the attributes that an error names.
func fields(t testing.TB, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // this level is wanted
		var out []string
		for _, e := range joined.Unwrap() {
			out = append(out, fields(t, e)...)
		}
		return out
	}
	var f *streamsapp.FieldError
	if !errors.As(err, &f) {
		t.Fatalf("not a FieldError: %v", err)
	}
	return []string{f.Field}
}

func TestValidateNamesTheAttribute(t *testing.T) {
	cases := map[string]struct {
		change func(*streamsapp.Spec)
		field  string // "" = accepted
		says   string
	}{
		"as it is":                {func(*streamsapp.Spec) {}, "", ""},
		"paused":                  {func(s *streamsapp.Spec) { s.Instances = 0 }, "", ""},
		"negative instances":      {func(s *streamsapp.Spec) { s.Instances = -1 }, "instances", "0 pauses"},
		"image and artifacts":     {func(s *streamsapp.Spec) { s.Image = "x" }, "artifacts", "exclude each other"},
		"neither":                 {func(s *streamsapp.Spec) { s.Artifacts = nil }, "image", "either image or artifacts"},
		"image without command":   {func(s *streamsapp.Spec) { s.Image, s.Artifacts, s.Command = "x", nil, "" }, "", ""},
		"artifacts, no command":   {func(s *streamsapp.Spec) { s.Command = "" }, "command", "exec ./app"},
		"docker without image":    {func(s *streamsapp.Spec) { s.Runtime = streamsapp.RuntimeDocker }, "runtime", "needs an image"},
		"heap above memory":       {func(s *streamsapp.Spec) { s.HeapMiB = 600 }, "heap", "at least 750 MiB"},
		"heap leaves no room":     {func(s *streamsapp.Spec) { s.HeapMiB = 385 }, "heap", "at least 513 MiB"},
		"heap just fits":          {func(s *streamsapp.Spec) { s.HeapMiB = 384 }, "", ""},
		"application id":          {func(s *streamsapp.Spec) { s.ApplicationID = "word count" }, "application_id", "letters, digits"},
		"no brokers":              {func(s *streamsapp.Spec) { s.BootstrapServers = "" }, "bootstrap_servers", "set cluster or bootstrap_servers"},
		"config key with a space": {func(s *streamsapp.Spec) { s.Config = map[string]string{"a b": "1"} }, "config[a b]", "is not a configuration key"},
		"config key, two dots":    {func(s *streamsapp.Spec) { s.Config = map[string]string{"a..b": "1"} }, "config[a..b]", "is not a configuration key"},
		"config key, empty":       {func(s *streamsapp.Spec) { s.Config = map[string]string{"": "1"} }, "config[]", "is not a configuration key"},
		"config key, variable":    {func(s *streamsapp.Spec) { s.Config = map[string]string{"$X": "1"} }, "config[$X]", "is not a configuration key"},
		"config keys collide":     {func(s *streamsapp.Spec) { s.Config = map[string]string{"a.b": "1", "a-b": "2"} }, "config[a.b]", "STREAMS_A_B"},
		"config sets identity":    {func(s *streamsapp.Spec) { s.Config = map[string]string{"application.id": "x"} }, "config[application.id]", "application_id"},
		"config sets brokers":     {func(s *streamsapp.Spec) { s.Config = map[string]string{"bootstrap-servers": "x"} }, "config[bootstrap-servers]", "cluster or bootstrap_servers"},
		"config and threads":      {func(s *streamsapp.Spec) { s.Config = map[string]string{"num.stream.threads": "1"} }, "config[num.stream.threads]", "argument threads"},
		"config instead":          {func(s *streamsapp.Spec) { s.Threads, s.Config = 0, map[string]string{"num.stream.threads": "1"} }, "", ""},
		"config and guarantee":    {func(s *streamsapp.Spec) { s.Config = map[string]string{"processing.guarantee": "x"} }, "config[processing.guarantee]", "processing_guarantee"},
		"env in our namespace":    {func(s *streamsapp.Spec) { s.Env = map[string]string{"STREAMS_LINGER_MS": "1"} }, "env[STREAMS_LINGER_MS]", "linger.ms"},
		"env, inputs":             {func(s *streamsapp.Spec) { s.Env = map[string]string{"INPUT_TOPIC": "x"} }, "env[INPUT_TOPIC]", "input_topics"},
		"env, outputs":            {func(s *streamsapp.Spec) { s.Env = map[string]string{"OUTPUT_TOPICS": "x"} }, "env[OUTPUT_TOPICS]", "output_topics"},
		"env and heap":            {func(s *streamsapp.Spec) { s.Env = map[string]string{"JDK_JAVA_OPTIONS": "-ea"} }, "env[JDK_JAVA_OPTIONS]", "argument heap"},
		"env instead of heap":     {func(s *streamsapp.Spec) { s.HeapMiB = 0; s.Env = map[string]string{"JDK_JAVA_OPTIONS": "-ea"} }, "", ""},
		"env, no name":            {func(s *streamsapp.Spec) { s.Env = map[string]string{"A=B": "x"} }, "env[A=B]", "not a name"},
		"our label":               {func(s *streamsapp.Spec) { s.Labels = map[string]string{streamsapp.LabelCluster: "x"} }, "labels[KAFKA_STREAMS_CLUSTER]", "written by the provider"},
		"unknown protocol":        {func(s *streamsapp.Spec) { s.HealthCheck.Protocol = "mesos_http" }, "health_check.protocol", "MESOS_HTTP"},
		"COMMAND without command": {func(s *streamsapp.Spec) { s.HealthCheck.Protocol, s.HealthCheck.Path = "COMMAND", "" }, "health_check.command", "needs a command"},
		"HTTP with command":       {func(s *streamsapp.Spec) { s.HealthCheck.Command = "true" }, "health_check.command", "belongs to the protocol COMMAND"},
		"TCP with path":           {func(s *streamsapp.Spec) { s.HealthCheck.Protocol = "MESOS_TCP" }, "health_check.path", "HTTP protocols"},
		"relative path":           {func(s *streamsapp.Spec) { s.HealthCheck.Path = "live" }, "health_check.path", "begin with '/'"},
		"share above one":         {func(s *streamsapp.Spec) { s.Upgrade.MaximumOverCapacity = 1.5 }, "upgrade.maximum_over_capacity", "0 to 1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := wordcount()
			c.change(&s)
			err := s.Validate()
			if c.field == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if got := fields(t, err); !slices.Equal(got, []string{c.field}) {
				t.Fatalf("errors at %v, want %s: %v", got, c.field, err)
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("does not say %q: %v", c.says, err)
			}
			if _, err := s.App(); err == nil {
				t.Error("a definition comes out all the same")
			}
		})
	}
}

// Several faults are reported together, so that one apply shows them all.
func TestValidateReportsEveryFault(t *testing.T) {
	s := wordcount()
	s.Instances, s.Config, s.Env = -1, map[string]string{"a b": "", "c..d": ""}, map[string]string{"STREAMS_X": ""}
	got := fields(t, s.Validate())
	slices.Sort(got)
	if want := []string{"config[a b]", "config[c..d]", "env[STREAMS_X]", "instances"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOneAtATimeMovesExactlyOne(t *testing.T) {
	for n := 2; n <= 100; n++ {
		u := streamsapp.OneAtATime(n)
		// Marathon's own arithmetic: at least ceil(n × minimum) stay, at most floor(n × (1 + over)) run.
		if stays := int(math.Ceil(float64(n) * u.MinimumHealthCapacity)); stays != n-1 {
			t.Errorf("%d instances: %g keeps %d", n, u.MinimumHealthCapacity, stays)
		}
		if runs := int(math.Floor(float64(n) * (1 + u.MaximumOverCapacity))); runs != n {
			t.Errorf("%d instances: up to %d run", n, runs)
		}
		if !u.IsOneAtATime() {
			t.Errorf("%d instances: %v is not recognised", n, u)
		}
	}
	for n, want := range map[int]float64{0: 0, 1: 0, 2: 0.5, 3: 0.66, 5: 0.8} {
		if got := streamsapp.OneAtATime(n).MinimumHealthCapacity; got != want {
			t.Errorf("%d instances: %g, want %g", n, got, want)
		}
	}
	for _, u := range []streamsapp.Upgrade{{MinimumHealthCapacity: 1, MaximumOverCapacity: 1}, {MinimumHealthCapacity: 0.1}, {MinimumHealthCapacity: 0.8, MaximumOverCapacity: 0.2}} {
		if u.IsOneAtATime() {
			t.Errorf("%v counts as one at a time", u)
		}
	}
}

func TestParallelism(t *testing.T) {
	cases := map[string]struct {
		instances, threads int
		config             map[string]string
		partitions         map[string]int
		idle, useful       int
	}{
		"room left":              {5, 0, nil, map[string]int{"lines": 10}, 0, 10},
		"exactly":                {5, 2, nil, map[string]int{"lines": 10}, 0, 5},
		"two idle":               {5, 0, nil, map[string]int{"lines": 3}, 2, 3},
		"threads":                {2, 4, nil, map[string]int{"lines": 6}, 2, 2},
		"threads by config":      {2, 0, map[string]string{"num.stream.threads": "4"}, map[string]int{"lines": 6}, 2, 2},
		"widest of several":      {5, 0, nil, map[string]int{"lines": 3, "more": 5}, 0, 5},
		"paused":                 {0, 0, nil, map[string]int{"lines": 3}, 0, 3},
		"threads, not a number":  {2, 0, map[string]string{"num.stream.threads": "x"}, map[string]int{"lines": 1}, 1, 1},
		"useful counts as whole": {1, 4, nil, map[string]int{"lines": 9}, 0, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := streamsapp.Spec{Instances: c.instances, Threads: c.threads, Config: c.config}
			p := s.ParallelismOver(c.partitions)
			if p.Idle() != c.idle || p.UsefulInstances != c.useful {
				t.Errorf("idle %d, useful %d: %+v", p.Idle(), p.UsefulInstances, p)
			}
		})
	}
}

func TestUsefulInstancesAreTheMost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := streamsapp.Spec{Threads: rapid.IntRange(1, 8).Draw(t, "threads")}
		partitions := map[string]int{"in": rapid.IntRange(1, 200).Draw(t, "partitions")}
		useful := s.ParallelismOver(partitions).UsefulInstances
		s.Instances = useful
		if idle := s.ParallelismOver(partitions).Idle(); idle >= s.Threads {
			t.Fatalf("%d instances are called useful, but %d threads idle", useful, idle)
		}
		s.Instances = useful + 1
		if idle := s.ParallelismOver(partitions).Idle(); idle < s.Threads {
			t.Fatalf("one more than %d instances would still have work: %d idle", useful, idle)
		}
	})
}
