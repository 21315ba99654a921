// Package agent is the sandbox's stand-in for Mesos agents: it runs tasks as real local processes.
package agent

import (
	"context"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// State is a Mesos task state as it reaches the scheduler.
type State string

// The states a driver reports. All but the first three are terminal.
const (
	Staging  State = "TASK_STAGING"
	Starting State = "TASK_STARTING"
	Running  State = "TASK_RUNNING"
	Killing  State = "TASK_KILLING"
	Finished State = "TASK_FINISHED"
	Failed   State = "TASK_FAILED"
	Killed   State = "TASK_KILLED"
	Lost     State = "TASK_LOST"
	Errored  State = "TASK_ERROR"
)

// Task is one incarnation to be run: everything the agent needs, with ports and volumes already decided.
type Task struct {
	ID         string // Marathon's task id, e.g. kafka_main_broker-0.instance-<uuid>._app.1
	InstanceID string
	App        *spec.App // the definition it is launched from
	AgentID    string
	Hostname   string // the agent's, e.g. 127.0.0.2; the task's HOST
	Ports      []int  // host ports, one per port definition or mapped port
	// Volumes gives the directory of each persistent volume by containerPath; it outlives the incarnation.
	Volumes map[string]string
	// Env is Marathon's own environment (MARATHON_*, PORT*, HOST …), the app's own values already on top.
	Env map[string]string
}

// Status is a change of a task, in order per task.
type Status struct {
	TaskID  string
	State   State
	Message string // Mesos's words, e.g. "Command exited with status 3"
	Time    time.Time
	// Reason REASON_TASK_HEALTH_CHECK_STATUS_UPDATED carries a verdict of an agent-run (MESOS_*, COMMAND) health check in
	// Healthy; the state is then Running still.
	Reason  string
	Healthy *bool
	// Unhealthy terminations: the agent killed the task because its check failed for good.
	KilledByHealthCheck bool
}

// ReasonHealth marks a Status that only tells of an agent-run health check.
const ReasonHealth = "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"

// Driver runs tasks. All methods return at once; what happens is told through the status function given to New.
type Driver interface {
	// Launch starts the task. Fetch failures, unknown images and so on end it with TASK_FAILED and a message.
	Launch(t Task)
	// Kill sends SIGTERM to the task's process group and SIGKILL after grace. An unknown id is reported TASK_KILLED: gone is what was asked for.
	Kill(taskID string, grace time.Duration)
	// Recover takes over tasks of an earlier sandbox process, by id; those that are still alive report Running,
	// the others a terminal status with what is known of their end.
	Recover(tasks []Task)
	// Signal is a test's fault: the signal goes to the task's process group without Marathon knowing.
	Signal(taskID string, sig int) error
	// Shutdown ends every task (SIGTERM, grace, SIGKILL), or, with keep, leaves them running for a later Recover.
	Shutdown(ctx context.Context, keep bool) error
	// SandboxDir is the task's working directory (stdout, stderr); "" when unknown.
	SandboxDir(taskID string) string
	// Pid is the leader of the task's process group, 0 when it does not run.
	Pid(taskID string) int
}
