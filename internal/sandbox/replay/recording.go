// Package replay holds recordings of a real Marathon server against the sandbox: it sends the recorded requests to a
// fresh sandbox and compares the answers by the rules that came with the recordings.
package replay

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// A Scenario is a sequence of steps on a fresh server.
type Scenario struct {
	Name, File string
	Steps      []Step
}

// A Step is one line of a recording; exactly one of its actions is set.
type Step struct {
	Scenario string          `json:"scenario"`
	Number   int             `json:"step"`
	Note     string          `json:"note"`
	Request  *Request        `json:"request"`
	Wait     *Wait           `json:"wait"`
	Fault    *Fault          `json:"fault"`
	Sample   *Sample         `json:"sample"`
	Events   *Events         `json:"events"`
	Cleanup  *Cleanup        `json:"cleanup"`
	Response json.RawMessage `json:"response"` // of requests and of opened streams
	Observed json.RawMessage `json:"observed"`
	Loose    []string        `json:"loose"`
}

// Request is sent as it is; the path is raw. A header that is null is not sent even if it is a default.
type Request struct {
	Method  string             `json:"method"`
	Path    string             `json:"path"`
	Headers map[string]*string `json:"headers"`
	Body    json.RawMessage    `json:"body"`
	Text    *string            `json:"text"`
	BodyOf  int                `json:"bodyOf"` // the body of that step again
}

// Wait polls until something holds; TimeoutSeconds is 30 when zero.
type Wait struct {
	Until          string          `json:"until"`
	ID             string          `json:"id"`
	Count          int             `json:"count"`
	State          string          `json:"state"`
	Path           string          `json:"path"`
	Pointer        string          `json:"pointer"`
	Equals         json.RawMessage `json:"equals"`
	AtLeast        *float64        `json:"atLeast"`
	Exists         *bool           `json:"exists"`
	Seconds        float64         `json:"seconds"`
	TimeoutSeconds float64         `json:"timeoutSeconds"`
}

// Fault is something that happens to the cluster.
type Fault struct {
	Action  string `json:"action"`
	AgentOf string `json:"agentOf"`
	App     string `json:"app"`
	File    string `json:"file"`
}

// Sample polls an app until a condition of Wait holds.
type Sample struct {
	ID             string  `json:"id"`
	Until          string  `json:"until"`
	TimeoutSeconds float64 `json:"timeoutSeconds"`
}

// Events opens, reads or closes a stream.
type Events struct {
	Open           string             `json:"open"`
	Path           string             `json:"path"`
	Headers        map[string]*string `json:"headers"`
	Read           string             `json:"read"`
	Until          string             `json:"until"`
	Count          int                `json:"count"`
	QuietSeconds   float64            `json:"quietSeconds"`
	TimeoutSeconds float64            `json:"timeoutSeconds"`
	Close          string             `json:"close"`
}

// Cleanup deletes groups.
type Cleanup struct {
	Groups []string `json:"groups"`
}

// Load reads all recordings of a folder, in the order of their files.
func Load(dir string) ([]Scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no recordings in %s", dir)
	}
	sort.Strings(files)
	var out []Scenario
	for _, f := range files {
		s, err := loadFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

func loadFile(file string) ([]Scenario, error) {
	b, err := os.ReadFile(file) //nolint:gosec // a folder that the developer names
	if err != nil {
		return nil, err
	}
	var out []Scenario
	sc := bufio.NewScanner(bytes.NewReader(b))
	sc.Buffer(nil, len(b)+1)
	for line := 1; sc.Scan(); line++ {
		var s Step
		if err := json.Unmarshal(sc.Bytes(), &s); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", filepath.Base(file), line, err)
		}
		if len(out) == 0 || out[len(out)-1].Name != s.Scenario {
			out = append(out, Scenario{Name: s.Scenario, File: filepath.Base(file)})
		}
		last := &out[len(out)-1]
		last.Steps = append(last.Steps, s)
	}
	return out, sc.Err()
}

// Find looks for the recordings: in the folder that the environment variable MARATHON_RECORDINGS names, else in
// shared/recordings beside the repository or one of the folders around it. "" = there are none.
func Find() (string, error) {
	if dir := os.Getenv("MARATHON_RECORDINGS"); dir != "" {
		_, err := os.Stat(dir)
		return dir, err
	}
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		dir := filepath.Join(at, "shared", "recordings")
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", nil
		}
		at = up
	}
}
