// Package streams is the kafka_streams_application resource.
package streams

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type applicationResource struct{}

// NewResource constructs the kafka_streams_application resource.
func NewResource() resource.Resource { return &applicationResource{} }

func (r *applicationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_streams_application"
}
func (r *applicationResource) Schema(context.Context, resource.SchemaRequest, *resource.SchemaResponse) {
}
func (r *applicationResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {
}
func (r *applicationResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}
func (r *applicationResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {
}
func (r *applicationResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}
