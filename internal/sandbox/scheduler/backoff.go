package scheduler

import (
	"fmt"
	"time"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// delayKey names a configuration: scaling keeps the delay, a change of anything else starts without.
type delayKey struct {
	app    string
	config time.Time
}

type delay struct {
	current  time.Duration
	deadline time.Time
	last     time.Time // of the failure
	forget   time.Duration
}

func keyOf(a *spec.App) delayKey { return delayKey{a.ID, a.LastConfigChangeAt} }

// addDelay counts a failure: backoffSeconds first, then times backoffFactor, up to maxLaunchDelaySeconds.
func (c *Core) addDelay(a *spec.App) {
	limit := seconds(a.MaxLaunchDelaySeconds)
	d := c.delays[keyOf(a)]
	if d == nil {
		d = &delay{current: min(seconds(a.BackoffSeconds), limit)}
		c.delays[keyOf(a)] = d
	} else {
		// The factor has no upper bound: what does not fit a duration must not turn into none.
		if next := float64(d.current) * a.BackoffFactor; next < float64(limit) {
			d.current = time.Duration(next)
		} else {
			d.current = limit
		}
	}
	d.last, d.forget = c.now(), limit
	d.deadline = d.last.Add(d.current)
	c.clock.AfterFunc(d.current, func() { c.locked(func() { c.wantOffer = true }) }, "backoff")
}

// delayed is the time for which the app may not be launched yet.
func (c *Core) delayed(a *spec.App) time.Duration {
	if d := c.delays[keyOf(a)]; d != nil {
		return max(0, d.deadline.Sub(c.now()))
	}
	return 0
}

// resetDelays clears the delays of all configurations of an app.
func (c *Core) resetDelays(appID string) {
	for k := range c.delays {
		if k.app == appID {
			delete(c.delays, k)
			c.wantOffer = true
		}
	}
}

// forgetDelays drops those whose last failure is longer ago than the greatest delay.
func (c *Core) forgetDelays(now time.Time) {
	for k, d := range c.delays {
		if now.Sub(d.last) > d.forget {
			delete(c.delays, k)
		}
	}
}

// ResetDelay implements Scheduler.
func (c *Core) ResetDelay(appID string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refreshQueue()
	if c.queue[appID] == nil {
		return &NotFoundError{Message: fmt.Sprintf("Application %s not found in tasks queue.", appID)}
	}
	c.resetDelays(appID)
	c.settle()
	return nil
}
