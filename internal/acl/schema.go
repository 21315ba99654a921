package acl

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

const (
	minutesCreate = 5
	minutesDelete = 5
)

func (r *aclResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	required := func(text string, checks ...validator.String) schema.StringAttribute {
		return schema.StringAttribute{Required: true, MarkdownDescription: text, Validators: checks, PlanModifiers: replace}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An access control entry of a Kafka cluster: it allows or denies one operation on one resource to one principal.\n\n" +
			"The brokers need an authorizer. A `kafka_cluster` has one when its `authorization` is set; other clusters need `authorizer.class.name`. " +
			"Without one the brokers refuse every ACL with SECURITY_DISABLED. On plaintext listeners every client is `User:ANONYMOUS`.\n\n" +
			"An ACL has no other identity than its fields, so a change of any of them replaces it. Creating one that exists already takes it over.",
		Attributes: map[string]schema.Attribute{
			"resource_type": required("Type of the resource: "+list(resourceTypes)+".", oneOf(resourceTypes)),
			"resource_name": required("Name of the resource: a topic, group or transactional id, a prefix of such names (`resource_pattern_type_filter = \"Prefixed\"`), or `*` for all of the type. "+
				"For the type `Cluster` it must be `kafka-cluster`.", stringvalidator.LengthBetween(1, 32767)),
			"resource_pattern_type_filter": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("Literal"),
				MarkdownDescription: "How `resource_name` is meant: `Literal` (exactly that name, or `*`) or `Prefixed` (every name that begins with it). Default `Literal`.",
				Validators:          []validator.String{oneOf(patternTypes)},
				PlanModifiers:       replace,
			},
			"acl_principal":       required("Whom the entry is about: type, colon and name, such as `User:alice`; `User:*` is everyone.", principal()),
			"acl_host":            required("Address that the client must come from: an IP address, or `*` for any. Host names never match.", stringvalidator.LengthBetween(1, 32767)),
			"acl_operation":       required("Operation: "+list(operations)+".", oneOf(operations)),
			"acl_permission_type": required("`Allow` or `Deny`; a denial wins over every permission.", oneOf(permissionTypes)),
			"cluster": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Id of the `kafka_cluster` that holds the ACL (`kafka_cluster.<name>.id`, such as `/kafka/main`). Its brokers are found through Marathon when they are needed. " +
					"Without it the provider's `bootstrap_servers` are used. Changing it replaces the ACL.",
				Validators:    []validator.String{tf.AppID()},
				PlanModifiers: []planmodifier.String{tf.ReplaceIfKnown("An ACL cannot move to another cluster.")},
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`principal|host|operation|permission|resource_type|resource_name|pattern`, after `cluster|` when `cluster` is set.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Delete: true,
				CreateDescription: tf.TimeoutText("until every live broker shows the ACL", minutesCreate),
				DeleteDescription: tf.TimeoutText("until no live broker shows the ACL", minutesDelete),
			}),
		},
	}
}

func list(words []string) string { return "`" + strings.Join(words, "`, `") + "`" }
