package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// After a SIGKILL of the sandbox kfake takes transactions that were open for aborted, but writes nothing of it down. Were
// the sandbox killed again, the next transaction of the same producer would seem to commit the aborted records as well.
// So the hub writes the missing abort markers after every unclean end.

func (c *cluster) openFlag() string { return filepath.Join(c.dir, "open") }

// markOpen notes that the cluster's records are in use, and says whether the last use ended uncleanly.
func (c *cluster) markOpen() (unclean bool, err error) {
	_, err = os.Stat(c.openFlag())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	unclean = err == nil
	return unclean, os.WriteFile(c.openFlag(), nil, 0o600)
}

type producer struct {
	id    int64
	epoch int16
}

// abortDangling writes abort markers for transactions that have none. c.mu is held.
func (c *cluster) abortDangling() error {
	for _, topic := range slices.Sorted(maps.Keys(c.state.Topics)) {
		for p := range c.state.Topics[topic].Partitions {
			open, err := c.openTransactions(topic, int32(p))
			if err != nil {
				return fmt.Errorf("%s-%d: %w", topic, p, err)
			}
			for _, pr := range open {
				if err := c.abortMarker(topic, int32(p), pr); err != nil {
					return fmt.Errorf("%s-%d: %w", topic, p, err)
				}
			}
		}
	}
	return nil
}

// openTransactions reads a whole partition and returns the producers whose last transaction has no marker. c.mu is held.
func (c *cluster) openTransactions(topic string, partition int32) ([]producer, error) {
	info := c.kfake.PartitionInfo(topic, partition)
	if info == nil {
		return nil, kerr.UnknownTopicOrPartition
	}
	open := map[int64]int16{}
	for offset := info.LogStartOffset; offset < info.HighWatermark; {
		req := kmsg.NewFetchRequest()
		req.Version, req.MaxBytes, req.SessionEpoch = 12, 16<<20, -1
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes = partition, offset, 16<<20
		rt := kmsg.NewFetchRequestTopic()
		rt.Topic, rt.Partitions = topic, append(rt.Partitions, rp)
		req.Topics = append(req.Topics, rt)
		kresp, err := c.asHub(context.Background(), &req)
		if err != nil {
			return nil, err
		}
		p := kresp.(*kmsg.FetchResponse).Topics[0].Partitions[0]
		if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
			return nil, err
		}
		next, err := scanBatches(p.RecordBatches, open)
		if err != nil {
			return nil, err
		}
		if next <= offset {
			break
		}
		offset = next
	}
	var out []producer
	for _, id := range slices.Sorted(maps.Keys(open)) {
		out = append(out, producer{id, open[id]})
	}
	return out, nil
}

// scanBatches notes which transactions begin and end in a run of record batches, and returns the offset after it.
func scanBatches(raw []byte, open map[int64]int16) (next int64, err error) {
	const (
		prefix        = 12 // first offset and length
		transactional = 0x10
		control       = 0x20
	)
	for len(raw) > prefix {
		size := prefix + int(binary.BigEndian.Uint32(raw[8:]))
		if size > len(raw) {
			break // the rest of a batch comes with the next fetch
		}
		var b kmsg.RecordBatch
		if err := b.ReadFrom(raw[:size]); err != nil {
			return next, err
		}
		switch {
		case b.Attributes&control != 0:
			delete(open, b.ProducerID)
		case b.Attributes&transactional != 0:
			open[b.ProducerID] = b.ProducerEpoch
		}
		next = b.FirstOffset + int64(b.LastOffsetDelta) + 1
		raw = raw[size:]
	}
	return next, nil
}

func (c *cluster) abortMarker(topic string, partition int32, pr producer) error {
	req := kmsg.NewWriteTxnMarkersRequest()
	req.Version = 1
	m := kmsg.NewWriteTxnMarkersRequestMarker()
	m.ProducerID, m.ProducerEpoch, m.Committed = pr.id, pr.epoch, false
	m.Topics = append(m.Topics, kmsg.WriteTxnMarkersRequestMarkerTopic{Topic: topic, Partitions: []int32{partition}})
	req.Markers = append(req.Markers, m)
	kresp, err := c.asHub(context.Background(), &req)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(kresp.(*kmsg.WriteTxnMarkersResponse).Markers[0].Topics[0].Partitions[0].ErrorCode)
}
