// Package topic is the kafka_topic resource.
package topic

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type topicResource struct{}

// NewResource constructs the kafka_topic resource.
func NewResource() resource.Resource { return &topicResource{} }

func (r *topicResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_topic"
}
func (r *topicResource) Schema(context.Context, resource.SchemaRequest, *resource.SchemaResponse) {}
func (r *topicResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (r *topicResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (r *topicResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (r *topicResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
