package scheduler

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// target is what a check of Marathon's own asks.
type target struct {
	url     string // "" = a TCP connection to addr
	addr    string
	timeout time.Duration
	problem string // set when there is nothing to ask
}

// probeClient follows no redirects and, as Marathon, believes any certificate of a task.
var probeClient = &http.Client{
	Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // a task's own certificate; nothing secret is sent
	},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// checkTarget finds the port of a health check: port, or the task's port of portIndex.
func checkTarget(i *instance, hc spec.HealthCheck) target {
	port := 0
	switch {
	case hc.Port != nil:
		port = *hc.Port
	case hc.PortIndex != nil && *hc.PortIndex < len(i.Ports):
		port = i.Ports[*hc.PortIndex]
	}
	t := target{addr: net.JoinHostPort(i.Host, strconv.Itoa(port)), timeout: seconds(hc.TimeoutSeconds)}
	if port == 0 {
		t.problem = "UnsupportedOperationException: Health check failed: unable to get the task's effectivePort"
	}
	if hc.Protocol != "TCP" {
		path := "/"
		if hc.Path != nil {
			path = "/" + strings.TrimPrefix(*hc.Path, "/")
		}
		t.url = strings.ToLower(hc.Protocol) + "://" + t.addr + path
	}
	return t
}

// probe answers "" for a success, else the cause.
func (t target) probe(ctx context.Context) string {
	if t.problem != "" {
		return t.problem
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	if t.url == "" {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.addr)
		if err != nil {
			return probeCause(err, t.timeout)
		}
		_ = conn.Close()
		return ""
	}
	status, _, err := get(ctx, t.url)
	switch {
	case err != nil:
		return probeCause(err, t.timeout)
	case status < 200 || status > 399:
		return fmt.Sprintf("%d %s", status, http.StatusText(status))
	}
	return ""
}

func probeCause(err error, timeout time.Duration) string {
	var timedOut interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timedOut) && timedOut.Timeout():
		return fmt.Sprintf("AskTimeoutException: no answer within %s", timeout)
	case errors.Is(err, syscall.ECONNREFUSED):
		return "ConnectException: Connection refused"
	}
	return err.Error()
}

// get answers the status and the start of the body.
func get(ctx context.Context, url string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	resp, err := probeClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return 0, "", err
	}
	return resp.StatusCode, string(body), nil
}

// portNamed is the host port of a declared port name, 0 when there is none.
func (i *instance) portNamed(name string) int {
	for n, p := range hostPorts(i.Spec) {
		if p.name == name && n < len(i.Ports) {
			return i.Ports[n]
		}
	}
	return 0
}

// canBind says whether nobody listens at host:port. Only a proven "in use" is a no: an address that this machine lacks is
// the launch's affair.
func canBind(host string, port int, udp bool) bool {
	addr := net.JoinHostPort(host, strconv.Itoa(port))
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return !errors.Is(err, syscall.EADDRINUSE)
	}
	_ = l.Close()
	if udp {
		p, err := lc.ListenPacket(context.Background(), "udp", addr)
		if err != nil {
			return !errors.Is(err, syscall.EADDRINUSE)
		}
		_ = p.Close()
	}
	return true
}

// hostPort is one port that a task gets on its agent.
type hostPort struct {
	name     string
	number   int // what is demanded; 0 = any
	declared int // the number it is declared by: service port or container port
	udp      bool
}

// hostPorts are the ports of a definition on the agent, in the order of task.ports.
func hostPorts(a *spec.App) []hostPort {
	var out []hostPort
	if !hostMode(a) {
		if a.Container == nil {
			return nil
		}
		for _, m := range a.Container.PortMappings {
			if m.HostPort != nil {
				out = append(out, hostPort{name: text(m.Name), number: *m.HostPort, declared: m.ContainerPort, udp: strings.Contains(m.Protocol, "udp")})
			}
		}
		return out
	}
	for _, d := range a.PortDefinitions {
		p := hostPort{name: text(d.Name), declared: d.Port, udp: strings.Contains(d.Protocol, "udp")}
		if a.RequirePorts {
			p.number = d.Port
		}
		out = append(out, p)
	}
	return out
}

func hostMode(a *spec.App) bool {
	return len(a.Networks) == 0 || slices.ContainsFunc(a.Networks, func(n spec.Network) bool { return n.Mode == "host" })
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
