package streams_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// gateway stands before the sandbox's Marathon. It passes the first create on, and with its answer everything is lost until
// it is mended.
type gateway struct {
	*httptest.Server
	lost, mended atomic.Bool
}

func newGateway(t *testing.T, to string) *gateway {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.FlushInterval = -1 // events
	g := &gateway{}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.mended.Load() && r.Method == http.MethodPost && r.URL.Path == "/v2/apps" {
			g.lost.Store(true)
			proxy.ServeHTTP(httptest.NewRecorder(), r)
		}
		if g.lost.Load() && !g.mended.Load() {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// An app whose creation was not seen to succeed is not lost track of.
func TestSandboxApplicationWhoseCreateIsLost(t *testing.T) {
	r := newRig(t)
	g := newGateway(t, r.sandbox.URL())
	through := func(config string) string { return strings.Replace(config, r.sandbox.URL(), g.URL, 1) }
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: testkit.Providers(),
		CheckDestroy:             r.gone(t),
		Steps: []resource.TestStep{
			{
				Config:      through(r.config(`timeouts = { create = "5s" }`)),
				ExpectError: regexp.MustCompile(`(?s)stays,[\s│]+tainted,[\s│]+in[\s│]+the[\s│]+state`),
			},
			{
				PreConfig: func() { g.mended.Store(true) },
				Config:    through(r.config()),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply:             []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionReplace)},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{state("group_state", knownvalue.StringExact("Stable"))},
				Check: func(*terraform.State) error {
					if !g.lost.Load() {
						return fmt.Errorf("no create went through the gateway")
					}
					return nil
				},
			},
		},
	})
}
