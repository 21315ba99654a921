package spec

import "math"

func readHealthCheck(n node) HealthCheck {
	h := HealthCheck{
		Protocol:               or(n.optEnum("protocol", "HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_TCP", "MESOS_HTTP", "MESOS_HTTPS"), "HTTP"),
		Path:                   n.optString("path"),
		Port:                   n.optInt("port", maxPort),
		PortIndex:              n.optInt("portIndex", maxPort),
		GracePeriodSeconds:     or(n.optInt("gracePeriodSeconds", math.MaxInt32), 300),
		IntervalSeconds:        or(n.optInt("intervalSeconds", math.MaxInt32), 60),
		TimeoutSeconds:         or(n.optInt("timeoutSeconds", math.MaxInt32), 20),
		MaxConsecutiveFailures: or(n.optInt("maxConsecutiveFailures", math.MaxInt32), 3),
		DelaySeconds:           or(n.optInt("delaySeconds", math.MaxInt32), 15),
		IgnoreHTTP1xx:          n.optBool("ignoreHttp1xx"),
		IPProtocol:             or(n.optEnum("ipProtocol", "IPv4", "IPv6"), "IPv4"),
	}
	if c, ok := n.opt("command"); ok {
		h.Command = map[string]any{"value": c.reqText("value", 0, nil)}
	}
	return h
}

func readReadinessCheck(n node) ReadinessCheck {
	r := ReadinessCheck{
		Name:                    or(n.optText("name", nil), "readinessCheck"),
		Protocol:                or(n.optEnum("protocol", "HTTP", "HTTPS"), "HTTP"),
		Path:                    or(n.optText("path", nil), "/"),
		PortName:                or(n.optText("portName", nil), "http-api"),
		IntervalSeconds:         or(n.optInt("intervalSeconds", math.MaxInt32), 30),
		TimeoutSeconds:          or(n.optInt("timeoutSeconds", math.MaxInt32), 10),
		HTTPStatusCodesForReady: []int{200},
		PreserveLastResponse:    or(n.optBool("preserveLastResponse"), false),
	}
	codes := optList(n, "httpStatusCodesForReady", func(c node) int { return or(c.boundedInt(100, 999), 0) })
	if codes != nil {
		r.HTTPStatusCodesForReady = *codes
		if len(*codes) == 0 {
			c, _ := n.child("httpStatusCodesForReady")
			c.fail("error.minLength")
		}
	}
	return r
}

func readCheck(n node) *Check {
	c, ok := n.opt("check")
	if !ok {
		return nil
	}
	out := &Check{
		IntervalSeconds: or(c.optInt("intervalSeconds", math.MaxInt32), 60),
		TimeoutSeconds:  or(c.optInt("timeoutSeconds", math.MaxInt32), 20),
		DelaySeconds:    or(c.optInt("delaySeconds", math.MaxInt32), 15),
	}
	if h, ok := c.opt("http"); ok {
		m := map[string]any{"scheme": or(h.optEnum("scheme", "HTTP", "HTTPS"), "HTTP")}
		setIf(m, "portIndex", h.optInt("portIndex", maxPort))
		setIf(m, "path", h.optText("path", nil))
		out.HTTP = m
	}
	if t, ok := c.opt("tcp"); ok {
		m := map[string]any{}
		setIf(m, "portIndex", t.optInt("portIndex", maxPort))
		out.TCP = m
	}
	if e, ok := c.opt("exec"); ok {
		if cmd, ok := e.req("command"); ok {
			m := map[string]any{}
			setIf(m, "shell", cmd.optString("shell"))
			if argv := cmd.optStrings("argv"); argv != nil {
				m["argv"] = *argv
			}
			out.Exec = map[string]any{"command": m}
		}
	}
	return out
}
