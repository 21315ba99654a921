package agent

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// The test binary is the supervisor's program too, and a process with a driver that tests may kill.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == SuperviseMode {
		// Not os.Exit: a binary built for race detection waits a second there.
		syscall.Exit(Supervise(os.Stdin, os.Stdout))
	}
	if len(os.Args) == 4 && os.Args[1] == "test-driver" {
		driver(os.Args[2], os.Args[3] == "ephemeral")
	}
	os.Exit(m.Run())
}

// driver runs one task, says its pid, and stays.
func driver(dir string, ephemeral bool) {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	reports := make(chan Status, 8)
	p, err := New(Options{Dir: dir, Program: self, Ephemeral: ephemeral, Report: func(s Status) { reports <- s }})
	if err != nil {
		panic(err)
	}
	t := task("exec sleep 1000")
	p.Launch(t)
	for s := range reports {
		if s.State == Running {
			fmt.Println(p.Pid(t.ID))
		}
	}
}
