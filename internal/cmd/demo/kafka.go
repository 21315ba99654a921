package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// addresses are the brokers' own; the demo stands outside of the cluster, where the names are not known.
func addresses(brokers []broker) []string {
	list := make([]string, 0, len(brokers))
	for _, b := range brokers {
		list = append(list, net.JoinHostPort(b.Host, strconv.Itoa(b.Port)))
	}
	return list
}

// produce sends the lines, acknowledged by all in-sync replicas and without duplicates.
func produce(ctx context.Context, seeds []string, topic string, lines []string) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(seeds...), kgo.DefaultProduceTopic(topic), kgo.ClientID("demo-producer"))
	if err != nil {
		return err
	}
	defer client.Close()
	var mu sync.Mutex
	var failures []error
	for i, line := range lines {
		// A key spreads the lines over all partitions, so that every instance has work.
		record := &kgo.Record{Key: []byte(strconv.Itoa(i)), Value: []byte(line)}
		client.Produce(ctx, record, func(_ *kgo.Record, err error) {
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err)
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	if len(failures) > 0 {
		return fmt.Errorf("%d of %d lines were not acknowledged: %w", len(failures), len(lines), failures[0])
	}
	return nil
}

// counter follows the output topic, committed records only, and keeps the last count of every word.
type counter struct {
	client *kgo.Client
	mu     sync.Mutex
	counts map[string]int
	err    error
	done   chan struct{}
}

func follow(ctx context.Context, seeds []string, topic string) (*counter, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(seeds...), kgo.ConsumeTopics(topic), kgo.ClientID("demo-reader"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	c := &counter{client: client, counts: map[string]int{}, done: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

func (c *counter) run(ctx context.Context) {
	defer close(c.done)
	for {
		fetches := c.client.PollFetches(ctx)
		if fetches.IsClientClosed() || ctx.Err() != nil {
			return
		}
		c.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			n, err := strconv.Atoi(string(r.Value))
			if err != nil {
				c.err = fmt.Errorf("the count of %q is no number: %w", r.Key, err)
				return
			}
			c.counts[string(r.Key)] = n
		})
		c.mu.Unlock()
	}
}

func (c *counter) Close() {
	c.client.Close()
	<-c.done
}

// Total is the sum of all counts so far.
func (c *counter) Total() (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := 0
	for _, n := range c.counts {
		sum += n
	}
	return sum, c.err
}

// WaitFor waits until that many words are counted; more than max is an error at once: something was counted twice.
func (c *counter) WaitFor(ctx context.Context, words, most int) error {
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		total, err := c.Total()
		switch {
		case err != nil:
			return err
		case total > most:
			return fmt.Errorf("%d words were counted, but only %d were produced", total, most)
		case total >= words:
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d words were counted in time: %w", total, words, ctx.Err())
		case <-tick.C:
		}
	}
}

// Compare checks every word.
func (c *counter) Compare(want map[string]int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wrong []error
	for word, n := range want {
		if got := c.counts[word]; got != n {
			wrong = append(wrong, fmt.Errorf("%q: counted %d, should be %d", word, got, n))
		}
	}
	for word := range c.counts {
		if _, ok := want[word]; !ok {
			wrong = append(wrong, fmt.Errorf("%q was never produced", word))
		}
	}
	return errors.Join(wrong...)
}
