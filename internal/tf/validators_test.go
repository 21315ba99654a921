package tf_test

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

func TestStringRules(t *testing.T) {
	long := strings.Repeat("a", 250)
	for name, tc := range map[string]struct {
		rule     validator.String
		accepted []string
		refused  []string
	}{
		"app id":        {tf.AppID(), []string{"/kafka/main", "/a", "/a.b/c-d"}, []string{"", "/", "kafka/main", "/Kafka", "/a//b", "/a/", "/-a", "/a_b", "/a/tasks"}},
		"resource name": {tf.ResourceName(), []string{"main", "a", "a-1"}, []string{"", "1a", "-a", "a-", "A", "a.b", "a_b", long}},
		"topic name":    {tf.KafkaTopicName(), []string{"lines", "a.b_c-1", "__consumer_offsets", long[:249]}, []string{"", ".", "..", "a b", "ä", long}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, v := range tc.accepted {
				if got := validate(tc.rule, types.StringValue(v)); got != "" {
					t.Errorf("%q refused: %s", v, got)
				}
			}
			for _, v := range tc.refused {
				if got := validate(tc.rule, types.StringValue(v)); got == "" {
					t.Errorf("%q accepted", v)
				}
			}
			for _, v := range []types.String{types.StringNull(), types.StringUnknown()} {
				if got := validate(tc.rule, v); got != "" {
					t.Errorf("%s refused: %s", v, got)
				}
			}
		})
	}
}

func validate(rule validator.String, v types.String) string {
	resp := &validator.StringResponse{}
	rule.ValidateString(context.Background(), validator.StringRequest{Path: path.Root("x"), ConfigValue: v}, resp)
	if resp.Diagnostics.HasError() {
		return resp.Diagnostics[0].Detail()
	}
	return ""
}

func TestCheckConstraint(t *testing.T) {
	for _, good := range [][]string{{"hostname", "UNIQUE"}, {"rack", "GROUP_BY"}, {"rack", "GROUP_BY", "3"}, {"@zone", "IS", "z1"}, {"hostname", "LIKE", "a.*"}} {
		if err := tf.CheckConstraint(good); err != nil {
			t.Errorf("%v refused: %v", good, err)
		}
	}
	for _, bad := range [][]string{nil, {"hostname"}, {"hostname", "unique"}, {"hostname", "NEAR"}, {"hostname", "UNIQUE", "x"}, {"hostname", "LIKE"}, {"", "UNIQUE"}, {"a", "IS", "b", "c"}} {
		if err := tf.CheckConstraint(bad); err == nil {
			t.Errorf("%v accepted", bad)
		}
	}
}
