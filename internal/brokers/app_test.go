package brokers

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
)

var update = flag.Bool("update", false, "write the golden files anew")

// testID is a fixed cluster id of KRaft's form.
const testID = "Rl5xPqv0TZy6eFGV0tWd3g"

func plainSpec() Spec {
	return Spec{
		Name: "main", Group: "/kafka/main", ClusterID: testID, KafkaVersion: "4.3.1", Image: "apache/kafka:4.3.1", Runtime: RuntimeDocker,
		Brokers: 3, CPUs: 0.5, MemoryMiB: 512, HeapMiB: 128, ClientPort: 9092, ControllerPort: 9093, ServiceDiscovery: DiscoveryVIP,
	}
}

func richSpec() Spec {
	s := plainSpec()
	s.Brokers, s.Runtime, s.ServiceDiscovery = 4, RuntimeDocker, DiscoveryHosts
	s.Storage = &Storage{Type: "mount", SizeMiB: 10000}
	s.Authorization = &Authorization{SuperUsers: []string{"User:ANONYMOUS", "User:admin"}}
	s.Placement = Placement{
		Hosts:       []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"},
		Constraints: [][]string{{"disk", "LIKE", "ssd.*"}, {"hostname", "UNIQUE"}},
		Rack:        &Rack{Attribute: "zone", Values: []string{"a", "b"}},
	}
	s.Config = map[string]string{"num.partitions": "6", "log.retention.ms": "1000", "num.io.threads": "4"}
	s.Env = map[string]string{"TZ": "UTC", "KAFKA_OPTS": "-Dx='$HOME'"}
	s.Labels = map[string]string{"team": "data"}
	return s
}

