package scheduler

import "testing"

// A timer that fires late must not store an old state over that of the next core in the same folder.
func TestAClosedCoreChangesNothing(t *testing.T) {
	w := newWorld(t)
	if err := w.core.Close(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	ran := false
	w.core.locked(func() { ran = true })
	if ran {
		t.Error("a closed core still acts")
	}
}
