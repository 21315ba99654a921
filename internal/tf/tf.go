// Package tf is the glue between Terraform's framework and the plain-Go rooms: provider data, errors to diagnostics,
// validators and timeouts that several resources share.
package tf

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
)

// FromProviderData answers the session that the provider's Configure handed over; nil before Configure ran, which is
// no error: the framework calls Configure of resources during validation without provider data.
func FromProviderData(data any, diags *diag.Diagnostics) *session.Session {
	if data == nil {
		return nil
	}
	s, ok := data.(*session.Session)
	if !ok {
		diags.AddError("Unexpected Provider Data",
			fmt.Sprintf("The resource got provider data of type %T instead of *session.Session. This is a fault of the provider: please report it.", data))
		return nil
	}
	return s
}
