// Package marathon is the client of Marathon's HTTP API: lossless app definitions, typed errors, no forced change.
package marathon

import (
	"context"
	"errors"
	"time"
)

// Config says how to reach Marathon.
type Config struct {
	URLs           []string // one or several members, base paths allowed
	User, Password string   // HTTP basic
	Token          string   // DC/OS: sent as "Authorization: token=…"; wins over User and Password
	CACert         string   // PEM, added to the system's roots
	UserAgent      string
	RequestTimeout time.Duration // one operation with its retries; default 30s
}

// Client talks to one Marathon through any of its URLs. It is safe for concurrent use.
type Client struct{}

var errSkeleton = errors.New("being built")

// New checks the configuration. It does no I/O.
func New(_ Config) (*Client, error) { return &Client{}, nil }

func (c *Client) Info(context.Context) (Info, error)             { return Info{}, errSkeleton }
func (c *Client) App(context.Context, string) (App, error)       { return nil, errSkeleton }
func (c *Client) Status(context.Context, string) (Status, error) { return Status{}, errSkeleton }
func (c *Client) CreateApp(context.Context, App) (Change, error) { return Change{}, errSkeleton }
func (c *Client) ReplaceApp(context.Context, string, func(App) (App, error)) (Change, error) {
	return Change{}, errSkeleton
}
func (c *Client) ScaleApp(context.Context, string, int) (Change, error) { return Change{}, errSkeleton }
func (c *Client) RestartApp(context.Context, string) (Change, error)    { return Change{}, errSkeleton }
func (c *Client) DeleteApp(context.Context, string) (Change, error)     { return Change{}, errSkeleton }
func (c *Client) Group(context.Context, string) (Group, error)          { return Group{}, errSkeleton }
func (c *Client) DeleteGroup(context.Context, string) (Change, error)   { return Change{}, errSkeleton }
func (c *Client) Deployments(context.Context) ([]Deployment, error)     { return nil, errSkeleton }
func (c *Client) Queue(context.Context) ([]QueueItem, error)            { return nil, errSkeleton }
func (c *Client) WakeOnEvents(context.Context) <-chan struct{}          { return nil }
