package agent

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// The files of a task's state folder (<dir>/meta/tasks/<task id>). They are what a restarted sandbox knows.
const (
	taskFile    = "task.json"    // written before anything is started
	processFile = "process.json" // written by the supervisor once the task runs
	killFile    = "kill.json"    // a kill is under way
	exitFile    = "exit.json"    // written by the supervisor when everything of the task is gone
	aliveFile   = "alive"        // a pipe whose write end the supervisor holds for as long as it lives
)

type taskRecord struct {
	TaskID     string    `json:"taskId"`
	InstanceID string    `json:"instanceId"`
	RunDir     string    `json:"runDir"`
	Created    time.Time `json:"created"`
}

type processRecord struct {
	Pid     int       `json:"pid"`
	Birth   string    `json:"birth"` // tells the process from a later one with the same pid
	Started time.Time `json:"started"`
}

type killRecord struct {
	At       time.Time     `json:"at"`
	Grace    time.Duration `json:"grace"`
	ByHealth bool          `json:"byHealth"`
}

// exitRecord is the task's end: an exit code, or the signal that ended it.
type exitRecord struct {
	Code   int       `json:"code"`
	Signal int       `json:"signal,omitempty"`
	Time   time.Time `json:"time"`
}

// fileName is a task id as one path element. Marathon accepts ids longer than file systems do.
func fileName(id string) string {
	if len(id) <= 200 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return id[:160] + "-" + hex.EncodeToString(sum[:12])
}

// writeRecord replaces a file at once, so that a reader after a crash sees the old or the new content.
func writeRecord(dir, name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	f, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	_, err = f.Write(raw)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func readRecord(dir, name string, v any) error {
	raw, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}
