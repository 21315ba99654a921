package main

import (
	"fmt"
	"io"
	"time"
)

// report tells a person what happens, with times since the start and for each step.
type report struct {
	out     io.Writer
	started time.Time
	step    time.Time
}

func newReport(out io.Writer) *report {
	now := time.Now()
	return &report{out: out, started: now, step: now}
}

// Step begins a part of the demo.
func (r *report) Step(format string, args ...any) {
	r.step = time.Now()
	_, _ = fmt.Fprintf(r.out, "\n%6.1fs  %s\n", time.Since(r.started).Seconds(), fmt.Sprintf(format, args...))
}

// Line adds a detail to the current part.
func (r *report) Line(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, "         %s\n", fmt.Sprintf(format, args...))
}

// Took ends a part with how long it was.
func (r *report) Took(format string, args ...any) {
	r.Line("%s (%.1f s)", fmt.Sprintf(format, args...), time.Since(r.step).Seconds())
}

// Seconds since the start.
func (r *report) Seconds() float64 { return time.Since(r.started).Seconds() }
