package kafkaadmin

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Config says where the cluster is and how long to be patient. Whatever
// concerns the transport (TLS, SASL) belongs here and is applied by
// saramaConfig and kgoOptions, so that both protocol libraries agree.
type Config struct {
	// BootstrapServers are host:port addresses of any of the cluster's brokers.
	BootstrapServers []string
	// ClientID appears in the brokers' logs and quotas; default
	// "terraform-provider-kafka".
	ClientID string
	// DialTimeout bounds one connection attempt; default 10 s.
	DialTimeout time.Duration
	// RequestTimeout bounds one request on the wire, and the retries of one
	// call after answers that ask for patience; default 30 s.
	RequestTimeout time.Duration
}

// protocolVersion is the highest that sarama names; it clamps every request to
// the range that the broker offers.
var protocolVersion = sarama.V4_3_1_0

func (c Config) withDefaults() (Config, error) {
	var servers []string
	for _, s := range c.BootstrapServers {
		s = strings.TrimSpace(s)
		if s == "" {
			continue
		}
		host, port, err := net.SplitHostPort(s)
		if err != nil || host == "" {
			return c, invalidServer(s)
		}
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return c, invalidServer(s)
		}
		servers = append(servers, s)
	}
	if len(servers) == 0 {
		return c, &Error{Op: "connect to Kafka", Message: "no bootstrap server is given", Err: ErrInvalidRequest}
	}
	c.BootstrapServers = servers
	if c.ClientID == "" {
		c.ClientID = "terraform-provider-kafka"
	}
	if c.DialTimeout <= 0 {
		c.DialTimeout = 10 * time.Second
	}
	if c.RequestTimeout <= 0 {
		c.RequestTimeout = 30 * time.Second
	}
	return c, nil
}

func invalidServer(s string) error {
	return &Error{
		Op: "connect to Kafka", Object: s,
		Message: fmt.Sprintf("%q is not a bootstrap server: write host:port, for example \"broker-0.example.com:9092\"", s),
		Err:     ErrInvalidRequest,
	}
}

func (c Config) saramaConfig() (*sarama.Config, error) {
	sc := sarama.NewConfig()
	sc.ClientID = c.ClientID
	sc.Version = protocolVersion
	sc.Net.DialTimeout = c.DialTimeout
	sc.Net.ReadTimeout = c.RequestTimeout
	sc.Net.WriteTimeout = c.RequestTimeout
	if err := sc.Validate(); err != nil {
		return nil, errors.Join(ErrInvalidRequest, err)
	}
	return sc, nil
}

func (c Config) kgoOptions(seeds []string) []kgo.Opt {
	return []kgo.Opt{
		kgo.SeedBrokers(seeds...),
		kgo.ClientID(c.ClientID),
		kgo.DialTimeout(c.DialTimeout),
		kgo.RequestRetries(1),
		kgo.WithLogger(nil),
	}
}
