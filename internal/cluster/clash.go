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

// checkClashes refuses what a cluster of this configuration, or an app that runs already, has for itself. asksMarathon says
// whether the plan takes anything that the cluster did not have.
func (r *clusterResource) checkClashes(ctx context.Context, plan model, asksMarathon bool, diags *diag.Diagnostics) {
	if r.session == nil || !known(ctx, plan.Name, plan.Group) {
		return
	}
	spec := plan.toSpec(ctx, diags)
	if !known(ctx, plan.Placement, plan.ClientPort, plan.ControllerPort, plan.Brokers) {
		spec.Placement.Hosts = nil
	}
	for _, other := range r.session.PlanCluster(spec) {
		if other.Group == spec.Group { // under another name, so it is another resource; of one name, Create has to tell
			diags.AddAttributeError(path.Root("group"), "Group Is Taken",
				fmt.Sprintf("This configuration has Kafka clusters %q and %q in group %s, which holds one. Choose another group for one of them.", min(spec.Name, other.Name), max(spec.Name, other.Name), spec.Group))
			continue
		}
		for _, c := range brokers.PlannedPortClashes(spec, other) {
			addPortClash(spec, c, "Kafka cluster "+other.Group+" of this configuration is to have it", diags)
		}
	}
	if asksMarathon && !diags.HasError() {
		r.checkPortClash(ctx, spec, diags)
	}
}

// checkPortClash looks, where brokers are pinned and Marathon answers, whether another app has their port on their host.
// Where it cannot tell, the rollout will: the broker waits for an offer with its port, and the error says so.
func (r *clusterResource) checkPortClash(ctx context.Context, spec brokers.Spec, diags *diag.Diagnostics) {
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
		if !r.session.Leaving(c.AppID) {
			addPortClash(spec, c, "app "+c.AppID+" has it", diags)
		}
	}
}

func addPortClash(spec brokers.Spec, c brokers.Clash, whoHasIt string, diags *diag.Diagnostics) {
	name := "client_port"
	if c.Port == spec.ControllerPort {
		name = "controller_port"
	}
	diags.AddAttributeError(path.Root(name), "Port Is Taken",
		fmt.Sprintf("Broker %d of Kafka cluster %s wants port %d on host %s, where %s. Choose another %s, or other placement.hosts.", c.Broker, spec.Group, c.Port, c.Host, whoHasIt, name))
}
