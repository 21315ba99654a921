package streams

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/listdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

const description = "A Kafka Streams application: one Marathon app whose instances form the consumer group of the application id.\n\n" +
	"Create and update wait for Marathon's deployment to its true end and then for the consumer group: `Stable`, with one member per stream thread of every instance. " +
	"An application that crashes ends the wait at once, with its last lines. Changing `instances` alone scales and restarts nothing; any other change replaces the instances, one at a time unless `upgrade` says otherwise.\n\n" +
	"Configuration reaches the program as environment variables: `STREAMS_APPLICATION_ID`, `STREAMS_BOOTSTRAP_SERVERS`, and `STREAMS_<KEY>` for every entry of `config` " +
	"(dots and dashes become `_`, in upper case). Each instance shares its agent's network and has one port, `$PORT0`, for its own HTTP server.\n\n" +
	"Destroying the resource removes the app and waits until the group has no members. The consumer group with its offsets and the application's internal topics " +
	"(`<application_id>-…-changelog`, `-repartition`) stay in Kafka, so that the same application id goes on where it ended.\n\n" +
	"A group of the newer Streams group protocol (`config = { \"group.protocol\" = \"streams\" }`) cannot be described with the classic API that is used here: Marathon's side is waited for, " +
	"`group_state` and `members` are null, and a warning says so."

func (r *applicationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{MarkdownDescription: description, Attributes: map[string]schema.Attribute{
		"application_id": schema.StringAttribute{
			Required: true,
			MarkdownDescription: "Kafka Streams' `application.id`: name of the consumer group and prefix of internal topics, client ids and transactional ids. " +
				"Another id is another application, with empty state, so changing it replaces the resource.",
			Validators:    []validatorString{tf.Rule("must be 1 to 200 letters, digits, '.', '_' and '-'", streamsapp.CheckApplicationID)},
			PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"app_id": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Id of the app in Marathon. Default: `/streams/<application_id>`. Changing it replaces the resource.",
			Validators:          []validatorString{tf.AppID()},
			PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
		},
		"cluster": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Id of the `kafka_cluster` that the application works on (`kafka_cluster.<name>.id`, a path such as `/kafka/main`). Its static connection URL becomes `STREAMS_BOOTSTRAP_SERVERS`. " +
				"Without it, `bootstrap_servers` here or in the provider block is used.",
			Validators: []validatorString{tf.AppID()},
		},
		"bootstrap_servers": schema.ListAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "`host:port` of brokers, for a cluster that is not managed here. Not together with `cluster`. Default: the provider block's.",
			Validators: []validatorList{
				listvalidator.SizeAtLeast(1), listvalidator.ConflictsWith(path.MatchRoot("cluster")),
				listvalidator.ValueStringsAre(tf.Rule("must be host:port", checkServer)),
			},
		},
		"image": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Container image to run. Either this or `artifacts`.",
			Validators:          []validatorString{stringvalidator.LengthAtLeast(1)},
		},
		"artifacts": artifactsAttribute(),
		"runtime":   runtimeAttribute(),
		"command":   commandAttribute(),
		"instances": instancesAttribute(),
		"cpus":      positiveFloat("CPUs of each instance.", 0.5),
		"memory":    memoryAttribute(),
		"heap":      heapAttribute(),
		"threads":   threadsAttribute(),
		"config":    configAttribute(),
		"env":       stringMap("Further environment variables. Names that begin with `STREAMS_` belong into `config`. Values are readable in Marathon and in the state: no place for secrets."),
		"labels":    stringMap("Labels of the app. Changing one replaces the instances, as Marathon does for any difference."),
		"upgrade":   upgradeAttribute(),
		"timeouts":  timeoutsAttribute(ctx),
		"group_state": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "State of the consumer group at the last look: `Stable`, `Empty` (paused), `PreparingRebalance` …",
		},
		"members": schema.Int64Attribute{
			Computed:            true,
			MarkdownDescription: "Members of the consumer group at the last look: instances × threads when all is well.",
		},
		"id": schema.StringAttribute{
			Computed:            true,
			MarkdownDescription: "Id of the app in Marathon.",
			PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"processing_guarantee": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "`at_least_once` (Kafka Streams' own default) or `exactly_once_v2`, as `STREAMS_PROCESSING_GUARANTEE`. " +
				"Exactly-once needs WRITE and DESCRIBE on the transactional ids that begin with `<application_id>-`.",
			Validators: []validatorString{stringvalidator.OneOf(streamsapp.Guarantees...)},
		},
		"constraints": schema.ListAttribute{
			Optional: true, Computed: true, ElementType: types.ListType{ElemType: types.StringType},
			Default: listdefault.StaticValue(types.ListValueMust(types.ListType{ElemType: types.StringType}, nil)),
			MarkdownDescription: "Marathon's placement constraints, each `[field, operator]` or `[field, operator, value]`, for example `[\"hostname\", \"MAX_PER\", \"2\"]`. " +
				"Operators in upper case: `UNIQUE`, `CLUSTER`, `GROUP_BY`, `LIKE`, `UNLIKE`, `MAX_PER`, `IS`.",
			Validators: []validatorList{constraintsValidator{}},
		},
		"health_check": healthCheckAttribute(),
		"readiness_path": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "HTTP path on `$PORT0` that answers 200 once an instance works (for Kafka Streams: state `RUNNING`), for example `/ready`. Marathon asks it during deployments and goes on to the next instance " +
				"only when it does. Keep it apart from the health check, which must not kill an instance that restores its state. Default: none.",
			Validators: []validatorString{tf.Rule("must begin with '/'", checkPath)},
		},
		"kill_grace_period": schema.Int64Attribute{
			CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(60),
			MarkdownDescription: "Seconds between SIGTERM and SIGKILL when an instance is stopped. At least the time that closing the application takes: it commits and flushes its state stores then. Default: 60.",
			Validators:          []validatorInt64{int64validator.AtLeast(1)},
		},
		"input_topics": topicSet("Topics that the application reads, as `INPUT_TOPICS` (separated by commas, and `INPUT_TOPIC` when there is one). They must exist when the application starts, as Kafka Streams creates no inputs; " +
			"their partitions say how many threads are useful."),
		"output_topics": topicSet("Topics that the application writes, as `OUTPUT_TOPICS` (and `OUTPUT_TOPIC` when there is one). They must exist when the application starts."),
	}}
}

