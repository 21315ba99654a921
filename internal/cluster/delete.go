package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Delete removes the apps of this cluster id and then the group if it is empty. Terraform plans the second half of a
// replacement (-replace, taint) without asking, so the protection is looked at here once more.
func (r *clusterResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	const summary = "Unable to Destroy Kafka Cluster"
	var state model
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.DeletionProtection.ValueBool() {
		resp.Diagnostics.AddAttributeError(path.Root("deletion_protection"), "Kafka Cluster Is Protected",
			"Kafka cluster "+state.ID.ValueString()+" would be destroyed with all its data, but deletion_protection is true in its state. "+
				"If it was marked as tainted, terraform untaint takes the mark away; to destroy it, set deletion_protection = false and apply that first.")
		return
	}
	timeout, d := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(d...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	id := state.ID.ValueString()
	op, _, err := operator(ctx, r.session, id, &resp.Diagnostics)
	if err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	if err := op.Destroy(ctx, id, state.ClusterID.ValueString()); err != nil {
		addError(&resp.Diagnostics, summary, err)
		return
	}
	r.session.Forget(id)
}
