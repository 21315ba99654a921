// Package acl is the kafka_acl resource.
package acl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

var (
	_ resource.ResourceWithConfigure      = (*aclResource)(nil)
	_ resource.ResourceWithImportState    = (*aclResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*aclResource)(nil)
	_ resource.ResourceWithValidateConfig = (*aclResource)(nil)
)

type aclResource struct{ session *session.Session }

// NewResource constructs the kafka_acl resource.
func NewResource() resource.Resource { return &aclResource{} }

var paths = tf.Paths{"cluster": path.Root("cluster")}

func (r *aclResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_acl"
}

func (r *aclResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = tf.FromProviderData(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig checks fields against each other.
func (r *aclResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.ResourceType.ValueString() == "Cluster" && !m.ResourceName.IsUnknown() && m.ResourceName.ValueString() != clusterName {
		resp.Diagnostics.AddAttributeError(path.Root("resource_name"), "Invalid Value",
			fmt.Sprintf("The name of the resource type Cluster is always %q: write that instead of %q.", clusterName, m.ResourceName.ValueString()))
	}
	if h := m.Host; !h.IsNull() && !h.IsUnknown() && !hostMatches(h.ValueString()) {
		resp.Diagnostics.AddAttributeWarning(path.Root("acl_host"), "Host Never Matches",
			fmt.Sprintf("Brokers compare the client's IP address with acl_host, so %q matches nobody. Write an IP address, or * for any host.", h.ValueString()))
	}
}

// ModifyPlan makes the id known.
func (r *aclResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	id := types.StringUnknown()
	if plan.known() {
		id = types.StringValue(idOf(plan.Cluster.ValueString(), plan.toSpec()))
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), id)...)
}

func (r *aclResource) admin(ctx context.Context, cluster string) (Admin, error) {
	c, err := r.session.Kafka(ctx, cluster)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (r *aclResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, d := plan.Timeouts.Create(ctx, minutesCreate*time.Minute)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cluster, want := plan.Cluster.ValueString(), plan.toSpec()
	plan.ID = types.StringValue(idOf(cluster, want))
	admin, err := r.admin(ctx, cluster)
	if err != nil {
		tf.AddError(&resp.Diagnostics, "Unable to Create Kafka ACL", err, paths)
		return
	}
	created, err := service{admin}.create(ctx, want)
	if created {
		resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
	}
	switch {
	case err == nil:
	case created:
		resp.Diagnostics.AddWarning("Kafka ACL Not Visible Everywhere Yet", fmt.Sprintf("The ACL is created: %s.", err))
	default:
		r.session.Renew(cluster, err)
		tf.AddError(&resp.Diagnostics, "Unable to Create Kafka ACL", err, paths)
	}
}

func (r *aclResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	has, err := r.has(ctx, state.Cluster.ValueString(), state.toSpec())
	switch {
	case err == nil && !has:
		resp.State.RemoveResource(ctx)
	case err == nil:
		state.ID = types.StringValue(idOf(state.Cluster.ValueString(), state.toSpec()))
		resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
	case session.IsDown(err):
		// The plan that mends the cluster must not fail over the cluster's
		// ACLs. They stay in the state; the next refresh sees what is left.
		resp.Diagnostics.AddWarning("Kafka ACL Not Refreshed", fmt.Sprintf("The ACL %q is kept as it was: %s.", state.ID.ValueString(), err))
	default:
		tf.AddError(&resp.Diagnostics, "Unable to Read Kafka ACL", err, paths)
	}
}

func (r *aclResource) has(ctx context.Context, cluster string, a kafkaadmin.ACL) (bool, error) {
	for again := false; ; again = true {
		admin, err := r.admin(ctx, cluster)
		if err != nil {
			return false, err
		}
		has, err := admin.HasACL(ctx, a)
		if again || !r.session.Renew(cluster, err) {
			return has, err
		}
	}
}

// Update has nothing to change in Kafka: it takes over new timeouts.
func (r *aclResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state model
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.Cluster.Equal(state.Cluster) {
		resp.Diagnostics.AddError("ACL Must Be Replaced",
			fmt.Sprintf("The cluster of the ACL %q turned out to be another one than before, which was not known when the plan was made. Nothing was changed; apply again to get a plan that replaces the ACL.", state.ID.ValueString()))
		return
	}
	plan.ID = state.ID
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

func (r *aclResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	limit, d := state.Timeouts.Delete(ctx, minutesDelete*time.Minute)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cluster := state.Cluster.ValueString()
	admin, err := r.admin(ctx, cluster)
	if err == nil {
		err = service{admin}.delete(ctx, state.toSpec())
	}
	var gone *session.ClusterNotFoundError
	if errors.As(err, &gone) {
		// Marathon has no such cluster any more, and no cluster has no ACLs.
		resp.Diagnostics.AddWarning("Kafka Cluster Is Gone", fmt.Sprintf("The ACL %q went with its cluster %q.", state.ID.ValueString(), cluster))
		return
	}
	r.session.Renew(cluster, err)
	tf.AddError(&resp.Diagnostics, "Unable to Delete Kafka ACL", err, paths)
}

// ImportState takes the id, with or without the cluster before it.
func (r *aclResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	cluster, a, err := parseID(req.ID)
	if err != nil {
		resp.Diagnostics.AddError("Invalid Import Id", err.Error())
		return
	}
	fields := map[string]string{
		"id": req.ID, "resource_name": a.ResourceName, "resource_type": a.ResourceType, "resource_pattern_type_filter": a.PatternType,
		"acl_principal": a.Principal, "acl_host": a.Host, "acl_operation": a.Operation, "acl_permission_type": a.PermissionType,
	}
	if cluster != "" {
		fields["cluster"] = cluster
	}
	for name, v := range fields {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), v)...)
	}
}
