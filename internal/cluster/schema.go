package cluster

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

const (
	defaultVersion        = "4.3.1"
	defaultBrokers        = 3
	defaultCPUs           = 1.0
	defaultMemory         = 2048
	defaultClientPort     = 9092
	defaultControllerPort = 9093
)

func (r *clusterResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: description,
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The path of the cluster's Marathon group, such as `/kafka/main`. Other resources take it as `cluster`. Known at plan.",
			},
			"name": schema.StringAttribute{
				Required:            true,
				Validators:          []validator.String{tf.ResourceName()},
				MarkdownDescription: "Name of the cluster: lower-case letters, digits and `-`. Changing it replaces the cluster.",
			},
			"group": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators:          []validator.String{tf.AppID()},
				MarkdownDescription: "Marathon group that holds the broker apps `broker-0`, `broker-1` and so on; for this cluster alone. Default `/kafka/<name>`. Changing it replaces the cluster.",
			},
			"cluster_id": schema.StringAttribute{
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "Kafka's own cluster id: 22 characters, generated when the cluster is made.",
			},
			"bootstrap_servers": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "The static connection URL, for `bootstrap.servers` of clients: known at plan, and unchanged by failures, moves and upgrades. What it is made of follows from `service_discovery`: " +
					"changing that, or the hosts it names, changes the URL, and applications notice at the next refresh.",
			},
			"kafka_version": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(defaultVersion),
				Validators:          []validator.String{tf.Rule("must be a Kafka version from 3.9.0 on", brokers.CheckVersion)},
				MarkdownDescription: "Kafka version, 3.9.0 or newer. Default `" + defaultVersion + "`. A change rolls the brokers, one at a time.",
			},
			"image": schema.StringAttribute{
				Optional: true, Computed: true,
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
				MarkdownDescription: "Container image that has a Kafka distribution in `/opt/kafka`, or elsewhere with `env = { KAFKA_HOME = … }`. Default `apache/kafka:<kafka_version>`. " +
					"Its entry point is not used: the brokers' configuration is complete without it.",
			},
			"runtime": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(brokers.RuntimeDocker),
				Validators:          []validator.String{stringvalidator.OneOf(brokers.RuntimeDocker, brokers.RuntimeMesos)},
				MarkdownDescription: "What runs the image: `docker` (default, the Docker containerizer) or `mesos` (Mesos's own, the Universal Container Runtime).",
			},
			"brokers": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(defaultBrokers),
				Validators: []validator.Int64{int64validator.Between(1, 1000)},
				MarkdownDescription: "Number of brokers, each an app of its own. Default 3. The first three are also the KRaft controllers. It cannot be changed yet: " +
					"scaling moves partitions, which is later work. In state it counts the brokers that Marathon is asked to run, so one that somebody stopped or deleted shows here and is brought back by an apply.",
			},
			"cpus": schema.Float64Attribute{
				Optional: true, Computed: true, Default: float64default.StaticFloat64(defaultCPUs),
				Validators:          []validator.Float64{float64validator.AtLeast(0.001)},
				MarkdownDescription: "CPUs per broker. Default 1. Cannot be changed on a cluster with `storage`.",
			},
			"memory": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(defaultMemory),
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
				MarkdownDescription: "Memory per broker in MiB; it holds the heap, the JVM's own needs and the page cache. Default 2048. Cannot be changed on a cluster with `storage`.",
			},
			"heap": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Optional: true, Computed: true,
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
				MarkdownDescription: "JVM heap per broker in MiB. `memory` must hold it and a quarter more, at least 256 MiB more, or the plan fails. Default: half of `memory`, at most 4096.",
			},
			"storage":       storageSchema(),
			"authorization": authorizationSchema(),
			"client_port": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(defaultClientPort),
				Validators:          []validator.Int64{int64validator.Between(1, 65535)},
				MarkdownDescription: "Port for clients and between brokers, on every broker's agent. Default 9092. It is fixed, so an agent runs at most one broker. Cannot be changed.",
			},
			"controller_port": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(defaultControllerPort),
				Validators:          []validator.Int64{int64validator.Between(1, 65535)},
				MarkdownDescription: "Port of the KRaft controllers. Default 9093. Cannot be changed.",
			},
			"placement": placementSchema(),
			"service_discovery": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(brokers.DiscoveryVIP),
				Validators: []validator.String{stringvalidator.OneOf(brokers.DiscoveryVIP, brokers.DiscoveryMesosDNS, brokers.DiscoveryHosts)},
				MarkdownDescription: "What `bootstrap_servers` is made of: `vip` (default) is one DC/OS VIP over all brokers, `kafka-<name>.marathon.l4lb.thisdcos.directory:<client_port>` " +
					"(with a `group` of its own: its path with `-` for `/`; clusters of one such name need different ports); `mesos-dns` are the Mesos-DNS names of the lowest three brokers; `hosts` are the first three of `placement.hosts`. " +
					"Controllers find each other by Mesos-DNS names, or by the hosts with `hosts`. Changing it, or with `hosts` the hosts, changes `bootstrap_servers`; applications notice at the next refresh.",
			},
			"config": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Broker properties on top of the defaults (replication factor 3 and min.insync.replicas 2 where there are three brokers, no automatic topics). " +
					"Properties that follow from other attributes are refused. These are set through Kafka's admin API, without a restart, and live in Kafka: " + code(brokers.DynamicKeys()) + ". A change of any other rolls the brokers.",
			},
			"env": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Environment of the brokers, such as `KAFKA_OPTS`. Values are literal. Not for secrets: they stand in Marathon's API and in Terraform's state.",
			},
			"labels": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Labels of the broker apps. Marathon restarts a task for a changed label too, so a change rolls the brokers.",
			},
			"deletion_protection": schema.BoolAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "While true, a plan that destroys or replaces the cluster fails. Default: true with `storage`, else false. Set it to false and apply before destroying. A cluster that never came up is not protected.",
			},
			"broker_list": brokerListSchema(),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: "How long to wait for a new cluster to be complete. Default 20m.",
				UpdateDescription: "How long a change may take, waits for replicas included. Default 60m.",
				DeleteDescription: "How long to wait for the brokers to be gone. Default 10m.",
			}),
		},
	}
}

