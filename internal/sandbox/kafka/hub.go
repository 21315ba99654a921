// Package kafka is the sandbox's embedded Kafka.
package kafka

import (
	"context"
	"errors"
	"log/slog"
)

// HubConfig says where the hub keeps the clusters' data and where broker processes reach it.
type HubConfig struct {
	Dir    string // one folder per Kafka cluster id
	Socket string // path of the unix socket
	Logger *slog.Logger
}

// Hub hosts the embedded Kafka clusters of one sandbox.
type Hub struct{}

var errNotYet = errors.New("embedded Kafka: not built yet")

// NewHub opens the socket and serves until Close.
func NewHub(ctx context.Context, cfg HubConfig) (*Hub, error) { return nil, errNotYet }

// Close stops serving and closes every cluster.
func (h *Hub) Close() error { return nil }
