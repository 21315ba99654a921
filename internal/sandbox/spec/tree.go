package spec

// Tree is what ValidateTree looks at: a group with its apps and sub-groups in the server's order.
type Tree struct {
	ID           string
	Apps         []*App
	Groups       []Tree
	Dependencies []string
	EnforceRole  bool
}

// ValidateTree checks a whole root tree as Marathon does before it stores one: *InvalidError with paths from the root.
func ValidateTree(root Tree, opts Options) error { return nil }
