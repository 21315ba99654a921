package tf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

type keyError struct{ key string }

func (e keyError) Error() string     { return "key " + e.key + " is ours" }
func (e keyError) Attribute() string { return "config[" + e.key + "]" }

func TestAddErrorFindsTheAttribute(t *testing.T) {
	at := tf.Paths{
		"name": path.Root("name"), "config": path.Root("config"), "cluster": path.Root("cluster"),
		"replication_factor": path.Root("replication_factor"),
		"/cpus":              path.Root("cpus"), "/container": path.Root("image"), "/container/volumes": path.Root("storage"),
	}
	for name, tc := range map[string]struct {
		err    error
		want   path.Path // empty = on the object
		detail string
	}{
		"kafka name":        {&kafkaadmin.Error{Op: "CreateTopics", Object: "a b", Code: 17, Name: "INVALID_TOPIC_EXCEPTION", Err: kafkaadmin.ErrInvalidName}, path.Root("name"), ""},
		"kafka rf":          {fmt.Errorf("creating: %w", &kafkaadmin.Error{Op: "CreateTopics", Object: "t", Code: 38, Name: "INVALID_REPLICATION_FACTOR", Err: kafkaadmin.ErrInvalidReplicationFactor}), path.Root("replication_factor"), ""},
		"config key":        {fmt.Errorf("laying out: %w", keyError{"node.id"}), path.Root("config").AtMapKey("node.id"), "node.id is ours"},
		"missing cluster":   {&session.ClusterNotFoundError{ID: "/kafka/x", Err: marathon.ErrNotFound}, path.Root("cluster"), "/kafka/x"},
		"marathon rule":     {&marathon.Error{Kind: marathon.Invalid, Op: "create", Target: "/a", Status: 422, Details: []marathon.Detail{{Path: "/cpus", Errors: []string{"error.min"}}}}, path.Root("cpus"), "error.min"},
		"longest path wins": {&marathon.Error{Kind: marathon.Invalid, Status: 422, Details: []marathon.Detail{{Path: "/container/volumes(0)/persistent/size", Errors: []string{"too big"}}}}, path.Root("storage"), "too big"},
		"unauthorised":      {&marathon.Error{Kind: marathon.Unauthorized, Op: "read", Target: "/a", Status: 401, Message: "no"}, path.Path{}, "MARATHON_PASSWORD"},
		"anything else":     {errors.New("strange"), path.Path{}, "Strange."},
	} {
		t.Run(name, func(t *testing.T) {
			var diags diag.Diagnostics
			if !tf.AddError(&diags, "Unable to Test", tc.err, at) {
				t.Fatal("no error reported")
			}
			if len(diags) != 1 {
				t.Fatalf("%d diagnostics, want 1: %v", len(diags), diags)
			}
			var got path.Path
			if d, ok := diags[0].(diag.DiagnosticWithPath); ok {
				got = d.Path()
			}
			if !got.Equal(tc.want) {
				t.Errorf("on %q, want %q", got, tc.want)
			}
			if !strings.Contains(diags[0].Detail(), tc.detail) {
				t.Errorf("detail %q lacks %q", diags[0].Detail(), tc.detail)
			}
		})
	}
}

// What to check stands in the error of an unreachable Kafka already.
func TestTheRemedyIsGivenOnce(t *testing.T) {
	_, err := kafkaadmin.Open(t.Context(), kafkaadmin.Config{BootstrapServers: []string{"127.0.0.1:1"}})
	if err == nil {
		t.Fatal("something listens on port 1")
	}
	var diags diag.Diagnostics
	tf.AddError(&diags, "Unable to Test", err, nil)
	if n := strings.Count(diags[0].Detail(), "Check that the brokers run"); n != 1 || !strings.Contains(diags[0].Detail(), "Nothing was taken out of the state") {
		t.Errorf("the remedy stands %d times in %q", n, diags[0].Detail())
	}
}

func TestSentence(t *testing.T) {
	for in, want := range map[string]string{
		"no brokers":                               "No brokers.",
		"service_discovery needs a host":           "service_discovery needs a host.",
		"application.id is set by application_id.": "application.id is set by application_id.",
		"refused. Try again":                       "Refused. Try again.",
	} {
		if got := tf.Sentence(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestAddErrorOfNilAndOfSeveral(t *testing.T) {
	var diags diag.Diagnostics
	if tf.AddError(&diags, "s", nil, nil) || len(diags) != 0 {
		t.Errorf("nil made diagnostics: %v", diags)
	}
	if !tf.AddError(&diags, "s", errors.Join(errors.New("one"), errors.New("two")), nil) || len(diags) != 2 {
		t.Errorf("two errors made %d diagnostics", len(diags))
	}
	diags = nil
	if tf.AddError(&diags, "s", fmt.Errorf("both: %w, %w", errors.New("one"), errors.New("two")), nil); len(diags) != 1 {
		t.Errorf("one error that wraps two made %d diagnostics", len(diags))
	}
}
