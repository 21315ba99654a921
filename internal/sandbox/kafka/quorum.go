package kafka

import (
	"encoding/base64"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// quorumReplica is what the quorum's leader says of one replica of the metadata log. c.mu is held.
func (c *cluster) quorumReplica(id int32, directory string, alive bool) kmsg.DescribeQuorumResponseTopicPartitionReplicaState {
	r := kmsg.NewDescribeQuorumResponseTopicPartitionReplicaState()
	r.ReplicaID = id
	if raw, err := base64.RawURLEncoding.DecodeString(directory); err == nil && len(raw) == 16 {
		r.ReplicaDirectoryID = [16]byte(raw)
	}
	switch seen, left := c.frozen[id]; {
	case alive:
		r.LogEndOffset = c.logEnd
		r.LastFetchTimestamp, r.LastCaughtUpTimestamp = time.Now().UnixMilli(), time.Now().UnixMilli()
	case left:
		r.LogEndOffset = seen.offset
		r.LastFetchTimestamp, r.LastCaughtUpTimestamp = seen.at.UnixMilli(), seen.at.UnixMilli()
	default:
		r.LogEndOffset = -1 // never seen by this leader
	}
	return r
}
