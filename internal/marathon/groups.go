package marathon

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

type wireGroup struct {
	ID     string
	Apps   []App
	Groups []wireGroup
	Pods   []struct{}
}

// Group reads a group with all apps below it. One that does not exist is ErrNotFound.
func (c *Client) Group(ctx context.Context, id string) (Group, error) {
	const op = "read group"
	path := "/v2/groups"
	if strings.Trim(id, "/") != "" { // the root group has no segment
		var err error
		if path, err = idPath(path, op, id); err != nil {
			return Group{}, err
		}
	}
	r := request{op: op, target: id, method: http.MethodGet, path: path, query: url.Values{"embed": {
		"group.groups", "group.apps", "group.pods", "group.apps.tasks", "group.apps.counts", "group.apps.deployments", "group.apps.lastTaskFailure",
	}}}
	a, err := c.read(ctx, r)
	if err != nil {
		return Group{}, err
	}
	var body wireGroup
	if err := c.decode(r, a, &body); err != nil {
		return Group{}, err
	}
	if body.ID == "" {
		return Group{}, &Error{Kind: NotMarathon, Op: op, Target: id, Status: a.status, Message: c.scrub(a.base.String() + " answers with JSON that is no group")}
	}
	out := Group{ID: body.ID}
	body.collect(&out)
	return out, nil
}

func (g wireGroup) collect(into *Group) {
	into.Apps = append(into.Apps, g.Apps...)
	into.Pods += len(g.Pods)
	for _, sub := range g.Groups {
		into.Groups = append(into.Groups, sub.ID)
		sub.collect(into)
	}
}

// DeleteGroup removes a group with everything below it. The root group is refused; one that is not there is ErrNotFound.
func (c *Client) DeleteGroup(ctx context.Context, id string) (Change, error) {
	return c.remove(ctx, "delete group", "/v2/groups", id)
}