func mustApp(t *testing.T, s Spec, broker int) marathon.App {
	t.Helper()
	app, err := s.App(broker)
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// asRead is the definition as it comes back over the wire.
func asRead(t interface{ Fatal(...any) }, app marathon.App) marathon.App {
	raw, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	var out marathon.App
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAppGolden(t *testing.T) {
	for name, tc := range map[string]struct {
		spec   Spec
		broker int
	}{
		"plain-1":       {plainSpec(), 1},
		"rich-0":        {richSpec(), 0},
		"rich-broker-3": {richSpec(), 3},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			if err := e.Encode(mustApp(t, tc.spec, tc.broker)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("definition differs from %s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// TestAppShape compares with the definition that was tried on a real Marathon with real brokers.
func TestAppShape(t *testing.T) {
	s := plainSpec()
	s.ServiceDiscovery = DiscoveryVIP
	app := asRead(t, mustApp(t, s, 1))
	var tried marathon.App
	d := json.NewDecoder(strings.NewReader(`{"id": "/kafka/main/broker-1", "instances": 1, "cpus": 0.5, "mem": 512,
		"container": {"type": "DOCKER", "docker": {"image": "apache/kafka:4.3.1"}}, "networks": [{"mode": "host"}], "requirePorts": true,
		"portDefinitions": [{"port": 9092, "name": "client", "labels": {"VIP_0": "/kafka-main:9092"}}, {"port": 9093, "name": "controller"}],
		"env": {"KAFKA_HEAP_OPTS": "-Xms128m -Xmx128m"},
		"upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0}, "taskKillGracePeriodSeconds": 60, "backoffSeconds": 1, "maxLaunchDelaySeconds": 60,
		"healthChecks": [{"protocol": "MESOS_TCP", "portIndex": 0, "gracePeriodSeconds": 300, "intervalSeconds": 2, "delaySeconds": 0}]}`))
	d.UseNumber()
	if err := d.Decode(&tried); err != nil {
		t.Fatal(err)
	}
	for field, want := range tried {
		if !contains(app[field], want) {
			t.Errorf("%s = %v, tried was %v", field, app[field], want)
		}
	}
	env, cmd := app.Env(), app.String("cmd")
	voters := strings.Split(env["INITIAL_CONTROLLERS"], ",")
	if len(voters) != 3 || !strings.HasPrefix(voters[1], "1@broker-1.main.kafka.marathon.mesos:9093:") {
		t.Errorf("INITIAL_CONTROLLERS = %q", env["INITIAL_CONTROLLERS"])
	}
	for i := range 3 {
		if other := mustApp(t, s, i).Env()["INITIAL_CONTROLLERS"]; other != env["INITIAL_CONTROLLERS"] {
			t.Errorf("broker %d formats with other voters than broker 1: %s", i, other)
		}
	}
	for _, line := range []string{
		"process.roles=broker,controller", "node.id=1", "listeners=CLIENT://:$PORT0,CONTROLLER://:$PORT1",
		"advertised.listeners=CLIENT://$HOST:$PORT0,CONTROLLER://broker-1.main.kafka.marathon.mesos:$PORT1",
		"controller.quorum.bootstrap.servers=broker-0.main.kafka.marathon.mesos:9093,broker-1.main.kafka.marathon.mesos:9093,broker-2.main.kafka.marathon.mesos:9093",
		"log.dirs=$PWD/data/kraft", "min.insync.replicas=2",
		`"$K/bin/kafka-storage.sh" format --ignore-formatted -t "$CLUSTER_ID" -c server.properties --initial-controllers "$INITIAL_CONTROLLERS"`,
		`exec "$K/bin/kafka-server-start.sh" server.properties`,
	} {
		if !strings.Contains(cmd+"\n", "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, cmd)
		}
	}
}

func TestBrokerOnly(t *testing.T) {
	s := plainSpec()
	s.Brokers = 5
	app := mustApp(t, s, 4)
	cmd := app.String("cmd")
	for _, no := range []string{"--initial-controllers", "broker,controller", "CONTROLLER://:"} {
		if strings.Contains(cmd, no) {
			t.Errorf("a plain broker's command holds %q:\n%s", no, cmd)
		}
	}
	if _, ok := app.Env()["INITIAL_CONTROLLERS"]; ok {
		t.Error("a plain broker is told the initial controllers")
	}
	if n := len(list(app, "portDefinitions")); n != 1 {
		t.Errorf("a plain broker asks for %d ports", n)
	}
}

func TestDefaultsShrink(t *testing.T) {
	for brokers, want := range map[int][2]string{1: {"1", "1"}, 2: {"2", "1"}, 3: {"3", "2"}, 7: {"3", "2"}} {
		d := Spec{Brokers: brokers}.defaultProperties()
		if got := [2]string{d["default.replication.factor"], d["min.insync.replicas"]}; got != want {
			t.Errorf("%d brokers: replication factor and min ISR are %v, want %v", brokers, got, want)
		}
	}
}

func TestBootstrapServers(t *testing.T) {
	s := plainSpec()
	five := s
	five.Brokers, five.ServiceDiscovery = 5, DiscoveryMesosDNS
	deep := s
	deep.Group = "/data/event.bus/main"
	for name, tc := range map[string]struct {
		spec Spec
		want string
	}{
		"vip":       {s, "kafka-main.marathon.l4lb.thisdcos.directory:9092"},
		"vip group": {deep, "data-event-bus-main.marathon.l4lb.thisdcos.directory:9092"},
		"mesos-dns": {five, "broker-0.main.kafka.marathon.mesos:9092,broker-1.main.kafka.marathon.mesos:9092,broker-2.main.kafka.marathon.mesos:9092"},
		"hosts":     {richSpec(), "10.0.0.1:9092,10.0.0.2:9092,10.0.0.3:9092"},
	} {
		if got := tc.spec.BootstrapServers(); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestClusterID(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		id := NewClusterID()
		if err := CheckClusterID(id); err != nil || len(id) != 22 || seen[id] {
			t.Fatalf("id %q: %v, seen before: %t", id, err, seen[id])
		}
		seen[id] = true
		for node := range 3 {
			if dir := directoryID(id, node); CheckClusterID(dir) != nil || dir != directoryID(id, node) {
				t.Fatalf("directory id %q of %s/%d", dir, id, node)
			}
		}
	}
	for _, bad := range []string{"", "short", "-l5xPqv0TZy6eFGV0tWd3g", "Rl5xPqv0TZy6eFGV0tWd3=", testID + "x"} {
		if CheckClusterID(bad) == nil {
			t.Errorf("%q passes for a cluster id", bad)
		}
	}
}
