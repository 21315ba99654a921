package cluster_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/testkit"
)

// TestClusterValidation: rules that need no server fail the plan, on the attribute, with the remedy. Nothing is reachable.
func TestClusterValidation(t *testing.T) {
	for name, tc := range map[string]struct{ arguments, message string }{
		"name":                {`name = "Main"`, `not a legal name`},
		"group":               {`group = "kafka"`, `not an absolute Marathon path`},
		"version":             {`kafka_version = "3.8.0"`, `too old`},
		"runtime":             {`runtime = "podman"`, `value must be one of`},
		"brokers":             {`brokers = 0`, `must be between 1 and 1000`},
		"cpus":                {`cpus = 0`, `at least 0.001`},
		"heap":                {"memory = 1024\nheap = 800", `heap = 800.*needs a memory of at least 1056`},
		"no room for a heap":  {`memory = 200`, `needs a memory of at least`},
		"fraction of memory":  {`memory = 600.5`, `Attribute memory value must be a whole number, got: 600.5`},
		"fraction of size":    {`storage = { size = 0.5 }`, `Attribute storage.size value must be a whole number`},
		"ports":               {"client_port = 9093", `both 9093`},
		"storage type":        {`storage = { type = "tape", size = 1 }`, `value must be one of`},
		"storage size":        {`storage = { size = 0 }`, `at least 1`},
		"hosts and brokers":   {`placement = { hosts = ["a", "b"] }`, `2 hosts for 3 brokers`},
		"host twice":          {`placement = { hosts = ["a", "b", "a"] }`, `named twice`},
		"host":                {`placement = { hosts = ["a", "b", "$(reboot)"] }`, `not a host name`},
		"discovery by hosts":  {`service_discovery = "hosts"`, `needs placement.hosts`},
		"operator":            {`placement = { constraints = [["rack", "is", "a"]] }`, `upper case`},
		"unknown operator":    {`placement = { constraints = [["rack", "NEAR", "a"]] }`, `Unknown operator`},
		"constraint shape":    {`placement = { constraints = [["rack"]] }`, `two or three members`},
		"all on one host":     {`placement = { constraints = [["hostname", "CLUSTER", "a"]] }`, `placement.hosts`},
		"rack without values": {`placement = { rack = { attribute = "rack", values = [] } }`, `at least 1`},
		"owned property":      {`config = { "node.id" = "7" }`, `follows from brokers`},
		"owned listener":      {`config = { "advertised.listeners" = "x" }`, `follows from client_port`},
		"zookeeper":           {`config = { "zookeeper.connect" = "x" }`, `cannot be set in config`},
		"property name":       {`config = { "a b" = "7" }`, `not a broker property`},
		"owned variable":      {`env = { CLUSTER_ID = "x" }`, `cannot be set in env`},
		"variable name":       {`env = { "A-B" = "x" }`, `not the name of an environment\s+variable`},
		"owned label":         {`labels = { KAFKA_CLUSTER = "x" }`, `recognised by it`},
		"super user":          {`authorization = { super_users = ["admin"] }`, `not a principal`},
		"brokers locked out":  {`authorization = { super_users = ["User:admin"] }`, `User:ANONYMOUS`},
		"null in a map":       {`config = { "num.partitions" = null }`, `value is null`},
	} {
		t.Run(name, func(t *testing.T) {
			config := "resource \"kafka_cluster\" \"main\" {\n"
			if !strings.Contains(tc.arguments, "name = \"Main\"") {
				config += "name = \"main\"\n"
			}
			config += tc.arguments + "\n}\n"
			resource.UnitTest(t, resource.TestCase{
				ProtoV6ProviderFactories: testkit.Providers(),
				Steps:                    []resource.TestStep{{Config: config, PlanOnly: true, ExpectError: regexp.MustCompile("(?s)" + strings.ReplaceAll(tc.message, " ", `\s+`))}},
			})
		})
	}
}

// TestClusterPlansWithNothingReachable: a plan needs no server, and knows the URL.
func TestClusterPlansWithNothingReachable(t *testing.T) {
	for discovery, arguments := range map[string]string{
		"vip": ``, "mesos-dns": ``, "hosts": `placement = { hosts = ["h0", "h1", "h2"] }`,
	} {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: testkit.Providers(),
			Steps: []resource.TestStep{{
				Config:   fmt.Sprintf("provider \"kafka\" {\n  marathon = { url = %q }\n}\nresource \"kafka_cluster\" \"main\" {\n  name = \"main\"\n  service_discovery = %q\n%s\n  storage = { size = 1000 }\n}\n", deadURL(t), discovery, arguments),
				PlanOnly: true, ExpectNonEmptyPlan: true,
			}},
		})
	}
}

// TestClusterPlansThatClash: what two clusters of one configuration cannot both have fails the plan, whatever is reachable.
func TestClusterPlansThatClash(t *testing.T) {
	config := func(first, second string) string {
		return fmt.Sprintf("provider \"kafka\" {\n  marathon = { url = %q }\n}\n", deadURL(t)) +
			"resource \"kafka_cluster\" \"a\" {\n  brokers = 1\n  " + first + "\n}\nresource \"kafka_cluster\" \"b\" {\n  brokers = 1\n  " + second + "\n}\n"
	}
	for name, tc := range map[string]struct{ first, second, message string }{
		"port of a host": {
			"name = \"one\"\nplacement = { hosts = [\"h0\"] }", "name = \"two\"\nplacement = { hosts = [\"h0\"] }\ncontroller_port = 9193",
			`Broker 0 of Kafka cluster /kafka/(one|two) wants port 9092 on host h0, where Kafka cluster /kafka/(one|two) of this configuration`,
		},
		"group": {
			"name = \"one\"\ngroup = \"/kafka/same\"", "name = \"two\"\ngroup = \"/kafka/same\"",
			`clusters "one" and "two" in group /kafka/same, which holds one`,
		},
		"VIP": {
			"name = \"main\"", "name = \"two\"\ngroup = \"/kafka-main\"",
			`Kafka cluster /kafka(/|-)main of this configuration is to have the same VIP, kafka-main.marathon.l4lb.thisdcos.directory:9092`,
		},
		"no VIP":     {"name = \"main\"", "name = \"two\"\ngroup = \"/kafka-main\"\nservice_discovery = \"mesos-dns\"", ""},
		"other host": {"name = \"one\"\nplacement = { hosts = [\"h0\"] }", "name = \"two\"\nplacement = { hosts = [\"h1\"] }", ""},
		"other port": {"name = \"one\"\nplacement = { hosts = [\"h0\"] }", "name = \"two\"\nplacement = { hosts = [\"h0\"] }\nclient_port = 9192\ncontroller_port = 9193", ""},
	} {
		t.Run(name, func(t *testing.T) {
			step := resource.TestStep{Config: config(tc.first, tc.second), PlanOnly: true, ExpectNonEmptyPlan: tc.message == ""}
			if tc.message != "" {
				step.ExpectError = regexp.MustCompile("(?s)" + strings.ReplaceAll(tc.message, " ", `[\s│]+`))
			}
			resource.UnitTest(t, resource.TestCase{ProtoV6ProviderFactories: testkit.Providers(), Steps: []resource.TestStep{step}})
		})
	}
}
