package marathon

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	gomarathon "github.com/gambol99/go-marathon"
)

// bridge is the RoundTripper under a go-marathon client that lives for one operation. The library knows no context, marks
// members down and repeats writes; all that happens in send instead, and the library only ever sees an answer: what send
// could not get is kept in failed.
type bridge struct {
	ctx    context.Context
	op     string
	target string
	send   func(ctx context.Context, r request) (*answer, error)
	failed error
	last   *answer
}

// RoundTrip never returns an error: on one, the library would start a goroutine that pings for ever.
func (b *bridge) RoundTrip(req *http.Request) (*http.Response, error) {
	r := request{op: b.op, target: b.target, method: req.Method, path: req.URL.EscapedPath(), query: req.URL.Query()}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
		if len(body) > 0 {
			r.body = body
		}
	}
	a, err := b.send(b.ctx, r)
	if err != nil {
		b.failed = err
		a = &answer{status: http.StatusTeapot, header: http.Header{}}
	}
	b.last = a
	return response(req, a), nil
}

func response(req *http.Request, a *answer) *http.Response {
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req,
	}
}

// library runs one operation of go-marathon over our transport.
func (c *Client) library(b *bridge, use func(gomarathon.Marathon) error) error {
	if b.send == nil {
		b.send = c.read
	}
	lib, err := gomarathon.NewClient(gomarathon.Config{
		URL:        "http://marathon", // replaced by the member that send picks
		HTTPClient: &http.Client{Transport: b},
	})
	if err != nil {
		return err
	}
	err = use(lib)
	if b.failed != nil {
		return b.failed
	}
	if err != nil {
		r := request{op: b.op, target: b.target}
		if b.last != nil {
			var any any
			if bad := c.decode(r, b.last, &any); bad != nil {
				return bad
			}
		}
		return &Error{Kind: Server, Op: b.op, Target: b.target, Message: "the answer cannot be read", Err: unreadable(err)}
	}
	return nil
}

// Ping asks whether a member answers; it need not be the leader.
func (c *Client) Ping(ctx context.Context) error {
	return c.library(&bridge{ctx: ctx, op: "ping"}, func(m gomarathon.Marathon) error {
		_, err := m.Ping()
		return err
	})
}

// Info reads /v2/info. Whatever answers without being a Marathon is ErrNotMarathon, with what was seen.
func (c *Client) Info(ctx context.Context) (Info, error) {
	b := &bridge{ctx: ctx, op: "read the server's information"}
	b.send = func(ctx context.Context, r request) (*answer, error) {
		a, err := c.read(ctx, r)
		if e := new(Error); errors.As(err, &e) && e.Kind == NotFound { // JSON, but no such page: some other service
			e.Kind = NotMarathon
		}
		return a, err
	}
	var info Info
	err := c.library(b, func(m gomarathon.Marathon) error {
		got, err := m.Info()
		if err != nil {
			return err
		}
		info = Info{
			Version: got.Version, FrameworkID: got.FrameworkID, FrameworkName: got.MarathonConfig.FrameworkName,
			Leader: got.Leader, MesosLeaderUI: got.MarathonConfig.MesosLeaderUIURL,
		}
		return nil
	})
	if b.last == nil || b.failed != nil {
		return Info{}, err
	}
	var named struct {
		Name   string `json:"name"`
		Config struct {
			Features []string `json:"features"`
		} `json:"marathon_config"`
	}
	r := request{op: b.op, target: b.target}
	if bad := c.decode(r, b.last, &named); bad != nil {
		return Info{}, bad
	}
	if named.Name != "marathon" {
		return Info{}, &Error{Kind: NotMarathon, Op: b.op, Status: b.last.status, Message: c.scrub(b.last.base.String() + " answers /v2/info with " + seen(b.last))}
	}
	if err != nil {
		return Info{}, err
	}
	info.Features = named.Config.Features
	return info, nil
}

// Leader is the leading member's host:port.
func (c *Client) Leader(ctx context.Context) (string, error) {
	var leader string
	err := c.library(&bridge{ctx: ctx, op: "read the leader"}, func(m gomarathon.Marathon) (err error) {
		leader, err = m.Leader()
		return err
	})
	return leader, err
}

// Deployments lists the running deployments.
func (c *Client) Deployments(ctx context.Context) ([]Deployment, error) {
	var out []Deployment
	err := c.library(&bridge{ctx: ctx, op: "list deployments"}, func(m gomarathon.Marathon) error {
		list, err := m.Deployments()
		if err != nil {
			return err
		}
		for _, d := range list {
			out = append(out, deployment(d))
		}
		return nil
	})
	return out, err
}

func deployment(d *gomarathon.Deployment) Deployment {
	out := Deployment{ID: d.ID, Version: d.Version, AffectedApps: d.AffectedApps, CurrentStep: d.CurrentStep, TotalSteps: d.TotalSteps}
	for _, a := range d.CurrentActions {
		action := Action{Action: a.Action, App: a.App}
		if a.ReadinessCheckResults != nil {
			for _, r := range *a.ReadinessCheckResults {
				action.Readiness = append(action.Readiness, ReadinessResult{Name: r.Name, TaskID: r.TaskID, Ready: r.Ready, Status: r.LastResponse.Status, Body: r.LastResponse.Body})
			}
		}
		out.CurrentActions = append(out.CurrentActions, action)
	}
	return out
}

// RestartApp replaces all tasks by new ones of the same configuration.
func (c *Client) RestartApp(ctx context.Context, id string) (Change, error) {
	const op = "restart app"
	path, err := idPath("", op, id)
	if err != nil {
		return Change{}, err
	}
	before, err := c.readApp(ctx, op, id)
	if err != nil {
		return Change{}, err
	}
	var change Change
	b := &bridge{ctx: ctx, op: op, target: id}
	b.send = func(ctx context.Context, r request) (*answer, error) {
		r.query = unforced()
		var err error
		change, err = c.write(ctx, func(ctx context.Context, doubt bool) (request, *Change, error) {
			if doubt { // a new version of the same configuration is a restart
				now, err := c.readApp(ctx, op, id)
				if err != nil {
					return request{}, nil, err
				}
				if now.Version() != before.Version() && Equal(Editable(now), Editable(before)) {
					ch := applied(now)
					return request{}, &ch, nil
				}
			}
			return r, nil, nil
		})
		if err != nil {
			return nil, err
		}
		body, err := encode(map[string]string{"version": change.Version, "deploymentId": change.DeploymentID})
		return &answer{status: http.StatusOK, header: http.Header{}, body: body}, err
	}
	err = c.library(b, func(m gomarathon.Marathon) error {
		_, err := m.RestartApplication(path[1:], false)
		return err
	})
	return change, err
}

// DeleteQueueDelay ends the backoff of a queued app; one that is not queued is ErrNotFound.
func (c *Client) DeleteQueueDelay(ctx context.Context, id string) error {
	const op = "reset the launch delay of app"
	path, err := idPath("", op, id)
	if err != nil {
		return err
	}
	b := &bridge{ctx: ctx, op: op, target: id}
	b.send = c.read // deleting a delay twice is harmless
	return c.library(b, func(m gomarathon.Marathon) error { return m.DeleteQueueDelay(path) })
}
