package scheduler

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// fieldOf is an agent's value for the field of a constraint. @region and @zone mean fault domains, which virtual agents
// have only as attributes of those names.
func (c *Core) fieldOf(agentID, field string) (string, bool) {
	for _, a := range c.opts.Agents {
		if a.ID == agentID {
			return a.field(field)
		}
	}
	return "", false
}

func (a Agent) field(name string) (string, bool) {
	if name == "hostname" || name == "@hostname" {
		return a.Hostname, true
	}
	v, ok := a.Attributes[name]
	return v, ok
}

// meetsConstraints says whether one more instance of app may run on the agent, beside those placed already. Only
// instances of the same configuration are looked at.
func (c *Core) meetsConstraints(app *spec.App, ag Agent, self *instance) bool {
	if len(app.Constraints) == 0 {
		return true
	}
	var placed []string // agents
	for _, i := range c.instancesOf(app.ID) {
		if i != self && i.Agent != "" && (i.Alive || i.Reserved) && i.Goal != goalDecommissioned && !i.Spec.Version.Before(app.LastConfigChangeAt) {
			placed = append(placed, i.Agent)
		}
	}
	for _, con := range app.Constraints {
		if !c.meets(con, ag, placed) {
			return false
		}
	}
	return true
}

func (c *Core) meets(con []string, ag Agent, placed []string) bool {
	if len(con) < 2 {
		return false
	}
	field, op, arg := con[0], con[1], ""
	if len(con) > 2 {
		arg = con[2]
	}
	value, ok := ag.field(field)
	if !ok {
		return op == "UNLIKE"
	}
	sizes := map[string]int{}
	for _, id := range placed {
		if v, has := c.fieldOf(id, field); has {
			sizes[v]++
		}
	}
	switch op {
	case "UNIQUE":
		return sizes[value] == 0
	case "CLUSTER":
		if arg != "" && arg != value {
			return false
		}
		return len(sizes) == 0 || len(sizes) == 1 && sizes[value] > 0
	case "GROUP_BY":
		groups, _ := strconv.Atoi(arg)
		if sizes[value] == 0 {
			return true
		}
		least := math.MaxInt
		for _, n := range sizes {
			least = min(least, n)
		}
		return len(sizes) >= groups && sizes[value] == least
	case "MAX_PER":
		most, err := strconv.Atoi(arg)
		return err == nil && sizes[value] < most
	case "LIKE":
		return wholeMatch(arg, value)
	case "UNLIKE":
		return !wholeMatch(arg, value)
	case "IS":
		return sameValue(arg, value)
	}
	return false
}

func wholeMatch(pattern, value string) bool {
	re, err := regexp.Compile("^(?:" + pattern + ")$")
	return err == nil && re.MatchString(value)
}

// sameValue compares as Mesos prints values: numbers by three decimals, anything else as text.
func sameValue(a, b string) bool {
	x, errA := strconv.ParseFloat(strings.TrimSpace(a), 64)
	y, errB := strconv.ParseFloat(strings.TrimSpace(b), 64)
	if errA == nil && errB == nil {
		return math.Round(x*1000) == math.Round(y*1000)
	}
	return a == b
}
