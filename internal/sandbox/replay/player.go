package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A Server is what scenarios are played on: a fresh one each.
type Server interface {
	Host() string // host:port of the API
	// Counters are those of an app as the API shows them, without the way through HTTP; zero when there is no such app.
	Counters(app string) Counters
	// Fault makes something happen to the cluster; errors.Is(err, ErrNotReplayable) when that cannot be done.
	Fault(ctx context.Context, f Fault) error
}

// ErrNotReplayable marks steps that the rig cannot do.
var ErrNotReplayable = errors.New("not replayable here")

// A Player plays one scenario.
type Player struct {
	server  Server
	vars    *Vars
	bodies  map[int]string
	streams map[string]*Stream
	checks  []check // of all steps so far
	sampler *sampler
}

// Play plays a scenario on a fresh server. The error names the first step that differs.
func Play(ctx context.Context, s Scenario, server Server) error {
	p := &Player{server: server, vars: NewVars(), bodies: map[int]string{}, streams: map[string]*Stream{}}
	defer func() {
		for _, st := range p.streams {
			st.Close()
		}
		if p.sampler != nil {
			p.sampler.stop()
		}
	}()
	for i, step := range s.Steps {
		if i+1 < len(s.Steps) && s.Steps[i+1].Sample != nil {
			p.startSampling(s.Steps[i+1].Sample.ID)
		}
		if err := p.play(ctx, step); err != nil {
			return fmt.Errorf("step %d%s: %w", step.Number, describe(step), err)
		}
	}
	return nil
}

// fits adds a check to those of earlier steps. If it fails with the variables as they are bound, other assignments of the
// items of earlier sets are tried: which of two new tasks is <uuid#1> may show only when one of them goes.
func (p *Player) fits(c check) error {
	p.checks = append(p.checks, c)
	err := c(yes)
	if err == nil {
		return nil
	}
	p.vars.restart()
	var from func(i int) bool
	from = func(i int) bool {
		return i == len(p.checks) || p.checks[i](func() bool { return from(i + 1) }) == nil
	}
	if from(0) {
		return nil
	}
	return err
}

func describe(s Step) string {
	text := ""
	switch {
	case s.Request != nil:
		text = " " + s.Request.Method + " " + s.Request.Path
	case s.Wait != nil:
		text = " wait " + s.Wait.Until
	case s.Fault != nil:
		text = " " + s.Fault.Action
	case s.Sample != nil:
		text = " sample"
	case s.Events != nil:
		text = " events"
	}
	if s.Note != "" {
		text += " (" + s.Note + ")"
	}
	return text
}

func (p *Player) client() Client { return Client{Host: p.server.Host()} }

func (p *Player) play(ctx context.Context, s Step) error {
	switch {
	case s.Request != nil:
		return p.request(ctx, s)
	case s.Wait != nil:
		return p.wait(ctx, *s.Wait)
	case s.Fault != nil:
		return p.server.Fault(ctx, *s.Fault)
	case s.Sample != nil:
		return p.sample(ctx, s)
	case s.Events != nil:
		return p.events(ctx, s)
	case s.Cleanup != nil:
		return p.cleanup(ctx, *s.Cleanup)
	}
	return errors.New("unknown kind of step")
}

// headersOf are the default headers with those of a step over them; null takes one away.
func headersOf(own map[string]*string, body bool) map[string]string {
	h := map[string]string{"Accept": "application/json"}
	if body {
		h["Content-Type"] = "application/json"
	}
	for k, v := range own {
		if v == nil {
			delete(h, k)
		} else {
			h[k] = *v
		}
	}
	return h
}

func (p *Player) request(ctx context.Context, s Step) error {
	r := s.Request
	path, err := p.vars.Fill(r.Path)
	if err != nil {
		return err
	}
	body := ""
	switch {
	case r.BodyOf != 0:
		body = p.bodies[r.BodyOf]
	case r.Text != nil:
		body, err = p.vars.Fill(*r.Text)
	case r.Body != nil:
		body, err = p.vars.FillJSON(string(r.Body))
	}
	if err != nil {
		return err
	}
	p.bodies[s.Number] = body
	hasBody := r.BodyOf != 0 || r.Text != nil || r.Body != nil
	var b []byte
	if hasBody {
		b = []byte(body)
	}
	a, err := p.client().Do(ctx, r.Method, path, headersOf(r.Headers, hasBody), b)
	if err != nil {
		return err
	}
	return p.fits(func(next func() bool) error {
		return compareAnswerThen(p.vars, s.Loose, s.Response, a, next)
	})
}

// get reads a JSON resource.
func (p *Player) get(ctx context.Context, path string) (any, int, error) {
	a, err := p.client().Do(ctx, "GET", path, headersOf(nil, false), nil)
	if err != nil {
		return nil, 0, err
	}
	v, err := decode(a.Body)
	if err != nil && a.Status < 300 {
		return nil, a.Status, err
	}
	return v, a.Status, nil
}

func (p *Player) events(ctx context.Context, s Step) error {
	e := s.Events
	switch {
	case e.Open != "":
		st, err := p.client().Open(ctx, e.Path, headersOf(e.Headers, false))
		if err != nil {
			return err
		}
		p.streams[e.Open] = st
		if s.Response == nil {
			return nil
		}
		return CompareAnswer(p.vars, s.Loose, s.Response, &Answer{Status: st.Status, Header: st.Header})
	case e.Close != "":
		if st := p.streams[e.Close]; st != nil {
			st.Close()
			delete(p.streams, e.Close)
		}
		return nil
	}
	st := p.streams[e.Read]
	if st == nil {
		return fmt.Errorf("stream %s is not open", e.Read)
	}
	got := collect(ctx, st, *e)
	var want []struct {
		Event string
		Data  json.RawMessage
	}
	if err := json.Unmarshal(s.Observed, &want); err != nil {
		return err
	}
	wanted := make([]Event, len(want))
	for i, w := range want {
		v, err := decode(w.Data)
		if err != nil {
			return err
		}
		wanted[i] = Event{Type: w.Event, Data: v}
	}
	return p.fits(func(next func() bool) error {
		return compareEventsThen(p.vars, s.Loose, wanted, got, next)
	})
}

// collect reads until the event was seen so often and the stream was quiet then.
func collect(ctx context.Context, st *Stream, e Events) []Event {
	timeout := seconds(e.TimeoutSeconds)
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	deadline := time.After(timeout)
	var quiet <-chan time.Time
	var got []Event
	n := 0
	if e.Count == 0 {
		quiet = time.After(seconds(e.QuietSeconds))
	}
	for {
		select {
		case <-ctx.Done():
			return got
		case <-deadline:
			return got
		case <-quiet:
			return got
		case ev, open := <-st.Events:
			if !open {
				return got
			}
			got = append(got, ev)
			if ev.Type == e.Until {
				n++
			}
			if n >= e.Count {
				quiet = time.After(seconds(e.QuietSeconds))
			}
		}
	}
}

func (p *Player) cleanup(ctx context.Context, c Cleanup) error {
	for _, g := range c.Groups {
		a, err := p.client().Do(ctx, "DELETE", "/v2/groups"+g+"?force=true", headersOf(nil, false), nil)
		if err != nil {
			return err
		}
		if a.Status != 200 && a.Status != 404 {
			return fmt.Errorf("cleanup of %s: %d %s", g, a.Status, a.Body)
		}
	}
	return p.wait(ctx, Wait{Until: "deployments-empty"})
}
