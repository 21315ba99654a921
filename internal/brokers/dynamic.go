package brokers

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// clusterWide is Kafka's default broker entity: its configs hold for all brokers.
const clusterWide int32 = -1

// ApplyDynamic sets the dynamic properties of s and resets those of before that s has no more. Nothing is restarted.
func (o Operator) ApplyDynamic(ctx context.Context, before map[string]string, s Spec) error {
	_, old := SplitConfig(before)
	_, wanted := SplitConfig(s.Config)
	if len(old) == 0 && len(wanted) == 0 {
		return nil
	}
	k, err := o.Kafka(ctx)
	if err != nil {
		return err
	}
	current, err := o.dynamic(ctx, k)
	if err != nil {
		return err
	}
	set, unset := s.dynamicChange(current, old, wanted)
	if len(set) == 0 && len(unset) == 0 {
		return nil
	}
	o.progressf("setting %d broker properties of %s without a restart", len(set)+len(unset), s.Group)
	// One by one: Kafka refuses a request as a whole, and the error then belongs to nobody.
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if err := k.AlterBrokerConfig(ctx, clusterWide, map[string]string{key: set[key]}, nil); err != nil {
			return &ConfigError{Key: key, Err: err}
		}
	}
	for _, key := range unset {
		if err := k.AlterBrokerConfig(ctx, clusterWide, nil, []string{key}); err != nil {
			return &ConfigError{Key: key, Err: err}
		}
	}
	return nil
}

// dynamicChange compares what Kafka has with what is wanted. A removed key goes back to our default where there is one
// rather than being unset: brokers with eligible leader replicas refuse to be without a cluster-wide min.insync.replicas.
func (s Spec) dynamicChange(current, old, wanted map[string]string) (set map[string]string, unset []string) {
	set = map[string]string{}
	for key, v := range wanted {
		if now, ok := current[key]; !ok || now != v {
			set[key] = v
		}
	}
	defaults := s.defaultProperties()
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if _, still := wanted[key]; still {
			continue
		}
		now, there := current[key]
		if v, ours := defaults[key]; ours {
			if there && now != v {
				set[key] = v
			}
		} else if there {
			unset = append(unset, key)
		}
	}
	return set, unset
}

// Dynamic reads the cluster-wide dynamic properties that IsDynamic knows.
func (o Operator) Dynamic(ctx context.Context) (map[string]string, error) {
	k, err := o.Kafka(ctx)
	if err != nil {
		return nil, err
	}
	return o.dynamic(ctx, k)
}

func (o Operator) dynamic(ctx context.Context, k Kafka) (map[string]string, error) {
	entries, err := k.BrokerConfig(ctx, clusterWide)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for key, e := range entries {
		if IsDynamic(key) && e.Source == kafkaadmin.SourceDynamicDefaultBroker && !e.Sensitive {
			out[key] = e.Value
		}
	}
	return out, nil
}

// WrittenBy tells the dynamic properties that somebody set from those that a new cluster has by itself (min.insync.replicas
// is copied there when eligible leader replicas are on).
func (s Spec) WrittenBy(dynamic map[string]string) map[string]string {
	defaults := s.defaultProperties()
	out := map[string]string{}
	for key, v := range dynamic {
		if d, ok := defaults[key]; !ok || d != v {
			out[key] = v
		}
	}
	return out
}

// ConfigError says that Kafka refused a dynamic property.
type ConfigError struct {
	Key string
	Err error
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("Kafka refuses the broker property %s: %s", e.Key, e.Err)
}

func (e *ConfigError) Unwrap() error { return e.Err }

// Attribute names the map entry.
func (e *ConfigError) Attribute() string { return "config[" + e.Key + "]" }
