package spec

// Clone is a deep copy.
func (a *App) Clone() *App { c := *a; return &c }

// IsUpgrade says whether the change from one definition to the other replaces tasks: any difference besides instances,
// versions and executorResources.
func IsUpgrade(from, to *App) bool { return false }

// ResidentViolations are the rules an update of a resident app breaks (nil = none); call it after AssignServicePorts.
// Paths are relative to the app. from and to are the stored and the wanted definition.
func ResidentViolations(from, to *App) []Violation { return nil }

// AssignServicePorts replaces zeros by service ports of 10000-20000, reusing in order those of old (may be nil) that
// new does not name. inUse tells of numbers in use anywhere. The error (*ServerError) says that the pool is exhausted.
func AssignServicePorts(app, old *App, inUse func(int) bool) error { return nil }

// ServicePorts are the app's service ports in order: port definitions in host mode, else of the port mappings.
func (a *App) ServicePorts() []int { return nil }
