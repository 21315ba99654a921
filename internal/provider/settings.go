package provider

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/session"
)

func osEnv(name string) string { return os.Getenv(name) }

// settings merges block and environment; the block wins. Unknown values are allowed while planning: the resources that
// need them say so.
func (p *kafkaProvider) settings(ctx context.Context, m model, diags *diag.Diagnostics) session.Settings {
	s := session.Settings{ClientID: "terraform-provider-kafka/" + p.version, Rollout: p.rollout}
	p.marathonSettings(m.Marathon, &s, diags)
	p.kafkaSettings(ctx, m.BootstrapServers, &s, diags)
	return s
}

func (p *kafkaProvider) marathonSettings(m *marathonModel, s *session.Settings, diags *diag.Diagnostics) {
	if m == nil {
		m = &marathonModel{}
	}
	for _, v := range []types.String{m.URL, m.User, m.Password, m.DCOSToken, m.CACert} {
		if v.IsUnknown() {
			s.MarathonUnknown = true
			return
		}
	}
	cfg := marathon.Config{
		User:      p.value(m.User, "MARATHON_USER"),
		Password:  p.value(m.Password, "MARATHON_PASSWORD"),
		Token:     p.value(m.DCOSToken, "MARATHON_DCOS_TOKEN"),
		UserAgent: "terraform-provider-kafka/" + p.version,

		RequestTimeout: p.timeout,
	}
	at := path.Root("marathon")
	if cfg.Token != "" && cfg.User != "" {
		diags.AddAttributeError(at.AtName("dcos_token"), "Conflicting Marathon Credentials",
			"Both a DC/OS token and a user are given (in the block or by MARATHON_DCOS_TOKEN and MARATHON_USER), and a request carries only one. Remove one of them.")
	}
	if (cfg.User == "") != (cfg.Password == "") {
		diags.AddAttributeError(at.AtName("user"), "Incomplete Marathon Credentials",
			"Basic authentication needs both user (MARATHON_USER) and password (MARATHON_PASSWORD).")
	}
	ca, err := certificate(p.value(m.CACert, "MARATHON_CA_CERT"))
	if err != nil {
		diags.AddAttributeError(at.AtName("ca_cert"), "Unreadable CA Certificate", err.Error())
		return
	}
	cfg.CACert = ca

	raw := p.value(m.URL, "MARATHON_URL")
	if raw == "" {
		return
	}
	for _, u := range strings.Split(raw, ",") {
		if u = strings.TrimSpace(u); u != "" {
			cfg.URLs = append(cfg.URLs, u)
		}
	}
	// New contacts nothing: it tells early whether the URLs and the certificate can be used at all.
	if _, err := marathon.New(cfg); err != nil {
		diags.AddAttributeError(at.AtName("url"), "Invalid Marathon Configuration",
			fmt.Sprintf("%s. The URL is the base of Marathon's API, for example http://marathon.mesos:8080 (marathon.url or MARATHON_URL).", err))
		return
	}
	s.Marathon = cfg
	s.MarathonConfigured = true
}

func (p *kafkaProvider) kafkaSettings(ctx context.Context, list types.List, s *session.Settings, diags *diag.Diagnostics) {
	if list.IsUnknown() {
		s.BootstrapUnknown = true
		return
	}
	servers := []string{}
	if list.IsNull() {
		for _, server := range strings.Split(p.getenv("KAFKA_BOOTSTRAP_SERVERS"), ",") {
			if server = strings.TrimSpace(server); server != "" {
				servers = append(servers, server)
			}
		}
	} else {
		var values []types.String
		diags.Append(list.ElementsAs(ctx, &values, false)...)
		for _, v := range values {
			if v.IsUnknown() {
				s.BootstrapUnknown = true
				return
			}
			servers = append(servers, v.ValueString())
		}
	}
	for i, server := range servers {
		if _, port, err := net.SplitHostPort(server); err != nil || port == "" {
			diags.AddAttributeError(path.Root("bootstrap_servers"), "Invalid Bootstrap Server",
				fmt.Sprintf("Entry %d, %q, is not host:port, for example broker-0.example.com:9092.", i+1, server))
		}
	}
	s.BootstrapServers = servers
}

func (p *kafkaProvider) value(v types.String, variable string) string {
	if !v.IsNull() {
		return v.ValueString()
	}
	return p.getenv(variable)
}

// certificate answers PEM text, given as such or as a file's path.
func certificate(v string) (string, error) {
	if v == "" || strings.Contains(v, "-----BEGIN") {
		return v, nil
	}
	pem, err := os.ReadFile(v)
	if err != nil {
		return "", fmt.Errorf("ca_cert is neither PEM text (-----BEGIN CERTIFICATE-----) nor a file that can be read: %w", err)
	}
	return string(pem), nil
}
