package tf

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// stringRule is a named check of a known string.
type stringRule struct {
	description string
	check       func(string) error
}

func (r stringRule) Description(context.Context) string         { return r.description }
func (r stringRule) MarkdownDescription(context.Context) string { return r.description }

func (r stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid Value", Sentence(err.Error()))
	}
}

// Rule makes a string validator from a check; the description completes "value must …".
func Rule(description string, check func(string) error) validator.String {
	return stringRule{description: description, check: check}
}

// intRule is a check of a known whole number.
type intRule struct {
	must  string
	holds func(int64) bool
}

func (r intRule) Description(context.Context) string         { return "value must be " + r.must }
func (r intRule) MarkdownDescription(context.Context) string { return "value must be " + r.must }

func (r intRule) ValidateInt64(_ context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || r.holds(req.ConfigValue.ValueInt64()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Invalid Attribute Value",
		fmt.Sprintf("Attribute %s value must be %s, got: %d", req.Path, r.must, req.ConfigValue.ValueInt64()))
}

// IntRule makes a validator of whole numbers; must completes "value must be …".
func IntRule(must string, holds func(int64) bool) validator.Int64 {
	return intRule{must: must, holds: holds}
}

// appSegment is one segment of a Marathon id: lower-case letters, digits, '-' and '.', not at the ends.
var appSegment = regexp.MustCompile(`^([a-z0-9]|[a-z0-9][a-z0-9.-]*[a-z0-9])$`)

// AppID accepts absolute Marathon ids of apps and groups.
func AppID() validator.String {
	return Rule("must be an absolute Marathon path such as /kafka/main: lower-case letters, digits, '-' and '.' in each segment", func(s string) error {
		if !strings.HasPrefix(s, "/") || len(s) < 2 {
			return fmt.Errorf("%q is not an absolute Marathon path: it starts with '/', for example /kafka/main", s)
		}
		for _, segment := range strings.Split(s[1:], "/") {
			if !appSegment.MatchString(segment) {
				return fmt.Errorf("%q is not a Marathon path: segment %q must be lower-case letters, digits, '-' or '.', and begin and end with a letter or digit", s, segment)
			}
		}
		last := s[strings.LastIndex(s, "/")+1:]
		if last == "restart" || last == "tasks" || last == "versions" {
			return fmt.Errorf("%q cannot be used: Marathon keeps the last segments restart, tasks and versions for its API", s)
		}
		return nil
	})
}

// ResourceName accepts one segment of a Marathon id, which also becomes a DNS label.
func ResourceName() validator.String {
	label := regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	return Rule("must be 1 to 63 lower-case letters, digits or '-', starting with a letter and not ending in '-'", func(s string) error {
		if !label.MatchString(s) {
			return fmt.Errorf("%q is not a legal name: 1 to 63 lower-case letters, digits or '-', starting with a letter and not ending in '-' (it becomes part of a Marathon path and of a host name)", s)
		}
		return nil
	})
}

// legalTopic is Kafka's own rule (Topic.java).
var legalTopic = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// KafkaTopicName accepts what Kafka accepts as a topic's name.
func KafkaTopicName() validator.String {
	return Rule("must be a legal topic name: 1 to 249 of letters, digits, '.', '_' and '-', not '.' or '..'", func(s string) error {
		switch {
		case s == "":
			return fmt.Errorf("a topic name must not be empty")
		case s == "." || s == "..":
			return fmt.Errorf("a topic cannot be called %q", s)
		case len(s) > 249:
			return fmt.Errorf("a topic name has at most 249 characters, this one has %d", len(s))
		case !legalTopic.MatchString(s):
			return fmt.Errorf("%q is not a legal topic name: only letters, digits, '.', '_' and '-'", s)
		}
		return nil
	})
}

// constraintOperators are Marathon's; lower case passes its validation and then breaks (500), so it is refused here.
var constraintOperators = map[string]struct{ min, max int }{
	"UNIQUE": {2, 2}, "CLUSTER": {2, 3}, "GROUP_BY": {2, 3}, "LIKE": {3, 3}, "UNLIKE": {3, 3}, "MAX_PER": {3, 3}, "IS": {3, 3},
}

// CheckConstraint checks the shape of one placement constraint: field, operator and, by operator, a value.
func CheckConstraint(c []string) error {
	if len(c) < 2 || len(c) > 3 {
		return fmt.Errorf("a constraint has two or three members: field, operator and, for most operators, a value; this one has %d", len(c))
	}
	arity, ok := constraintOperators[c[1]]
	if !ok {
		if _, upper := constraintOperators[strings.ToUpper(c[1])]; upper {
			return fmt.Errorf("the operator %q must be written in upper case: %q", c[1], strings.ToUpper(c[1]))
		}
		return fmt.Errorf("unknown operator %q: use UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE, MAX_PER or IS", c[1])
	}
	if len(c) < arity.min {
		return fmt.Errorf("the operator %s needs a value", c[1])
	}
	if len(c) > arity.max {
		return fmt.Errorf("the operator %s takes no value", c[1])
	}
	if c[0] == "" {
		return fmt.Errorf("the field of a constraint must not be empty: hostname, @zone, @region or an agent attribute")
	}
	return nil
}
