package kafkaadmin

import (
	"slices"
	"testing"
)

// A broker that is cut off from the controllers still answers, with the picture that it had then.
func TestFencedBrokersAreAskedLast(t *testing.T) {
	c := &Client{cfg: Config{BootstrapServers: []string{"h0:9092", "h1:9092", "elsewhere:9092"}}, pool: newPool(nil)}
	ready := make(chan struct{})
	close(ready)
	for _, addr := range []string{"h0:9092", "h2:9092"} {
		l := lane{addr: addr}
		c.pool.conns[l] = &conn{lane: l, ready: ready}
	}
	v := view{brokers: []Broker{{ID: 0, Host: "h0", Port: 9092, Fenced: true}, {ID: 1, Host: "h1", Port: 9092}, {ID: 2, Host: "h2", Port: 9092}}}
	if got, want := anyBroker(c, v), []string{"h2:9092", "h1:9092", "elsewhere:9092", "h0:9092"}; !slices.Equal(got, want) {
		t.Errorf("asked in the order %v, want %v", got, want)
	}
}
