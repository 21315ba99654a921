package scheduler

import (
	"net"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConstraints(t *testing.T) {
	w := newWorld(t)
	agents := w.agents
	agents[2].Attributes["size"] = "4.0001"
	for _, c := range []struct {
		con    []string
		agent  int
		placed []int
		want   bool
	}{
		{[]string{"hostname", "UNIQUE"}, 0, nil, true},
		{[]string{"hostname", "UNIQUE"}, 0, []int{1, 2}, true},
		{[]string{"@hostname", "UNIQUE"}, 0, []int{0}, false},
		{[]string{"nope", "UNIQUE"}, 0, nil, false},
		{[]string{"rack", "CLUSTER"}, 0, nil, true},
		{[]string{"rack", "CLUSTER"}, 1, []int{0}, false},
		{[]string{"rack", "CLUSTER"}, 0, []int{0, 0}, true},
		{[]string{"rack", "CLUSTER", "r2"}, 0, nil, false},
		{[]string{"rack", "CLUSTER", "r2"}, 1, nil, true},
		{[]string{"rack", "GROUP_BY"}, 0, []int{0, 0}, true}, // only the groups in use count
		{[]string{"rack", "GROUP_BY", "3"}, 0, []int{0}, false},
		{[]string{"rack", "GROUP_BY", "3"}, 1, []int{0}, true},
		{[]string{"rack", "GROUP_BY", "3"}, 1, []int{0, 1, 2}, true},
		{[]string{"rack", "GROUP_BY", "3"}, 1, []int{0, 1, 1, 2}, false},
		{[]string{"rack", "MAX_PER", "2"}, 0, []int{0}, true},
		{[]string{"rack", "MAX_PER", "2"}, 0, []int{0, 0}, false},
		{[]string{"rack", "LIKE", "r[12]"}, 0, nil, true},
		{[]string{"rack", "LIKE", "r"}, 0, nil, false}, // wholly
		{[]string{"rack", "LIKE", "r1|r2"}, 1, nil, true},
		{[]string{"rack", "UNLIKE", "r1|r2"}, 1, nil, false},
		{[]string{"rack", "UNLIKE", "r"}, 1, nil, true},
		{[]string{"nope", "UNLIKE", "x"}, 0, nil, true},
		{[]string{"nope", "LIKE", ".*"}, 0, nil, false},
		{[]string{"rack", "IS", "r1"}, 0, nil, true},
		{[]string{"rack", "IS", "r1"}, 1, nil, false},
		{[]string{"size", "IS", "4"}, 2, nil, true}, // three decimals
		{[]string{"size", "IS", "4.1"}, 2, nil, false},
		{[]string{"@zone", "LIKE", ".*"}, 0, nil, false}, // no fault domain
	} {
		var placed []string
		for _, n := range c.placed {
			placed = append(placed, agents[n].ID)
		}
		if got := w.core.meets(c.con, agents[c.agent], placed); got != c.want {
			t.Errorf("%v on agent %d beside %v: %t", c.con, c.agent, c.placed, got)
		}
	}
}

func TestRejectReasons(t *testing.T) {
	for name, c := range map[string]struct {
		app    string
		reason []string // of each agent that rejects, any
		stage  string
	}{
		"constraint": {`"constraints":[["rack","LIKE","none"]]`, []string{reasonConstraint}, reasonConstraint},
		"cpus":       {`"cpus":64`, []string{reasonCPUs}, reasonCPUs},
		"mem":        {`"mem":999999`, []string{reasonMem}, reasonMem},
		"disk":       {`"disk":9999999`, []string{reasonDisk}, reasonDisk},
		"gpus":       {`"gpus":1,"container":{"type":"MESOS"}`, []string{reasonGPUs}, reasonGPUs},
		"ports":      {`"portDefinitions":[{"port":80}],"requirePorts":true`, []string{reasonPorts}, reasonPorts},
		"service":    {`"portDefinitions":[{"port":0}],"requirePorts":true`, []string{reasonPorts}, reasonPorts},
		"both":       {`"cpus":64,"constraints":[["rack","LIKE","none"]]`, []string{reasonCPUs, reasonConstraint}, reasonConstraint},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(`{"id":"/a","cmd":"run",` + c.app + `}`)
			w.until("three offers", func() bool { return w.core.Queue()[0].UnusedOffers >= 3 })
			q := w.core.Queue()[0]
			if !q.Overdue || q.TimeLeft != 0 || q.Count != 1 || q.ProcessedOffers != q.UnusedOffers || q.LastUnused.IsZero() || !q.LastUsed.IsZero() {
				t.Errorf("item %s", asJSON(q))
			}
			if len(q.LastUnusedOffers) != 3 || !slices.Equal(q.LastUnusedOffers[0].Reasons, c.reason) || len(q.LastUnusedOffers[0].FreePorts) == 0 {
				t.Errorf("offers %s", asJSON(q.LastUnusedOffers))
			}
			passed := true
			for n, r := range q.RejectLastOffers {
				if r.Reason != rejectReasons[n] {
					t.Fatalf("order %v", q.RejectLastOffers)
				}
				processed, declined := 0, 0
				if passed {
					processed = 3
				}
				if r.Reason == c.stage {
					declined, passed = 3, false
				}
				if r.Processed != processed || r.Declined != declined {
					t.Errorf("%s: %d of %d declined, want %d of %d", r.Reason, r.Declined, r.Processed, declined, processed)
				}
			}
			if n := q.RejectLaunch[0].Processed; n != q.ProcessedOffers {
				t.Errorf("launch attempt counts %d of %d offers", n, q.ProcessedOffers)
			}
		})
	}
}