func artifactsAttribute() schema.Attribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Files that are fetched into each instance's sandbox before its start, instead of an `image`. Needs a `command`.",
		Validators:          []validatorList{listvalidator.SizeAtLeast(1)},
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"uri": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Where the file is: `http`, `https`, `ftp`, `file` or a path on the agents.",
				Validators:          []validatorString{stringvalidator.LengthAtLeast(1)},
			},
			"extract": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Unpack archives (by file name). Without effect on executables. Default: true.",
			},
			"executable": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Make the file executable. Default: false.",
			},
			"dest_path": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path and name below the sandbox. Default: the name in the URI.",
				Validators:          []validatorString{stringvalidator.LengthAtLeast(1)},
			},
		}},
	}
}

func runtimeAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "What runs the instances: `docker` (Docker engine) or `mesos` (Mesos's own, the Universal Container Runtime). Default: `docker` with an `image`, `mesos` with `artifacts`.",
		Validators:          []validatorString{stringvalidator.OneOf(streamsapp.RuntimeMesos, streamsapp.RuntimeDocker)},
	}
}

func commandAttribute() schema.Attribute {
	return schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Command line for `/bin/sh -c`, for example `exec java -jar app.jar`. Begin it with `exec`, or SIGTERM does not reach the program and it cannot close cleanly. `$PORT0`, `$HOST` and the `STREAMS_` variables can be used. " +
			"Required with `artifacts`. Default: the image's entry point.",
		Validators: []validatorString{stringvalidator.LengthAtLeast(2)},
	}
}

func instancesAttribute() schema.Attribute {
	return schema.Int64Attribute{
		CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(1),
		MarkdownDescription: "Number of instances. 0 pauses the application: its offsets stay for as long as the brokers' `offsets.retention.minutes` (7 days by default). Default: 1.",
		Validators:          []validatorInt64{int64validator.AtLeast(0)},
	}
}

func memoryAttribute() schema.Attribute {
	return schema.Int64Attribute{
		CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(defaultMemory),
		MarkdownDescription: "Memory of each instance in MiB. It must hold the heap, the rest of the JVM, and RocksDB's own memory. Default: 512.",
		Validators:          []validatorInt64{int64validator.AtLeast(1)},
	}
}

func heapAttribute() schema.Attribute {
	return schema.Int64Attribute{
		CustomType: tf.WholeNumber{}, Optional: true,
		MarkdownDescription: "Heap of the JVM in MiB, as `-Xms` and `-Xmx` in `JDK_JAVA_OPTIONS`, which the `java` launcher (JDK 9 and newer) reads by itself. `memory` must be larger by 128 MiB or a quarter of the heap, whichever is more. " +
			"Default: the JVM's own. Without meaning for programs that are not Java.",
		Validators: []validatorInt64{int64validator.AtLeast(16)},
	}
}

func threadsAttribute() schema.Attribute {
	return schema.Int64Attribute{
		CustomType: tf.WholeNumber{}, Optional: true,
		MarkdownDescription: "Stream threads of each instance, as `STREAMS_NUM_STREAM_THREADS`. Default: Kafka Streams' own, 1.",
		Validators:          []validatorInt64{int64validator.AtLeast(1)},
	}
}

