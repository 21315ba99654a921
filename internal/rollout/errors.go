package rollout

import (
	"fmt"
	"strings"
	"time"
)

// CrashLoopError says that instances of the new configuration start and end again and again.
type CrashLoopError struct {
	AppID        string
	Failures     int // ended tasks of this version that were seen
	Message      string
	Host, TaskID string
	LastLines    string // end of the last task's stderr (or stdout); empty when Mesos could not be asked

	agentID string
}

func (e *CrashLoopError) Error() string {
	s := fmt.Sprintf("app %s crashes: %d tasks of this version ended, the last one (%s on %s) with: %s", e.AppID, e.Failures, e.TaskID, e.Host, e.Message)
	if e.LastLines != "" {
		s += "\nlast lines of its output:\n" + e.LastLines
	}
	return s
}

// UnschedulableError says that Mesos offers nothing that fits.
type UnschedulableError struct {
	AppID   string
	Waiting int      // instances that wait for an offer
	Reasons []string // with numbers, such as "needs 8 cpus; largest free on an agent 4"
}

func (e *UnschedulableError) Error() string {
	return fmt.Sprintf("app %s: no agent offers what %d of its instances need: %s", e.AppID, e.Waiting, strings.Join(e.Reasons, "; "))
}

// UnhealthyError says that instances run but their health checks fail.
type UnhealthyError struct {
	AppID        string
	Kills        int    // tasks that were killed for it
	Cause        string // of the last failing check
	Host, TaskID string
	LastLines    string

	agentID string
}

func (e *UnhealthyError) Error() string {
	s := fmt.Sprintf("app %s does not become healthy", e.AppID)
	if e.Kills > 0 {
		s += fmt.Sprintf(", Marathon killed %d tasks for it", e.Kills)
	}
	if e.TaskID != "" {
		s += fmt.Sprintf(" (last %s on %s)", e.TaskID, e.Host)
	}
	if e.Cause != "" {
		s += ": " + e.Cause
	}
	if e.LastLines != "" {
		s += "\nlast lines of its output:\n" + e.LastLines
	}
	return s
}

// OvertakenError says that somebody else changed the app, or undid our deployment, while we waited. Marathon gives an undone update
// a new version, so the two look the same.
type OvertakenError struct {
	AppID, DeploymentID string
	WantVersion         string   // empty: the app was being deleted, and was created anew
	Version             string   // what the app has now
	Deployments         []string // what runs on it now
}

func (e *OvertakenError) Error() string {
	if e.WantVersion == "" {
		return fmt.Sprintf("app %s was created anew (version %s) by somebody else while it was being deleted", e.AppID, e.Version)
	}
	s := fmt.Sprintf("app %s was changed, or our change undone, by somebody else: version %s was asked for", e.AppID, e.WantVersion)
	if e.DeploymentID != "" {
		s += " (deployment " + e.DeploymentID + ")"
	}
	s += ", Marathon now has " + e.Version
	if len(e.Deployments) > 0 {
		s += " (deployment " + strings.Join(e.Deployments, ", ") + ")"
	}
	return s
}

// RolledBackError says that the deployment was undone, or the app was deleted, by somebody else. Undoing a create deletes the app.
type RolledBackError struct {
	AppID, DeploymentID string
	Gone                bool   // the app does not exist any more
	Version             string // what the app has now, unless Gone
	Reason              string
}

func (e *RolledBackError) Error() string {
	s := fmt.Sprintf("app %s: ", e.AppID)
	if e.DeploymentID != "" {
		s += "deployment " + e.DeploymentID + ": "
	}
	return s + e.Reason
}

// TimeoutError says that the context ended first. Evidence is what Marathon knew, most telling first.
// It unwraps to the context's error and, where the evidence is plain, to one of the errors above.
type TimeoutError struct {
	AppID, DeploymentID string
	Waited              time.Duration
	Evidence            []string
	Err                 error // context.DeadlineExceeded
	Cause               error // *CrashLoopError, *UnhealthyError, *UnschedulableError or nil

	gone bool // it was the app's end that was waited for
}

func (e *TimeoutError) Error() string {
	what := "ready"
	if e.gone {
		what = "gone"
	}
	s := fmt.Sprintf("app %s was not %s after %s", e.AppID, what, e.Waited.Round(time.Second))
	if e.DeploymentID != "" {
		s += " (deployment " + e.DeploymentID + ")"
	}
	if len(e.Evidence) > 0 {
		s += ":\n  - " + strings.Join(e.Evidence, "\n  - ")
	}
	return s
}

// Unwrap gives the context's error and the cause.
func (e *TimeoutError) Unwrap() []error {
	var errs []error
	for _, err := range []error{e.Err, e.Cause} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
