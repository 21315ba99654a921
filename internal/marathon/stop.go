package marathon

import (
	"context"
	"net/http"
	"net/url"
)

// StopDeployment stops a running plan and leaves its apps as they are (DELETE ?force=true): tasks that were started stay, the
// lock is gone. One that does not run (any more) is ErrNotFound.
func (c *Client) StopDeployment(ctx context.Context, id string) error {
	_, err := c.read(ctx, request{
		op: "stop deployment", target: id, method: http.MethodDelete,
		path: "/v2/deployments/" + url.PathEscape(id), query: url.Values{"force": {"true"}},
	}) // stopping twice is harmless
	return err
}
