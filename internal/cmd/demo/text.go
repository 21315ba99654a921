package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode"
)

// text is what the demo counts: lines of this repository's own pages, repeated until there are enough words.
type text struct {
	Lines  []string
	Words  int
	Counts map[string]int
}

// words splits as the worker does: lower case, letters and digits.
func words(line string) []string {
	return strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// readText collects the Markdown pages and the licence below root.
func readText(root string, atLeast int) (text, error) {
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if name == "LICENSE" || strings.HasSuffix(name, ".md") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return text{}, err
	}
	sort.Strings(files)
	var lines []string
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			return text{}, err
		}
		for _, line := range strings.Split(string(raw), "\n") {
			if len(words(line)) > 0 {
				lines = append(lines, line)
			}
		}
	}
	if len(lines) == 0 {
		return text{}, fmt.Errorf("no text found below %s", root)
	}
	t := text{Counts: map[string]int{}}
	for t.Words < atLeast {
		for _, line := range lines {
			w := words(line)
			for _, word := range w {
				t.Counts[word]++
			}
			t.Words += len(w)
			t.Lines = append(t.Lines, line)
		}
	}
	return t, nil
}
