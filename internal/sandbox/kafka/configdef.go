package kafka

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// configDef describes one configuration key the way Kafka's ConfigDef does: its type, its default and what it accepts.
type configDef struct {
	typ kmsg.ConfigType
	def string
	// check is asked only after the value parsed as typ; nil accepts all of it. It answers Kafka's own words.
	check func(v string) string
}

func boolDef(def string) configDef { return configDef{typ: kmsg.ConfigTypeBoolean, def: def} }

func intDef(def string, check func(string) string) configDef {
	return configDef{typ: kmsg.ConfigTypeInt, def: def, check: check}
}

func longDef(def string, check func(string) string) configDef {
	return configDef{typ: kmsg.ConfigTypeLong, def: def, check: check}
}

func doubleDef(def string, check func(string) string) configDef {
	return configDef{typ: kmsg.ConfigTypeDouble, def: def, check: check}
}

func stringDef(def string, check func(string) string) configDef {
	return configDef{typ: kmsg.ConfigTypeString, def: def, check: check}
}

func listDef(def string, check func(string) string) configDef {
	return configDef{typ: kmsg.ConfigTypeList, def: def, check: check}
}

// invalid answers why value is not acceptable for the key, in Kafka's words, or "".
func (d configDef) invalid(key, value string) string {
	trimmed := strings.TrimSpace(value)
	bad := func(why string) string {
		return fmt.Sprintf("Invalid value %s for configuration %s: %s", value, key, why)
	}
	var err error
	switch d.typ {
	case kmsg.ConfigTypeBoolean:
		if !strings.EqualFold(trimmed, "true") && !strings.EqualFold(trimmed, "false") {
			return bad("Expected value to be either true or false")
		}
	case kmsg.ConfigTypeInt:
		if _, err = strconv.ParseInt(trimmed, 10, 32); err != nil {
			return bad("Not a number of type INT")
		}
	case kmsg.ConfigTypeShort:
		if _, err = strconv.ParseInt(trimmed, 10, 16); err != nil {
			return bad("Not a number of type SHORT")
		}
	case kmsg.ConfigTypeLong:
		if _, err = strconv.ParseInt(trimmed, 10, 64); err != nil {
			return bad("Not a number of type LONG")
		}
	case kmsg.ConfigTypeDouble:
		if _, err = strconv.ParseFloat(trimmed, 64); err != nil {
			return bad("Not a number of type DOUBLE")
		}
	default:
	}
	if d.check != nil {
		if why := d.check(trimmed); strings.Contains(why, "%s") {
			return fmt.Sprintf("Invalid value [%s] for configuration %s: "+why, value, key, key)
		} else if why != "" {
			return bad(why)
		}
	}
	return ""
}

func atLeast(limit float64) func(string) string { return between(limit, math.Inf(1)) }

func between(low, high float64) func(string) string {
	return func(v string) string {
		n, err := strconv.ParseFloat(v, 64)
		switch {
		case err != nil:
			return "Not a number"
		case n < low:
			return "Value must be at least " + strconv.FormatFloat(low, 'f', -1, 64)
		case n > high:
			return "Value must be no more than " + strconv.FormatFloat(high, 'f', -1, 64)
		}
		return ""
	}
}

func oneOf(values ...string) func(string) string {
	return func(v string) string {
		if slices.Contains(values, v) {
			return ""
		}
		return "String must be one of: " + strings.Join(values, ", ")
	}
}

func listOf(values ...string) func(string) string {
	return func(v string) string {
		for item := range splitList(v) {
			if !slices.Contains(values, item) {
				return "String must be one of: " + strings.Join(values, ", ")
			}
		}
		return ""
	}
}

// throttledReplicas accepts "*", "" and partition:broker pairs.
func throttledReplicas(v string) string {
	if v == "*" {
		return ""
	}
	for item := range splitList(v) {
		partition, broker, ok := strings.Cut(item, ":")
		_, errP := strconv.Atoi(partition)
		_, errB := strconv.Atoi(broker)
		if !ok || errP != nil || errB != nil {
			return "%s must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."
		}
	}
	return ""
}

// splitList yields the trimmed, non-empty items of a comma-separated list.
func splitList(v string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" && !yield(item) {
				return
			}
		}
	}
}

