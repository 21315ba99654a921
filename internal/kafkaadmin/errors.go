package kafkaadmin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
)

// What an *Error can be, for errors.Is.
var (
	ErrNotFound                 = errors.New("kafka: not found")
	ErrExists                   = errors.New("kafka: already exists")
	ErrAuthorization            = errors.New("kafka: not authorized")
	ErrUnreachable              = errors.New("kafka: unreachable")
	ErrInvalidConfig            = errors.New("kafka: invalid configuration")
	ErrInvalidName              = errors.New("kafka: invalid name")
	ErrInvalidPartitions        = errors.New("kafka: invalid number of partitions")
	ErrInvalidReplicationFactor = errors.New("kafka: invalid replication factor")
	ErrSecurityDisabled         = errors.New("kafka: no authorizer")
	ErrPolicy                   = errors.New("kafka: refused by policy")
	ErrTimeout                  = errors.New("kafka: timed out")
	ErrUnsupported              = errors.New("kafka: not supported by the brokers")
	ErrInvalidRequest           = errors.New("kafka: invalid request")
)

// Error is a failed call. It matches one of the package's sentinels with
// errors.Is; its text always names the cause and, where there is one, the
// remedy.
type Error struct {
	Op     string // "create topic"
	Object string // the topic, ACL, broker or group; may be empty
	Code   int16  // Kafka's error code, 0 when the failure is not a broker's answer
	Name   string // Kafka's name of the code (TOPIC_ALREADY_EXISTS)
	// Message is cause and remedy.
	Message string
	// Accepted is set when the cluster took a write and only the wait for all
	// brokers to show it failed: the object exists.
	Accepted bool
	// Err is the sentinel, and what lies below it.
	Err error
}

// Error gives operation, object, cause and remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Object != "" {
		fmt.Fprintf(&b, " %q", e.Object)
	}
	b.WriteString(": ")
	if e.Message != "" {
		b.WriteString(e.Message)
	} else {
		b.WriteString("failed")
	}
	if e.Name != "" {
		fmt.Fprintf(&b, " [%s, code %d]", e.Name, e.Code)
	}
	return b.String()
}

// Unwrap gives the sentinel and the errors below.
func (e *Error) Unwrap() error { return e.Err }

// Accepted says that the cluster took the write, and only the wait until every broker shows it failed.
func Accepted(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Accepted
}

// AddressError is why one address could not be used.
type AddressError struct {
	Address string
	Err     error
}

func (e *AddressError) Error() string { return e.Address + ": " + dialCause(e.Err) }

// Unwrap gives the transport's own error.
func (e *AddressError) Unwrap() error { return e.Err }

// codeError turns a broker's answer into an *Error. The broker's own text is
// added where it says more than the table does.
func codeError(op, object string, code sarama.KError, text string) error {
	known := kerr.TypedErrorForCode(int16(code))
	e := &Error{Op: op, Object: object, Code: int16(code)}
	if known != nil && known.Code == int16(code) {
		e.Name = known.Message
	} else {
		e.Name = "UNKNOWN"
	}
	kind, ok := kinds[code]
	switch {
	case ok:
		e.Err, e.Message = kind.err, kind.text
	case known != nil && known.Code == int16(code):
		e.Message = strings.TrimSuffix(known.Description, ".")
	default:
		e.Message = fmt.Sprintf("the broker answered with error code %d, which this provider does not know", code)
	}
	if text = strings.TrimSpace(text); text != "" && !strings.EqualFold(text, e.Message) {
		e.Message += "; the broker says: " + strings.TrimSuffix(text, ".")
	}
	return e
}

// contextError reports that the caller's time was over (or that the caller
// left) while op was going on.
func contextError(ctx context.Context, op, object string) error {
	err := ctx.Err()
	e := &Error{Op: op, Object: object, Err: err, Message: "cancelled"}
	if errors.Is(err, context.DeadlineExceeded) {
		e.Err = errors.Join(ErrTimeout, err)
		e.Message = "no answer before the timeout; raise the resource's timeouts if the cluster is only slow"
	}
	return e
}

// unreachable reports that none of the addresses served a request.
func unreachable(op, object string, causes map[string]error) error {
	addrs := make([]string, 0, len(causes))
	for a := range causes {
		addrs = append(addrs, a)
	}
	slices.Sort(addrs)
	errs := make([]error, 0, len(causes)+1)
	errs = append(errs, ErrUnreachable)
	texts := make([]string, 0, len(causes))
	for _, a := range addrs {
		ae := &AddressError{Address: a, Err: causes[a]}
		errs = append(errs, ae)
		texts = append(texts, ae.Error())
	}
	msg := "no Kafka broker could be reached"
	if len(texts) > 0 {
		msg += " (" + strings.Join(texts, "; ") + ")"
	}
	msg += ". Check that the brokers run, that these are their client listeners, and that this machine can reach them"
	return &Error{Op: op, Object: object, Message: msg, Err: errors.Join(errs...)}
}

// about gives a copy of an error with the object that one of several callers
// asked for.
func about(err error, object string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	n := *e
	n.Object = object
	return &n
}

// relabel gives a copy of an error under another operation: what the caller
// was about, rather than the step that failed.
func relabel(err error, op string) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	n := *e
	n.Op = op
	return &n
}
