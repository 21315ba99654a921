package sandbox

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
)

// The test binary is the program that tasks are started through, and one that answers with its task's id.
func TestMain(m *testing.M) {
	args := os.Args[1:]
	if len(args) == 1 && args[0] == "test-answering-machine" {
		answeringMachine()
	}
	if code, handled := Multicall(args); handled {
		syscall.Exit(code) // not os.Exit: a binary built for race detection waits a second there
	}
	os.Exit(m.Run())
}

// answeringMachine tells everyone who connects to $HOST:$PORT0 which task it is.
func answeringMachine() {
	l, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT0")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		_, _ = fmt.Fprintln(c, os.Getenv("MESOS_TASK_ID"))
		_ = c.Close()
	}
}
