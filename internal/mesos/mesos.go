// Package mesos reads the last lines of a task's files through Mesos's own HTTP API.
package mesos

import (
	"context"
	"errors"
	"net/http"
)

// Client asks one Mesos master and its agents.
type Client struct{}

// New takes the URL of the leading master. It does no I/O.
func New(_ string, _ *http.Client) *Client { return &Client{} }

// Tail gives the last whole lines of a task's file ("stdout" or "stderr"), at most maxBytes.
func (c *Client) Tail(_ context.Context, _, _, _ string, _ int) (string, error) {
	return "", errors.New("being built")
}
