package streams

import (
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// application is what an operation works with.
type application struct {
	spec    streamsapp.Spec
	service streamsapp.Service
	kafka   *kafkaadmin.Client
	close   func()
}

// noGroup is the group of an application that has not been looked at.
var noGroup kafkaadmin.Group

// prepare resolves the brokers and opens what an apply needs.
func (r *applicationResource) prepare(ctx context.Context, m model, summary string, diags *diag.Diagnostics) (*application, bool) {
	service, err := r.service(ctx)
	if tf.AddError(diags, summary, err, paths) {
		return nil, false
	}
	spec, more := m.toSpec(ctx)
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}
	spec.BootstrapServers, err = r.bootstrap(ctx, m)
	if tf.AddError(diags, summary, err, paths) {
		return nil, false
	}
	if tf.AddError(diags, summary, spec.Validate(), paths) {
		return nil, false
	}
	a, err := r.kafka(ctx, m)
	if tf.AddError(diags, summary, err, paths) {
		return nil, false
	}
	a.spec, a.service = spec, service
	return a, true
}

// bootstrap is the value of STREAMS_BOOTSTRAP_SERVERS.
func (r *applicationResource) bootstrap(ctx context.Context, m model) (string, error) {
	if !m.BootstrapServers.IsNull() {
		return strings.Join(members(m.BootstrapServers.Elements()), ","), nil
	}
	if id := m.Cluster.ValueString(); id != "" {
		observed, err := r.session.Cluster(ctx, id)
		if err != nil {
			return "", err
		}
		return observed.Spec.BootstrapServers(), nil
	}
	if servers := r.session.BootstrapServers(); len(servers) > 0 {
		return strings.Join(servers, ","), nil
	}
	return "", &session.NotConfiguredError{
		What: "Kafka", Argument: "bootstrap_servers = [\"host:9092\"]", Variable: "KAFKA_BOOTSTRAP_SERVERS",
		Instead: "cluster = kafka_cluster.<name>.id or bootstrap_servers on the resource",
	}
}

// kafka opens the cluster that the application works on: the session's shared client, or one of its own where the
// resource names its brokers itself.
func (r *applicationResource) kafka(ctx context.Context, m model) (*application, error) {
	if m.BootstrapServers.IsNull() {
		client, err := r.session.Kafka(ctx, m.Cluster.ValueString())
		return &application{kafka: client, close: func() {}}, err
	}
	client, err := kafkaadmin.Open(ctx, kafkaadmin.Config{BootstrapServers: members(m.BootstrapServers.Elements()), ClientID: "terraform-provider-kafka"})
	if err != nil {
		return nil, err
	}
	return &application{kafka: client, close: func() { _ = client.Close() }}, nil
}

func (r *applicationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	const summary = "Unable to Read Kafka Streams Application"
	var m model
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := r.session.Marathon()
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	found, err := r.observe(ctx, client, &m)
	if tf.AddError(&resp.Diagnostics, summary, err, paths) {
		return
	}
	if !found {
		resp.State.RemoveResource(ctx)
		return
	}
	r.look(ctx, &m)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// save reads the app back, so that the state is what Marathon answers.
func (r *applicationResource) save(ctx context.Context, m *model, a *application, summary string, diags *diag.Diagnostics) {
	found, err := r.observe(ctx, a.service.Marathon, m)
	if err == nil && !found {
		err = errors.New("the app " + a.spec.AppID + " is gone, though it ran a moment ago: somebody else deleted it")
	}
	tf.AddError(diags, summary, err, paths)
}

// observe fills in what Marathon holds; false when it has no such app.
func (r *applicationResource) observe(ctx context.Context, client streamsapp.Marathon, m *model) (bool, error) {
	app, err := client.App(ctx, m.ID.ValueString())
	if errors.Is(err, marathon.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var prior *streamsapp.Spec
	if !m.ApplicationID.IsNull() {
		known, diags := m.toSpec(ctx)
		if diags.HasError() {
			return false, errors.New(diags[0].Detail())
		}
		prior = &known
	}
	s, err := streamsapp.FromApp(app, prior)
	if err != nil {
		return false, err
	}
	m.fromSpec(s, r.expected(ctx, s.Cluster))
	return true, nil
}

// expected is the bootstrap string that an application without its own list should have, "" when that cannot be told.
func (r *applicationResource) expected(ctx context.Context, cluster string) string {
	if cluster == "" {
		return strings.Join(r.session.BootstrapServers(), ",")
	}
	observed, err := r.session.Cluster(ctx, cluster)
	if err != nil {
		tflog.Debug(ctx, "the cluster of the application cannot be read now", map[string]any{"cluster": cluster, "error": err.Error()})
		return ""
	}
	return observed.Spec.BootstrapServers()
}

// look refreshes what Kafka says of the group. A Kafka that does not answer leaves the last known values.
func (r *applicationResource) look(ctx context.Context, m *model) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	s, diags := m.toSpec(ctx)
	if diags.HasError() || s.StreamsProtocol() {
		return
	}
	a, err := r.kafka(ctx, *m)
	if err != nil {
		tflog.Debug(ctx, "Kafka does not answer for the consumer group", map[string]any{"error": err.Error()})
		return
	}
	defer a.close()
	group, err := a.kafka.Group(ctx, m.ApplicationID.ValueString())
	switch {
	case err == nil:
		m.fromGroup(group)
	case errors.Is(err, kafkaadmin.ErrNotFound):
		m.fromGroup(kafkaadmin.Group{State: "Dead"})
	case errors.Is(err, kafkaadmin.ErrUnsupported):
		m.fromGroup(noGroup)
	default:
		tflog.Debug(ctx, "Kafka does not answer for the consumer group", map[string]any{"error": err.Error()})
	}
}
