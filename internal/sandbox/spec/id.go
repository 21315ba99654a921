package spec

import (
	"regexp"
	"strings"
)

// idSegment is one element of a path id, as Marathon's messages quote it.
const idSegment = `^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$`

var idSegmentPattern = regexp.MustCompile(`^(?:(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.))$`)

// segments are the elements of an id or path; empty ones do not count.
func segments(id string) []string {
	return strings.FieldsFunc(id, func(r rune) bool { return r == '/' })
}

func validID(id string) bool {
	for _, s := range segments(id) {
		if !idSegmentPattern.MatchString(s) {
			return false
		}
	}
	return true
}

// AbsoluteID resolves an id: relative ones against base, "." and ".." everywhere, without a trailing slash. It does not
// check characters, as Marathon does not when it reads ids in paths.
func AbsoluteID(id, base string) string {
	var out []string
	if !strings.HasPrefix(id, "/") {
		out = segments(base)
	}
	for _, s := range segments(id) {
		switch s {
		case ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}

// ParentID is the group that holds an id; the parent of "/" is "/".
func ParentID(id string) string {
	i := strings.LastIndexByte(id, '/')
	if i <= 0 {
		return "/"
	}
	return id[:i]
}

// TopGroup is the name of the top-level group that holds an app, "" for an app at the root.
func TopGroup(id string) string {
	s := segments(id)
	if len(s) < 2 {
		return ""
	}
	return s[0]
}
