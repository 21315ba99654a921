package scheduler

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/probe"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// target is what a check of Marathon's own asks.
type target struct {
	url     string // "" = a TCP connection to addr
	addr    string
	timeout time.Duration
	problem string // set when there is nothing to ask
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
		if err := probe.TCP(ctx, t.addr); err != nil {
			return probeCause(err, t.timeout)
		}
		return ""
	}
	r, err := probe.HTTP(ctx, t.url)
	switch {
	case err != nil:
		return probeCause(err, t.timeout)
	case !r.OK():
		return fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status))
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
