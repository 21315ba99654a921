package tf

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
)

// Paths says where an error belongs. Keys are field words: "name", "partitions", "replication_factor", "config",
// "cluster", "acl"; or, for Marathon's validation, its JSON path ("/cpus", "/constraints"): the longest one that leads
// the reported path wins. What has no entry is put on the object.
type Paths map[string]path.Path

// Attributed is an error that knows its attribute by a field word of Paths, or by "config[key]".
type Attributed interface {
	error
	Attribute() string
}

// AddError turns err into diagnostics on the attributes that caused it and reports whether there was an error.
// summary is static ("Unable to Create Kafka Topic"); the detail has object, cause and remedy. Joined errors become a
// diagnostic each.
func AddError(diags *diag.Diagnostics, summary string, err error, at Paths) bool {
	if err == nil {
		return false
	}
	if members := joined(err); members != nil {
		for _, e := range members {
			AddError(diags, summary, e, at)
		}
		return true
	}
	if addMarathonDetails(diags, summary, err, at) {
		return true
	}
	detail := Sentence(err.Error())
	if r := remedy(err); r != "" {
		detail += "\n\n" + r
	}
	if p, ok := at.find(field(err)); ok {
		diags.AddAttributeError(p, summary, detail)
		return true
	}
	diags.AddError(summary, detail)
	return true
}

// joined answers the members of errors.Join. An error that wraps several with words of its own is one error: its words
// count.
func joined(err error) []error {
	j, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // exactly this level is wanted
	if !ok {
		return nil
	}
	members := j.Unwrap()
	texts := make([]string, 0, len(members))
	for _, e := range members {
		texts = append(texts, e.Error())
	}
	if err.Error() != strings.Join(texts, "\n") {
		return nil
	}
	return members
}

// addMarathonDetails puts each broken rule that Marathon names on its attribute.
func addMarathonDetails(diags *diag.Diagnostics, summary string, err error, at Paths) bool {
	var m *marathon.Error
	if !errors.As(err, &m) || !errors.Is(err, marathon.ErrInvalid) || len(m.Details) == 0 {
		return false
	}
	for _, d := range m.Details {
		detail := fmt.Sprintf("%s: Marathon refuses %s: %s.", m.Target, d.Path, strings.Join(d.Errors, "; "))
		if p, ok := at.leading(d.Path); ok {
			diags.AddAttributeError(p, summary, detail)
			continue
		}
		diags.AddError(summary, detail)
	}
	return true
}

// field names the attribute that an error speaks of, "" for the object.
func field(err error) string {
	var attributed Attributed
	if errors.As(err, &attributed) {
		return attributed.Attribute()
	}
	var notFound *session.ClusterNotFoundError
	var noBrokers *session.NoBrokersError
	var wrong *session.WrongClusterError
	switch {
	case errors.As(err, &notFound), errors.As(err, &noBrokers), errors.As(err, &wrong):
		return "cluster"
	case errors.Is(err, kafkaadmin.ErrInvalidName), errors.Is(err, kafkaadmin.ErrExists):
		return "name"
	case errors.Is(err, kafkaadmin.ErrInvalidPartitions):
		return "partitions"
	case errors.Is(err, kafkaadmin.ErrInvalidReplicationFactor):
		return "replication_factor"
	case errors.Is(err, kafkaadmin.ErrInvalidConfig):
		return "config"
	}
	return ""
}

// remedy adds what to do where the error's own words do not.
func remedy(err error) string {
	switch {
	case errors.Is(err, marathon.ErrUnauthorized):
		return "Check the credentials of the provider's marathon block: user and password (MARATHON_USER, MARATHON_PASSWORD) or dcos_token (MARATHON_DCOS_TOKEN)."
	case errors.Is(err, marathon.ErrForbidden):
		return "The credentials are good, but may not do this: ask for the right on this path, or use other credentials."
	case errors.Is(err, marathon.ErrNotMarathon):
		return "Check marathon.url (MARATHON_URL): it must be the base URL of Marathon's API, for example http://marathon.mesos:8080 or https://dcos.example.com/service/marathon."
	case errors.Is(err, marathon.ErrUnreachable):
		return "Check marathon.url (MARATHON_URL) and that Marathon answers from here; nothing was taken out of the state."
	case errors.Is(err, marathon.ErrLocked):
		return "Another deployment holds the app. Wait for it or cancel it in Marathon, then apply again; the provider never forces."
	case errors.Is(err, kafkaadmin.ErrUnreachable):
		return "Nothing was taken out of the state." // what to check stands in the error
	case errors.Is(err, kafkaadmin.ErrSecurityDisabled):
		return "The brokers have no authorizer. On a kafka_cluster set authorization = {}; elsewhere set authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer on every broker and controller."
	}
	return ""
}

func (at Paths) find(field string) (path.Path, bool) {
	if field == "" {
		return path.Path{}, false
	}
	if p, ok := at[field]; ok {
		return p, true
	}
	if base, key, ok := strings.Cut(field, "["); ok {
		if p, found := at[base]; found {
			return p.AtMapKey(strings.TrimSuffix(key, "]")), true
		}
	}
	return path.Path{}, false
}

func (at Paths) leading(reported string) (path.Path, bool) {
	keys := make([]string, 0, len(at))
	for k := range at {
		if strings.HasPrefix(k, "/") && strings.HasPrefix(reported, k) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return path.Path{}, false
	}
	sort.Slice(keys, func(i, j int) bool { return len(keys[i]) > len(keys[j]) })
	return at[keys[0]], true
}

// Sentence makes the cause readable in Terraform's output: a full stop at the end, and the first letter upper case unless it
// begins a name (service_discovery, application.id), which is written as the user writes it.
func Sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return "No cause was given. This is a fault of the provider: please report it."
	}
	if first, _, _ := strings.Cut(s, " "); !strings.ContainsAny(strings.TrimRight(first, ".,:;"), "._") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.HasSuffix(s, ".") && !strings.Contains(s, "\n") {
		s += "."
	}
	return s
}
