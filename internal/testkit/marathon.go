package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox"
)

// Marathon is an independent client: plain HTTP, nothing of the provider's own.
type Marathon struct {
	t              testing.TB
	base           string
	user, password string
}

// MarathonClient speaks to a sandbox.
func MarathonClient(t testing.TB, sb *sandbox.Sandbox) *Marathon {
	return &Marathon{t: t, base: sb.URL()}
}

// WithCredentials answers a client that sends basic authentication.
func (m *Marathon) WithCredentials(user, password string) *Marathon {
	c := *m
	c.user, c.password = user, password
	return &c
}

// Do sends a request with a JSON body (nil = none) and answers the status and the decoded answer (nil = none).
func (m *Marathon) Do(method, path string, body any) (int, any) {
	m.t.Helper()
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			m.t.Fatal(err)
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.base+path, reader)
	if err != nil {
		m.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if m.user != "" {
		req.SetBasicAuth(m.user, m.password)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	var answer any
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &answer); err != nil {
			m.t.Fatalf("%s %s: status %d, no JSON: %.200s", method, path, resp.StatusCode, raw)
		}
	}
	return resp.StatusCode, answer
}

// App answers an app with its tasks, nil when Marathon has none of that id.
func (m *Marathon) App(id string) map[string]any {
	m.t.Helper()
	status, answer := m.Do(http.MethodGet, "/v2/apps"+id, nil)
	switch status {
	case http.StatusOK:
		app, _ := answer.(map[string]any)["app"].(map[string]any)
		return app
	case http.StatusNotFound:
		return nil
	}
	m.t.Fatalf("GET app %s: status %d: %v", id, status, answer)
	return nil
}

// TaskIDs are the ids of an app's tasks, as Marathon lists them.
func (m *Marathon) TaskIDs(id string) []string {
	m.t.Helper()
	app := m.App(id)
	tasks, _ := app["tasks"].([]any)
	ids := make([]string, 0, len(tasks))
	for _, task := range tasks {
		ids = append(ids, task.(map[string]any)["id"].(string))
	}
	return ids
}
