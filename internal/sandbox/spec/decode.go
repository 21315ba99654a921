package spec

import (
	"errors"
	"time"
)

// Options steer decoding of what people send.
type Options struct {
	DefaultRole    string          // the framework's role; "" = "*"
	Features       map[string]bool // enabled features: secrets, gpu_resources, external_volumes, task_killing, vips …
	ParentGroup    string          // relative ids are taken from here; "" = "/"
	DefaultNetwork string          // name of unnamed container networks; "" = such networks are refused
}

var errNotYet = errors.New("spec: not implemented yet")

// Create decodes a complete definition as POST /v2/apps takes it: *SyntaxError, *InvalidError or *ServerError.
func Create(body []byte, opts Options) (*App, error) { return nil, errNotYet }

// Update decodes a PUT or PATCH of an app. current is nil when the app does not exist. partial keeps absent top-level
// fields. A non-nil time means the body asks for that earlier version instead (the app is nil then).
func Update(current *App, body []byte, partial bool, opts Options) (*App, *time.Time, error) {
	return nil, nil, errNotYet
}
