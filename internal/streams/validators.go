package streams

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// Defaults that more than the schema needs to know.
const (
	defaultMemory   = 512
	defaultProtocol = "MESOS_HTTP"
	defaultPath     = "/live"
)

type (
	validatorString  = validator.String
	validatorList    = validator.List
	validatorSet     = validator.Set
	validatorInt64   = validator.Int64
	validatorFloat64 = validator.Float64
)

func checkServer(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return fmt.Errorf("%q is not host:port, such as broker-0.main.kafka.marathon.mesos:9092", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q: the port must be a number from 1 to 65535", s)
	}
	return nil
}

func checkPath(s string) error {
	if !strings.HasPrefix(s, "/") {
		return fmt.Errorf("the path %q must begin with '/'", s)
	}
	return nil
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

// positive accepts numbers above zero: Marathon takes 0 CPUs and 0 MiB and then starves the task.
type positive struct{}

func (positive) Description(context.Context) string         { return "must be greater than 0" }
func (positive) MarkdownDescription(context.Context) string { return "must be greater than 0" }

func (positive) ValidateFloat64(_ context.Context, req validator.Float64Request, resp *validator.Float64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || req.ConfigValue.ValueFloat64() > 0 {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Value", fmt.Sprintf("The value must be greater than 0, got %s.", formatFloat(req.ConfigValue.ValueFloat64())))
}

// constraintsValidator checks each constraint on its own path.
type constraintsValidator struct{}

func (constraintsValidator) Description(context.Context) string {
	return "each must be [field, OPERATOR] or [field, OPERATOR, value]"
}

func (v constraintsValidator) MarkdownDescription(ctx context.Context) string {
	return v.Description(ctx)
}

func (constraintsValidator) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	for i, element := range req.ConfigValue.Elements() {
		members, known := knownStrings(element)
		if !known {
			continue
		}
		if err := tf.CheckConstraint(members); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path.AtListIndex(i), "Invalid Constraint", tf.Sentence(err.Error()))
		}
	}
}

func knownStrings(value any) ([]string, bool) {
	list, ok := value.(types.List)
	if !ok || list.IsUnknown() || list.IsNull() {
		return nil, false
	}
	out := make([]string, 0, len(list.Elements()))
	for _, e := range list.Elements() {
		s, ok := e.(types.String)
		if !ok || s.IsUnknown() || s.IsNull() {
			return nil, false
		}
		out = append(out, s.ValueString())
	}
	return out, true
}

// pathDefault gives the HTTP protocols their default path and the others none.
type pathDefault struct{}

func (pathDefault) Description(context.Context) string {
	return "/live for the HTTP protocols, null for the others"
}

func (m pathDefault) MarkdownDescription(ctx context.Context) string { return m.Description(ctx) }

func (pathDefault) PlanModifyString(ctx context.Context, req planmodifier.StringRequest, resp *planmodifier.StringResponse) {
	if !req.ConfigValue.IsNull() {
		return
	}
	var protocol types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, req.Path.ParentPath().AtName("protocol"), &protocol)...)
	switch {
	case resp.Diagnostics.HasError():
	case protocol.IsUnknown():
		resp.PlanValue = types.StringUnknown()
	case streamsapp.UsesPath(protocol.ValueString()):
		resp.PlanValue = types.StringValue(defaultPath)
	default:
		resp.PlanValue = types.StringNull()
	}
}

// paths says where the errors of the plain-Go rooms and of Marathon belong.
var paths = func() tf.Paths {
	at := tf.Paths{
		"config": path.Root("config"), "env": path.Root("env"), "labels": path.Root("labels"),
		"/id": path.Root("app_id"), "/cpus": path.Root("cpus"), "/mem": path.Root("memory"), "/cmd": path.Root("command"), "/fetch": path.Root("artifacts"),
		"/container": path.Root("image"), "/constraints": path.Root("constraints"), "/env": path.Root("env"), "/labels": path.Root("labels"),
		"/healthChecks": path.Root("health_check"), "/readinessChecks": path.Root("readiness_path"), "/upgradeStrategy": path.Root("upgrade"),
		"/instances": path.Root("instances"), "/taskKillGracePeriodSeconds": path.Root("kill_grace_period"),
		"health_check.protocol":           path.Root("health_check").AtName("protocol"),
		"health_check.path":               path.Root("health_check").AtName("path"),
		"health_check.command":            path.Root("health_check").AtName("command"),
		"upgrade.minimum_health_capacity": path.Root("upgrade").AtName("minimum_health_capacity"),
		"upgrade.maximum_over_capacity":   path.Root("upgrade").AtName("maximum_over_capacity"),
	}
	for _, name := range []string{
		"application_id", "app_id", "cluster", "bootstrap_servers", "image", "artifacts", "command", "runtime", "instances", "heap", "memory", "input_topics", "output_topics",
	} {
		at[name] = path.Root(name)
	}
	return at
}()
