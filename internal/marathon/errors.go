package marathon

import (
	"errors"
	"fmt"
	"strings"
)

// Kind classifies an Error. Each kind answers to one of the Err… values with errors.Is.
type Kind int

// The kinds of errors. Their order has no meaning.
const (
	Unexpected         Kind = iota // an answer that fits none of the others
	NotFound                       // Marathon itself said that the object does not exist
	Exists                         // the id is taken
	Locked                         // running deployments held the app until the context ended
	Unauthorized                   // 401
	Forbidden                      // 403 of an authorizer
	Invalid                        // 400 or 422: Marathon refused the definition
	Unreachable                    // no answer from any URL, or the answer was cut
	NotMarathon                    // something answered that is not a Marathon
	TooManyDeployments             // 403 of --max_running_deployments until the context ended
	Server                         // 5xx, or an answer that cannot be read
)

// Values for errors.Is; an *Error matches the one of its Kind.
var (
	ErrNotFound           = errors.New("not found in Marathon")
	ErrExists             = errors.New("the id is already taken in Marathon")
	ErrLocked             = errors.New("locked by a running deployment")
	ErrUnauthorized       = errors.New("credentials refused by Marathon")
	ErrForbidden          = errors.New("action forbidden by Marathon")
	ErrInvalid            = errors.New("definition refused by Marathon")
	ErrUnreachable        = errors.New("no answer from Marathon")
	ErrNotMarathon        = errors.New("not a Marathon")
	ErrTooManyDeployments = errors.New("too many running deployments")
	ErrServer             = errors.New("failure of Marathon")
)

var sentinels = map[Kind]error{
	NotFound: ErrNotFound, Exists: ErrExists, Locked: ErrLocked, Unauthorized: ErrUnauthorized, Forbidden: ErrForbidden,
	Invalid: ErrInvalid, Unreachable: ErrUnreachable, NotMarathon: ErrNotMarathon, TooManyDeployments: ErrTooManyDeployments, Server: ErrServer,
}

// Detail is one broken rule of a 422: a JSON path in Marathon's notation, such as /portDefinitions(0)/port, and the reasons.
type Detail struct {
	Path   string
	Errors []string
}

// Error is what every method of Client returns on failure. It never contains credentials.
type Error struct {
	Kind        Kind
	Op          string   // what was tried, such as "create app"
	Target      string   // the id concerned, or the URL
	Status      int      // HTTP status, 0 when there was no answer
	Message     string   // Marathon's words, or what was seen instead
	Details     []Detail // Invalid only
	Deployments []string // Locked only: ids of the deployments that hold the app
	Unknown     bool     // of writes: it could not be found out whether Marathon has applied it
	Err         error    // the cause where there is one (transport, context)
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("Marathon: ")
	b.WriteString(e.Op)
	if e.Target != "" {
		b.WriteString(" " + e.Target)
	}
	b.WriteString(": ")
	switch {
	case e.Message != "":
		b.WriteString(e.Message)
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	default:
		b.WriteString(e.sentinel().Error())
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", e.Status)
	}
	for _, d := range e.Details {
		fmt.Fprintf(&b, "; %s: %s", d.Path, strings.Join(d.Errors, ", "))
	}
	if len(e.Deployments) > 0 {
		fmt.Fprintf(&b, "; held by deployment %s", strings.Join(e.Deployments, ", "))
	}
	if e.Message != "" && e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) sentinel() error {
	if s, ok := sentinels[e.Kind]; ok {
		return s
	}
	return errUnexpected
}

var errUnexpected = errors.New("unexpected answer")

// Is makes errors.Is(err, ErrNotFound) and the like true.
func (e *Error) Is(target error) bool { return e.sentinel() == target }

// Unwrap gives the cause, so that errors.Is(err, context.DeadlineExceeded) works.
func (e *Error) Unwrap() error { return e.Err }