func TestQueueWithoutOffers(t *testing.T) {
	w := newWorld(t)
	w.core.PauseOffers(true)
	w.create(`{"id":"/a","cmd":"run"}`)
	w.advance(3 * time.Second)
	q := w.core.Queue()
	if len(q) != 1 || q[0].ProcessedOffers != 0 || !q[0].Overdue {
		t.Fatalf("%s", asJSON(q))
	}
	if d := cmp.Diff(noRejects(), q[0].RejectLaunch); d != "" {
		t.Error(d)
	}
	w.core.PauseOffers(false)
	w.deployed()
	if q := w.core.Queue(); len(q) != 0 {
		t.Errorf("%s", asJSON(q))
	}
}

func TestUniqueLeavesTheRestQueued(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":5,"constraints":[["hostname","UNIQUE"]]}`)
	w.running("/a", 3)
	w.advance(3 * time.Second)
	q := w.core.Queue()[0]
	if q.Count != 2 || q.LastUsed.IsZero() || q.RejectLastOffers[1].Declined != 3 || q.RejectLastOffers[2].Processed != 0 || q.RejectLaunch[9].Processed != 3 {
		t.Errorf("%s", asJSON(q))
	}
}

func TestInstancesSpreadWithoutConstraints(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","instances":3,"cpus":0.1}`)
	w.deployed()
	hosts := map[string]bool{}
	for _, task := range w.get("/a").Tasks {
		hosts[task.Host] = true
	}
	if len(hosts) != 3 {
		t.Errorf("three instances on %v", hosts)
	}
}

func TestOfferedPorts(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/broker","cmd":"run","portDefinitions":[{"port":9092,"name":"client"},{"port":9093,"name":"controller"}],"requirePorts":true,"constraints":[["rack","LIKE","r1"]]}`)
	w.deployed()
	task := w.get("/broker").Tasks[0]
	if !slices.Equal(task.Ports, []int{9092, 9093}) || task.Host != "127.0.0.2" {
		t.Fatalf("%+v", task)
	}
	w.create(`{"id":"/second","cmd":"run","portDefinitions":[{"port":9092}],"requirePorts":true,"constraints":[["rack","LIKE","r1"]]}`)
	w.until("a refusal", func() bool {
		q := w.core.Queue()
		return len(q) == 1 && len(q[0].LastUnusedOffers) == 3
	})
	var got []string
	for _, o := range w.core.Queue()[0].LastUnusedOffers {
		got = append(got, o.Reasons...)
	}
	slices.Sort(got)
	if want := []string{reasonPorts, reasonConstraint, reasonConstraint}; !slices.Equal(got, want) {
		t.Errorf("reasons %v", got)
	}
	// Not required: any free port.
	w.create(`{"id":"/free","cmd":"run","portDefinitions":[{"port":9092},{"port":0}]}`)
	w.until("it to run", func() bool { return w.get("/free").Counts.Running == 1 })
	p := w.get("/free").Tasks[0].Ports
	if len(p) != 2 || p[0] == p[1] {
		t.Errorf("ports %v", p)
	}
}

func TestPortsOfOtherProgramsAreNotGiven(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, text, _ := net.SplitHostPort(l.Addr().String())
	taken, _ := strconv.Atoi(text)
	if canBind("127.0.0.1", taken, false) {
		t.Fatal("a port that is listened on looks free")
	}
	_ = l.Close()
	if !canBind("127.0.0.1", taken, true) {
		t.Error("a free port looks taken")
	}

	w := newWorld(t)
	w.core.mu.Lock()
	w.core.probe = func(host string, port int, _ bool) bool { return host != "127.0.0.2" && port != 31000 }
	w.core.opts.Agents = []Agent{w.agents[0], w.agents[1]}
	w.core.opts.Agents[1].PortRanges = [][2]int{{31000, 31001}}
	w.core.mu.Unlock()
	w.create(`{"id":"/a","cmd":"run"}`)
	w.deployed()
	if task := w.get("/a").Tasks[0]; task.Host != "127.0.0.3" || task.Ports[0] != 31001 {
		t.Errorf("%+v", task)
	}
}

