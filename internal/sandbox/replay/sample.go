package replay

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Counters of an app at one moment.
type Counters struct{ Running, Healthy, Tasks int }

// A sampler notes the extremes of an app's counters. The recorded ones were polled ten times a second; a sandbox starts
// tasks quicker than a cluster, where each waits for an offer, so this one looks more often and begins before the change.
type sampler struct {
	quit chan struct{}
	done chan struct{}

	runningMin, healthyMin, tasksMax int
}

const sampleEvery = 2 * time.Millisecond

func (p *Player) startSampling(app string) {
	first := p.server.Counters(app)
	s := &sampler{
		quit: make(chan struct{}), done: make(chan struct{}),
		runningMin: first.Running, healthyMin: first.Healthy, tasksMax: first.Tasks,
	}
	p.sampler = s
	go func() {
		defer close(s.done)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-s.quit:
				return
			case <-tick.C:
				c := p.server.Counters(app)
				s.runningMin = min(s.runningMin, c.Running)
				s.healthyMin = min(s.healthyMin, c.Healthy)
				s.tasksMax = max(s.tasksMax, c.Tasks)
			}
		}
	}()
}

// stop ends the sampling; afterwards the extremes may be read.
func (s *sampler) stop() {
	select {
	case <-s.quit:
	default:
		close(s.quit)
	}
	<-s.done
}

// sample waits until the condition holds, and compares the extremes of what was seen since before the last step.
func (p *Player) sample(ctx context.Context, s Step) error {
	var observed struct {
		RunningMin, TasksMax, HealthyMin int
	}
	if err := json.Unmarshal(s.Observed, &observed); err != nil {
		return err
	}
	until := Wait{TimeoutSeconds: s.Sample.TimeoutSeconds, Until: s.Sample.Until}
	if err := p.wait(ctx, until); err != nil {
		return err
	}
	p.sampler.stop()
	c := &comparison{vars: p.vars, loose: s.Loose}
	for _, x := range []struct {
		name      string
		want, got int
	}{
		{"runningMin", observed.RunningMin, p.sampler.runningMin},
		{"tasksMax", observed.TasksMax, p.sampler.tasksMax},
		{"healthyMin", observed.HealthyMin, p.sampler.healthyMin},
	} {
		if x.want != x.got && !c.isLoose("/observed/"+x.name) {
			return fmt.Errorf("%s: want %d, got %d", x.name, x.want, x.got)
		}
	}
	return nil
}
