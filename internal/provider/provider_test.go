package provider_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dsschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	rschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	acctest "github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/provider"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// Every schema is valid for the framework and leaves nothing undescribed.
func TestSchemas(t *testing.T) {
	ctx := context.Background()
	p := provider.New("test")()

	var ps fwprovider.SchemaResponse
	p.Schema(ctx, fwprovider.SchemaRequest{}, &ps)
	if d := ps.Schema.ValidateImplementation(ctx); d.HasError() {
		t.Errorf("provider: %v", d)
	}
	for _, make := range p.Resources(ctx) {
		r := make()
		var meta resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "kafka"}, &meta)
		var s resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &s)
		if d := s.Schema.ValidateImplementation(ctx); d.HasError() {
			t.Errorf("%s: %v", meta.TypeName, d)
		}
		if s.Schema.MarkdownDescription == "" {
			t.Errorf("%s has no description", meta.TypeName)
		}
		described(t, meta.TypeName, s.Schema.Attributes)
		if _, ok := r.(resource.ResourceWithImportState); !ok {
			t.Errorf("%s cannot be imported", meta.TypeName)
		}
	}
	for _, make := range p.DataSources(ctx) {
		d := make()
		var meta datasource.MetadataResponse
		d.Metadata(ctx, datasource.MetadataRequest{ProviderTypeName: "kafka"}, &meta)
		var s datasource.SchemaResponse
		d.Schema(ctx, datasource.SchemaRequest{}, &s)
		if diags := s.Schema.ValidateImplementation(ctx); diags.HasError() {
			t.Errorf("data %s: %v", meta.TypeName, diags)
		}
		for name, a := range s.Schema.Attributes {
			if a.GetMarkdownDescription() == "" {
				t.Errorf("data %s.%s has no description", meta.TypeName, name)
			}
			if nested, ok := a.(dsschema.NestedAttribute); ok {
				for inner, ia := range nested.GetNestedObject().GetAttributes() {
					if ia.GetMarkdownDescription() == "" {
						t.Errorf("data %s.%s.%s has no description", meta.TypeName, name, inner)
					}
				}
			}
		}
	}
}

func described(t *testing.T, where string, attributes map[string]rschema.Attribute) {
	t.Helper()
	for name, a := range attributes {
		if name == "timeouts" {
			continue // described by the timeouts library
		}
		if a.GetMarkdownDescription() == "" && a.GetDescription() == "" {
			t.Errorf("%s.%s has no description", where, name)
		}
		if nested, ok := a.(rschema.NestedAttribute); ok {
			inner := map[string]rschema.Attribute{}
			for k, v := range nested.GetNestedObject().GetAttributes() {
				if ra, ok := v.(rschema.Attribute); ok {
					inner[k] = ra
				}
			}
			described(t, where+"."+name, inner)
		}
	}
}

const topicWithoutCluster = `
resource "kafka_topic" "t" {
  name               = "t"
  partitions         = 1
  replication_factor = 1
}`

const cluster = `
resource "kafka_cluster" "c" {
  name = "c"
}`

func TestProviderBlockIsChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		config string
		env    map[string]string
		want   string
	}{
		"no Kafka configured":     {config: topicWithoutCluster, want: `KAFKA_BOOTSTRAP_SERVERS`},
		"no Marathon configured":  {config: cluster, want: `MARATHON_URL`},
		"bootstrap without port":  {config: `provider "kafka" { bootstrap_servers = ["broker"] }` + topicWithoutCluster, want: `"broker", is not host:port`},
		"URL that is none":        {config: "provider \"kafka\" {\n marathon = { url = \"::nope::\" }\n}" + cluster, want: `Invalid Marathon Configuration`},
		"user without password":   {config: "provider \"kafka\" {\n marathon = { url = \"http://127.0.0.1:1\", user = \"u\" }\n}" + cluster, want: `needs both user`},
		"token and user":          {config: cluster, env: map[string]string{"MARATHON_URL": "http://127.0.0.1:1", "MARATHON_USER": "u", "MARATHON_PASSWORD": "p", "MARATHON_DCOS_TOKEN": "t"}, want: `Conflicting Marathon Credentials`},
		"CA that cannot be read":  {config: "provider \"kafka\" {\n marathon = { url = \"https://127.0.0.1:1\", ca_cert = \"/nowhere.pem\" }\n}" + cluster, want: `Unreadable CA Certificate`},
		"Marathon is unreachable": {config: cluster, env: map[string]string{"MARATHON_URL": "http://127.0.0.1:1"}, want: `MARATHON_URL`},
	} {
		t.Run(name, func(t *testing.T) {
			getenv := func(key string) string { return tc.env[key] }
			acctest.UnitTest(t, acctest.TestCase{
				ProtoV6ProviderFactories: testkit.Providers(provider.WithEnvironment(getenv)),
				Steps: []acctest.TestStep{{
					Config:      tc.config,
					ExpectError: spaced(tc.want),
				}},
			})
		})
	}
}

// A provider block fed by a resource of the same run is unknown while planning, and that is no error.
func TestUnknownProviderBlockPlans(t *testing.T) {
	acctest.UnitTest(t, acctest.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(provider.WithEnvironment(func(string) string { return "" })),
		Steps: []acctest.TestStep{{
			Config: `
resource "terraform_data" "url" { input = "http://127.0.0.1:1" }
provider "kafka" {
  marathon          = { url = terraform_data.url.output }
  bootstrap_servers = [terraform_data.url.output]
}` + cluster + topicWithoutCluster,
			PlanOnly:           true,
			ExpectNonEmptyPlan: true,
		}},
	})
}

// A topic is held against the cluster of the same configuration before there is one.
func TestReplicationFactorAboveThePlannedBrokers(t *testing.T) {
	acctest.UnitTest(t, acctest.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(provider.WithEnvironment(func(string) string { return "" })),
		Steps: []acctest.TestStep{{
			Config: `
resource "kafka_cluster" "c" {
  name    = "c"
  brokers = 2
}
resource "kafka_topic" "t" {
  cluster            = kafka_cluster.c.id
  name               = "t"
  partitions         = 1
  replication_factor = 3
}`,
			PlanOnly:    true,
			ExpectError: spaced(`asks for 3 replicas, but the cluster "/kafka/c" has 2 brokers`),
		}},
	})
}

// spaced matches words however Terraform broke the lines.
func spaced(words string) *regexp.Regexp {
	parts := strings.Fields(words)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile(strings.Join(parts, `[\s│]+`))
}
