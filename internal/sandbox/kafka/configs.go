package kafka

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicOverrides are the settings of the topic itself, which kfake keeps. c.mu is held.
func (c *cluster) topicOverrides(topic string) map[string]string {
	out := map[string]string{}
	if c.kfake == nil {
		return out
	}
	info := c.kfake.TopicInfo(topic)
	if info == nil {
		return out
	}
	for k, v := range info.Configs {
		if _, known := topicConfigs[k]; known && v != nil {
			out[k] = *v
		}
	}
	return out
}

// configValue is one place where a value comes from.
type configValue struct {
	name, value string
	source      kmsg.ConfigSource
}

// brokerChain lists where a broker key has a value for a broker, the one that counts first. c.mu is held.
func (c *cluster) brokerChain(key string, props map[string]string, id int32) []configValue {
	var out []configValue
	if v, ok := c.state.Configs[strconv.Itoa(int(id))][key]; ok {
		out = append(out, configValue{key, v, kmsg.ConfigSourceDynamicBrokerConfig})
	}
	if v, ok := c.state.Configs[""][key]; ok {
		out = append(out, configValue{key, v, kmsg.ConfigSourceDynamicDefaultBrokerConfig})
	}
	if v, ok := props[key]; ok {
		out = append(out, configValue{key, v, kmsg.ConfigSourceStaticBrokerConfig})
	}
	if def, ok := brokerConfigs[key]; ok && def.def != "" {
		out = append(out, configValue{key, def.def, kmsg.ConfigSourceDefaultConfig})
	}
	return out
}

// topicChain is brokerChain for a topic key, the topic's own value first. c.mu is held.
func (c *cluster) topicChain(key string, overrides, props map[string]string, id int32) []configValue {
	var out []configValue
	if v, ok := overrides[key]; ok {
		out = append(out, configValue{key, v, kmsg.ConfigSourceDynamicTopicConfig})
	}
	for i, syn := range topicSynonyms[key] {
		for _, v := range c.brokerChain(syn.key, props, id) {
			if i > 0 && v.source == kmsg.ConfigSourceDefaultConfig {
				continue // the defaults of log.retention.hours and its like show as the topic's own
			}
			out = append(out, v)
		}
	}
	// A broker's defaults come after every value that was set, whatever synonym it was set by.
	slices.SortStableFunc(out, func(a, b configValue) int {
		return int(a.source) - int(b.source)
	})
	return append(out, configValue{key, topicConfigs[key].def, kmsg.ConfigSourceDefaultConfig})
}

// topicConfig is a topic key's effective value. c.mu is held.
func (c *cluster) topicConfig(overrides map[string]string, key string, props map[string]string) string {
	v := c.topicChain(key, overrides, props, noLeader)[0]
	return inUnit(key, v)
}

// inUnit converts the value of a synonym in another unit, as log.retention.hours for retention.ms.
func inUnit(key string, v configValue) string {
	for _, syn := range topicSynonyms[key] {
		if syn.key != v.name || syn.factor == 1 {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(v.value), 10, 64); err == nil && n > 0 {
			return strconv.FormatInt(n*syn.factor, 10)
		}
	}
	return v.value
}

func entry(key, value string, chain []configValue, typ kmsg.ConfigType, readOnly bool) kmsg.DescribeConfigsResponseResourceConfig {
	rc := kmsg.NewDescribeConfigsResponseResourceConfig()
	rc.Name, rc.Value, rc.ConfigType, rc.ReadOnly = key, &value, typ, readOnly
	rc.Source = chain[0].source
	rc.IsDefault = rc.Source == kmsg.ConfigSourceDefaultConfig
	for _, v := range chain {
		rc.ConfigSynonyms = append(rc.ConfigSynonyms, kmsg.DescribeConfigsResponseResourceConfigConfigSynonym{Name: v.name, Value: &v.value, Source: v.source})
	}
	return rc
}

// topicEntries describes a topic's configuration. c.mu is held.
func (c *cluster) topicEntries(_ string, overrides, props map[string]string, id int32) []kmsg.DescribeConfigsResponseResourceConfig {
	var out []kmsg.DescribeConfigsResponseResourceConfig
	for _, key := range slices.Sorted(maps.Keys(topicConfigs)) {
		chain := c.topicChain(key, overrides, props, id)
		rc := entry(key, inUnit(key, chain[0]), chain, topicConfigs[key].typ, false)
		rc.ConfigSynonyms = rc.ConfigSynonyms[:len(chain)-1] // the topic's own default is no synonym
		out = append(out, rc)
	}
	return out
}

// brokerEntries describes a broker's configuration; with noLeader as id only the cluster-wide dynamic defaults. c.mu is held.
func (c *cluster) brokerEntries(props map[string]string, id int32) []kmsg.DescribeConfigsResponseResourceConfig {
	keys := map[string]bool{}
	for k := range c.state.Configs[""] {
		keys[k] = true
	}
	if id != noLeader {
		for _, set := range []map[string]string{props, c.state.Configs[strconv.Itoa(int(id))]} {
			for k := range set {
				keys[k] = true
			}
		}
		for k := range brokerConfigs {
			keys[k] = true
		}
	}
	var out []kmsg.DescribeConfigsResponseResourceConfig
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		chain := c.brokerChain(key, props, id)
		if id == noLeader {
			chain = chain[:1]
		}
		typ := kmsg.ConfigTypeString
		if def, ok := brokerConfigs[key]; ok {
			typ = def.typ
		}
		if len(chain) == 0 { // a known key without a default
			rc := kmsg.NewDescribeConfigsResponseResourceConfig()
			rc.Name, rc.ConfigType, rc.ReadOnly = key, typ, readOnlyConfigs[key]
			rc.Source, rc.IsDefault = kmsg.ConfigSourceDefaultConfig, true
			out = append(out, rc)
			continue
		}
		out = append(out, entry(key, chain[0].value, chain, typ, readOnlyConfigs[key]))
	}
	return out
}