func configAttribute() schema.Attribute {
	return schema.MapAttribute{
		Optional: true, Computed: true, ElementType: types.StringType, Default: mapdefault.StaticValue(types.MapValueMust(types.StringType, nil)),
		MarkdownDescription: "Configuration of Kafka Streams in Kafka's spelling, for example `{ \"commit.interval.ms\" = \"1000\" }`. Each entry becomes the variable `STREAMS_<KEY>`: `STREAMS_COMMIT_INTERVAL_MS`. " +
			"Two keys that become one variable, and keys that an argument sets, are refused.",
	}
}

func healthCheckAttribute() schema.Attribute {
	seconds := func(what string, byDefault, atLeast int64) schema.Attribute {
		return schema.Int64Attribute{
			CustomType: tf.WholeNumber{}, Optional: true, Computed: true, Default: int64default.StaticInt64(byDefault), MarkdownDescription: what,
			Validators: []validatorInt64{int64validator.AtLeast(atLeast)},
		}
	}
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "How Marathon learns that an instance lives. It kills and relaunches one that fails, so the check should fail only where nothing but a restart helps (Kafka Streams' state `ERROR`), not while state is restored. " +
			"Default: none, and an instance counts as soon as its process runs.",
		Attributes: map[string]schema.Attribute{
			"protocol": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(defaultProtocol),
				MarkdownDescription: "`MESOS_HTTP`, `MESOS_HTTPS`, `MESOS_TCP` and `COMMAND` run on the agent beside the instance; `HTTP`, `HTTPS` and `TCP` from Marathon. Default: `MESOS_HTTP`.",
				Validators:          []validatorString{stringvalidator.OneOf(streamsapp.Protocols...)},
			},
			"path": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Path on `$PORT0` for the HTTP protocols. Default: `/live`.",
				PlanModifiers:       []planmodifier.String{pathDefault{}},
			},
			"command": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Command for the protocol `COMMAND`; exit code 0 passes.",
			},
			"grace_period":             seconds("Seconds after the start in which failures do not count. Make it longer than the longest restore. Default: 300.", 300, 0),
			"interval":                 seconds("Seconds between checks. Default: 10.", 10, 1),
			"timeout":                  seconds("Seconds until a check counts as failed. Default: 5.", 5, 1),
			"max_consecutive_failures": seconds("Failures in a row after which the instance is killed. Default: 3.", 3, 0),
		},
	}
}

func upgradeAttribute() schema.Attribute {
	share := []validatorFloat64{float64validator.Between(0, 1)}
	return schema.SingleNestedAttribute{
		Optional: true, Computed: true,
		MarkdownDescription: "How Marathon replaces instances when something else than their number changes. Default: one at a time, as `minimum_health_capacity` = (n-1)/n of the instances, rounded down to two decimals, and `maximum_over_capacity` = 0. " +
			"The default is computed anew whenever a change replaces the instances, and left alone when only `instances` changes, as a new strategy would itself restart them.",
		Attributes: map[string]schema.Attribute{
			"minimum_health_capacity": schema.Float64Attribute{
				Required: true, Validators: share,
				MarkdownDescription: "Share of the instances, 0 to 1, that must stay healthy.",
			},
			"maximum_over_capacity": schema.Float64Attribute{
				Optional: true, Computed: true, Default: float64default.StaticFloat64(0), Validators: share,
				MarkdownDescription: "Share of the instances, 0 to 1, that may run in addition. More than 0 starts new instances beside old ones: fast for an application without state, double restores for one with. Default: 0.",
			},
		},
	}
}

func timeoutsAttribute(ctx context.Context) schema.Attribute {
	attribute := timeouts.Attributes(ctx, timeouts.Opts{
		Create: true, Update: true, Delete: true,
		CreateDescription: "How long to wait for the deployment and the consumer group. Default: 20m.",
		UpdateDescription: "How long to wait for the deployment and the consumer group. Default: 30m.",
		DeleteDescription: "How long to wait until the app and the group's members are gone. Default: 10m.",
	})
	if nested, ok := attribute.(schema.SingleNestedAttribute); ok {
		nested.MarkdownDescription = "How long operations may take, such as `30s` or `2h45m`."
		return nested
	}
	return attribute
}

func stringMap(description string) schema.Attribute {
	return schema.MapAttribute{
		Optional: true, Computed: true, ElementType: types.StringType, Default: mapdefault.StaticValue(types.MapValueMust(types.StringType, nil)),
		MarkdownDescription: description,
	}
}

func topicSet(description string) schema.Attribute {
	return schema.SetAttribute{
		Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(types.SetValueMust(types.StringType, []attr.Value{})),
		MarkdownDescription: description,
		Validators:          []validatorSet{setvalidator.ValueStringsAre(tf.KafkaTopicName())},
	}
}

func positiveFloat(description string, byDefault float64) schema.Attribute {
	return schema.Float64Attribute{
		Optional: true, Computed: true, Default: float64default.StaticFloat64(byDefault),
		MarkdownDescription: description + " Default: " + formatFloat(byDefault) + ".",
		Validators:          []validatorFloat64{positive{}},
	}
}