func TestRanges(t *testing.T) {
	r := ranges{{1, 3}, {5, 5}}
	if !r.has(1) || !r.has(3) || r.has(4) || !r.has(5) || r.size() != 4 || r.at(0) != 1 || r.at(3) != 5 {
		t.Errorf("%v", r)
	}
	for _, c := range []struct {
		port int
		want ranges
	}{{1, ranges{{2, 3}, {5, 5}}}, {2, ranges{{1, 1}, {3, 3}, {5, 5}}}, {3, ranges{{1, 2}, {5, 5}}}, {5, ranges{{1, 3}}}, {9, r}} {
		if d := cmp.Diff(c.want, r.without(c.port)); d != "" {
			t.Errorf("without %d: %s", c.port, d)
		}
	}
}

func TestAcceptedRoles(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/r/a","cmd":"run","role":"r","acceptedResourceRoles":["r"]}`)
	w.until("a refusal", func() bool { return w.core.Queue()[0].RejectLastOffers[0].Declined == 3 })
}

func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	r := w.create(`{"id":"/r/env/a","cmd":"run","cpus":0.1,"mem":32,"labels":{"Ab-c.d":"v 1","X":"y"},"env":{"MINE":"1","HOST":"mine"},"portDefinitions":[{"port":0,"name":"http"},{"port":18999,"name":"adm"}]}`)
	w.deployed()
	l := w.driver.launches[0]
	p0, p1 := strconv.Itoa(l.Ports[0]), strconv.Itoa(l.Ports[1])
	service := strconv.Itoa(w.get("/r/env/a").Spec.PortDefinitions[0].Port)
	want := map[string]string{
		"MARATHON_APP_ID": "/r/env/a", "MARATHON_APP_VERSION": stamp(r.Version), "MARATHON_APP_RESOURCE_CPUS": "0.1", "MARATHON_APP_RESOURCE_MEM": "32.0",
		"MARATHON_APP_RESOURCE_DISK": "0.0", "MARATHON_APP_RESOURCE_GPUS": "0", "MARATHON_APP_LABELS": "AB_C_D X", "MARATHON_APP_LABEL_AB_C_D": "v 1",
		"MARATHON_APP_LABEL_X": "y", "MARATHON_APP_ENFORCE_GROUP_ROLE": "FALSE", "MESOS_TASK_ID": l.ID, "HOST": "mine", "MINE": "1",
		"PORT": p0, "PORT0": p0, "PORT1": p1, "PORTS": p0 + "," + p1, "PORT_HTTP": p0, "PORT_ADM": p1, "PORT_18999": p1, "PORT_" + service: p0,
	}
	if d := cmp.Diff(want, l.Env); d != "" {
		t.Error(d)
	}
	w.create(`{"id":"/none","cmd":"run","portDefinitions":[],"container":{"type":"MESOS","docker":{"image":"x:1"}}}`)
	w.deployed()
	env := w.driver.launches[1].Env
	if _, has := env["PORT"]; has || env["MARATHON_APP_DOCKER_IMAGE"] != "x:1" || env["MARATHON_APP_LABELS"] != "" {
		t.Errorf("%v", env)
	}
	w.create(`{"id":"/net","cmd":"run","networks":[{"mode":"container/bridge"}],"container":{"type":"MESOS","portMappings":[{"containerPort":80,"name":"web"},{"containerPort":81,"hostPort":0}]}}`)
	w.deployed()
	l = w.driver.launches[2]
	if len(l.Ports) != 2 || l.Env["PORT_80"] != strconv.Itoa(l.Ports[0]) || l.Env["PORT_WEB"] != l.Env["PORT0"] {
		t.Errorf("%v %v", l.Ports, l.Env)
	}
}

func TestSecretsAreNotPretended(t *testing.T) {
	w := newWorld(t)
	w.create(`{"id":"/a","cmd":"run","env":{"P":{"secret":"s"}},"secrets":{"s":{"source":"/x"}}}`)
	w.until("the failure", func() bool { return w.get("/a").LastTaskFailure != nil })
	if f := w.get("/a").LastTaskFailure; f.State != "TASK_ERROR" || w.driver.launchCount() != 0 {
		t.Errorf("%+v", f)
	}
}
