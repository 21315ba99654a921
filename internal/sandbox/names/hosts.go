package names

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

// entry is one line of a hosts file; several of one name give it several addresses.
type entry struct{ address, name string }

// hostsFile renders the entries after those that every machine has. Programs that are given this file ask nothing else.
func hostsFile(machine string, entries []entry) []byte {
	lines := map[entry]bool{}
	for _, e := range entries {
		lines[e] = true
	}
	sorted := make([]entry, 0, len(lines))
	for e := range lines {
		sorted = append(sorted, e)
	}
	sort.Slice(sorted, func(i, j int) bool {
		if sorted[i].name != sorted[j].name {
			return sorted[i].name < sorted[j].name
		}
		return sorted[i].address < sorted[j].address
	})
	var b bytes.Buffer
	b.WriteString("127.0.0.1 localhost\n")
	if machine != "" && machine != "localhost" {
		fmt.Fprintf(&b, "127.0.0.1 %s\n", machine)
	}
	for _, e := range sorted {
		fmt.Fprintf(&b, "%s %s\n", e.address, e.name)
	}
	return b.Bytes()
}

// replaceFile puts content in place of the file at once: readers see the old or the new one, whole.
func replaceFile(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
