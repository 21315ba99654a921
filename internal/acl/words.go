package acl

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/tf"
)

// The words of an ACL, as Kafka's tools know them. "Any" and "Unknown" belong
// to filters and can not be created.
var (
	resourceTypes   = []string{"Topic", "Group", "Cluster", "TransactionalID", "DelegationToken"}
	patternTypes    = []string{"Literal", "Prefixed"}
	operations      = []string{"All", "Read", "Write", "Create", "Delete", "Alter", "Describe", "ClusterAction", "DescribeConfigs", "AlterConfigs", "IdempotentWrite"}
	permissionTypes = []string{"Allow", "Deny"}
)

// clusterName is the only resource name that goes with the type Cluster.
const clusterName = "kafka-cluster"

// oneOf accepts exactly these words: another spelling would be another state
// than the one that Kafka answers.
func oneOf(words []string) validator.String {
	return tf.Rule("must be one of "+strings.Join(words, ", "), func(s string) error {
		if slices.Contains(words, s) {
			return nil
		}
		for _, w := range words {
			if strings.EqualFold(plain(w), plain(s)) {
				return fmt.Errorf("%q is not a legal value: write %q", s, w)
			}
		}
		return fmt.Errorf("%q is not a legal value: one of %s", s, strings.Join(words, ", "))
	})
}

// plain lets TRANSACTIONAL_ID and transactional-id be recognised.
func plain(s string) string { return strings.NewReplacer("_", "", "-", "", " ", "").Replace(s) }

func principal() validator.String {
	return tf.Rule("must be a principal: its type, a colon and its name, such as User:alice", func(s string) error {
		kind, name, ok := strings.Cut(s, ":")
		if !ok || kind == "" || name == "" {
			return fmt.Errorf("%q is not a principal: write its type, a colon and its name, such as User:alice, or User:* for everyone", s)
		}
		return nil
	})
}

// hostMatches says whether a broker can ever find a client with that host: it
// compares textual IP addresses.
func hostMatches(s string) bool {
	if s == "*" {
		return true
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}
