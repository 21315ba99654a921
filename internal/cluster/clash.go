package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
)

// clashTimeout keeps a plan without a Marathon quick.
const clashTimeout = 5 * time.Second

// checkClashes refuses what a cluster of this configuration, or an app that is there already, has for itself. newPlaces and
// newVIP say whether the cluster that there is, if any, has its ports and its VIP not yet.
func (r *clusterResource) checkClashes(ctx context.Context, plan model, newPlaces, newVIP bool, diags *diag.Diagnostics) {
	if r.session == nil || !known(ctx, plan.Name, plan.Group) {
		return
	}
	spec := plan.toSpec(ctx, diags)
	if !known(ctx, plan.Placement, plan.ClientPort, plan.ControllerPort, plan.Brokers) {
		spec.Placement.Hosts = nil
	}
	if !known(ctx, plan.ServiceDiscovery, plan.ClientPort) {
		spec.ServiceDiscovery = ""
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
		if brokers.ShareVIP(spec, other) {
			addVIPClash(spec, "Kafka cluster "+other.Group+" of this configuration is to have", diags)
		}
	}
	if diags.HasError() {
		return
	}
	if !newPlaces {
		spec.Placement.Hosts = nil
	}
	if !newVIP {
		spec.ServiceDiscovery = ""
	}
	r.checkApps(ctx, spec, diags)
}

// checkApps looks, where Marathon answers, whether another app has a port that brokers are pinned to, or the VIP. Of a port
// that it cannot tell the rollout will: the broker waits for an offer with its port, and the error says so.
func (r *clusterResource) checkApps(ctx context.Context, spec brokers.Spec, diags *diag.Diagnostics) {
	const root = "/"
	if len(spec.Placement.Hosts) == 0 && spec.ServiceDiscovery != brokers.DiscoveryVIP || r.session.Silent(root) {
		return
	}
	m, err := r.session.Marathon()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, clashTimeout)
	defer cancel()
	all, err := m.Group(ctx, root)
	if err != nil {
		r.session.NoteSilent(root)
		tflog.Debug(ctx, "ports and VIPs of other apps were not checked", map[string]any{"cluster": spec.Group, "error": err.Error()})
		return
	}
	for _, c := range brokers.PortClashes(spec, all.Apps) {
		if !r.session.Leaving(c.AppID) {
			addPortClash(spec, c, "app "+c.AppID+" has it", diags)
		}
	}
	if takers := slices.DeleteFunc(brokers.VIPTakers(spec, all.Apps), r.session.Leaving); len(takers) > 0 {
		addVIPClash(spec, "app "+takers[0]+" has", diags)
	}
}

func addVIPClash(spec brokers.Spec, whoHas string, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("service_discovery"), "VIP Is Taken",
		fmt.Sprintf("Clients of Kafka cluster %s would land elsewhere too: %s the same VIP, %s. Choose another client_port, name or group, or service_discovery mesos-dns or hosts.", spec.Group, whoHas, spec.BootstrapServers()))
}

func addPortClash(spec brokers.Spec, c brokers.Clash, whoHasIt string, diags *diag.Diagnostics) {
	name := "client_port"
	if c.Port == spec.ControllerPort {
		name = "controller_port"
	}
	diags.AddAttributeError(path.Root(name), "Port Is Taken",
		fmt.Sprintf("Broker %d of Kafka cluster %s wants port %d on host %s, where %s. Choose another %s, or other placement.hosts.", c.Broker, spec.Group, c.Port, c.Host, whoHasIt, name))
}
