package topic

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

const (
	minutesCreate = 5
	minutesUpdate = 5
	minutesDelete = 5
)

func (r *topicResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A topic of a Kafka cluster: one that `kafka_cluster` runs on Marathon (`cluster`), also when it is made in the same apply, " +
			"or the one that the provider's `bootstrap_servers` name.\n\n" +
			"Partitions and configuration change in place. A topic cannot lose partitions, and its replication factor cannot be changed by this version of the provider: both are errors of the plan, " +
			"so that no plan ever replaces a topic, and with it its records, unasked.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the topic: 1 to 249 letters, digits, `.`, `_` and `-`. Kafka refuses a name that differs from another topic's only by `.` and `_`. " +
					"Changing it replaces the topic: **its records are deleted**.",
				Validators:    []validator.String{tf.KafkaTopicName()},
				PlanModifiers: []planmodifier.String{tf.ReplaceIfKnown("Another name is another topic.")},
			},
			"partitions": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Required: true,
				MarkdownDescription: "Number of partitions, at least 1. It can grow in place (keys are then spread differently from before); " +
					"a smaller number is an error, as Kafka cannot take partitions away.",
				Validators: []validator.Int64{int64validator.Between(1, 1<<31-1)},
			},
			"replication_factor": schema.Int64Attribute{
				CustomType: tf.WholeNumber{}, Required: true,
				MarkdownDescription: "Number of replicas of each partition, at most the number of brokers; `-1` leaves it to the cluster's `default.replication.factor`. " +
					"Changing it is an error in this version of the provider.",
				Validators: []validator.Int64{tf.IntRule("-1 or at least 1", func(n int64) bool { return n == -1 || n >= 1 }), int64validator.AtMost(1<<15 - 1)},
			},
			"cluster": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Id of the `kafka_cluster` that holds the topic (`kafka_cluster.<name>.id`, such as `/kafka/main`). Its brokers are found through Marathon when they are needed. " +
					"Without it the provider's `bootstrap_servers` are used. Changing it replaces the topic: **its records are deleted**.",
				Validators:    []validator.String{tf.AppID()},
				PlanModifiers: []planmodifier.String{tf.ReplaceIfKnown("A topic cannot move to another cluster.")},
			},
			"config": schema.MapAttribute{
				Optional:    true,
				ElementType: types.StringType,
				MarkdownDescription: "Configuration of the topic, by Kafka's names ([list](https://kafka.apache.org/documentation/#topicconfigs)), for example `\"retention.ms\" = \"604800000\"`. " +
					"Only the keys written here are managed; everything else stays with the cluster's defaults or whoever set it. A key that is removed here is reset to the default.",
				Validators: []validator.Map{
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(stringvalidator.LengthAtLeast(1)),
				},
			},
			"deletion_protection": schema.BoolAttribute{
				Optional: true, Computed: true,
				Default: booldefault.StaticBool(false),
				MarkdownDescription: "With `true`, a plan that would destroy or replace the topic fails. To destroy it after all, apply `deletion_protection = false` first. " +
					"Default `false`.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The name of the topic, or `cluster|name` when `cluster` is set.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Update: true, Delete: true,
				CreateDescription: tf.TimeoutText("until every live broker shows the new topic", minutesCreate),
				UpdateDescription: tf.TimeoutText("until every live broker shows the change", minutesUpdate),
				DeleteDescription: tf.TimeoutText("until no live broker shows the topic", minutesDelete),
			}),
		},
	}
}
