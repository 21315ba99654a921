package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// barrierKey is a key that no word has. Its records are tombstones, so compaction removes them in time.
const barrierKey = ""

// restore reads one partition of the counts back from the changelog.
//
// It first writes a barrier and then reads committed records up to it. Reading committed records stops at every
// transaction that is still open, so getting to the barrier means that each transaction of an earlier owner has been
// decided: what could still be committed was written before that owner lost the partition, and thus before the barrier.
func restore(ctx context.Context, helper *kgo.Client, cfg config, partition int32, opts []kgo.Opt) (*table, error) {
	barrier := &kgo.Record{Topic: cfg.changelog(), Partition: partition, Key: []byte(barrierKey)}
	if err := helper.ProduceSync(ctx, barrier).FirstErr(); err != nil {
		return nil, fmt.Errorf("changelog partition %d: barrier: %w", partition, err)
	}
	cl, err := kgo.NewClient(append(opts,
		kgo.ClientID(cfg.clientID()+"-restore"),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{cfg.changelog(): {partition: kgo.NewOffset().AtStart()}}),
	)...)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	t := &table{partition: partition, counts: map[string]int64{}}
	for {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("changelog partition %d: %w", partition, err)
		}
		for it := fetches.RecordIter(); !it.Done(); {
			r := it.Next()
			if r.Offset >= barrier.Offset {
				return t, nil
			}
			if string(r.Key) == barrierKey {
				continue
			}
			n, err := parseCount(r.Value)
			if err != nil {
				return nil, fmt.Errorf("changelog partition %d, offset %d: %w", partition, r.Offset, err)
			}
			t.counts[string(r.Key)] = n
		}
	}
}
