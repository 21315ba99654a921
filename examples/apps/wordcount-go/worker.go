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
	maxBatch = 5_000           // records read in one transaction
	endLimit = 2 * time.Minute // a rebalance in progress holds the end of a transaction up
	// maxFruitless is how often in a row the instance starts over without getting a transaction through.
	maxFruitless = 5
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

func (w *worker) close() { w.helper.Close() }

// run works until ctx ends. After a failure it starts over in the same process, as Streams replaces a stream thread; an
// error is returned when that does not help either.
func (w *worker) run(ctx context.Context) error {
	if err := prepareTopics(ctx, kadm.NewClient(w.helper), w.cfg); err != nil {
		return err
	}
	for fruitless := 0; ; {
		committed, err := w.work(ctx)
		if ctx.Err() != nil {
			return err
		}
		if fruitless++; committed > 0 {
			fruitless = 1
		}
		if fruitless > maxFruitless {
			return err
		}
		log.Printf("WARN starting over: %v", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// work is one membership in the group, from joining to leaving. It says how many transactions it committed.
func (w *worker) work(ctx context.Context) (committed int, err error) {
	ctx, w.fail = context.WithCancelCause(ctx)
	defer w.fail(nil)
	w.life = ctx
	w.mu.Lock()
	clear(w.tables)
	w.mu.Unlock()
	w.health.set(false)
	defer w.health.set(false)
	if err := w.join(); err != nil {
		return 0, err
	}
	defer w.session.Close() // leaves the group
	// The same transactional id as before ends a transaction that this instance left open.
	if _, _, err := w.session.Client().ProducerID(ctx); err != nil {
		return 0, fmt.Errorf("transactional id %s: %w", w.cfg.transactionalID(), err)
	}
	for ctx.Err() == nil {
		done, err := w.transaction(ctx)
		if err != nil {
			return committed, err
		}
		if done {
			committed++
		}
	}
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return committed, err
	}
	return committed, nil
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

// transaction waits for records and takes them through, together with what follows within the commit interval. After an
// error nobody knows here whether it was committed: the state has to be restored, which finds out.
func (w *worker) transaction(ctx context.Context) (committed bool, err error) {
	fetches, err := w.poll(ctx, maxBatch)
	if err != nil || fetches.NumRecords() == 0 {
		return false, err
	}
	if err := w.session.Begin(); err != nil {
		return false, fmt.Errorf("beginning a transaction: %w", err)
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
			return false, err
		}
		ok = fetches.NumRecords() > 0
	}
	w.emit(work, sent)

	// SIGTERM ends the work with a commit, so its context must not reach the end of the transaction.
	end, cancelEnd := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancelEnd()
	committed, err = w.session.End(end, kgo.TransactionEndTry(!work.lost && sent.Err() == nil))
	switch {
	case err != nil:
		return false, fmt.Errorf("ending a transaction: %w", err)
	case !committed:
		log.Printf("transaction of %d records aborted, they are read again (%v)", records, sent.Err())
		return false, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	work.commit()
	return true, nil
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
