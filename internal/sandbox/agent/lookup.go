package agent

import (
	"errors"
	"os"
	"path/filepath"
)

// RecordedPids reads, from outside of the running sandbox, the leaders of the process groups of all tasks whose folders
// are still below dir (Options.Dir), by task id. A pid says nothing about whether the task still runs.
func RecordedPids(dir string) (map[string]int, error) {
	states := layout{dir: dir}.states()
	entries, err := os.ReadDir(states)
	if err != nil {
		return nil, err
	}
	pids := map[string]int{}
	for _, entry := range entries {
		folder := filepath.Join(states, entry.Name())
		var task taskRecord
		var process processRecord
		err := errors.Join(readRecord(folder, taskFile, &task), readRecord(folder, processFile, &process))
		if errors.Is(err, os.ErrNotExist) {
			continue // it is being made or being removed
		}
		if err != nil {
			return nil, err
		}
		pids[task.TaskID] = process.Pid
	}
	return pids, nil
}
