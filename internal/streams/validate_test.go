package streams_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// Rules that never change fail the plan, on their attribute, with nothing reachable.
func TestSandboxPlanRefusesBadInput(t *testing.T) {
	base := []string{`application_id = "wordcount"`, `image = "example/app:1"`, `cluster = "/kafka/main"`}
	cases := map[string]struct {
		arguments []string
		attribute string
		says      string
	}{
		"negative instances":     {[]string{"instances = -1"}, "instances", "at least 0"},
		"half an instance":       {[]string{"instances = 1.5"}, "instances", "instances value must be a whole number, got: 1.5"},
		"fraction in a check":    {[]string{"health_check = { interval = 0.5 }"}, "", "health_check.interval value must be a whole number"},
		"image and artifacts":    {[]string{`artifacts = [{ uri = "http://x/y" }]`, `command = "exec ./y"`}, "artifacts", "exclude each other"},
		"no source":              {[]string{`image = null`}, "image", "Either image or artifacts"},
		"artifacts, no command":  {[]string{`image = null`, `artifacts = [{ uri = "http://x/y" }]`}, "", "need a command"},
		"heap above memory":      {[]string{"heap = 600"}, "heap", "does not fit into a memory of 512 MiB"},
		"config key shape":       {[]string{`config = { "a b" = "1" }`}, "config", "not a configuration key"},
		"config keys collide":    {[]string{`config = { "a.b" = "1", "a-b" = "2" }`}, "config", "STREAMS_A_B"},
		"config of an argument":  {[]string{`config = { "application.id" = "x" }`}, "config", "argument application_id"},
		"env in our namespace":   {[]string{`env = { STREAMS_X = "1" }`}, "env", "belongs into config"},
		"our label":              {[]string{`labels = { KAFKA_STREAMS_CLUSTER = "x" }`}, "labels", "written by the provider"},
		"operator in lower case": {[]string{`constraints = [["hostname", "unique"]]`}, "constraints", "upper case"},
		"constraint value":       {[]string{`constraints = [["hostname", "MAX_PER"]]`}, "constraints", "needs a value"},
		"guarantee":              {[]string{`processing_guarantee = "exactly_once"`}, "processing_guarantee", "exactly_once_v2"},
		"application id":         {[]string{`application_id = "word count"`}, "application_id", "not a legal application id"},
		"application id, case":   {[]string{`application_id = "WordCount"`}, "application_id", "set app_id"},
		"app id":                 {[]string{`app_id = "streams"`}, "app_id", "absolute Marathon path"},
		"cluster and servers":    {[]string{`bootstrap_servers = ["a:1"]`}, "bootstrap_servers", "cannot be specified when"},
		"server without port":    {[]string{`cluster = null`, `bootstrap_servers = ["a"]`}, "bootstrap_servers", "not host:port"},
		"topic name":             {[]string{`input_topics = ["a b"]`}, "input_topics", "not a legal topic name"},
		"cpus":                   {[]string{"cpus = 0"}, "cpus", "greater than 0"},
		"check without command":  {[]string{`health_check = { protocol = "COMMAND" }`}, "", "needs a command"},
		"check with a path":      {[]string{`health_check = { protocol = "MESOS_TCP", path = "/x" }`}, "", "path belongs to the HTTP protocols"},
		"protocol":               {[]string{`health_check = { protocol = "mesos_http" }`}, "", "MESOS_HTTP"},
		"share":                  {[]string{"upgrade = { minimum_health_capacity = 80 }"}, "", "between 0.000000 and 1.000000"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			set := map[string]string{}
			for _, a := range append(append([]string{}, base...), c.arguments...) {
				key, value, _ := strings.Cut(a, "=")
				set[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
			var b strings.Builder
			b.WriteString("provider \"kafka\" {}\nresource \"kafka_streams_application\" \"wordcount\" {\n")
			for key, value := range set {
				fmt.Fprintf(&b, "  %s = %s\n", key, value)
			}
			b.WriteString("}\n")
			want := strings.ReplaceAll(regexp.QuoteMeta(c.says), " ", `[\s│]+`)
			if c.attribute != "" { // Terraform shows the line that the error belongs to
				want = `\d: +` + c.attribute + ` *=.*` + want
			}
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: testkit.Providers(),
				Steps:                    []resource.TestStep{{Config: b.String(), PlanOnly: true, ExpectError: regexp.MustCompile(`(?s)` + want)}},
			})
		})
	}
}

// With nothing running at all, and a cluster that is made in the same apply, the plan comes out.
func TestSandboxPlanNeedsNothing(t *testing.T) {
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(),
		Steps: []resource.TestStep{{
			PlanOnly: true, ExpectNonEmptyPlan: true,
			Config: `
provider "kafka" {
  marathon = { url = "http://127.0.0.1:1" }
}
resource "kafka_cluster" "main" {
  name = "main"
}
resource "kafka_streams_application" "wordcount" {
  cluster        = kafka_cluster.main.id
  application_id = "wordcount"
  image          = "example/app:1"
  instances      = 5
  input_topics   = ["lines"]
}
`,
		}},
	})
}

func TestSandboxApplySaysWhatIsMissing(t *testing.T) {
	application := "resource \"kafka_streams_application\" \"wordcount\" {\n  application_id = \"wordcount\"\n  image = \"x\"\n}\n"
	for name, c := range map[string]struct{ provider, says string }{
		"Marathon":              {`provider "kafka" {}`, `MARATHON_URL`},
		"Kafka":                 {`provider "kafka" {` + "\n  marathon = { url = \"http://127.0.0.1:1\" }\n}", `KAFKA_BOOTSTRAP_SERVERS`},
		"a Marathon that lives": {`provider "kafka" {` + "\n  marathon = { url = \"http://127.0.0.1:1\" }\n  bootstrap_servers = [\"127.0.0.1:1\"]\n}", `127\.0\.0\.1:1`},
	} {
		t.Run(name, func(t *testing.T) {
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: testkit.Providers(),
				Steps:                    []resource.TestStep{{Config: c.provider + "\n" + application, ExpectError: regexp.MustCompile(c.says)}},
			})
		})
	}
}
