// Package cluster is the kafka_cluster resource and data source.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/brokers"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/rollout"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

type clusterResource struct {
	session *session.Session
}

var (
	_ resource.ResourceWithConfigure      = (*clusterResource)(nil)
	_ resource.ResourceWithImportState    = (*clusterResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*clusterResource)(nil)
	_ resource.ResourceWithValidateConfig = (*clusterResource)(nil)
)

const (
	createTimeout = 20 * time.Minute
	updateTimeout = 60 * time.Minute
	deleteTimeout = 10 * time.Minute
	readTimeout   = 2 * time.Minute
	// kafkaReadTimeout bounds what a refresh asks of Kafka, whose brokers may all be down.
	kafkaReadTimeout = 20 * time.Second
)

// NewResource constructs the kafka_cluster resource.
func NewResource() resource.Resource { return &clusterResource{} }

func (r *clusterResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_cluster"
}

func (r *clusterResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.session = tf.FromProviderData(req.ProviderData, &resp.Diagnostics)
}

// ImportState takes the id (the group's path), or the name of a cluster in its default group.
func (r *clusterResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := strings.TrimSuffix(strings.TrimSpace(req.ID), "/")
	if id == "" {
		resp.Diagnostics.AddError("Invalid Import ID", "Give the path of the cluster's Marathon group, such as /kafka/main, or its name where the group is /kafka/<name>.")
		return
	}
	if !strings.HasPrefix(id, "/") {
		id = brokers.DefaultGroup(id)
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// operator carries changes out; warnings it has end up in diags when flush is called.
func operator(ctx context.Context, s *session.Session, id string, diags *diag.Diagnostics) (o brokers.Operator, flush func(), err error) {
	m, err := s.Marathon()
	if err != nil {
		return brokers.Operator{}, nil, err
	}
	progress := func(text string) { tflog.Info(ctx, text, map[string]any{"cluster": id}) }
	waiter, err := s.Waiter(ctx, rollout.WithProgress(progress))
	if err != nil {
		return brokers.Operator{}, nil, err
	}
	var mu sync.Mutex
	var warnings []string
	o = brokers.Operator{
		Marathon: m, Waiter: waiter, Progress: progress,
		Kafka: func(ctx context.Context) (brokers.Kafka, error) {
			k, err := s.Kafka(ctx, id)
			if err != nil {
				return nil, err
			}
			return k, nil
		},
		Forget: func() { s.Forget(id) },
		Warn: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			warnings = append(warnings, text)
		},
	}
	return o, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, text := range warnings {
			diags.AddWarning("Kafka Was Not Fully Available", text+".")
		}
	}, nil
}

// paths says which attribute an error belongs to: by field word, and by Marathon's own path.
var paths = tf.Paths{
	"name": path.Root("name"), "group": path.Root("group"), "config": path.Root("config"), "env": path.Root("env"), "labels": path.Root("labels"),
	"kafka_version": path.Root("kafka_version"), "image": path.Root("image"), "heap": path.Root("heap"), "brokers": path.Root("brokers"),
	"/id": path.Root("group"), "/cpus": path.Root("cpus"), "/mem": path.Root("memory"), "/env": path.Root("env"), "/labels": path.Root("labels"),
	"/constraints": path.Root("placement").AtName("constraints"), "/container/docker/image": path.Root("image"), "/container/volumes": path.Root("storage"),
	"/portDefinitions": path.Root("client_port"), "/upgradeStrategy": path.Root("storage"), "/role": path.Root("storage"),
}

// addError adds err to diags. Where several brokers failed, each has a diagnostic of its own.
func addError(diags *diag.Diagnostics, summary string, err error) {
	var launch *brokers.LaunchError
	if errors.As(err, &launch) {
		for _, id := range launch.IDs() {
			tf.AddError(diags, summary, fmt.Errorf("broker %d of Kafka cluster %s did not come up: %w", id, launch.Group, launch.Brokers[id]), paths)
		}
		return
	}
	tf.AddError(diags, summary, err, paths)
}

func sentence(err error) string { return tf.Sentence(err.Error()) }
