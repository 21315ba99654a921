package spec

import (
	"fmt"
	"strings"
)

// Violation is one broken rule: a JSON path in Marathon's notation ("/portDefinitions(0)/port", "/" = whole object)
// and Marathon's own words.
type Violation struct {
	Path   string   `json:"path"`
	Errors []string `json:"errors"`
}

// InvalidError is a 422: either {"message":"Invalid JSON"} for types and missing fields
// or {"message":"Object is not valid"} for rules.
type InvalidError struct {
	Message string // "Invalid JSON" or "Object is not valid"
	Details []Violation
}

func (e *InvalidError) Error() string {
	parts := make([]string, 0, len(e.Details))
	for _, d := range e.Details {
		parts = append(parts, d.Path+": "+strings.Join(d.Errors, "; "))
	}
	return e.Message + ": " + strings.Join(parts, ", ")
}

// SyntaxError is a 400: the body is no JSON at all. Details is a string there.
type SyntaxError struct {
	Message string // "Invalid JSON" or "Please specify data in JSON format"
	Details string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s: %s", e.Message, e.Details) }

// ServerError is a 500 that a real Marathon answers too (its own bugs, recorded).
type ServerError struct{ Message string }

func (e *ServerError) Error() string { return e.Message }
