package brokers

import (
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

func TestAVIPThatIsNotWantedAnyMoreIsADifference(t *testing.T) {
	vip, dns := plainSpec(), plainSpec()
	dns.ServiceDiscovery = DiscoveryMesosDNS
	before := asRead(t, mustApp(t, vip, 0))
	wanted := mustApp(t, dns, 0)
	if holds(before, wanted) {
		t.Error("an app with a VIP label counts as one without")
	}
	after := asRead(t, overlay(before, wanted))
	if !holds(after, wanted) {
		t.Error("writing the definition does not take the VIP label away")
	}
	after["portDefinitions"].([]any)[0].(map[string]any)["labels"] = map[string]any{} // as Marathon answers
	if !holds(after, wanted) {
		t.Error("an empty set of labels counts as a difference")
	}
}

// The static URL must not change through a failure: a missing highest broker is no smaller cluster.
func TestAMissingBrokerDoesNotShortenTheURL(t *testing.T) {
	for _, discovery := range []string{DiscoveryMesosDNS, DiscoveryHosts} {
		s := plainSpec()
		s.ServiceDiscovery = discovery
		if discovery == DiscoveryHosts {
			s.Placement.Hosts = []string{"h0", "h1", "h2"}
		}
		o, err := FromApps(s.Group, appsOf(t, s)[:2])
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Spec.BootstrapServers(); got != s.BootstrapServers() || o.Spec.Brokers != 3 {
			t.Errorf("%s: with broker 2 missing the URL is %s of %d brokers, want %s", discovery, got, o.Spec.Brokers, s.BootstrapServers())
		}
		one := appsOf(t, s)[1] // no controller of its own is needed to tell
		if o, err = FromApps(s.Group, []marathon.App{one}); err != nil || o.Spec.BootstrapServers() != s.BootstrapServers() {
			t.Errorf("%s: broker 1 alone tells %s (%v)", discovery, o.Spec.BootstrapServers(), err)
		}
	}
}
