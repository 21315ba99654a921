package spec

import (
	"fmt"
	"time"
)

// Group is the decoded body of a group write. Members that were absent or null are nil or not Set.
type Group struct {
	ID           string // absolute: that of the body, else that of the path
	Version      *time.Time
	ScaleBy      *float64
	Apps         []*App
	AppsSet      bool
	Groups       []Group
	GroupsSet    bool
	Dependencies []string
	DepsSet      bool
	EnforceRole  *bool
}

// ParseGroup decodes the body of POST and PUT /v2/groups/{base}: *SyntaxError, *InvalidError or *ServerError.
// An id in the body is taken from base, and wins over it when it is absolute. Each app is a complete definition.
func ParseGroup(body []byte, base string, opts Options) (*Group, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	var p problems
	d := readGroup(node{v, "", &p})
	if err := p.jsonError(); err != nil {
		return nil, err
	}
	id := base
	if d.id != nil {
		id = AbsoluteID(*d.id, base)
	}
	if d.enforceRole != nil && *d.enforceRole {
		next := opts.EnforceRole
		opts.EnforceRole = func(top string) bool {
			return "/"+top == id || next != nil && next(top)
		}
	}
	g, err := d.resolve(id, opts)
	if err != nil {
		return nil, err
	}
	d.rules("", g, &p)
	if err := p.ruleError(); err != nil {
		return nil, err
	}
	return g, nil
}

type draftGroup struct {
	id           *string
	version      *time.Time
	scaleBy      *float64
	apps         *[]*draft
	groups       *[]*draftGroup
	dependencies *[]string
	enforceRole  *bool
}

func readGroup(n node) *draftGroup {
	d := &draftGroup{}
	d.id = n.optText("id", pathIDPattern)
	d.version = n.optTime("version")
	d.scaleBy = n.optDouble("scaleBy", 0)
	d.apps = optList(n, "apps", func(c node) *draft { return readDraft(c, true) })
	d.groups = optList(n, "groups", readGroup)
	d.dependencies = n.optStrings("dependencies")
	d.enforceRole = n.optBool("enforceRole")
	return d
}

func (d *draftGroup) resolve(id string, opts Options) (*Group, error) {
	g := &Group{ID: id, Version: d.version, ScaleBy: d.scaleBy, EnforceRole: d.enforceRole}
	opts.ParentGroup = id
	if d.apps != nil {
		g.AppsSet = true
		for _, a := range *d.apps {
			var stored *App
			if opts.Stored != nil {
				stored = opts.Stored(AbsoluteID(or(a.ID, ""), id))
			}
			app, err := complete(a, stored, opts)
			if err != nil {
				return nil, err
			}
			g.Apps = append(g.Apps, app)
		}
	}
	if d.groups != nil {
		g.GroupsSet = true
		for _, s := range *d.groups {
			sub, err := s.resolve(AbsoluteID(or(s.id, ""), id), opts)
			if err != nil {
				return nil, err
			}
			g.Groups = append(g.Groups, *sub)
		}
	}
	if d.dependencies != nil {
		g.DepsSet = true
		g.Dependencies = make([]string, len(*d.dependencies))
		for i, dep := range *d.dependencies {
			g.Dependencies[i] = AbsoluteID(dep, id)
		}
	}
	return g, nil
}

// rules are those of the group itself; those of its apps were looked at when they were resolved.
func (d *draftGroup) rules(at string, g *Group, p *problems) {
	others := func() int {
		n := 0
		for _, set := range []bool{d.id != nil, d.version != nil, d.scaleBy != nil, d.apps != nil, d.groups != nil, d.dependencies != nil, d.enforceRole != nil} {
			if set {
				n++
			}
		}
		return n
	}()
	if d.version != nil && others > 1 {
		p.add(at+"/version", "not allowed in conjunction with other properties.")
	}
	if d.scaleBy != nil && others > 1 {
		p.add(at+"/scaleBy", "not allowed in conjunction with other properties.")
	}
	if d.enforceRole != nil && ParentID(g.ID) != "/" {
		p.add(at+"/enforceRole", fmt.Sprintf("enforceRole can only be set for top-level groups, and %s is not top-level", g.ID))
	}
	if !validID(g.ID) {
		p.add(at+"/id", "must fully match regular expression '"+idSegment+"'")
	}
	for i, a := range g.Apps {
		if ParentID(a.ID) != g.ID {
			p.add(fmt.Sprintf("%s/apps(%d)/id", at, i), fmt.Sprintf("Identifier is not child of '%s'", g.ID))
		}
	}
	if d.groups == nil {
		return
	}
	for i, s := range *d.groups {
		path := fmt.Sprintf("%s/groups(%d)", at, i)
		sub := &g.Groups[i]
		if sub.ID == g.ID || ParentID(sub.ID) != g.ID {
			p.add(path, "Group has to be child of groups with parent id")
			continue
		}
		s.rules(path, sub, p)
	}
}

// ParseEnforceRole decodes the body of PATCH /v2/groups/{id}. A body that does not say means false.
func ParseEnforceRole(body []byte, id string) (bool, error) {
	v, err := parse(body)
	if err != nil {
		return false, err
	}
	var p problems
	b := node{v, "", &p}.optBool("enforceRole")
	if err := p.jsonError(); err != nil {
		return false, err
	}
	if id == "/" || ParentID(id) != "/" {
		p.add("/", "Path needs to be top-level")
	}
	return or(b, false), p.ruleError()
}

// ParseIDs decodes {"ids": [...]}, the body of POST /v2/tasks/delete.
func ParseIDs(body []byte) ([]string, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	var p problems
	// Marathon reads this one by hand; the paths of its problems are empty.
	c, ok := node{v, "", &p}.child("ids")
	if !ok {
		p.addRaw("", "'ids' is undefined on object: "+v.compact())
		return nil, p.jsonError()
	}
	c.path = ""
	return or(c.strings(), nil), p.jsonError()
}
