package cluster

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// layoutKey names the entry in the resource's private state.
const layoutKey = "layout"

// layout is what the cluster was made with where state shows what is left of it: with a broker deleted by somebody, state
// says two brokers, and only this tells a repair from an attempt to scale. Unlike are the brokers that did not run the
// state's definition at the last look; it makes a plan where brokers differ from each other (an update that was stopped)
// although no attribute shows it.
type layout struct {
	Brokers        int   `json:"brokers"`
	ClientPort     int   `json:"client_port"`
	ControllerPort int   `json:"controller_port"`
	Unlike         []int `json:"unlike,omitempty"`
}

func layoutOf(s brokers.Spec) layout {
	return layout{Brokers: s.Brokers, ClientPort: s.ClientPort, ControllerPort: s.ControllerPort}
}

type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// readLayout answers false where there is none, after an import or in a state of an older provider.
func readLayout(ctx context.Context, p privateReader, diags *diag.Diagnostics) (l layout, ok bool) {
	raw, d := p.GetKey(ctx, layoutKey)
	diags.Append(d...)
	if len(raw) == 0 || json.Unmarshal(raw, &l) != nil || l.Brokers == 0 {
		return layout{}, false
	}
	return l, true
}

func (l layout) write(ctx context.Context, p privateWriter, diags *diag.Diagnostics) {
	raw, err := json.Marshal(l)
	if err != nil {
		diags.AddError("Unable to Keep the Cluster's Layout", err.Error())
		return
	}
	diags.Append(p.SetKey(ctx, layoutKey, raw)...)
}
