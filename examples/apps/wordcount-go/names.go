package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

// dialer connects to host:port. With a hosts file its names come first; the file is read at every connection, as its
// addresses follow the brokers.
func dialer(hostsFile string) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 5 * time.Second}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil || hostsFile == "" {
			return d.DialContext(ctx, network, address)
		}
		text, err := os.ReadFile(hostsFile) //nolint:gosec // named by whoever started the program
		if err != nil {
			return d.DialContext(ctx, network, address)
		}
		addresses := lookup(string(text), host)
		if len(addresses) == 0 {
			return d.DialContext(ctx, network, address)
		}
		var errs []error
		for _, a := range addresses {
			conn, err := d.DialContext(ctx, network, net.JoinHostPort(a, port))
			if err == nil {
				return conn, nil
			}
			errs = append(errs, err)
		}
		return nil, errors.Join(errs...)
	}
}

// lookup finds a name's addresses in the text of a hosts file.
func lookup(hosts, name string) []string {
	var out []string
	for line := range strings.SplitSeq(hosts, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		for i := 1; i < len(fields); i++ {
			if strings.EqualFold(fields[i], name) {
				out = append(out, fields[0])
				break
			}
		}
	}
	return out
}
