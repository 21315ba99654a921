package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// clashTimeout keeps a plan without a Marathon quick.
const clashTimeout = 5 * time.Second

// checkPortClash looks, where brokers are pinned and Marathon answers, whether another app has their port on their host.
// Where it cannot tell, the rollout will: the broker waits for an offer with its port, and the error says so.
func (r *clusterResource) checkPortClash(ctx context.Context, plan model, diags *diag.Diagnostics) {
	if r.session == nil || !known(ctx, plan.Group, plan.Placement, plan.ClientPort, plan.ControllerPort, plan.Brokers) {
		return
	}
	spec := plan.toSpec(ctx, diags)
	if len(spec.Placement.Hosts) == 0 {
		return
	}
	m, err := r.session.Marathon()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, clashTimeout)
	defer cancel()
	root, err := m.Group(ctx, "/")
	if err != nil {
		tflog.Debug(ctx, "the ports of other apps were not checked", map[string]any{"cluster": spec.Group, "error": err.Error()})
		return
	}
	for _, c := range brokers.PortClashes(spec, root.Apps) {
		if r.session.Leaving(c.AppID) {
			continue
		}
		name := "client_port"
		if c.Port == spec.ControllerPort {
			name = "controller_port"
		}
		diags.AddAttributeError(path.Root(name), "Port Is Taken",
			fmt.Sprintf("Broker %d of Kafka cluster %s wants port %d on host %s, where app %s has it. Choose another %s, or other placement.hosts.", c.Broker, spec.Group, c.Port, c.Host, c.AppID, name))
	}
}
