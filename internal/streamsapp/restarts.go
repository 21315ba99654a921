package streamsapp

import (
	"encoding/json"
	"reflect"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

// restarts says whether Marathon replaces the tasks of an app when current becomes next: it does so for any difference
// besides the number of instances, labels and checks included.
func restarts(current, next marathon.App) bool {
	return !reflect.DeepEqual(normalised(current), normalised(next))
}

// normalised is a definition as numbers compare (128 and 128.0 are one), without instances.
func normalised(app marathon.App) any {
	raw, err := json.Marshal(app)
	if err != nil {
		return nil // never of a decoded definition; two such count as equal, and the group wait is only less strict
	}
	var out map[string]any
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil
	}
	delete(out, "instances")
	return out
}
