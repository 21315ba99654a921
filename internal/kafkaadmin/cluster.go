package kafkaadmin

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/IBM/sarama"
)

func (b Broker) addr() string { return net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))) }

// Brokers lists the registered brokers by id, freshly asked. On Kafka 4.0 and
// later fenced brokers are among them and marked; older clusters list live
// brokers only.
func (c *Client) Brokers(ctx context.Context) ([]Broker, error) {
	if err := c.refresh(ctx, "list brokers", ""); err != nil {
		return nil, err
	}
	return slices.Clone(c.currentView().brokers), nil
}

// ClusterID gives the cluster's own id.
func (c *Client) ClusterID(ctx context.Context) (string, error) {
	if v := c.currentView(); v.known {
		return v.clusterID, nil
	}
	if err := c.refresh(ctx, "read the cluster id", ""); err != nil {
		return "", err
	}
	return c.currentView().clusterID, nil
}

// refresh renews the view of the brokers.
func (c *Client) refresh(ctx context.Context, op, object string) error {
	return c.refreshWith(ctx, op, object, 3)
}

// refreshOnce does so without patience; for use between other retries.
func (c *Client) refreshOnce(ctx context.Context) error {
	return c.refreshWith(ctx, "list brokers", "", 1)
}

func (c *Client) refreshWith(ctx context.Context, op, object string, rounds int) error {
	// DescribeCluster rather than Metadata: it marks fenced brokers, and
	// sarama's Metadata cannot ask for brokers without every topic.
	v, err := ask(ctx, c, request[view]{
		op: op, object: object, route: anyBroker, rounds: rounds, noRefresh: true,
		send: func(b *sarama.Broker) (view, error) {
			resp, err := b.DescribeCluster(sarama.NewDescribeClusterRequest(protocolVersion))
			if errors.Is(err, sarama.ErrUnsupportedVersion) {
				return viewFromMetadata(b)
			}
			if err != nil {
				return view{}, err
			}
			if err := answer(resp.Err, resp.ErrorMessage); err != nil {
				return view{}, err
			}
			v := view{clusterID: resp.ClusterID, controller: resp.ControllerID, known: true}
			for _, b := range resp.Brokers {
				nb := Broker{ID: b.BrokerID, Host: b.Host, Port: b.Port, Fenced: b.IsFenced}
				if b.Rack != nil {
					nb.Rack = *b.Rack
				}
				v.brokers = append(v.brokers, nb)
			}
			return v, nil
		},
		judge: func(v view) error {
			if len(v.brokers) == 0 {
				return sarama.ErrBrokerNotAvailable
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	slices.SortFunc(v.brokers, func(a, b Broker) int { return int(a.ID) - int(b.ID) })
	v.taken = time.Now()
	c.mu.Lock()
	c.view = v
	c.mu.Unlock()
	return nil
}

// viewFromMetadata serves brokers older than Kafka 2.8.
func viewFromMetadata(b *sarama.Broker) (view, error) {
	resp, err := b.GetMetadata(sarama.NewMetadataRequest(protocolVersion, nil))
	if err != nil {
		return view{}, err
	}
	v := view{controller: resp.ControllerID, known: true}
	if resp.ClusterID != nil {
		v.clusterID = *resp.ClusterID
	}
	for _, b := range resp.Brokers {
		host, port, err := net.SplitHostPort(b.Addr())
		if err != nil {
			return view{}, sarama.PacketDecodingError{Info: "a broker without an address"}
		}
		n, err := strconv.ParseInt(port, 10, 32)
		if err != nil {
			return view{}, sarama.PacketDecodingError{Info: "a broker without a port"}
		}
		v.brokers = append(v.brokers, Broker{ID: b.ID(), Host: host, Port: int32(n), Rack: b.Rack()})
	}
	return v, nil
}

// live lists the brokers that serve, as far as the cluster says.
func (v view) live() []Broker {
	var out []Broker
	for _, b := range v.brokers {
		if !b.Fenced {
			out = append(out, b)
		}
	}
	return out
}
