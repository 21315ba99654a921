package api

import (
	"net"
	"net/http"
	"strconv"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/scheduler"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// Version is the Marathon version that the sandbox follows and reports.
const Version = "1.11.26"

func (s *server) systemRoutes(prefix string, segs []string) methods {
	switch {
	case prefix == "/v2/info" && len(segs) == 0:
		return methods{"GET": func(w http.ResponseWriter, r *http.Request) { writeJSON(w, r, http.StatusOK, s.opts.Info()) }}
	case prefix == "/v2/leader" && len(segs) == 0:
		return methods{"GET": s.leader, "DELETE": s.abdicate}
	case prefix == "/v2/plugins" && len(segs) == 0:
		return methods{"GET": func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, r, http.StatusOK, object{"plugins": []any{}})
		}}
	case prefix == "/v2/plugins":
		none := func(w http.ResponseWriter, r *http.Request) {
			s.fail(w, r, notFound("No plugin with this pluginId: "+segs[0]), true)
		}
		return methods{"GET": none, "POST": none, "PUT": none, "DELETE": none}
	case prefix == "/metrics" && len(segs) == 0:
		return methods{"GET": s.metrics}
	}
	return nil
}

func (s *server) leader(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, r, http.StatusOK, object{"leader": hostOf(s.base(r))})
}

func (s *server) abdicate(w http.ResponseWriter, r *http.Request) {
	if s.opts.Abdicate == nil {
		writeJSON(w, r, http.StatusNotImplemented, message("This sandbox is not run by anything that would start it again, so it does not abdicate."))
		return
	}
	writeJSON(w, r, http.StatusOK, object{"message": "Leadership abdicated", "details": []any{}})
	s.opts.Abdicate()
}

// ping answers in the type asked for; types it does not have get an empty answer, not a 406.
func (s *server) ping(w http.ResponseWriter, r *http.Request) {
	if _, rest := splitPath(r.URL.EscapedPath()); len(rest) > 0 {
		writeJSON(w, r, http.StatusInternalServerError, message("URI not found"))
		return
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		s.dispatch(w, r, methods{"GET": s.ping})
		return
	default:
		writeJSON(w, r, http.StatusMethodNotAllowed, message("Method Not Allowed"))
		return
	}
	switch {
	case accepts(r, "text", "plain"):
		w.Header().Set("Content-Type", "text/plain")
		writeBody(w, r, http.StatusOK, []byte("pong"))
	case accepts(r, "text", "html"):
		w.Header().Set("Content-Type", "text/html")
		writeBody(w, r, http.StatusOK, []byte("pong"))
	case accepts(r, "application", "json"):
		writeJSON(w, r, http.StatusOK, "pong")
	default:
		writeEmpty(w, http.StatusNoContent)
	}
}

// metrics has the gauges of Marathon that the sandbox can tell truly.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	apps := s.core.Apps("/")
	var staged, running int
	for _, a := range apps {
		staged += a.Counts.Staged
		running += a.Counts.Running
	}
	groups := 0
	if root, err := s.core.Group("/"); err == nil {
		groups = countGroups(root)
	}
	value := func(n int) object { return object{"value": n} }
	writeJSON(w, r, http.StatusOK, object{
		"version":  "4.0.0", // of the format
		"counters": object{}, "histograms": object{}, "meters": object{}, "timers": object{},
		"gauges": object{
			"marathon.apps.active.gauge":        value(len(apps)),
			"marathon.groups.active.gauge":      value(groups),
			"marathon.deployments.active.gauge": value(len(s.core.Deployments())),
			"marathon.instances.staged.gauge":   value(staged),
			"marathon.instances.running.gauge":  value(running),
		},
	})
}

// DefaultInfo is the body of /v2/info for a server at baseURL: every key of a real one, null where the sandbox has no
// such thing.
func DefaultInfo(baseURL string, opts spec.Options) map[string]any {
	leader := hostOf(baseURL)
	features := make([]string, 0, len(opts.Features))
	for _, f := range []string{"secrets", "external_volumes", "vips", "gpu_resources", "task_killing"} {
		if opts.Features[f] {
			features = append(features, f)
		}
	}
	role := opts.DefaultRole
	if role == "" {
		role = "*"
	}
	var network any
	if opts.DefaultNetwork != "" {
		network = opts.DefaultNetwork
	}
	return map[string]any{
		"name": "marathon", "version": Version, "buildref": "sandbox", "elected": true, "leader": leader,
		"frameworkId": "00000000-0000-0000-0000-000000000000-0000",
		"marathon_config": object{
			"access_control_allow_origin": nil, "checkpoint": true, "decline_offer_duration": 120000,
			"default_network_name": network, "env_vars_prefix": nil, "executor": "//cmd", "failover_timeout": 604800,
			"features": features, "framework_name": "marathon", "ha": false, "hostname": hostname(leader),
			"launch_token": 100, "launch_token_refresh_interval": 30000, "leader_proxy_connection_timeout_ms": 5000,
			"leader_proxy_read_timeout_ms": 10000, "local_port_max": spec.MaxServicePort, "local_port_min": spec.MinServicePort,
			"master": nil, "max_instances_per_offer": 5, "mesos_bridge_name": "mesos-bridge",
			"mesos_heartbeat_failure_threshold": 5, "mesos_heartbeat_interval": 15000, "mesos_leader_ui_url": nil,
			"mesos_role": role, "mesos_user": nil, "new_group_enforce_role": "Off", "min_revive_offers_interval": 5000,
			"offer_matching_timeout": 3000, "on_elected_prepare_timeout": 180000, "reconciliation_initial_delay": 5000,
			"reconciliation_interval": 600000, "scale_apps_initial_delay": 15000, "scale_apps_interval": 300000,
			"store_cache": true, "task_launch_confirm_timeout": 300000, "task_launch_timeout": 300000,
			"task_lost_expunge_initial_delay": 300000, "task_lost_expunge_interval": 30000,
			"task_reservation_timeout": 20000, "webui_url": nil, "maintenance_mode": true,
		},
		"zookeeper_config": object{
			"zk": nil, "zk_compression": nil, "zk_compression_threshold": nil, "zk_connection_timeout": nil,
			"zk_max_node_size": nil, "zk_max_versions": nil, "zk_session_timeout": nil, "zk_timeout": nil,
		},
		"http_config": object{"http_port": port(leader), "https_port": 0},
	}
}

func hostname(hostport string) string {
	name, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport
	}
	return name
}

func port(hostport string) int {
	_, p, err := net.SplitHostPort(hostport)
	if err != nil {
		return 80
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		return 0
	}
	return n
}

// countGroups counts a group and all below it.
func countGroups(g scheduler.Group) int {
	n := 1
	for _, sub := range g.Groups {
		n += countGroups(sub)
	}
	return n
}