func code(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }

func storageSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "A persistent volume per broker, which ties it to its agent. Without `storage` a broker keeps its data on the task's own disk: it is gone with the task, " +
			"and a restarted broker fetches everything again from the others (with a single broker, or when all restart together, the data is lost). A cluster whose controllers are relaunched empty at the same time can lose its metadata, too. Needs a Marathon with a role of its own. Cannot be changed.",
		Attributes: map[string]schema.Attribute{
			"type": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("root"),
				Validators:          []validator.String{stringvalidator.OneOf("root", "path", "mount")},
				MarkdownDescription: "Mesos's disk type: `root` (default), `path` or `mount`.",
			},
			"size": schema.Int64Attribute{
				CustomType:          tf.WholeNumber{},
				Required:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
				MarkdownDescription: "Size in MiB.",
			},
		},
	}
}

func authorizationSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Switches Kafka's `StandardAuthorizer` on; without it brokers refuse every ACL (`SECURITY_DISABLED`). `authorization = {}` is enough. " +
			"Listeners are plaintext for now, and there every client, the brokers included, is `User:ANONYMOUS`. So that principal has to be a super user (default), and then ACLs are kept but deny nobody; " +
			"or `allow_everyone_if_no_acl` lets it do what no ACL speaks of, and then an ACL on the cluster itself locks the brokers out. Listeners that authenticate are later work.",
		Attributes: map[string]schema.Attribute{
			"super_users": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType,
				Default:             setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{types.StringValue("User:ANONYMOUS")})),
				Validators:          []validator.Set{setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				MarkdownDescription: "Principals that may do everything. Default `[\"User:ANONYMOUS\"]`.",
			},
			"allow_everyone_if_no_acl": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether everybody may use what no ACL speaks of. Default false.",
			},
		},
	}
}

func placementSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Which agents brokers may use.",
		Attributes: map[string]schema.Attribute{
			"hosts": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				Validators:          []validator.List{listvalidator.SizeAtLeast(1)},
				MarkdownDescription: "Host names of agents, one for each broker: broker i runs on host i. Cannot be changed on a cluster with `storage`.",
			},
			"constraints": schema.ListAttribute{
				Optional: true, ElementType: types.ListType{ElemType: types.StringType},
				MarkdownDescription: "Marathon constraints for every broker, such as `[[\"disk\", \"LIKE\", \"ssd.*\"]]`; operators in upper case. They look at one broker's app at a time: `hostname UNIQUE` says nothing here, the fixed ports keep brokers apart.",
			},
			"rack": schema.SingleNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Spreads brokers and replicas over racks or zones. Cannot be changed on a cluster with `storage`.",
				Attributes: map[string]schema.Attribute{
					"attribute": schema.StringAttribute{
						Required:            true,
						Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
						MarkdownDescription: "Agent attribute, or `@zone`.",
					},
					"values": schema.ListAttribute{
						Required: true, ElementType: types.StringType,
						Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
						MarkdownDescription: "Its values: broker i runs where the attribute is the value i modulo their number, which also becomes its `broker.rack`.",
					},
				},
			},
		},
	}
}

func brokerListSchema() schema.Attribute {
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: "The brokers as Marathon has them, by id.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Broker id (`node.id`)."},
			"app_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Path of its Marathon app."},
			"host":   schema.StringAttribute{Computed: true, MarkdownDescription: "Agent that runs it; null while none does."},
			"port":   schema.Int64Attribute{Computed: true, MarkdownDescription: "Port of its client listener; null while it does not run."},
			"rack":   schema.StringAttribute{Computed: true, MarkdownDescription: "Its rack; null without `placement.rack`."},
		}},
	}
}

const description = "A Kafka cluster on Marathon: one app per broker in one group, KRaft without ZooKeeper.\n\n" +
	"Creating starts all brokers together and waits until Marathon runs them, the controller quorum has a leader and every broker has joined. An update that needs a restart goes one broker at a time: before one is taken down, the quorum and the in-sync replicas of every partition on it must do without it; the next has its turn when the broker is back in sync everywhere. An update that was stopped goes on with the next apply.\n\n" +
	"Marathon restarts a task for any difference in its app, whatever it is (labels included). What Kafka can change while it runs therefore stays out of the apps: see `config`.\n\n" +
	"Destroying removes the broker apps of this cluster, and the group if nothing else is in it."
