package agent

import (
	"os"
	"testing"
)

// The test binary is the supervisor's program too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == SuperviseMode {
		os.Exit(Supervise(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
