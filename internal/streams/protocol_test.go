package streams_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

const typeName = "kafka_streams_application"

// direct speaks Terraform's own protocol with the provider: for what the CLI's test driver cannot do, such as reading
// warnings and interrupting an apply.
type direct struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	object tftypes.Object // of the resource
}

func newDirect(t *testing.T, r *rig) *direct {
	t.Helper()
	server, err := testkit.Providers()["kafka"]()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	d := &direct{t: t, server: server, object: schemas.ResourceSchemas[typeName].ValueType().(tftypes.Object)}
	block := schemas.Provider.ValueType().(tftypes.Object)
	config := object(block, map[string]tftypes.Value{
		"marathon":          object(block.AttributeTypes["marathon"].(tftypes.Object), map[string]tftypes.Value{"url": text(r.sandbox.URL())}),
		"bootstrap_servers": texts(tftypes.List{ElementType: tftypes.String}, r.servers...),
	})
	resp, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: d.dynamic(config)})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp.Diagnostics)
	}
	return d
}

// object gives the attributes that are set, and null for the others.
func object(of tftypes.Object, set map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, kind := range of.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
	}
	for name, value := range set {
		values[name] = value
	}
	return tftypes.NewValue(of, values)
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func texts(kind tftypes.Type, list ...string) tftypes.Value {
	values := make([]tftypes.Value, 0, len(list))
	for _, s := range list {
		values = append(values, text(s))
	}
	return tftypes.NewValue(kind, values)
}

func (d *direct) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d.t.Helper()
	out, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		d.t.Fatal(err)
	}
	return &out
}

func (d *direct) null() *tfprotov6.DynamicValue { return d.dynamic(tftypes.NewValue(d.object, nil)) }

// application is a configuration of instances that behave by mode.
func (d *direct) application(r *rig, mode string, instances int) tftypes.Value {
	artifact := d.object.AttributeTypes["artifacts"].(tftypes.List)
	return object(d.object, map[string]tftypes.Value{
		"application_id": text("wordcount"), "command": text("exec ./worker"), "instances": tftypes.NewValue(tftypes.Number, instances),
		"cpus": tftypes.NewValue(tftypes.Number, 0.1), "memory": tftypes.NewValue(tftypes.Number, 64), "kill_grace_period": tftypes.NewValue(tftypes.Number, 10),
		"artifacts": tftypes.NewValue(artifact, []tftypes.Value{object(artifact.ElementType.(tftypes.Object), map[string]tftypes.Value{
			"uri": text(r.program), "executable": tftypes.NewValue(tftypes.Bool, true),
		})}),
		"env":          tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, map[string]tftypes.Value{workerMode: text(mode)}),
		"input_topics": texts(tftypes.Set{ElementType: tftypes.String}, "lines"),
	})
}

// plan takes the configuration for the proposed state, as Terraform does where nothing is known before.
func (d *direct) plan(config tftypes.Value) *tfprotov6.PlanResourceChangeResponse {
	d.t.Helper()
	resp, err := d.server.PlanResourceChange(d.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, Config: d.dynamic(config), ProposedNewState: d.dynamic(config), PriorState: d.null(),
	})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, diag := range resp.Diagnostics {
		if diag.Severity == tfprotov6.DiagnosticSeverityError {
			d.t.Fatal(diag.Summary, diag.Detail)
		}
	}
	return resp
}

func TestSandboxPlanWarnsOfIdleThreads(t *testing.T) {
	r := newRig(t)
	d := newDirect(t, r)
	for instances, want := range map[int]string{4: "", 5: "5 instances with 1 thread each make 5 threads, but the inputs of application \"wordcount\" have at most 4 partitions: 1 threads get no task"} {
		var warnings []string
		for _, diag := range d.plan(d.application(r, "work", instances)).Diagnostics {
			warnings = append(warnings, diag.Attribute.String()+": "+diag.Detail)
		}
		if got := strings.Join(warnings, "\n"); (want == "") != (got == "") || !strings.Contains(got, want) || want != "" && !strings.Contains(got, `AttributeName("instances")`) {
			t.Errorf("%d instances: %q", instances, got)
		}
	}
}

// Ctrl-C in the middle of an apply: the state holds what exists, and a later apply gets on with it.
func TestSandboxInterruptedCreateKeepsTheApplication(t *testing.T) {
	r := newRig(t)
	d := newDirect(t, r)
	config := d.application(r, "alone", 1) // runs, and never joins its group
	plan := d.plan(config)

	applied := make(chan *tfprotov6.ApplyResourceChangeResponse, 1)
	go func() {
		resp, err := d.server.ApplyResourceChange(context.WithoutCancel(t.Context()), &tfprotov6.ApplyResourceChangeRequest{
			TypeName: typeName, Config: d.dynamic(config), PlannedState: plan.PlannedState, PlannedPrivate: plan.PlannedPrivate, PriorState: d.null(),
		})
		if err != nil {
			t.Error(err)
		}
		applied <- resp
	}()
	for deadline := time.Now().Add(30 * time.Second); r.marathon.App(appID) == nil; {
		if time.Now().After(deadline) {
			t.Fatal("the app does not appear")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if _, err := d.server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil { // what Terraform does on Ctrl-C
		t.Fatal(err)
	}
	var resp *tfprotov6.ApplyResourceChangeResponse
	select {
	case resp = <-applied:
	case <-time.After(10 * time.Second):
		t.Fatal("the apply goes on")
	}
	if len(resp.Diagnostics) == 0 {
		t.Error("an interrupted apply says nothing")
	}
	state, err := resp.NewState.Unmarshal(d.object)
	if err != nil {
		t.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := state.As(&attributes); err != nil || !state.IsFullyKnown() || !attributes["id"].Equal(text(appID)) {
		t.Fatalf("the state does not hold what exists: %v %v", err, state)
	}
	if r.marathon.App(appID) == nil {
		t.Error("the app is gone from Marathon")
	}

	// Terraform has it tainted, and replaces it: a provider of another run deletes first.
	again := newDirect(t, r)
	gone, err := again.server.ApplyResourceChange(t.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typeName, Config: again.null(), PlannedState: again.null(), PriorState: resp.NewState,
	})
	if err != nil || len(gone.Diagnostics) > 0 {
		t.Fatal(err, gone.Diagnostics)
	}
	if app := r.marathon.App(appID); app != nil {
		t.Errorf("Marathon still has %v", app["id"])
	}
}
