package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// errTopics says that topics are not as they have to be; trying again does not help.
var errTopics = errors.New("topics")

// prepareTopics checks the user's topics and creates the internal ones, as Streams does: with the input's partition
// count. User topics are never created.
func prepareTopics(ctx context.Context, admin *kadm.Client, cfg config) error {
	for {
		err := tryTopics(ctx, admin, cfg)
		if err == nil || errors.Is(err, errTopics) {
			return err
		}
		log.Printf("WARN %v; trying again", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func tryTopics(ctx context.Context, admin *kadm.Client, cfg config) error {
	topics, err := admin.ListTopics(ctx, cfg.Input, cfg.Output)
	if err != nil {
		return fmt.Errorf("brokers %v: %w", cfg.BootstrapServers, err)
	}
	for _, name := range []string{cfg.Input, cfg.Output} {
		switch err := topics[name].Err; {
		case errors.Is(err, kerr.UnknownTopicOrPartition):
			return fmt.Errorf("%w: topic %q does not exist; create it first, input and output topics are not created by the application", errTopics, name)
		case errors.Is(err, kerr.TopicAuthorizationFailed):
			return fmt.Errorf("%w: no right to see topic %q: %w", errTopics, name, err)
		case err != nil:
			return fmt.Errorf("topic %q: %w", name, err)
		}
	}
	partitions := len(topics[cfg.Input].Partitions)
	ptr := func(s string) *string { return &s }
	for name, configs := range map[string]map[string]*string{
		cfg.repartition(): {"cleanup.policy": ptr("delete"), "retention.ms": ptr("-1"), "segment.bytes": ptr("52428800"), "message.timestamp.type": ptr("CreateTime")},
		cfg.changelog():   {"cleanup.policy": ptr("compact"), "message.timestamp.type": ptr("CreateTime")},
	} {
		_, err := admin.CreateTopic(ctx, int32(partitions), cfg.ReplicationFactor, configs, name) //nolint:gosec // small
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("creating internal topic %q: %w", name, err)
		}
	}
	made, err := admin.ListTopics(ctx, cfg.repartition(), cfg.changelog())
	if err != nil {
		return err
	}
	for name, t := range made {
		if t.Err != nil {
			return fmt.Errorf("internal topic %q: %w", name, t.Err)
		}
		if len(t.Partitions) != partitions {
			return fmt.Errorf("%w: internal topic %q has %d partitions, but input topic %q has %d; reset the application or take another application.id",
				errTopics, name, len(t.Partitions), cfg.Input, partitions)
		}
	}
	return nil
}
