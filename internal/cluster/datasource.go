package cluster

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/datasourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

type clusterDataSource struct {
	session *session.Session
}

var (
	_ datasource.DataSourceWithConfigure        = (*clusterDataSource)(nil)
	_ datasource.DataSourceWithConfigValidators = (*clusterDataSource)(nil)
)

// NewDataSource constructs the kafka_cluster data source.
func NewDataSource() datasource.DataSource { return &clusterDataSource{} }

type dataModel struct {
	ID               types.String `tfsdk:"id"`
	Name             types.String `tfsdk:"name"`
	Group            types.String `tfsdk:"group"`
	ClusterID        types.String `tfsdk:"cluster_id"`
	BootstrapServers types.String `tfsdk:"bootstrap_servers"`
	KafkaVersion     types.String `tfsdk:"kafka_version"`
	KafkaVersions    types.Set    `tfsdk:"kafka_versions"`
	Image            types.String `tfsdk:"image"`
	Brokers          types.Int64  `tfsdk:"brokers"`
	BrokerList       types.List   `tfsdk:"broker_list"`
	Controller       types.Int64  `tfsdk:"controller"`
}

func (d *clusterDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}

func (d *clusterDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.session = tf.FromProviderData(req.ProviderData, &resp.Diagnostics)
}

func (d *clusterDataSource) ConfigValidators(context.Context) []datasource.ConfigValidator {
	return []datasource.ConfigValidator{datasourcevalidator.AtLeastOneOf(path.MatchRoot("name"), path.MatchRoot("group"))}
}

func (d *clusterDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Kafka cluster that runs on Marathon, made by `kafka_cluster` here or elsewhere. Give its `name`, or its `group` where that is not `/kafka/<name>`.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{tf.ResourceName()},
				MarkdownDescription: "Name of the cluster.",
			},
			"group": schema.StringAttribute{
				Optional: true, Computed: true, Validators: []validator.String{tf.AppID()},
				MarkdownDescription: "Its Marathon group. Default `/kafka/<name>`.",
			},
			"id":                schema.StringAttribute{Computed: true, MarkdownDescription: "Path of its group; other resources take it as `cluster`."},
			"cluster_id":        schema.StringAttribute{Computed: true, MarkdownDescription: "Kafka's own cluster id."},
			"bootstrap_servers": schema.StringAttribute{Computed: true, MarkdownDescription: "The static connection URL."},
			"kafka_version":     schema.StringAttribute{Computed: true, MarkdownDescription: "Kafka version of the lowest broker."},
			"kafka_versions":    schema.SetAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "The versions of all brokers: more than one while an upgrade is under way."},
			"image":             schema.StringAttribute{Computed: true, MarkdownDescription: "Image of the lowest broker."},
			"brokers":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of brokers that Marathon is asked to run."},
			"controller":        schema.Int64Attribute{Computed: true, MarkdownDescription: "Id of the broker that is the active controller; null, with a warning, when Kafka does not answer or has none."},
			"broker_list": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The brokers as Marathon has them, by id.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Broker id (`node.id`)."},
					"app_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Path of its Marathon app."},
					"host":   schema.StringAttribute{Computed: true, MarkdownDescription: "Agent that runs it; null while none does."},
					"port":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Port of its client listener; null while it does not run."},
					"rack":   schema.StringAttribute{Computed: true, MarkdownDescription: "Its rack, if it has one."},
				}},
			},
		},
	}
}

func (d *clusterDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	const summary = "Unable to Read Kafka Cluster"
	var m dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id, asked := m.Group.ValueString(), "group"
	if m.Group.IsNull() {
		id, asked = brokers.DefaultGroup(m.Name.ValueString()), "name"
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	found, err := d.session.Cluster(ctx, id)
	if err != nil {
		tf.AddError(&resp.Diagnostics, summary, err, tf.Paths{"cluster": path.Root(asked)})
		return
	}
	if !m.Name.IsNull() && m.Name.ValueString() != found.Spec.Name {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Another Kafka Cluster", fmt.Sprintf("Group %s holds Kafka cluster %q, not %q.", id, found.Spec.Name, m.Name.ValueString()))
		return
	}
	s := found.Against(found.Spec)
	m.ID, m.Group, m.Name, m.ClusterID = types.StringValue(id), types.StringValue(id), types.StringValue(s.Name), types.StringValue(found.Spec.ClusterID)
	m.BootstrapServers = types.StringValue(found.Spec.BootstrapServers())
	m.KafkaVersion, m.Image, m.Brokers = types.StringValue(found.Spec.KafkaVersion), types.StringValue(found.Spec.Image), types.Int64Value(int64(s.Brokers))
	m.KafkaVersions = types.SetValueMust(types.StringType, values(found.Versions()))
	m.BrokerList = brokerList(found)
	m.Controller = d.controller(ctx, id, resp)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (d *clusterDataSource) controller(ctx context.Context, id string, resp *datasource.ReadResponse) types.Int64 {
	ctx, cancel := context.WithTimeout(ctx, kafkaReadTimeout)
	defer cancel()
	k, err := d.session.Kafka(ctx, id)
	if err == nil {
		quorum, qerr := k.Quorum(ctx)
		if qerr == nil && quorum.LeaderID >= 0 {
			return types.Int64Value(int64(quorum.LeaderID))
		}
		err = qerr
	}
	detail := "The controller quorum has no leader."
	if err != nil {
		detail = sentence(err)
	}
	resp.Diagnostics.AddAttributeWarning(path.Root("controller"), "Active Controller Unknown", detail)
	return types.Int64Null()
}
