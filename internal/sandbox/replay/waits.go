package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const pollEvery = 50 * time.Millisecond

func (p *Player) wait(ctx context.Context, w Wait) error {
	if w.Until == "seconds" {
		return sleep(ctx, seconds(w.Seconds))
	}
	timeout := seconds(w.TimeoutSeconds)
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	last := "nothing was read"
	for {
		ok, seen, err := p.holds(ctx, w)
		switch {
		case errors.Is(err, ErrNotReplayable):
			return err
		case err != nil && ctx.Err() == nil:
			last = err.Error()
		case ok:
			return nil
		case seen != "":
			last = seen
		}
		if sleep(ctx, pollEvery) != nil {
			return fmt.Errorf("waited %s in vain; last seen: %s", timeout, last)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// holds looks once; seen tells what was seen instead.
func (p *Player) holds(ctx context.Context, w Wait) (ok bool, seen string, err error) {
	app := func(pointer string) (any, error) {
		v, _, err := p.get(ctx, "/v2/apps"+w.ID)
		return at(v, "/app"+pointer), err
	}
	counter := func(name string) (bool, string, error) {
		v, err := app("/" + name)
		return same(v, float64(w.Count)), show(v), err
	}
	switch w.Until {
	case "deployments-empty":
		v, _, err := p.get(ctx, "/v2/deployments")
		l, isList := v.([]any)
		return isList && len(l) == 0, show(v), err
	case "app-running":
		return counter("tasksRunning")
	case "app-healthy":
		return counter("tasksHealthy")
	case "app-unhealthy":
		return counter("tasksUnhealthy")
	case "app-tasks":
		v, err := app("/tasks")
		l, _ := v.([]any)
		return len(l) == w.Count, show(v), err
	case "task-state":
		v, err := app("/tasks")
		l, _ := v.([]any)
		n := 0
		for _, t := range l {
			if at(t, "/state") == w.State {
				n++
			}
		}
		return n == w.Count, show(v), err
	case "app-failed":
		v, err := app("/lastTaskFailure")
		return v != nil, "", err
	case "queued", "queue-empty":
		v, _, err := p.get(ctx, "/v2/queue")
		l, _ := at(v, "/queue").([]any)
		for _, item := range l {
			if at(item, "/app/id") == w.ID {
				return w.Until == "queued", show(v), err
			}
		}
		return w.Until == "queue-empty" && len(l) == 0 && err == nil, show(v), err
	case "json":
		return p.jsonHolds(ctx, w)
	case "server-up":
		_, status, err := p.get(ctx, "/v2/info")
		return err == nil && status == 200, "", err
	case "server-down":
		_, _, err := p.get(ctx, "/ping")
		return err != nil, "", nil
	}
	return false, "", fmt.Errorf("wait until %s: %w", w.Until, ErrNotReplayable)
}

func (p *Player) jsonHolds(ctx context.Context, w Wait) (bool, string, error) {
	path, err := p.vars.Fill(w.Path)
	if err != nil {
		return false, "", err
	}
	doc, status, err := p.get(ctx, path)
	if err != nil || status >= 300 {
		return false, "", err
	}
	v := at(doc, w.Pointer)
	switch {
	case w.Exists != nil:
		return (v != nil) == *w.Exists, show(v), nil
	case w.AtLeast != nil:
		n, ok := v.(json.Number)
		if !ok {
			return false, show(v), nil
		}
		x, err := n.Float64()
		return x >= *w.AtLeast, show(v), err
	default:
		text, err := p.vars.FillJSON(string(w.Equals))
		if err != nil {
			return false, "", err
		}
		want, err := decode([]byte(text))
		if err != nil {
			return false, "", err
		}
		return Compare(p.vars, nil, "", want, v) == nil, show(v), nil
	}
}

// at follows a JSON pointer; nil = nothing there. "length" of a list is its length.
func at(v any, pointer string) any {
	for _, key := range strings.Split(pointer, "/")[1:] {
		switch x := v.(type) {
		case map[string]any:
			v = x[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
		case []any:
			if key == "length" {
				v = json.Number(strconv.Itoa(len(x)))
				continue
			}
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

func same(v any, want float64) bool {
	n, ok := v.(json.Number)
	if !ok {
		return false
	}
	x, err := n.Float64()
	return err == nil && x == want
}
