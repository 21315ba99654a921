package cluster_test

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/twmb/franz-go/pkg/kadm"
)

// changes wants the plan of the cluster to change this attribute, and nothing but what is computed beside it.
type changes struct{ attribute string }

func (c changes) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	for _, rc := range req.Plan.ResourceChanges {
		if rc.Address != address {
			continue
		}
		before, _ := rc.Change.Before.(map[string]any)
		after, _ := rc.Change.After.(map[string]any)
		unknown, _ := rc.Change.AfterUnknown.(map[string]any)
		var found []string
		for name, old := range before {
			later, isKnown := after[name]
			if now := unknown[name]; now == true {
				isKnown = false
			}
			if isKnown && reflect.DeepEqual(old, later) {
				continue
			}
			if name == "broker_list" && c.attribute != name {
				continue
			}
			found = append(found, name)
		}
		if len(found) != 1 || found[0] != c.attribute {
			resp.Error = fmt.Errorf("the plan changes %v, want %s", found, c.attribute)
		}
		return
	}
	resp.Error = fmt.Errorf("no change of %s in the plan", address)
}

// forget resets a cluster-wide dynamic property by an independent client.
func (b *bench) forget(key string) {
	b.t.Helper()
	admin, err := b.admin()
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	if _, err := admin.AlterBrokerConfigs(ctx, []kadm.AlterConfig{{Op: kadm.DeleteConfig, Name: key}}); err != nil {
		b.t.Fatal(err)
	}
}
