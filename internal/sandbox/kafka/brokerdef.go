package kafka

import (
	"maps"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// brokerConfigs are the broker keys whose values are checked at start and when altered, with Kafka 4.3.1's defaults. It
// is a selection: a key that is not here is accepted with any value, as a real broker accepts keys that it does not know.
var brokerConfigs = map[string]configDef{
	"authorizer.class.name":                          stringDef("", nil),
	"auto.create.topics.enable":                      boolDef("true"),
	"auto.leader.rebalance.enable":                   boolDef("true"),
	"background.threads":                             intDef("10", atLeast(1)),
	"broker.heartbeat.interval.ms":                   intDef("2000", nil),
	"broker.id":                                      intDef("-1", nil),
	"broker.session.timeout.ms":                      intDef("9000", nil),
	"compression.gzip.level":                         intDef("-1", gzipLevel),
	"compression.lz4.level":                          intDef("9", between(1, 17)),
	"compression.type":                               stringDef("producer", oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
	"compression.zstd.level":                         intDef("3", between(-131072, 22)),
	"controlled.shutdown.enable":                     boolDef("true"),
	"controller.quorum.election.backoff.max.ms":      intDef("1000", nil),
	"controller.quorum.election.timeout.ms":          intDef("1000", nil),
	"controller.quorum.fetch.timeout.ms":             intDef("2000", nil),
	"default.replication.factor":                     intDef("1", nil),
	"delete.topic.enable":                            boolDef("true"),
	"group.consumer.heartbeat.interval.ms":           intDef("5000", atLeast(1)),
	"group.consumer.session.timeout.ms":              intDef("45000", atLeast(1)),
	"group.initial.rebalance.delay.ms":               intDef("3000", nil),
	"group.max.session.timeout.ms":                   intDef("1800000", nil),
	"group.max.size":                                 intDef("2147483647", atLeast(1)),
	"group.min.session.timeout.ms":                   intDef("6000", nil),
	"leader.imbalance.check.interval.seconds":        longDef("300", atLeast(1)),
	"log.cleaner.backoff.ms":                         longDef("15000", atLeast(0)),
	"log.cleaner.dedupe.buffer.size":                 longDef("134217728", nil),
	"log.cleaner.delete.retention.ms":                longDef("86400000", atLeast(0)),
	"log.cleaner.io.buffer.load.factor":              doubleDef("0.9", nil),
	"log.cleaner.io.buffer.size":                     intDef("524288", atLeast(0)),
	"log.cleaner.io.max.bytes.per.second":            doubleDef("1.7976931348623157E308", nil),
	"log.cleaner.max.compaction.lag.ms":              longDef("9223372036854775807", atLeast(1)),
	"log.cleaner.min.cleanable.ratio":                doubleDef("0.5", between(0, 1)),
	"log.cleaner.min.compaction.lag.ms":              longDef("0", atLeast(0)),
	"log.cleaner.threads":                            intDef("1", atLeast(0)),
	"log.cleanup.policy":                             listDef("delete", listOf("compact", "delete")),
	"log.dir":                                        listDef("/tmp/kafka-logs", nil),
	"log.dirs":                                       listDef("", nil),
	"log.flush.interval.messages":                    longDef("9223372036854775807", atLeast(1)),
	"log.flush.interval.ms":                          longDef("", nil),
	"log.index.interval.bytes":                       intDef("4096", atLeast(0)),
	"log.index.size.max.bytes":                       intDef("10485760", atLeast(4)),
	"log.local.retention.bytes":                      longDef("-2", atLeast(-2)),
	"log.local.retention.ms":                         longDef("-2", atLeast(-2)),
	"log.message.timestamp.after.max.ms":             longDef("3600000", atLeast(0)),
	"log.message.timestamp.before.max.ms":            longDef("9223372036854775807", atLeast(0)),
	"log.message.timestamp.type":                     stringDef("CreateTime", oneOf("CreateTime", "LogAppendTime")),
	"log.preallocate":                                boolDef("false"),
	"log.retention.bytes":                            longDef("-1", nil),
	"log.retention.check.interval.ms":                longDef("300000", atLeast(1)),
	"log.retention.hours":                            intDef("168", nil),
	"log.retention.minutes":                          intDef("", nil),
	"log.retention.ms":                               longDef("", nil),
	"log.roll.hours":                                 intDef("168", atLeast(1)),
	"log.roll.jitter.hours":                          intDef("0", atLeast(0)),
	"log.roll.jitter.ms":                             longDef("", nil),
	"log.roll.ms":                                    longDef("", nil),
	"log.segment.bytes":                              intDef("1073741824", atLeast(1<<20)),
	"log.segment.delete.delay.ms":                    longDef("60000", atLeast(0)),
	"max.connection.creation.rate":                   intDef("2147483647", atLeast(0)),
	"max.connections":                                intDef("2147483647", atLeast(0)),
	"max.connections.per.ip":                         intDef("2147483647", atLeast(0)),
	"message.max.bytes":                              intDef("1048588", atLeast(0)),
	"min.insync.replicas":                            intDef("1", atLeast(1)),
	"node.id":                                        intDef("", atLeast(0)),
	"num.io.threads":                                 intDef("8", atLeast(1)),
	"num.network.threads":                            intDef("3", atLeast(1)),
	"num.partitions":                                 intDef("1", atLeast(1)),
	"num.recovery.threads.per.data.dir":              intDef("2", atLeast(1)),
	"num.replica.fetchers":                           intDef("1", nil),
	"offset.metadata.max.bytes":                      intDef("4096", nil),
	"offsets.retention.check.interval.ms":            longDef("600000", atLeast(1)),
	"offsets.retention.minutes":                      intDef("10080", atLeast(1)),
	"offsets.topic.num.partitions":                   intDef("50", atLeast(1)),
	"offsets.topic.replication.factor":               {typ: kmsg.ConfigTypeShort, def: "3", check: atLeast(1)},
	"offsets.topic.segment.bytes":                    intDef("104857600", atLeast(1)),
	"producer.id.expiration.ms":                      intDef("86400000", atLeast(1)),
	"replica.fetch.max.bytes":                        intDef("1048576", atLeast(0)),
	"replica.lag.time.max.ms":                        longDef("30000", nil),
	"request.timeout.ms":                             intDef("30000", nil),
	"socket.receive.buffer.bytes":                    intDef("102400", nil),
	"socket.request.max.bytes":                       intDef("104857600", atLeast(1)),
	"socket.send.buffer.bytes":                       intDef("102400", nil),
	"transaction.max.timeout.ms":                     intDef("900000", atLeast(1)),
	"transaction.state.log.min.isr":                  intDef("2", atLeast(1)),
	"transaction.state.log.num.partitions":           intDef("50", atLeast(1)),
	"transaction.state.log.replication.factor":       {typ: kmsg.ConfigTypeShort, def: "3", check: atLeast(1)},
	"transactional.id.expiration.ms":                 intDef("604800000", atLeast(1)),
	"unclean.leader.election.enable":                 boolDef("false"),
	"leader.replication.throttled.rate":              longDef("9223372036854775807", atLeast(0)),
	"follower.replication.throttled.rate":            longDef("9223372036854775807", atLeast(0)),
	"replica.alter.log.dirs.io.max.bytes.per.second": longDef("9223372036854775807", atLeast(0)),
}

// readOnlyConfigs are the keys of brokerConfigs and the well-known others that a running broker refuses to change.
var readOnlyConfigs = readOnly()

func readOnly() map[string]bool {
	dynamic := map[string]bool{}
	for key := range strings.FieldsSeq(`background.threads compression.gzip.level compression.lz4.level compression.type
		compression.zstd.level follower.replication.throttled.rate leader.replication.throttled.rate
		log.cleaner.backoff.ms log.cleaner.dedupe.buffer.size log.cleaner.delete.retention.ms
		log.cleaner.io.buffer.load.factor log.cleaner.io.buffer.size log.cleaner.io.max.bytes.per.second
		log.cleaner.max.compaction.lag.ms log.cleaner.min.cleanable.ratio log.cleaner.min.compaction.lag.ms
		log.cleaner.threads log.cleanup.policy log.flush.interval.messages log.flush.interval.ms log.index.interval.bytes
		log.index.size.max.bytes log.local.retention.bytes log.local.retention.ms log.message.timestamp.after.max.ms
		log.message.timestamp.before.max.ms log.message.timestamp.type log.preallocate log.retention.bytes log.retention.ms
		log.roll.jitter.ms log.roll.ms log.segment.bytes log.segment.delete.delay.ms max.connection.creation.rate
		max.connections max.connections.per.ip message.max.bytes min.insync.replicas num.io.threads num.network.threads
		num.recovery.threads.per.data.dir num.replica.fetchers producer.id.expiration.ms
		replica.alter.log.dirs.io.max.bytes.per.second unclean.leader.election.enable`) {
		dynamic[key] = true
	}
	fixed := map[string]bool{}
	for key := range maps.Keys(brokerConfigs) {
		if !dynamic[key] {
			fixed[key] = true
		}
	}
	for key := range strings.FieldsSeq(`process.roles controller.quorum.voters controller.quorum.bootstrap.servers
		controller.listener.names inter.broker.listener.name security.inter.broker.protocol broker.rack super.users
		allow.everyone.if.no.acl.found metadata.log.dir early.start.listeners`) {
		fixed[key] = true
	}
	return fixed
}
