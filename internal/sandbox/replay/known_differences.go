package replay

// Unsteady are scenarios whose recorded outcome is that of a race, with what races. Either verdict is told, none fails.
var Unsteady = map[string]string{
	"deploy-readiness": "the first probe may come before the task's Python listens; the recorded one came after",
	"tasks-locked":     "a task is killed and all are scaled away right after; the recorded one still counted, a sandbox's may have ended",
}

// PodsInPassing are scenarios among those that need pods of which the rest is played without.
var PodsInPassing = map[string]bool{
	"valid-tree": true, "sys-routes": true, "group-delete": true, "group-update": true, "group-embed": true,
}

const needsPods = "needs pods, which the sandbox does not have (501)"

// KnownDifferences are scenarios that do not match, with the reason. One that starts to match fails the test, so that the
// list stays honest.
var KnownDifferences = map[string]string{
	"abdicate":              "the server of the test cannot end by itself and be started again (501)",
	"deploy-stuck-health":   "the recorded agents never kill at maxConsecutiveFailures 0; Mesos's executor kills at the first failure that counts, and so does the sandbox",
	"ev-pod":                needsPods,
	"ev-pod-update":         needsPods,
	"group-delete":          needsPods,
	"group-embed":           needsPods,
	"group-update":          needsPods,
	"pod-failing":           needsPods,
	"pod-instances":         needsPods,
	"pod-life":              needsPods,
	"pod-locked":            needsPods,
	"pod-normalise":         needsPods,
	"pod-resident":          needsPods,
	"pod-running-endpoints": needsPods,
	"pod-validate":          needsPods,
	"queue-pod":             needsPods,
	"sys-headers":           "an Origin that is not the sandbox's own is refused (403): it runs commands",
	"sys-routes":            needsPods,
	"tasks-networks":        "a Docker image that the sandbox does not know fails the task; the recorded agents ignore images",
	"valid-tree":            needsPods,
}
