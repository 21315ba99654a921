package main

import (
	"strconv"
	"strings"
	"unicode"
)

// words are the longest runs of letters and digits in a line, in lower case.
func words(line string) []string {
	return strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// table is one partition of the counts, as of the last committed transaction.
type table struct {
	partition int32
	counts    map[string]int64
}

// batch is the work of one transaction: counts on top of the tables that it started from. Nothing reaches a table before
// its transaction is committed, so an abort needs no undoing.
type batch struct {
	changes map[*table]map[string]int64
	// lost: the batch read a partition that does not belong to this instance any more, so it cannot be committed.
	lost bool
}

func newBatch() *batch { return &batch{changes: map[*table]map[string]int64{}} }

// add counts a word once more.
func (b *batch) add(t *table, word string) {
	changed := b.changes[t]
	if changed == nil {
		changed = map[string]int64{}
		b.changes[t] = changed
	}
	n, ok := changed[word]
	if !ok {
		n = t.counts[word]
	}
	changed[word] = n + 1
}

// commit takes the batch's counts over into their tables.
func (b *batch) commit() {
	for t, changed := range b.changes {
		for word, n := range changed {
			t.counts[word] = n
		}
	}
}

func formatCount(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

func parseCount(value []byte) (int64, error) { return strconv.ParseInt(string(value), 10, 64) }
