package scheduler

import (
	"context"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/coder/quartz"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/probe"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// readiness probes the tasks of one action; a task that was ready once stays so. nil = the app has no readiness check.
type readiness struct {
	check   spec.ReadinessCheck
	probes  map[string]*readyProbe // by task id
	stopped bool
}

type readyProbe struct {
	result ReadinessResult
	timer  *quartz.Timer
	asked  bool
}

func newReadiness(app *spec.App) *readiness {
	if len(app.ReadinessChecks) == 0 {
		return nil
	}
	return &readiness{check: app.ReadinessChecks[0], probes: map[string]*readyProbe{}}
}

// passed says whether an instance runs, is healthy and ready. It begins to probe a task that came to run.
func (r *readiness) passed(c *Core, i *instance) bool {
	if i.Condition != condRunning {
		return false
	}
	if r == nil {
		return i.healthy()
	}
	p := r.probes[i.taskID()]
	if p == nil {
		p = &readyProbe{result: ReadinessResult{Name: r.check.Name, TaskID: i.taskID()}}
		r.probes[i.taskID()] = p
		r.schedule(c, i, p)
	}
	return p.result.Ready && i.healthy()
}

// schedule asks the task after one interval: so does Marathon, for the first time too.
func (r *readiness) schedule(c *Core, i *instance, p *readyProbe) {
	task := i.taskID()
	current := func() bool { return !r.stopped && !c.closing && i.Alive && i.taskID() == task }
	p.timer = c.clock.AfterFunc(seconds(r.check.IntervalSeconds), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !current() {
			return
		}
		url := strings.ToLower(r.check.Protocol) + "://" + net.JoinHostPort(i.Host, strconv.Itoa(i.portNamed(r.check.PortName))) + "/" + strings.TrimPrefix(r.check.Path, "/")
		c.probing++
		c.wg.Go(func() {
			ctx, cancel := context.WithTimeout(c.ctx, seconds(r.check.TimeoutSeconds))
			answer, err := probe.HTTP(ctx, url)
			cancel()
			c.locked(func() {
				c.probing--
				if !current() {
					return
				}
				p.asked = true
				p.result.Ready = err == nil && slices.Contains(r.check.HTTPStatusCodesForReady, answer.Status)
				if p.result.HasResponse = r.check.PreserveLastResponse; p.result.HasResponse {
					// Marathon shows no content type, whatever came; what did not answer is a bad gateway.
					p.result.Status, p.result.Body, p.result.ContentType = answer.Status, string(answer.Body), ""
					if err != nil {
						p.result.Status, p.result.ContentType = http.StatusBadGateway, "text/plain"
						p.result.Body = "Marathon could not query " + url + ": " + probeCause(err, seconds(r.check.TimeoutSeconds))
					}
				}
				if !p.result.Ready {
					r.schedule(c, i, p)
				}
			})
		})
	}, "readiness")
}

func (r *readiness) stop() {
	r.stopped = true
	for _, p := range r.probes {
		if p.timer != nil {
			p.timer.Stop()
		}
	}
}

// results are those of the tasks that were asked.
func (r *readiness) results() []ReadinessResult {
	out := []ReadinessResult{}
	for _, id := range slices.Sorted(maps.Keys(r.probes)) {
		if p := r.probes[id]; p.asked {
			out = append(out, p.result)
		}
	}
	return out
}
