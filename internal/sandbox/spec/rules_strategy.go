package spec

import "fmt"

func strategyRules(d *draft, p *problems) {
	if u := d.UnreachableStrategy; u != nil && !u.Disabled && u.InactiveAfterSeconds > u.ExpungeAfterSeconds {
		p.add("/unreachableStrategy/inactiveAfterSeconds", fmt.Sprintf(
			"inactiveAfterSeconds (%d) must be less or equal to expungeAfterSeconds, which is %d", u.InactiveAfterSeconds, u.ExpungeAfterSeconds))
	}
	if d.Residency != nil && d.UnreachableStrategy != nil && !d.UnreachableStrategy.Disabled {
		p.add("/", "unreachableStrategy must be disabled for resident tasks")
	}
	if d.Residency != nil && d.UpgradeStrategy != nil {
		zeroRule("/upgradeStrategy/maximumOverCapacity", d.UpgradeStrategy.MaximumOverCapacity, p)
	}
	if singleInstance(or(d.Labels, nil)) {
		if or(d.Instances, 1) > 1 {
			p.add("/", "Single instance app may only have one instance")
		}
		if d.UpgradeStrategy != nil {
			singleInstanceStrategy(*d.UpgradeStrategy, p)
		}
	}
	if d.externalVolumes() > 0 && or(d.Instances, 1) > 1 {
		p.add("/", fmt.Sprintf("Number of instances is limited to 1 when declaring DVDI volumes in app [%s]", or(d.ID, "")))
	}
}

func singleInstance(labels map[string]string) bool {
	return labels["MARATHON_SINGLE_INSTANCE_APP"] == "true"
}

func singleInstanceStrategy(u UpgradeStrategy, p *problems) {
	zeroRule("/upgradeStrategy/maximumOverCapacity", u.MaximumOverCapacity, p)
	zeroRule("/upgradeStrategy/minimumHealthCapacity", u.MinimumHealthCapacity, p)
}

func zeroRule(path string, x float64, p *problems) {
	if x != 0 {
		p.add(path, fmt.Sprintf("got %s, expected 0.0", fmtDouble(x)))
	}
}

// storedRules are looked at once more with all defaults filled in.
func storedRules(a *App) error {
	var p problems
	if singleInstance(a.Labels) && a.UpgradeStrategy != (UpgradeStrategy{}) {
		p.add("/isSingleInstance", "must be false")
		singleInstanceStrategy(a.UpgradeStrategy, &p)
	}
	return p.ruleError()
}
