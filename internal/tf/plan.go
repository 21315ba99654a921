package tf

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// ReplaceIfKnown replaces when the new value is known and another one. A value that is unknown until the apply (the id of a
// cluster that changes in the same plan) is most likely the same again, and nothing is to be lost over it: Update looks at
// it then.
func ReplaceIfKnown(why string) planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.PlanValue.IsUnknown()
		},
		why, why)
}

// TimeoutText describes a timeout of a resource: what is waited for, and the default in minutes.
func TimeoutText(what string, minutes int) string {
	return fmt.Sprintf("How long to wait %s, as a duration such as `90s` or `10m`. Default `%dm`.", what, minutes)
}
