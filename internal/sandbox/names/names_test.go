package names

import (
	"strings"
	"testing"
)

func TestTaskNames(t *testing.T) {
	got := strings.Join(taskNames("/kafka/main/broker-0", "marathon"), " ")
	want := "broker-0.main.kafka.marathon.mesos broker-0-main-kafka.marathon.mesos broker-0-main-kafka.marathon.slave.mesos " +
		"broker-0-main-kafka.marathon.autoip.dcos.thisdcos.directory broker-0-main-kafka.marathon.containerip.dcos.thisdcos.directory " +
		"broker-0-main-kafka.marathon.agentip.dcos.thisdcos.directory"
	if got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := taskNames("/web", "marathon")[:2]; got[0] != "web.marathon.mesos" || got[1] != "web.marathon.slave.mesos" {
		t.Errorf("an app in the root: %v", got)
	}
}

func TestLabel(t *testing.T) {
	for in, want := range map[string]string{
		"Broker_0.Main":         "broker-0-main",
		"--x":                   "x",
		"a+b":                   "ab",
		strings.Repeat("a", 70): strings.Repeat("a", 63),
	} {
		if got := label(in); got != want {
			t.Errorf("label(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestVIP(t *testing.T) {
	for in, want := range map[string]string{
		"/kafka-main:9092":  "kafka-main.marathon.l4lb.thisdcos.directory",
		"kafka-main:9092":   "kafka-main.marathon.l4lb.thisdcos.directory",
		"/data/kafka:9092":  "datakafka.marathon.l4lb.thisdcos.directory",
		"/kafka.data:9092":  "kafka.data.marathon.l4lb.thisdcos.directory",
		"/with:colon:65535": "withcolon.marathon.l4lb.thisdcos.directory",
	} {
		v, ok := parseVIP(in)
		if !ok || v.host("marathon") != want {
			t.Errorf("%s: %v %s, want %s", in, ok, v.host("marathon"), want)
		}
	}
	for _, in := range []string{"", "kafka", ":9092", "/kafka:", "/kafka:0", "/kafka:65536", "/kafka:09092", "/kafka:+1", "/kafka:1 "} {
		if v, ok := parseVIP(in); ok {
			t.Errorf("%q was taken for %+v", in, v)
		}
	}
	if a, b := vipAddress("s", "/kafka", 0), vipAddress("s", "/kafka", 0); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if vipAddress("s", "/kafka", 0) == vipAddress("other", "/kafka", 0) {
		t.Error("two sandboxes share an address")
	}
}
