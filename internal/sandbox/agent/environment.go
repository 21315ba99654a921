package agent

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"sort"
	"strings"
)

// inherited are the variables of the sandbox's own environment that tasks see, as an agent's tasks see its PATH.
// Nothing else comes through: a developer's shell must not change what a task does.
var inherited = []string{"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "JAVA_HOME"}

// taskMark names every process of a task by its state folder, so that strays are found even after a crash.
const taskMark = "KAFKA_SANDBOX_TASK"

// environment builds the task's variables, each source over the one before: the agent's, the image's, Mesos's,
// Marathon's with the app's own, and the sandbox's additions.
func (p *Processes) environment(t Task, runDir, stateDir string) ([]string, error) {
	env := map[string]string{}
	for _, name := range inherited {
		if v, ok := os.LookupEnv(name); ok {
			env[name] = v
		}
	}
	merge := func(from map[string]string) {
		for k, v := range from {
			env[k] = v
		}
	}
	if image := t.App.Image(); image != "" {
		if p.opts.Images == nil {
			return nil, fmt.Errorf("image %s: the sandbox runs no images", image)
		}
		provided, err := p.opts.Images(image)
		if err != nil {
			return nil, err
		}
		merge(provided)
	}
	merge(map[string]string{
		"MESOS_SANDBOX":      runDir,
		"MESOS_DIRECTORY":    runDir,
		"MESOS_EXECUTOR_ID":  t.ID,
		"MESOS_FRAMEWORK_ID": p.layout.framework,
		"MESOS_SLAVE_ID":     t.AgentID,
		"MESOS_AGENT_ID":     t.AgentID,
		"LIBPROCESS_IP":      t.Hostname,
	})
	merge(t.Env)
	if p.opts.TaskEnv != nil {
		merge(p.opts.TaskEnv(t))
	}
	env[taskMark] = stateDir
	list := make([]string, 0, len(env))
	for k, v := range env {
		list = append(list, k+"="+v)
	}
	sort.Strings(list)
	return list, nil
}

// command is the argument vector of the task.
func command(t Task) ([]string, error) {
	switch {
	case t.App.Cmd != nil:
		return []string{"/bin/sh", "-c", *t.App.Cmd}, nil
	case t.App.Image() != "":
		return nil, fmt.Errorf("image %s would be started by its own entrypoint, which the sandbox does not have; give the app a cmd", t.App.Image())
	case len(t.App.Args) > 0:
		return t.App.Args, nil
	}
	return nil, errors.New("the app has neither cmd nor args")
}

// checkUser refuses a user that the sandbox would have to become.
func checkUser(t Task) error {
	if t.App.User == nil || *t.App.User == "" {
		return nil
	}
	u, err := user.Lookup(*t.App.User)
	if err != nil {
		return fmt.Errorf("failed to get user information for '%s': %w", *t.App.User, err)
	}
	if u.Uid != fmt.Sprint(os.Geteuid()) {
		return fmt.Errorf("the app asks for user '%s': the sandbox runs tasks as the user that started it", *t.App.User)
	}
	return nil
}

// value is the value of a variable in a list of environment entries.
func value(env []string, name string) string {
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}
