package spec

// problems collects violations; several of one path become one entry, as Marathon prints them.
type problems struct {
	list []Violation
}

func (p *problems) add(path, msg string) {
	if path == "" {
		path = "/"
	}
	p.addRaw(path, msg)
}

// addRaw keeps an empty path, which JSON errors of a whole body have.
func (p *problems) addRaw(path, msg string) {
	for i := range p.list {
		if p.list[i].Path == path {
			for _, e := range p.list[i].Errors {
				if e == msg {
					return
				}
			}
			p.list[i].Errors = append(p.list[i].Errors, msg)
			return
		}
	}
	p.list = append(p.list, Violation{Path: path, Errors: []string{msg}})
}

func (p *problems) jsonError() error {
	if len(p.list) == 0 {
		return nil
	}
	return &InvalidError{Message: "Invalid JSON", Details: p.list}
}

func (p *problems) ruleError() error {
	if len(p.list) == 0 {
		return nil
	}
	return &InvalidError{Message: "Object is not valid", Details: p.list}
}
