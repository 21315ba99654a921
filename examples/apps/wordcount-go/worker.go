package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"
)

const (
	maxBatch = 5_000 // records read in one transaction
	endLimit = 30 * time.Second
)

// worker is one instance: a member of the application's group that counts in transactions.
type worker struct {
	cfg     config
	health  *health
	session *kgo.GroupTransactSession
	helper  *kgo.Client // creates topics and writes barriers, outside any transaction
	options []kgo.Opt   // how to reach the brokers

	life context.Context //nolint:containedctx // ends with the work; callbacks of the client look at it
	fail context.CancelCauseFunc

	mu     sync.Mutex
	tables map[int32]*table
}

func newWorker(cfg config, health *health) (*worker, error) {
	w := &worker{cfg: cfg, health: health, tables: map[int32]*table{}}
	w.options = []kgo.Opt{kgo.SeedBrokers(cfg.BootstrapServers...), kgo.Dialer(dialer(cfg.HostsFile)), kgo.MetadataMinAge(250 * time.Millisecond)}
	var err error
	w.helper, err = kgo.NewClient(append(slices.Clone(w.options), kgo.ClientID(cfg.clientID()+"-admin"), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	return w, err
}

// join makes the session. Streams, too, joins with its topics in place.
func (w *worker) join() error {
	var err error
	w.session, err = kgo.NewGroupTransactSession(append(slices.Clone(w.options),
		kgo.ClientID(w.cfg.clientID()),
		kgo.TransactionalID(w.cfg.transactionalID()),
		kgo.TransactionTimeout(w.cfg.TxnTimeout),
		kgo.ConsumerGroup(w.cfg.ApplicationID),
		kgo.ConsumeTopics(w.cfg.Input, w.cfg.repartition()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.SessionTimeout(w.cfg.SessionTimeout),
		kgo.HeartbeatInterval(min(3*time.Second, w.cfg.SessionTimeout/3)),
		kgo.FetchMaxWait(250*time.Millisecond),
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(w.partitioner)),
		kgo.ProducerLinger(2*time.Millisecond),
		kgo.MaxBufferedRecords(100_000),
		kgo.OnPartitionsAssigned(w.assigned),
		kgo.OnPartitionsRevoked(w.revoked),
		kgo.OnPartitionsLost(w.revoked),
	)...)
	return err
}

// partitioner sends counts to the changelog partition that belongs to their table, all else by key as Java clients do.
func (w *worker) partitioner(topic string) func(*kgo.Record, int) int {
	if topic == w.cfg.changelog() {
		return func(r *kgo.Record, _ int) int { return int(r.Partition) }
	}
	return kgo.StickyKeyPartitioner(nil).ForTopic(topic).Partition
}

func (w *worker) close() {
	if w.session != nil {
		w.session.Close() // leaves the group
	}
	w.helper.Close()
}

// run works until ctx ends. An error means that the instance must not go on: its successor starts from what is committed.
func (w *worker) run(ctx context.Context) error {
	ctx, w.fail = context.WithCancelCause(ctx)
	defer w.fail(nil)
	w.life = ctx
	if err := prepareTopics(ctx, kadm.NewClient(w.helper), w.cfg); err != nil {
		return err
	}
	if err := w.join(); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := w.transaction(ctx); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// assigned restores the tables of repartition partitions before their records are fetched. A table is always made anew,
// whatever this instance may remember of the partition.
func (w *worker) assigned(ctx context.Context, _ *kgo.Client, parts map[string][]int32) {
	w.health.set(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.life, cancel)()
	var group errgroup.Group
	for _, p := range parts[w.cfg.repartition()] {
		group.Go(func() error {
			started := time.Now()
			t, err := restore(ctx, w.helper, w.cfg, p, slices.Clone(w.options))
			if err != nil {
				return err
			}
			log.Printf("partition %d restored: %d words in %v", p, len(t.counts), time.Since(started).Round(time.Millisecond))
			w.mu.Lock()
			defer w.mu.Unlock()
			w.tables[p] = t
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		w.fail(fmt.Errorf("restoring state: %w", err)) // without effect if the work is ending already
		return
	}
	log.Printf("assigned %v", parts)
	w.health.set(true)
}

func (w *worker) revoked(_ context.Context, _ *kgo.Client, parts map[string][]int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range parts[w.cfg.repartition()] {
		delete(w.tables, p)
	}
	log.Printf("revoked %v", parts)
}

// transaction waits for records and takes them through, together with what follows within the commit interval.
func (w *worker) transaction(ctx context.Context) error {
	fetches, err := w.poll(ctx, maxBatch)
	if err != nil || fetches.NumRecords() == 0 {
		return err
	}
	if err := w.session.Begin(); err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	work, sent := newBatch(), kgo.AbortingFirstErrPromise(w.session.Client())
	interval, cancel := context.WithTimeout(ctx, w.cfg.CommitInterval)
	defer cancel()
	records := 0
	for ok := true; ok; {
		w.process(fetches, work, sent)
		records += fetches.NumRecords()
		if records >= maxBatch || interval.Err() != nil {
			break
		}
		if fetches, err = w.poll(interval, maxBatch-records); err != nil {
			return err // the transaction stays open until its timeout, and is aborted
		}
		ok = fetches.NumRecords() > 0
	}
	w.emit(work, sent)

	// SIGTERM ends the work with a commit, so its context must not reach the end of the transaction.
	end, cancelEnd := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancelEnd()
	committed, err := w.session.End(end, kgo.TransactionEndTry(!work.lost && sent.Err() == nil))
	switch {
	case err != nil:
		// Committed or not: nobody knows here. The successor finds out while it restores.
		return fmt.Errorf("ending a transaction: %w", err)
	case !committed:
		log.Printf("transaction of %d records aborted (%v); its records are read again", records, sent.Err())
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	work.commit()
	return nil
}

func (w *worker) poll(ctx context.Context, most int) (kgo.Fetches, error) {
	fetches := w.session.PollRecords(ctx, most)
	var errs []error
	fetches.EachError(func(topic string, partition int32, err error) {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			errs = append(errs, fmt.Errorf("reading %s-%d: %w", topic, partition, err))
		}
	})
	return fetches, errors.Join(errs...)
}

// process does both stages: lines become words for the repartition topic, words from it are counted.
func (w *worker) process(fetches kgo.Fetches, work *batch, sent *kgo.FirstErrPromise) {
	ctx := context.WithoutCancel(w.life) // what fails is aborted through sent
	w.mu.Lock()
	defer w.mu.Unlock()
	for it := fetches.RecordIter(); !it.Done(); {
		r := it.Next()
		if r.Topic == w.cfg.Input {
			for _, word := range words(string(r.Value)) {
				w.session.Produce(ctx, &kgo.Record{Topic: w.cfg.repartition(), Key: []byte(word), Value: []byte(word), Timestamp: r.Timestamp}, sent.Promise())
			}
			continue
		}
		t := w.tables[r.Partition]
		if t == nil {
			work.lost = true // the partition was taken away after the poll
			continue
		}
		work.add(t, string(r.Key))
	}
}

// emit writes the newest count of every word of the batch, as a Streams state store with a cache does at commit.
func (w *worker) emit(work *batch, sent *kgo.FirstErrPromise) {
	ctx := context.WithoutCancel(w.life) // what fails is aborted through sent
	for t, changed := range work.changes {
		for word, n := range changed {
			w.session.Produce(ctx, &kgo.Record{Topic: w.cfg.changelog(), Partition: t.partition, Key: []byte(word), Value: formatCount(n)}, sent.Promise())
			w.session.Produce(ctx, &kgo.Record{Topic: w.cfg.Output, Key: []byte(word), Value: formatCount(n)}, sent.Promise())
		}
	}
}
