// Package mesos reads the last lines of a task's files through Mesos's own HTTP API (1.0 and newer): the master's /slaves
// names the agent, the agent's /state the directory of the task's executor, the agent's /files/read the file.
package mesos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	totalTimeout = 8 * time.Second
	chunk        = 64 << 10 // an agent refuses to read more at once (16 pages)
	maxAnswer    = 64 << 20
)

// ErrNotFound says that the master does not know the agent, or the agent no longer knows the task (sandboxes are collected in time).
var ErrNotFound = errors.New("not found in Mesos")

// Client asks one Mesos master and its agents. It is safe for concurrent use.
type Client struct {
	master string
	http   *http.Client
}

// New takes the URL of a master; a master that does not lead redirects. It does no I/O. httpClient may be nil.
func New(masterURL string, httpClient *http.Client) *Client {
	if httpClient == nil {
		httpClient = &http.Client{Timeout: totalTimeout}
	}
	return &Client{master: strings.TrimRight(masterURL, "/"), http: httpClient}
}

// Tail gives the last whole lines of a task's file ("stdout" or "stderr"), at most maxBytes of it. An empty file gives "".
func (c *Client) Tail(ctx context.Context, agentID, taskID, file string, maxBytes int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, totalTimeout)
	defer cancel()
	text, err := c.tail(ctx, agentID, taskID, file, maxBytes)
	if err != nil {
		return "", fmt.Errorf("reading %s of task %s on agent %s: %w", file, taskID, agentID, err)
	}
	return text, nil
}

func (c *Client) tail(ctx context.Context, agentID, taskID, file string, maxBytes int) (string, error) {
	a, err := c.agent(ctx, agentID)
	if err != nil {
		return "", err
	}
	paths, err := c.sandboxes(ctx, &a, taskID)
	if err != nil {
		return "", err
	}
	for _, dir := range paths {
		var text string
		if text, err = c.end(ctx, a, dir+"/"+file, maxBytes); err == nil {
			return text, nil
		}
	}
	return "", err
}

// agent is one agent's address: its process name (slave(1)) and where to ask.
type agent struct {
	process string
	bases   []string // tried in turn; the one that answered stays
}

func (c *Client) agent(ctx context.Context, id string) (agent, error) {
	var body struct {
		Slaves []struct{ ID, PID string }
	}
	if err := c.get(ctx, c.master+"/slaves", &body); err != nil {
		return agent{}, err
	}
	for _, s := range body.Slaves {
		if s.ID != id {
			continue
		}
		process, address, ok := strings.Cut(s.PID, "@")
		if !ok {
			return agent{}, fmt.Errorf("agent address %q is not of the form slave(1)@ip:port", s.PID)
		}
		scheme, _, _ := strings.Cut(c.master, "://")
		a := agent{process: process, bases: []string{scheme + "://" + address}}
		if root, dcos := strings.CutSuffix(c.master, "/mesos"); dcos { // behind DC/OS's Admin Router
			a.bases = append([]string{root + "/agent/" + url.PathEscape(id)}, a.bases...)
		}
		return a, nil
	}
	return agent{}, fmt.Errorf("agent: %w", ErrNotFound)
}

type executor struct {
	ID, Directory                      string
	Tasks, QueuedTasks, CompletedTasks []struct{ ID string }
}

// The API has its own spelling for two of them.
func (e *executor) UnmarshalJSON(b []byte) error {
	type task = struct{ ID string }
	var w struct {
		ID             string `json:"id"`
		Directory      string `json:"directory"`
		Tasks          []task `json:"tasks"`
		QueuedTasks    []task `json:"queued_tasks"`
		CompletedTasks []task `json:"completed_tasks"`
	}
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*e = executor{w.ID, w.Directory, w.Tasks, w.QueuedTasks, w.CompletedTasks}
	return nil
}

type framework struct {
	Executors          []executor `json:"executors"`
	CompletedExecutors []executor `json:"completed_executors"`
}

// sandboxes gives the directories where the task's files may be, most likely first.
func (c *Client) sandboxes(ctx context.Context, a *agent, taskID string) ([]string, error) {
	var state struct {
		Frameworks          []framework `json:"frameworks"`
		CompletedFrameworks []framework `json:"completed_frameworks"`
	}
	if err := c.state(ctx, a, &state); err != nil {
		return nil, err
	}
	for _, f := range append(state.Frameworks, state.CompletedFrameworks...) {
		for _, e := range append(f.Executors, f.CompletedExecutors...) {
			if e.Directory == "" {
				continue
			}
			if e.ID == taskID { // a command task is its own executor
				return []string{e.Directory}, nil
			}
			for _, list := range [][]struct{ ID string }{e.Tasks, e.QueuedTasks, e.CompletedTasks} {
				for _, t := range list {
					if t.ID == taskID { // a task of a shared executor has a folder below it
						return []string{e.Directory + "/tasks/" + taskID, e.Directory}, nil
					}
				}
			}
		}
	}
	return nil, fmt.Errorf("task: %w", ErrNotFound)
}

// state asks the agent's own process first: several agents may share one address.
func (c *Client) state(ctx context.Context, a *agent, into any) error {
	var first error
	for _, base := range a.bases {
		for _, path := range []string{"/" + a.process + "/state", "/state"} {
			err := c.get(ctx, base+path, into)
			if err == nil {
				a.bases = []string{base}
				return nil
			}
			if first == nil {
				first = err
			}
			if !errors.Is(err, ErrNotFound) {
				break
			}
		}
	}
	return first
}

// end reads the last maxBytes of a file and drops the line that the cut went through.
func (c *Client) end(ctx context.Context, a agent, path string, maxBytes int) (string, error) {
	size, _, err := c.read(ctx, a, path, -1, -1) // -1 asks for the size
	if err != nil {
		return "", err
	}
	start := max(0, size-int64(maxBytes))
	var b strings.Builder
	for at := start; at < size; at += chunk {
		_, data, err := c.read(ctx, a, path, at, min(chunk, size-at))
		if err != nil {
			return "", err
		}
		if data == "" {
			break
		}
		b.WriteString(data)
	}
	text := b.String()
	if start > 0 {
		if _, rest, cut := strings.Cut(text, "\n"); cut && rest != "" {
			text = rest
		}
	}
	return strings.TrimRight(strings.ToValidUTF8(text, "�"), "\n"), nil
}

func (c *Client) read(ctx context.Context, a agent, path string, offset, length int64) (at int64, data string, err error) {
	q := url.Values{"path": {path}, "offset": {strconv.FormatInt(offset, 10)}}
	if length >= 0 {
		q.Set("length", strconv.FormatInt(length, 10))
	}
	var body struct {
		Data   string
		Offset int64
	}
	err = c.get(ctx, a.bases[0]+"/files/read?"+q.Encode(), &body)
	return body.Offset, body.Data, err
}

func (c *Client) get(ctx context.Context, target string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: %w", req.URL.Path, ErrNotFound)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answers %s", req.URL.Path, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%s: no readable JSON: %w", req.URL.Path, err)
	}
	return nil
}
