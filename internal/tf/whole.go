package tf

import (
	"context"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// WholeNumber is the CustomType of integer attributes: values are types.Int64, and 1.5 is an error of the configuration. To
// the framework's own type it is one of the provider, with a request to report it.
type WholeNumber struct{ basetypes.Int64Type }

var _ basetypes.Int64Typable = WholeNumber{}

// Equal accepts the framework's type too, which is the type of the values.
func (WholeNumber) Equal(o attr.Type) bool {
	switch o.(type) {
	case WholeNumber, basetypes.Int64Type:
		return true
	}
	return false
}

// String names the type in the framework's messages.
func (WholeNumber) String() string { return "tf.WholeNumber" }

// ValueFromTerraform leaves what is no whole number to Validate, which the framework asks next: an error of this method
// would get the framework's words.
func (t WholeNumber) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	if notWhole(in) != nil {
		return types.Int64Unknown(), nil
	}
	return t.Int64Type.ValueFromTerraform(ctx, in)
}

// Validate refuses fractions, and numbers beyond 64 bits.
func (t WholeNumber) Validate(ctx context.Context, in tftypes.Value, at path.Path) diag.Diagnostics {
	n := notWhole(in)
	if n == nil {
		return t.Int64Type.Validate(ctx, in, at)
	}
	var diags diag.Diagnostics
	what := "a whole number"
	if n.IsInt() {
		what = "a whole number of at most 64 bits"
	}
	diags.AddAttributeError(at, "Invalid Attribute Value", fmt.Sprintf("Attribute %s value must be %s, got: %s", at, what, n.Text('g', -1)))
	return diags
}

// notWhole is the number that in holds if it is none of 64 bits, else nil.
func notWhole(in tftypes.Value) *big.Float {
	if in.Type() == nil || !in.Type().Is(tftypes.Number) || !in.IsKnown() || in.IsNull() {
		return nil
	}
	var n *big.Float
	if err := in.As(&n); err != nil {
		return nil
	}
	if _, accuracy := n.Int64(); n.IsInt() && accuracy == big.Exact {
		return nil
	}
	return n
}
