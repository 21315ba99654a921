package spec

import (
	"fmt"
	"time"
)

// Options steer decoding of what people send.
type Options struct {
	DefaultRole    string          // the framework's role; "" = "*"
	Features       map[string]bool // enabled features: secrets, gpu_resources, external_volumes, task_killing, vips …
	ParentGroup    string          // relative ids are taken from here; "" = "/"
	DefaultNetwork string          // name of unnamed container networks; "" = such networks are refused

	// EnforceRole says whether a top-level group (its name) enforces its role; nil = none does.
	EnforceRole func(topGroup string) bool
	// Force lets the role of a resident app change.
	Force bool
	// Stored finds the stored app of an id (nil = none), for definitions in group bodies; may be nil.
	Stored func(id string) *App
}

// Create decodes a complete definition as POST /v2/apps takes it: *SyntaxError, *InvalidError or *ServerError.
func Create(body []byte, opts Options) (*App, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	var p problems
	d := readDraft(node{v, "", &p}, true)
	if err := p.jsonError(); err != nil {
		return nil, err
	}
	return complete(d, nil, opts)
}

// complete runs a complete definition through all its steps.
func complete(d *draft, stored *App, opts Options) (*App, error) {
	id := AbsoluteID(or(d.ID, ""), opts.ParentGroup)
	n, err := normaliseApp(d, opts, rolesFor(id, stored, opts))
	if err != nil {
		return nil, err
	}
	a, err := convert(n)
	if err != nil {
		return nil, err
	}
	if err := storedRules(a); err != nil {
		return nil, err
	}
	return a, nil
}

// Update decodes a PUT or PATCH of the app id. current is nil when the app does not exist: the body is then taken for a
// complete definition. partial keeps absent top-level fields. A non-nil time means that the body asks for that earlier
// version instead (the app is nil then). An id in the body is checked and ignored.
func Update(id string, current *App, body []byte, partial bool, opts Options) (*App, *time.Time, error) {
	v, err := parse(body)
	if err != nil {
		return nil, nil, err
	}
	if !partial || current == nil {
		v = withID(v, id)
	}
	var p problems
	d := readDraft(node{v, "", &p}, false)
	if err := p.jsonError(); err != nil {
		return nil, nil, err
	}
	if !partial || current == nil {
		d, err = replacement(d, id, current, opts)
	} else {
		d, err = update(d, opts)
	}
	if err != nil {
		return nil, nil, err
	}
	return apply(d, id, current, partial, opts)
}

// withID puts the id of the path into the body.
func withID(v value, id string) value {
	if v.kind != kindObject {
		return v
	}
	vals := make(map[string]value, len(v.vals)+1)
	for k, m := range v.vals {
		vals[k] = m
	}
	keys := v.keys
	if _, ok := vals["id"]; !ok {
		keys = append(append([]string{}, keys...), "id")
	}
	vals["id"] = value{kind: kindString, text: id}
	return value{kind: kindObject, keys: keys, vals: vals}
}

// update normalises a partial update.
func update(d *draft, opts Options) (*draft, error) {
	d, err := translateUpdate(d)
	if err != nil {
		return nil, err
	}
	if d.Version != nil && !d.onlyVersion() {
		return nil, &InvalidError{Message: "Object is not valid", Details: []Violation{{
			Path: "/", Errors: []string{"The 'version' field may only be combined with the 'id' field."}}}}
	}
	return finishUpdate(d, opts)
}

// replacement normalises a complete definition that arrives as an update. On its way it passes as an app first, then
// as an update; executorResources get lost between the two, as does the version.
func replacement(d *draft, id string, current *App, opts Options) (*draft, error) {
	d.ID = &id
	d, err := normaliseApp(d, opts, rolesFor(id, current, opts))
	if err != nil {
		return nil, err
	}
	d.Version, d.ExecutorResources = nil, nil
	return d, nil
}

// apply makes the new definition out of a normalised update.
func apply(d *draft, id string, current *App, partial bool, opts Options) (*App, *time.Time, error) {
	if d.Version != nil && current != nil {
		return nil, d.Version, nil
	}
	whole := *d
	if partial && current != nil {
		whole = *merge(draftOf(current), d)
	} else {
		whole = *withUpdateDefaults(d)
	}
	whole.ID, whole.Version = &id, nil
	opts.ParentGroup = "" // relative dependencies of an app are taken from the root
	a, err := complete(&whole, current, opts)
	return a, nil, err
}

// A Change is one element of a bulk update.
type Change struct {
	ID      string
	partial bool
	draft   *draft
}

// Changes decodes a bulk PUT or PATCH: a list of apps, complete (partial = false) or not.
func Changes(body []byte, partial bool, opts Options) ([]Change, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	var p problems
	items, ok := node{v, "", &p}.array()
	if !ok {
		return nil, p.jsonError()
	}
	out := make([]Change, len(items))
	for i, it := range items {
		out[i] = Change{partial: partial, draft: readDraft(it, !partial)}
	}
	if err := p.jsonError(); err != nil {
		return nil, err
	}
	for i := range out {
		c := &out[i]
		if c.draft.ID == nil {
			return nil, &InvalidError{Message: "requirement failed: App Update must have app id set"}
		}
		c.ID = AbsoluteID(*c.draft.ID, "")
		var stored *App
		if opts.Stored != nil {
			stored = opts.Stored(c.ID)
		}
		if partial {
			c.draft, err = update(c.draft, opts)
		} else {
			c.draft, err = replacement(c.draft, c.ID, stored, opts)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Apply makes the new definition; see Update for the time.
func (c Change) Apply(current *App, opts Options) (*App, *time.Time, error) {
	d := *c.draft
	if current == nil && d.PortDefinitions == nil {
		// Bulk creation starts from an empty template that has no ports, not from the defaults of a definition.
		d.PortDefinitions = &[]PortDefinition{}
	}
	a, v, err := apply(&d, c.ID, current, c.partial, opts)
	if err != nil {
		return nil, nil, fmt.Errorf("app %s: %w", c.ID, err)
	}
	return a, v, nil
}
