// Package archtest holds the house to its plan: which room may import which.
package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/kafka-mesos/terraform-provider-kafka"

// allowed says what each room of the provider may import of this module. Arrows point down only. A room that is not
// listed fails the test: it has to be given its place first.
var allowed = map[string][]string{
	"":                    {"internal/provider"},
	"internal/provider":   {"internal/topic", "internal/acl", "internal/cluster", "internal/streams", "internal/session", "internal/marathon", "internal/rollout"},
	"internal/topic":      {"internal/tf", "internal/session", "internal/kafkaadmin"},
	"internal/acl":        {"internal/tf", "internal/session", "internal/kafkaadmin"},
	"internal/cluster":    {"internal/tf", "internal/session", "internal/brokers", "internal/rollout", "internal/kafkaadmin", "internal/marathon"},
	"internal/streams":    {"internal/tf", "internal/session", "internal/streamsapp", "internal/brokers", "internal/rollout", "internal/kafkaadmin", "internal/marathon"},
	"internal/tf":         {"internal/session", "internal/kafkaadmin", "internal/marathon"},
	"internal/session":    {"internal/brokers", "internal/rollout", "internal/kafkaadmin", "internal/marathon", "internal/mesos"},
	"internal/brokers":    {"internal/rollout", "internal/kafkaadmin", "internal/marathon"},
	"internal/streamsapp": {"internal/rollout", "internal/kafkaadmin", "internal/marathon"},
	"internal/rollout":    {"internal/marathon"},
	"internal/kafkaadmin": {},
	"internal/marathon":   {},
	"internal/mesos":      {},

	"internal/sandbox":           {"internal/sandbox/..."},
	"internal/sandbox/api":       {"internal/sandbox/scheduler", "internal/sandbox/spec", "internal/sandbox/agent"},
	"internal/sandbox/scheduler": {"internal/sandbox/agent", "internal/sandbox/spec", "internal/sandbox/probe"},
	"internal/sandbox/agent":     {"internal/sandbox/spec", "internal/sandbox/probe"},
	"internal/sandbox/names":     {"internal/sandbox/scheduler", "internal/sandbox/spec", "internal/sandbox/agent"},
	"internal/sandbox/kafka":     {},
	"internal/sandbox/probe":     {},
	"internal/sandbox/spec":      {},
	"internal/sandbox/replay":    {"internal/sandbox/..."},

	"internal/testkit":           {"internal/..."},
	"internal/tfcli":             {},
	"internal/archtest":          {},
	"internal/e2e":               {},
	"internal/kafkahome":         {},
	"internal/cmd/...":           {"internal/..."},
	"examples/apps/wordcount-go": {},
}

// framework is Terraform's: only the rooms that speak with Terraform may know it.
var framework = []string{"github.com/hashicorp/terraform-plugin-framework", "github.com/hashicorp/terraform-plugin-go"}

var mayUseFramework = map[string]bool{
	"": true, "internal/provider": true, "internal/topic": true, "internal/acl": true, "internal/cluster": true, "internal/streams": true,
	"internal/tf": true, "internal/testkit": true,
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	for _, v := range violations(packages(t)) {
		t.Error(v)
	}
}

// The test itself must be able to fail: arrows that are turned are found.
func TestTurnedArrowsAreFound(t *testing.T) {
	for _, turned := range []pkg{
		{module + "/internal/marathon", []string{module + "/internal/cluster"}},
		{module + "/internal/brokers", []string{module + "/internal/session"}},
		{module + "/internal/cluster", []string{module + "/internal/sandbox"}},
		{module + "/internal/kafkaadmin", []string{framework[0] + "/diag"}},
		{module + "/internal/sandbox/scheduler", []string{module + "/internal/marathon"}},
		{module + "/internal/newroom", nil},
	} {
		if len(violations([]pkg{turned})) == 0 {
			t.Errorf("%s importing %v was not found", turned.ImportPath, turned.Imports)
		}
	}
}

func violations(pkgs []pkg) []string {
	var found []string
	for _, p := range pkgs {
		room := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		rules, ok := rulesFor(room)
		if !ok {
			found = append(found, room+" has no place in the plan: add it to the list of rooms")
			continue
		}
		for _, imported := range p.Imports {
			if inner, ok := strings.CutPrefix(imported, module+"/"); ok && !matches(rules, inner) {
				found = append(found, room+" must not import "+inner)
			}
			for _, prefix := range framework {
				if strings.HasPrefix(imported, prefix) && !mayUseFramework[room] {
					found = append(found, room+" must not import Terraform's framework ("+imported+")")
				}
			}
		}
	}
	sort.Strings(found)
	return found
}

func rulesFor(room string) ([]string, bool) {
	if rules, ok := allowed[room]; ok {
		return rules, true
	}
	for pattern, rules := range allowed {
		if prefix, ok := strings.CutSuffix(pattern, "..."); ok && strings.HasPrefix(room, prefix) {
			return rules, true
		}
	}
	return nil, false
}

func matches(rules []string, inner string) bool {
	for _, rule := range rules {
		if prefix, ok := strings.CutSuffix(rule, "..."); ok && strings.HasPrefix(inner, prefix) {
			return true
		}
		if rule == inner {
			return true
		}
	}
	return false
}

// packages lists this module's packages with the imports of their code, tests left out.
func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"/...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for decoder := json.NewDecoder(out); ; {
		var p pkg
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages listed: the test would prove nothing", len(all))
	}
	return all
}
