// Package cluster is the kafka_cluster resource and data source.
package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type clusterResource struct{}

// NewResource constructs the kafka_cluster resource.
func NewResource() resource.Resource { return &clusterResource{} }

func (r *clusterResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}
func (r *clusterResource) Schema(context.Context, resource.SchemaRequest, *resource.SchemaResponse) {}
func (r *clusterResource) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (r *clusterResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (r *clusterResource) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (r *clusterResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

type clusterDataSource struct{}

// NewDataSource constructs the kafka_cluster data source.
func NewDataSource() datasource.DataSource { return &clusterDataSource{} }

func (d *clusterDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}
func (d *clusterDataSource) Schema(context.Context, datasource.SchemaRequest, *datasource.SchemaResponse) {
}
func (d *clusterDataSource) Read(context.Context, datasource.ReadRequest, *datasource.ReadResponse) {}
