package streams

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// unfinishedKey marks, in the private state, an update whose outcome was not seen: the wait failed or was interrupted. Its
// values are in Marathon, so nothing else would tell the next plan that there is something left to do.
const unfinishedKey = "unfinished"

type unfinishedMark struct {
	Deployment string `json:"deployment"` // in Marathon; empty when there was none
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func markUnfinished(ctx context.Context, private privateWriter, deployment string) diag.Diagnostics {
	value, err := json.Marshal(unfinishedMark{Deployment: deployment})
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to Update Kafka Streams Application", err.Error())}
	}
	return private.SetKey(ctx, unfinishedKey, value)
}

// unfinishedDeployment is the deployment of an unfinished update, "" without one.
func unfinishedDeployment(ctx context.Context, private privateReader) (string, diag.Diagnostics) {
	value, diags := private.GetKey(ctx, unfinishedKey)
	var mark unfinishedMark
	if len(value) > 0 {
		if err := json.Unmarshal(value, &mark); err != nil {
			diags.AddError("Unable to Update Kafka Streams Application", "The private state cannot be read: "+err.Error())
		}
	}
	return mark.Deployment, diags
}
