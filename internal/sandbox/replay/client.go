package replay

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strings"
	"time"
)

// A Client sends requests byte by byte as they were recorded: net/http would clean paths and add headers.
type Client struct {
	Host string // host:port
}

// dial opens a connection and sends a request on it. The caller closes the connection.
func (c Client) dial(ctx context.Context, method, path string, headers map[string]string, body []byte) (net.Conn, *http.Response, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.Host)
	if err != nil {
		return nil, nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path, c.Host)
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\r\n", name, headers[name])
	}
	if body != nil || method == "POST" || method == "PUT" || method == "PATCH" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	if _, err := conn.Write(b.Bytes()); err != nil {
		return nil, nil, joinClose(err, conn)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, nil, joinClose(err, conn)
	}
	return conn, resp, nil
}

func joinClose(err error, c io.Closer) error {
	_ = c.Close() // the first error counts
	return err
}

// Answer is a complete response; the body is unpacked.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request and reads the answer.
func (c Client) Do(ctx context.Context, method, path string, headers map[string]string, body []byte) (*Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, resp, err := c.dial(ctx, method, path, headers, body)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("Content-Encoding") == "gzip" && len(b) > 0 {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		if b, err = io.ReadAll(z); err != nil {
			return nil, err
		}
	}
	return &Answer{Status: resp.StatusCode, Header: resp.Header, Body: b}, nil
}

// A Stream collects the events of an open stream.
type Stream struct {
	Status int
	Header http.Header
	Events chan Event // closed at the end of the stream
	conn   net.Conn
}

// Open opens an event stream.
func (c Client) Open(ctx context.Context, path string, headers map[string]string) (*Stream, error) {
	conn, resp, err := c.dial(ctx, "GET", path, headers, nil) //nolint:bodyclose // it ends with the connection, see Close
	if err != nil {
		return nil, err
	}
	s := &Stream{Status: resp.StatusCode, Header: resp.Header, Events: make(chan Event, 4096), conn: conn}
	go s.read(resp.Body)
	return s, nil
}

// Close ends the stream.
func (s *Stream) Close() { _ = s.conn.Close() }

func (s *Stream) read(body io.ReadCloser) {
	defer close(s.Events)
	defer func() { _ = body.Close() }()
	sc := bufio.NewScanner(body)
	sc.Buffer(nil, 1<<24)
	event := ""
	for sc.Scan() {
		line := strings.TrimSuffix(sc.Text(), "\r")
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = name
		} else if data, ok := strings.CutPrefix(line, "data: "); ok {
			v, err := decode([]byte(data))
			if err != nil {
				v = data
			}
			s.Events <- Event{Type: event, Data: v}
		}
	}
}
