package replay

// KnownDifferences are scenarios that do not match yet, with the reason. One that starts to match fails the test, so
// that the list stays honest.
var KnownDifferences = map[string]string{}
