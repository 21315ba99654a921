package marathon

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

const infoPath = "/v2/info"

// unforced is on every mutation: DELETE of an app forces unless told not to.
func unforced(more ...string) url.Values {
	q := url.Values{"force": {"false"}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return q
}

// idPath escapes an id segment by segment. Ids that would address something else (the root, a listing) are refused.
func idPath(prefix, op, id string) (string, error) {
	path := prefix
	for _, segment := range strings.Split(id, "/") {
		switch segment {
		case "":
			continue
		case ".", "..", "*":
			return "", &Error{Kind: Invalid, Op: op, Target: id, Message: "the id has a segment " + segment}
		}
		path += "/" + url.PathEscape(segment)
	}
	if path == prefix {
		return "", &Error{Kind: Invalid, Op: op, Target: id, Message: "the id is empty"}
	}
	return path, nil
}

// App reads an app as Marathon returns it, runtime keys included.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	return c.readApp(ctx, "read app", id)
}

func (c *Client) readApp(ctx context.Context, op, id string) (App, error) {
	path, err := idPath("/v2/apps", op, id)
	if err != nil {
		return nil, err
	}
	r := request{op: op, target: id, method: http.MethodGet, path: path}
	a, err := c.read(ctx, r)
	if err != nil {
		return nil, err
	}
	var body struct {
		App App `json:"app"`
	}
	if err := c.decode(r, a, &body); err != nil {
		return nil, err
	}
	if body.App == nil {
		return nil, &Error{Kind: NotMarathon, Op: op, Target: id, Status: a.status, Message: c.scrub(a.base.String() + " answers with JSON that holds no app")}
	}
	return body.App, nil
}

// CreateApp posts a new app. An id that is taken is ErrExists.
func (c *Client) CreateApp(ctx context.Context, app App) (Change, error) {
	const op = "create app"
	id := app.ID()
	if _, err := idPath("", op, id); err != nil {
		return Change{}, err
	}
	body, err := encode(app)
	if err != nil {
		return Change{}, &Error{Kind: Invalid, Op: op, Target: id, Err: err}
	}
	return c.write(ctx, func(ctx context.Context, doubt bool) (request, *Change, error) {
		if doubt {
			switch got, err := c.App(ctx, id); {
			case err == nil && covers(app, got):
				ch := applied(got)
				return request{}, &ch, nil
			case err == nil:
				return request{}, nil, &Error{Kind: Exists, Op: op, Target: id, Message: "the answer to the create was lost, and Marathon now has an app of this id with another definition"}
			case !errors.Is(err, ErrNotFound):
				return request{}, nil, err
			}
		}
		return request{op: op, target: id, method: http.MethodPost, path: "/v2/apps", query: unforced(), body: body}, nil, nil
	})
}

// applied is the change of which only the result is known.
func applied(now App) Change {
	return Change{Version: now.Version(), DeploymentID: firstDeployment(now)}
}

func firstDeployment(a App) string { return a.String("deployments", "0", "id") }

// ReplaceApp changes an app without losing what it does not know: it reads the app, drops the read-only keys, lets overlay
// edit the rest and sends the complete definition, unless nothing differs. overlay may be called several times.
// An error beside a Change with a version means that the definition was sent, but its executorResources could not be restored.
func (c *Client) ReplaceApp(ctx context.Context, id string, overlay func(current App) (App, error)) (Change, error) {
	const op = "update app"
	path, err := idPath("/v2/apps", op, id)
	if err != nil {
		return Change{}, err
	}
	var before, sent App
	var versionBefore string
	change, err := c.write(ctx, func(ctx context.Context, doubt bool) (request, *Change, error) {
		current, err := c.readApp(ctx, op, id)
		if err != nil {
			return request{}, nil, err
		}
		before, versionBefore = Editable(current), current.Version()
		after, err := overlay(before.Clone())
		if err != nil {
			return request{}, nil, err
		}
		if after = Editable(after); after == nil {
			return request{}, nil, &Error{Kind: Invalid, Op: op, Target: id, Message: "the new definition is empty"}
		}
		after["id"] = before["id"]
		if Equal(before, after) {
			sent = nil
			ch := Change{Version: current.Version(), Unchanged: true}
			if doubt {
				ch = applied(current)
			}
			return request{}, &ch, nil
		}
		body, err := encode(after)
		if err != nil {
			return request{}, nil, &Error{Kind: Invalid, Op: op, Target: id, Err: err}
		}
		sent = after
		return request{op: op, target: id, method: http.MethodPut, path: path, query: unforced("partialUpdate", "false"), body: body}, nil, nil
	})
	if err != nil || sent == nil {
		return change, err
	}
	if sent["executorResources"] != nil {
		if err := c.restoreExecutorResources(ctx, id, path, sent); err != nil {
			return change, err
		}
	}
	return c.settled(ctx, id, change, before, versionBefore), nil
}

