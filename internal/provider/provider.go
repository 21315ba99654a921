// Package provider is the provider block: its schema, its environment variables, and the list of what the provider offers.
package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/acl"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/cluster"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streams"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/topic"
)

// Address is where the provider is found in a registry.
const Address = "registry.terraform.io/kafka-mesos/kafka"

type kafkaProvider struct {
	version string
	getenv  func(string) string
	rollout []rollout.Option
	timeout time.Duration // of one Marathon request with its retries; 0 = the client's default
}

var _ provider.Provider = (*kafkaProvider)(nil)

// Option changes how the provider is built; main uses none.
type Option func(*kafkaProvider)

// WithRollout hands options to every wait for a deployment, e.g. a shorter settle time.
func WithRollout(opts ...rollout.Option) Option {
	return func(p *kafkaProvider) { p.rollout = append(p.rollout, opts...) }
}

// WithRequestTimeout bounds each Marathon request with its retries.
func WithRequestTimeout(d time.Duration) Option {
	return func(p *kafkaProvider) { p.timeout = d }
}

// WithEnvironment replaces the process's environment.
func WithEnvironment(getenv func(string) string) Option {
	return func(p *kafkaProvider) { p.getenv = getenv }
}

// New answers the factory that Terraform's plugin server wants.
func New(version string, opts ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &kafkaProvider{version: version, getenv: osEnv}
		for _, opt := range opts {
			opt(p)
		}
		return p
	}
}

// model is the provider block.
type model struct {
	Marathon         *marathonModel `tfsdk:"marathon"`
	BootstrapServers types.List     `tfsdk:"bootstrap_servers"`
}

type marathonModel struct {
	URL       types.String `tfsdk:"url"`
	User      types.String `tfsdk:"user"`
	Password  types.String `tfsdk:"password"`
	DCOSToken types.String `tfsdk:"dcos_token"`
	CACert    types.String `tfsdk:"ca_cert"`
}

func (p *kafkaProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "kafka"
	resp.Version = p.version
}

func (p *kafkaProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs Apache Kafka and Kafka Streams applications on Mesos/Marathon (DC/OS included) and manages what is inside the clusters: " +
			"brokers, topics, ACLs and Streams services from one `terraform apply`.\n\n" +
			"Every argument may come from the environment instead. Nothing is contacted before a resource needs it, so a plan works while Marathon and Kafka do not exist yet.",
		Attributes: map[string]schema.Attribute{
			"marathon": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "How to reach Marathon. Needed by `kafka_cluster`, `kafka_streams_application`, and by every resource that names a `cluster`.",
				Attributes: map[string]schema.Attribute{
					"url": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "Base URL of Marathon, such as `http://marathon.mesos:8080` or `https://dcos.example.com/service/marathon`; " +
							"several members of one Marathon are separated by commas. Environment: `MARATHON_URL`.",
					},
					"user": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "User for HTTP basic authentication. Environment: `MARATHON_USER`.",
					},
					"password": schema.StringAttribute{
						Optional:            true,
						Sensitive:           true,
						MarkdownDescription: "Password for HTTP basic authentication. Environment: `MARATHON_PASSWORD`.",
					},
					"dcos_token": schema.StringAttribute{
						Optional:            true,
						Sensitive:           true,
						MarkdownDescription: "DC/OS authentication token, sent as `Authorization: token=…`. Not together with `user`. Environment: `MARATHON_DCOS_TOKEN`.",
					},
					"ca_cert": schema.StringAttribute{
						Optional:            true,
						MarkdownDescription: "CA certificates that sign Marathon's own, as PEM text or as the path of a PEM file; the system's are used without it. Environment: `MARATHON_CA_CERT`.",
					},
				},
			},
			"bootstrap_servers": schema.ListAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "`host:port` of some brokers of the cluster that resources without a `cluster` argument manage. " +
					"Connections are plaintext for now. Environment: `KAFKA_BOOTSTRAP_SERVERS` (separated by commas).",
			},
		},
	}
}

func (p *kafkaProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	settings := p.settings(ctx, m, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	s := session.New(settings)
	resp.ResourceData = s
	resp.DataSourceData = s
}

func (p *kafkaProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		cluster.NewResource,
		topic.NewResource,
		acl.NewResource,
		streams.NewResource,
	}
}

func (p *kafkaProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		cluster.NewDataSource,
	}
}
