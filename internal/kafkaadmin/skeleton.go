package kafkaadmin

import (
	"context"
	"errors"
	"time"
)

var errNotYet = errors.New("kafkaadmin: not implemented yet")

// Config says where the cluster is.
type Config struct {
	BootstrapServers []string
	ClientID         string
	DialTimeout      time.Duration
	RequestTimeout   time.Duration
}

// Client is safe for concurrent use.
type Client struct{}

// Sentinels.
var (
	ErrNotFound                 = errors.New("not found")
	ErrExists                   = errors.New("already exists")
	ErrAuthorization            = errors.New("not authorized")
	ErrUnreachable              = errors.New("unreachable")
	ErrInvalidConfig            = errors.New("invalid config")
	ErrInvalidName              = errors.New("invalid name")
	ErrInvalidPartitions        = errors.New("invalid partitions")
	ErrInvalidReplicationFactor = errors.New("invalid replication factor")
	ErrSecurityDisabled         = errors.New("security disabled")
	ErrPolicy                   = errors.New("policy violation")
	ErrTimeout                  = errors.New("timeout")
	ErrUnsupported              = errors.New("unsupported")
	ErrInvalidRequest           = errors.New("invalid request")
)

// Error is a failed call.
type Error struct {
	Op, Object string
	Code       int16
	Name       string
	Message    string
	Err        error
}

func (e *Error) Error() string { return e.Op + " " + e.Object + ": " + e.Name }
func (e *Error) Unwrap() error { return e.Err }

func Open(ctx context.Context, cfg Config) (*Client, error)             { return nil, errNotYet }
func (c *Client) Close() error                                          { return errNotYet }
func (c *Client) Brokers(ctx context.Context) ([]Broker, error)         { return nil, errNotYet }
func (c *Client) ClusterID(ctx context.Context) (string, error)         { return "", errNotYet }
func (c *Client) Quorum(ctx context.Context) (Quorum, error)            { return Quorum{}, errNotYet }
func (c *Client) Topic(ctx context.Context, name string) (Topic, error) { return Topic{}, errNotYet }
func (c *Client) Topics(ctx context.Context) (map[string]Topic, error)  { return nil, errNotYet }
func (c *Client) CreateTopic(ctx context.Context, t NewTopic, validateOnly bool) error {
	return errNotYet
}
func (c *Client) CreatePartitions(ctx context.Context, name string, total int32, validateOnly bool) error {
	return errNotYet
}
func (c *Client) AlterTopicConfig(ctx context.Context, name string, set map[string]string, unset []string, validateOnly bool) error {
	return errNotYet
}
func (c *Client) DeleteTopic(ctx context.Context, name string) error  { return errNotYet }
func (c *Client) Partitions(ctx context.Context) ([]Partition, error) { return nil, errNotYet }
func (c *Client) PartitionsFrom(ctx context.Context, brokerID int32) ([]Partition, error) {
	return nil, errNotYet
}
func (c *Client) MinISR(ctx context.Context, topics []string) (map[string]int, error) {
	return nil, errNotYet
}
func (c *Client) ACLs(ctx context.Context) ([]ACL, error)         { return nil, errNotYet }
func (c *Client) HasACL(ctx context.Context, a ACL) (bool, error) { return false, errNotYet }
func (c *Client) CreateACL(ctx context.Context, a ACL) error      { return errNotYet }
func (c *Client) DeleteACL(ctx context.Context, a ACL) error      { return errNotYet }
func (c *Client) BrokerConfig(ctx context.Context, broker int32) (map[string]ConfigEntry, error) {
	return nil, errNotYet
}
func (c *Client) AlterBrokerConfig(ctx context.Context, broker int32, set map[string]string, unset []string) error {
	return errNotYet
}
func (c *Client) Group(ctx context.Context, id string) (Group, error) { return Group{}, errNotYet }
