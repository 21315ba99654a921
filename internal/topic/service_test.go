package topic

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"pgregory.net/rapid"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// fakeAdmin answers what its functions say and writes down the calls.
type fakeAdmin struct {
	calls  []string
	create func(t kafkaadmin.NewTopic, validateOnly bool) error
	alter  func(set map[string]string, unset []string, validateOnly bool) error
	grow   error
	remove error
	seen   kafkaadmin.Topic
}

func (f *fakeAdmin) Topic(context.Context, string) (kafkaadmin.Topic, error) { return f.seen, nil }
func (f *fakeAdmin) CreateTopic(_ context.Context, t kafkaadmin.NewTopic, v bool) error {
	f.calls = append(f.calls, fmt.Sprintf("create %s %v %t", t.Name, t.Config, v))
	if f.create == nil {
		return nil
	}
	return f.create(t, v)
}
func (f *fakeAdmin) CreatePartitions(_ context.Context, name string, total int32, v bool) error {
	f.calls = append(f.calls, fmt.Sprintf("grow %s %d %t", name, total, v))
	return f.grow
}
func (f *fakeAdmin) AlterTopicConfig(_ context.Context, name string, set map[string]string, unset []string, v bool) error {
	f.calls = append(f.calls, fmt.Sprintf("alter %s %v %v %t", name, set, unset, v))
	if f.alter == nil {
		return nil
	}
	return f.alter(set, unset, v)
}
func (f *fakeAdmin) DeleteTopic(context.Context, string) error { return f.remove }

func failure(kind error, accepted bool) error {
	return &kafkaadmin.Error{Op: "test", Message: "failed", Accepted: accepted, Err: kind}
}

func TestServiceCreate(t *testing.T) {
	for name, tc := range map[string]struct {
		err     error
		created bool
	}{
		"fine":                  {nil, true},
		"accepted, not visible": {failure(kafkaadmin.ErrTimeout, true), true},
		"timed out":             {failure(kafkaadmin.ErrTimeout, false), false},
		"exists":                {failure(kafkaadmin.ErrExists, false), false},
		"unreachable":           {failure(kafkaadmin.ErrUnreachable, false), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := service{&fakeAdmin{create: func(kafkaadmin.NewTopic, bool) error { return tc.err }}}
			created, err := s.create(t.Context(), Spec{Name: "a"}, "a")
			if created != tc.created || !errors.Is(err, tc.err) {
				t.Errorf("%t, %v", created, err)
			}
		})
	}
}

func TestServiceBlamesTheKey(t *testing.T) {
	refuse := func(config map[string]string) error {
		for k := range config {
			if k == "bad" || k == "worse" {
				return failure(kafkaadmin.ErrInvalidConfig, false)
			}
		}
		return nil
	}
	f := &fakeAdmin{
		create: func(nt kafkaadmin.NewTopic, _ bool) error { return refuse(nt.Config) },
		alter:  func(set map[string]string, _ []string, _ bool) error { return refuse(set) },
	}
	config := map[string]string{"bad": "1", "good": "2", "worse": "3"}
	keys := func(err error) (out []string) {
		var joined interface{ Unwrap() []error }
		if !errors.As(err, &joined) {
			return nil
		}
		for _, e := range joined.Unwrap() {
			var k *keyError
			if errors.As(e, &k) {
				out = append(out, k.Attribute())
			}
		}
		return out
	}
	want := []string{"config[bad]", "config[worse]"}
	_, err := service{f}.create(t.Context(), Spec{Name: "a", Config: config}, "a")
	if d := cmp.Diff(want, keys(err)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, keys(service{f}.applyConfig(t.Context(), "a", change{set: config}))); d != "" {
		t.Error(d)
	}
	for _, c := range f.calls {
		if c == "create a map[bad:1] false" || c == "alter a map[bad:1] [] false" {
			t.Errorf("the search changed something: %s", c)
		}
	}
}

func TestServiceCheckLeavesTheRestToApply(t *testing.T) {
	for kind, reported := range map[error]bool{
		kafkaadmin.ErrInvalidReplicationFactor: true, kafkaadmin.ErrPolicy: true, kafkaadmin.ErrInvalidConfig: true,
		kafkaadmin.ErrExists: false, kafkaadmin.ErrInvalidName: false, kafkaadmin.ErrAuthorization: false, kafkaadmin.ErrUnreachable: false,
	} {
		s := service{&fakeAdmin{create: func(_ kafkaadmin.NewTopic, validateOnly bool) error {
			if !validateOnly {
				t.Error("a check that creates")
			}
			return failure(kind, false)
		}}}
		if err := s.check(t.Context(), Spec{Name: "a"}); (err != nil) != reported {
			t.Errorf("%v: reported %v", kind, err)
		}
	}
}

