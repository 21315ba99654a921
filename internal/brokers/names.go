package brokers

import (
	"encoding/base64"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

const (
	// mesosDomain holds the Mesos-DNS names of apps of the framework "marathon".
	mesosDomain = ".marathon.mesos"
	// vipDomain holds the names of DC/OS's layer-4 load balancer for that framework.
	vipDomain = ".marathon.l4lb.thisdcos.directory"
	// bootstrapBrokers bounds the static URL; scaling in removes the highest ids first and so never touches these.
	bootstrapBrokers = 3
	// maxControllers is the size of the quorum: one failure is survived, and every further voter slows a commit.
	maxControllers = 3
)

// NewClusterID makes a random cluster id in KRaft's form.
func NewClusterID() string {
	for {
		if id := encodeUUID(uuid.New()); usable(id) {
			return id
		}
	}
}

// CheckClusterID says whether id has KRaft's form: 16 bytes in unpadded base64url, no leading '-' (kafka-storage.sh would
// read it as an option).
func CheckClusterID(id string) error {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(raw) != 16 || !usable(id) {
		return fmt.Errorf("%q is not a cluster id of KRaft: 22 characters of base64url that do not begin with '-'", id)
	}
	return nil
}

func encodeUUID(u uuid.UUID) string { return base64.RawURLEncoding.EncodeToString(u[:]) }

func usable(id string) bool { return !strings.HasPrefix(id, "-") }

// directoryNamespace makes directory ids ours; it has no other meaning.
var directoryNamespace = uuid.MustParse("6a1f7f62-2d9d-5b0e-9d0c-5f3c1b1b8f5e")

// directoryID is the id of a controller's metadata directory. Derived, so that every broker formats with the same voters
// and a controller that lost its disk comes back as the same voter.
func directoryID(clusterID string, node int) string {
	for salt := 0; ; salt++ {
		name := clusterID + "/" + strconv.Itoa(node)
		if salt > 0 {
			name += "/" + strconv.Itoa(salt)
		}
		if id := encodeUUID(uuid.NewSHA1(directoryNamespace, []byte(name))); usable(id) {
			return id
		}
	}
}

// DefaultGroup is the group of a cluster that names none.
func DefaultGroup(name string) string { return "/kafka/" + name }

// DefaultImage is the image of a version that names none.
func DefaultImage(version string) string { return "apache/kafka:" + version }

// AppID is the path of one broker's app.
func (s Spec) AppID(broker int) string { return fmt.Sprintf("%s/broker-%d", s.Group, broker) }

// taskName is Marathon's name for an app's tasks in Mesos: the path's segments reversed and joined with dots.
func taskName(appID string) string {
	segments := strings.Split(strings.Trim(appID, "/"), "/")
	for i, j := 0, len(segments)-1; i < j; i, j = i+1, j-1 {
		segments[i], segments[j] = segments[j], segments[i]
	}
	return strings.Join(segments, ".")
}

// MesosName is the Mesos-DNS name of one broker; it survives a move to another agent.
func (s Spec) MesosName(broker int) string { return taskName(s.AppID(broker)) + mesosDomain }

// stableHost is the name under which controllers and, without a VIP, clients find a broker for good.
func (s Spec) stableHost(broker int) string {
	if s.ServiceDiscovery == DiscoveryHosts && broker < len(s.Placement.Hosts) {
		return s.Placement.Hosts[broker]
	}
	return s.MesosName(broker)
}

// vipName is the group's path as one DNS label: /kafka/main is kafka-main.
func (s Spec) vipName() string {
	return strings.NewReplacer("/", "-", ".", "-").Replace(strings.Trim(s.Group, "/"))
}

// vipLabel must be the same to the byte on every broker, or DC/OS sees several VIPs under one name.
func (s Spec) vipLabel() string { return fmt.Sprintf("/%s:%d", s.vipName(), s.ClientPort) }

// Controllers is how many brokers are controllers too: the first three.
func (s Spec) Controllers() int { return min(s.Brokers, maxControllers) }

// IsController says whether a broker is a voter of the quorum.
func (s Spec) IsController(broker int) bool { return broker < s.Controllers() }

// quorumServers is controller.quorum.bootstrap.servers.
func (s Spec) quorumServers() string {
	servers := make([]string, s.Controllers())
	for i := range servers {
		servers[i] = hostPort(s.stableHost(i), s.ControllerPort)
	}
	return strings.Join(servers, ",")
}

// initialControllers is the list of voters that every controller formats with; it must be equal on all of them.
func (s Spec) initialControllers() string {
	voters := make([]string, s.Controllers())
	for i := range voters {
		voters[i] = fmt.Sprintf("%d@%s:%s", i, hostPort(s.stableHost(i), s.ControllerPort), directoryID(s.ClusterID, i))
	}
	return strings.Join(voters, ",")
}

// BootstrapServers is the static connection URL. It depends on nothing but the Spec and does not change through scaling,
// failures and upgrades.
func (s Spec) BootstrapServers() string {
	if s.ServiceDiscovery == DiscoveryVIP {
		return hostPort(s.vipName()+vipDomain, s.ClientPort)
	}
	servers := make([]string, min(s.Brokers, bootstrapBrokers))
	for i := range servers {
		servers[i] = hostPort(s.stableHost(i), s.ClientPort)
	}
	return strings.Join(servers, ",")
}

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