// topicConfigs are Kafka 4.3's topic-level keys (org.apache.kafka.common.config.TopicConfig).
var topicConfigs = map[string]configDef{
	"cleanup.policy":                          listDef("delete", listOf("compact", "delete")),
	"compression.gzip.level":                  intDef("-1", gzipLevel),
	"compression.lz4.level":                   intDef("9", between(1, 17)),
	"compression.type":                        stringDef("producer", oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
	"compression.zstd.level":                  intDef("3", between(-131072, 22)),
	"delete.retention.ms":                     longDef("86400000", atLeast(0)),
	"file.delete.delay.ms":                    longDef("60000", atLeast(0)),
	"flush.messages":                          longDef("9223372036854775807", atLeast(1)),
	"flush.ms":                                longDef("9223372036854775807", atLeast(0)),
	"follower.replication.throttled.replicas": listDef("", throttledReplicas),
	"index.interval.bytes":                    intDef("4096", atLeast(0)),
	"leader.replication.throttled.replicas":   listDef("", throttledReplicas),
	"local.retention.bytes":                   longDef("-2", atLeast(-2)),
	"local.retention.ms":                      longDef("-2", atLeast(-2)),
	"max.compaction.lag.ms":                   longDef("9223372036854775807", atLeast(1)),
	"max.message.bytes":                       intDef("1048588", atLeast(0)),
	"message.timestamp.after.max.ms":          longDef("3600000", atLeast(0)),
	"message.timestamp.before.max.ms":         longDef("9223372036854775807", atLeast(0)),
	"message.timestamp.type":                  stringDef("CreateTime", oneOf("CreateTime", "LogAppendTime")),
	"min.cleanable.dirty.ratio":               doubleDef("0.5", between(0, 1)),
	"min.compaction.lag.ms":                   longDef("0", atLeast(0)),
	"min.insync.replicas":                     intDef("1", atLeast(1)),
	"preallocate":                             boolDef("false"),
	"remote.log.copy.disable":                 boolDef("false"),
	"remote.log.delete.on.disable":            boolDef("false"),
	"remote.storage.enable":                   boolDef("false"),
	"retention.bytes":                         longDef("-1", nil),
	"retention.ms":                            longDef("604800000", atLeast(-1)),
	"segment.bytes":                           intDef("1073741824", atLeast(1<<20)),
	"segment.index.bytes":                     intDef("10485760", atLeast(4)),
	"segment.jitter.ms":                       longDef("0", atLeast(0)),
	"segment.ms":                              longDef("604800000", atLeast(1)),
	"unclean.leader.election.enable":          boolDef("false"),
}

func gzipLevel(v string) string {
	if v == "-1" {
		return ""
	}
	return between(1, 9)(v)
}

// synonym is a broker key that gives a topic key its value where the topic has none; factor converts its unit.
type synonym struct {
	key    string
	factor int64
}

// topicSynonyms lists, in order of precedence, the broker keys behind a topic key (org.apache.kafka.server.config.ServerTopicConfigSynonyms).
var topicSynonyms = map[string][]synonym{
	"cleanup.policy":                  {{"log.cleanup.policy", 1}},
	"compression.gzip.level":          {{"compression.gzip.level", 1}},
	"compression.lz4.level":           {{"compression.lz4.level", 1}},
	"compression.type":                {{"compression.type", 1}},
	"compression.zstd.level":          {{"compression.zstd.level", 1}},
	"delete.retention.ms":             {{"log.cleaner.delete.retention.ms", 1}},
	"file.delete.delay.ms":            {{"log.segment.delete.delay.ms", 1}},
	"flush.messages":                  {{"log.flush.interval.messages", 1}},
	"flush.ms":                        {{"log.flush.interval.ms", 1}, {"log.flush.scheduler.interval.ms", 1}},
	"index.interval.bytes":            {{"log.index.interval.bytes", 1}},
	"local.retention.bytes":           {{"log.local.retention.bytes", 1}},
	"local.retention.ms":              {{"log.local.retention.ms", 1}},
	"max.compaction.lag.ms":           {{"log.cleaner.max.compaction.lag.ms", 1}},
	"max.message.bytes":               {{"message.max.bytes", 1}},
	"message.timestamp.after.max.ms":  {{"log.message.timestamp.after.max.ms", 1}},
	"message.timestamp.before.max.ms": {{"log.message.timestamp.before.max.ms", 1}},
	"message.timestamp.type":          {{"log.message.timestamp.type", 1}},
	"min.cleanable.dirty.ratio":       {{"log.cleaner.min.cleanable.ratio", 1}},
	"min.compaction.lag.ms":           {{"log.cleaner.min.compaction.lag.ms", 1}},
	"min.insync.replicas":             {{"min.insync.replicas", 1}},
	"preallocate":                     {{"log.preallocate", 1}},
	"retention.bytes":                 {{"log.retention.bytes", 1}},
	"retention.ms":                    {{"log.retention.ms", 1}, {"log.retention.minutes", 60_000}, {"log.retention.hours", 3_600_000}},
	"segment.bytes":                   {{"log.segment.bytes", 1}},
	"segment.index.bytes":             {{"log.index.size.max.bytes", 1}},
	"segment.jitter.ms":               {{"log.roll.jitter.ms", 1}, {"log.roll.jitter.hours", 3_600_000}},
	"segment.ms":                      {{"log.roll.ms", 1}, {"log.roll.hours", 3_600_000}},
	"unclean.leader.election.enable":  {{"unclean.leader.election.enable", 1}},
}
