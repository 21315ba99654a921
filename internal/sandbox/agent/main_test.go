package agent

import (
	"os"
	"syscall"
	"testing"
)

// The test binary is the supervisor's program too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == SuperviseMode {
		// Not os.Exit: a binary built for race detection waits a second there.
		syscall.Exit(Supervise(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}
