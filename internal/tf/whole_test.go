package tf_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

func TestWholeNumber(t *testing.T) {
	huge, _ := new(big.Float).SetString("18446744073709551616")
	for name, tc := range map[string]struct {
		in   any
		want types.Int64
		err  string
	}{
		"number":   {600, types.Int64Value(600), ""},
		"negative": {-1, types.Int64Value(-1), ""},
		"null":     {nil, types.Int64Null(), ""},
		"unknown":  {tftypes.UnknownValue, types.Int64Unknown(), ""},
		"fraction": {600.5, types.Int64Unknown(), "Attribute memory value must be a whole number, got: 600.5"},
		"too big":  {huge, types.Int64Unknown(), "must be a whole number of at most 64 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			in := tftypes.NewValue(tftypes.Number, tc.in)
			got, err := tf.WholeNumber{}.ValueFromTerraform(t.Context(), in)
			if err != nil || !got.Equal(tc.want) {
				t.Errorf("%v, %v; want %v", got, err, tc.want)
			}
			diags := tf.WholeNumber{}.Validate(t.Context(), in, path.Root("memory"))
			if tc.err == "" && len(diags) > 0 || tc.err != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail(), tc.err)) {
				t.Errorf("%v, want %q", diags, tc.err)
			}
		})
	}
}
