package kafka

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var legalTopic = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// illegalTopic is why a topic name is not legal, in Kafka's words (org.apache.kafka.common.internals.Topic), or "".
func illegalTopic(name string) string {
	switch {
	case name == "":
		return "Topic name is invalid: the empty string is not allowed"
	case name == "." || name == "..":
		return fmt.Sprintf("Topic name is invalid: '%s' is not allowed", name)
	case len(name) > 249:
		return fmt.Sprintf("Topic name is invalid: the length of '%s' is longer than the max allowed length 249", name)
	case !legalTopic.MatchString(name):
		return fmt.Sprintf("Topic name is invalid: '%s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", name)
	}
	return ""
}

// collision is the existing topic whose name differs from name in '.' and '_' only, or "". c.mu is held.
func (c *cluster) collision(name string) string {
	plain := strings.ReplaceAll(name, ".", "_")
	for _, other := range slices.Sorted(maps.Keys(c.state.Topics)) {
		if other != name && strings.ReplaceAll(other, ".", "_") == plain {
			return other
		}
	}
	return ""
}
