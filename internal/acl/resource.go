// Package acl is the kafka_acl resource.
package acl

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type aclResource struct{}

// NewResource constructs the kafka_acl resource.
func NewResource() resource.Resource { return &aclResource{} }

func (r *aclResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_acl"
}
func (r *aclResource) Schema(context.Context, resource.SchemaRequest, *resource.SchemaResponse) {}
func (r *aclResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (r *aclResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (r *aclResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (r *aclResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
