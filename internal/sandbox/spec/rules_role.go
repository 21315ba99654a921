package spec

import (
	"fmt"
	"strings"
)

// roleRules say which role an app gets and may have.
type roleRules struct {
	def      string
	valid    []string
	reserved string // role of the stored app's reservations, "" = it has none
	force    bool
}

func rolesFor(id string, current *App, opts Options) roleRules {
	def := opts.DefaultRole
	if def == "" {
		def = "*"
	}
	r := roleRules{def: def, valid: []string{def}, force: opts.Force}
	if top := TopGroup(id); top != "" {
		if opts.EnforceRole != nil && opts.EnforceRole(top) {
			r.def, r.valid = top, []string{top}
		} else if top != def {
			r.valid = append(r.valid, top)
		}
		if current != nil {
			known := false
			for _, v := range r.valid {
				known = known || v == current.Role
			}
			if !known {
				r.valid = append(r.valid, current.Role)
			}
		}
	}
	if current != nil && current.Resident() {
		r.reserved = current.Role
	}
	return r
}

func (r roleRules) check(d *draft, p *problems) {
	role := or(d.Role, "")
	ok := false
	for _, v := range r.valid {
		ok = ok || v == role
	}
	if !ok {
		p.add("/role", fmt.Sprintf("got %s, expected one of: [%s]", role, strings.Join(r.valid, ", ")))
	}
	if d.resident() && role == "*" {
		p.add("/role", "Resident apps cannot have the role *")
	}
	if r.reserved != "" && r.reserved != role && !r.force {
		p.add("/role", fmt.Sprintf("It is not possible to change the role for existing reservations. If you proceed with this change, "+
			"all existing instances will continue to run under the previous role, %s. Only new instances will be allocated with "+
			"the new role, %s. In order to continue, retry your request with ?force=true", r.reserved, role))
	}
}

func acceptedRoleRules(d *draft, p *problems) {
	if d.AcceptedResourceRoles == nil {
		return
	}
	const at = "/acceptedResourceRoles"
	roles := *d.AcceptedResourceRoles
	if len(roles) == 0 {
		p.add(at, "must not be empty")
		return
	}
	role, foreign := or(d.Role, ""), false
	for _, r := range roles {
		if r == "" {
			p.add(at, `A role name must not be "".`)
		}
		foreign = foreign || r != "*" && r != role
	}
	if d.Residency != nil {
		if len(roles) != 1 || roles[0] != "*" {
			p.add(at, "A resident app must have `acceptedResourceRoles = [\"*\"]`.")
		}
		return
	}
	if foreign {
		may := "*"
		if role != "*" {
			may = "* and " + role
		}
		p.add(at, "acceptedResourceRoles can only contain "+may)
	}
}