// settled corrects the version of an update in which the server found no change: it answers with a version and the id of an
// empty deployment all the same, but the app keeps the version that it had. Where the app cannot be read back, the version
// is left out rather than wrong.
func (c *Client) settled(ctx context.Context, id string, change Change, before App, versionBefore string) Change {
	now, err := c.App(ctx, id)
	switch {
	case err != nil:
		change.Version = ""
	case now.Version() == versionBefore:
		change.Version = versionBefore
		change.Unchanged = Equal(Editable(now), before)
	}
	return change
}

// restoreExecutorResources sends what a complete update loses on the server (the conversion drops the field). It starts no deployment:
// the server does not compare it.
func (c *Client) restoreExecutorResources(ctx context.Context, id, path string, sent App) error {
	const op = "restore executorResources of app"
	body, err := encode(resources(sent))
	if err != nil {
		return &Error{Kind: Invalid, Op: op, Target: id, Err: err}
	}
	_, err = c.write(ctx, func(context.Context, bool) (request, *Change, error) { // the same values again are harmless
		return request{op: op, target: id, method: http.MethodPatch, path: path, query: unforced(), body: body}, nil, nil
	})
	return err
}

// resources are the two fields that a partial update clears when they are not in it.
func resources(a App) App {
	out := App{}
	for _, key := range []string{"executorResources", "resourceLimits"} {
		if v := a[key]; v != nil {
			out[key] = v
		}
	}
	return out
}

// ScaleApp changes the number of instances alone; running tasks are not restarted.
func (c *Client) ScaleApp(ctx context.Context, id string, instances int) (Change, error) {
	const op = "scale app"
	path, err := idPath("/v2/apps", op, id)
	if err != nil {
		return Change{}, err
	}
	return c.write(ctx, func(ctx context.Context, doubt bool) (request, *Change, error) {
		current, err := c.readApp(ctx, op, id)
		if err != nil {
			return request{}, nil, err
		}
		if n, ok := current.Int("instances"); ok && n == int64(instances) {
			ch := Change{Version: current.Version(), Unchanged: true}
			if doubt {
				ch = applied(current)
			}
			return request{}, &ch, nil
		}
		partial := resources(current)
		partial["instances"] = instances
		body, err := encode(partial)
		if err != nil {
			return request{}, nil, &Error{Kind: Invalid, Op: op, Target: id, Err: err}
		}
		return request{op: op, target: id, method: http.MethodPut, path: path, query: unforced("partialUpdate", "true"), body: body}, nil, nil
	})
}

// DeleteApp removes an app and its tasks, persistent volumes included. One that is not there is ErrNotFound.
func (c *Client) DeleteApp(ctx context.Context, id string) (Change, error) {
	return c.remove(ctx, "delete app", "/v2/apps", id)
}

func (c *Client) remove(ctx context.Context, op, prefix, id string) (Change, error) {
	path, err := idPath(prefix, op, id)
	if err != nil {
		return Change{}, err
	}
	return c.write(ctx, func(ctx context.Context, doubt bool) (request, *Change, error) {
		if doubt {
			_, err := c.read(ctx, request{op: op, target: id, method: http.MethodGet, path: path})
			if errors.Is(err, ErrNotFound) {
				return request{}, &Change{DeploymentID: c.deploymentOf(ctx, id)}, nil
			}
			if err != nil {
				return request{}, nil, err
			}
		}
		return request{op: op, target: id, method: http.MethodDelete, path: path, query: unforced()}, nil, nil
	})
}

// deploymentOf finds the deployment that touches id, "" when it is over.
func (c *Client) deploymentOf(ctx context.Context, id string) string {
	running, err := c.Deployments(ctx)
	if err != nil {
		return ""
	}
	for _, d := range running {
		for _, app := range d.AffectedApps {
			if app == id || strings.HasPrefix(app, strings.TrimRight(id, "/")+"/") {
				return d.ID
			}
		}
	}
	return ""
}