func TestServicePartitionsAndDelete(t *testing.T) {
	ch := change{partitions: 5}
	same := service{&fakeAdmin{grow: failure(kafkaadmin.ErrInvalidPartitions, false), seen: kafkaadmin.Topic{Partitions: 5}}}
	if err := same.applyPartitions(t.Context(), "a", ch); err != nil {
		t.Errorf("grown by somebody else to the same size: %v", err)
	}
	other := service{&fakeAdmin{grow: failure(kafkaadmin.ErrInvalidPartitions, false), seen: kafkaadmin.Topic{Partitions: 6}}}
	if err := other.applyPartitions(t.Context(), "a", ch); !errors.Is(err, kafkaadmin.ErrInvalidPartitions) {
		t.Errorf("grown past it: %v", err)
	}
	if err := (service{&fakeAdmin{}}).applyPartitions(t.Context(), "a", change{}); err != nil {
		t.Error(err)
	}
	for kind, gone := range map[error]bool{nil: true, kafkaadmin.ErrNotFound: true, kafkaadmin.ErrAuthorization: false, kafkaadmin.ErrUnreachable: false} {
		var err error
		if kind != nil {
			err = failure(kind, false)
		}
		if got := (service{&fakeAdmin{remove: err}}).delete(t.Context(), "a"); (got == nil) != gone {
			t.Errorf("%v: %v", kind, got)
		}
	}
}

func TestChangeOf(t *testing.T) {
	got := changeOf(
		Spec{Partitions: 3, Config: map[string]string{"same": "1", "changed": "1", "gone": "1", "also.gone": "1"}},
		Spec{Partitions: 5, Config: map[string]string{"same": "1", "changed": "2", "new": "1"}},
	)
	want := change{set: map[string]string{"changed": "2", "new": "1"}, unset: []string{"also.gone", "gone"}, partitions: 5}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(change{})); d != "" {
		t.Error(d)
	}
	// Whatever the two are: applying the change to the first gives the second.
	config := rapid.MapOf(rapid.StringN(1, 3, -1), rapid.StringN(0, 2, -1))
	rapid.Check(t, func(t *rapid.T) {
		have, want := Spec{Config: config.Draw(t, "have")}, Spec{Config: config.Draw(t, "want")}
		ch := changeOf(have, want)
		result := map[string]string{}
		for k, v := range have.Config {
			result[k] = v
		}
		for _, k := range ch.unset {
			delete(result, k)
		}
		for k, v := range ch.set {
			result[k] = v
		}
		if d := cmp.Diff(want.Config, result); d != "" {
			t.Fatal(d)
		}
	})
}

func TestParseID(t *testing.T) {
	for id, want := range map[string][2]string{
		"orders": {"", "orders"}, "/kafka/main|orders": {"/kafka/main", "orders"}, "a.b_c-d": {"", "a.b_c-d"},
	} {
		cluster, name, err := parseID(id)
		if err != nil || cluster != want[0] || name != want[1] || idOf(cluster, name) != id {
			t.Errorf("%q: %q, %q, %v", id, cluster, name, err)
		}
	}
	for _, id := range []string{"", "|", "|a", "a|", "a|b|c"} {
		if _, _, err := parseID(id); err == nil {
			t.Errorf("%q is taken", id)
		}
	}
	rapid.Check(t, func(t *rapid.T) { _, _, _ = parseID(rapid.String().Draw(t, "id")) })
}

func TestFromObservedKeepsToManagedKeys(t *testing.T) {
	entry := func(v string, s kafkaadmin.Source) kafkaadmin.ConfigEntry {
		return kafkaadmin.ConfigEntry{Value: v, Source: s}
	}
	seen := kafkaadmin.Topic{Name: "a", Partitions: 2, ReplicationFactor: 3, Config: map[string]kafkaadmin.ConfigEntry{
		"managed": entry("5", kafkaadmin.SourceTopic), "drifted": entry("6", kafkaadmin.SourceTopic), "foreign": entry("7", kafkaadmin.SourceTopic),
		"reset": entry("8", kafkaadmin.SourceDynamicDefaultBroker), "default": entry("9", kafkaadmin.SourceDefault),
		"hidden": {Source: kafkaadmin.SourceTopic, Sensitive: true},
	}}
	text := func(kv ...string) types.Map {
		m := map[string]attr.Value{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = types.StringValue(kv[i+1])
		}
		return types.MapValueMust(types.StringType, m)
	}
	m := model{Partitions: types.Int64Value(1), Config: text("managed", "05", "drifted", "1", "reset", "8", "hidden", "secret")}
	m.fromObserved(seen)
	if want := text("managed", "05", "drifted", "6", "hidden", "secret"); !m.Config.Equal(want) {
		t.Errorf("%s, want %s", m.Config, want)
	}
	bare := model{Partitions: types.Int64Value(1), Config: types.MapNull(types.StringType)}
	bare.fromObserved(seen)
	if !bare.Config.IsNull() {
		t.Errorf("%s", bare.Config)
	}
	imported := model{Partitions: types.Int64Null(), Config: types.MapNull(types.StringType), Cluster: types.StringValue("/kafka/main")}
	imported.fromObserved(seen)
	if want := text("managed", "5", "drifted", "6", "foreign", "7"); !imported.Config.Equal(want) || imported.ID.ValueString() != "/kafka/main|a" {
		t.Errorf("%s %s, want %s", imported.ID, imported.Config, want)
	}
}
