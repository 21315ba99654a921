package replay

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// keptHeaders are those that a recording tells: one that is not listed must be absent.
var keptHeaders = []string{"Location", "Marathon-Deployment-Id", "Content-Type", "Content-Encoding", "Allow", "WWW-Authenticate"}

type recordedResponse struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
	Text    *string           `json:"text"`
}

// CompareAnswer holds a response against the recorded one.
func CompareAnswer(vars *Vars, loose []string, recorded json.RawMessage, a *Answer) error {
	return compareAnswerThen(vars, loose, recorded, a, yes)
}

func compareAnswerThen(vars *Vars, loose []string, recorded json.RawMessage, a *Answer, next func() bool) error {
	mark := vars.mark()
	err := compareAnswer(vars, loose, recorded, a, next)
	if err != nil {
		vars.undo(mark)
	}
	return err
}

func compareAnswer(vars *Vars, loose []string, recorded json.RawMessage, a *Answer, next func() bool) error {
	var want recordedResponse
	if err := json.Unmarshal(recorded, &want); err != nil {
		return err
	}
	c := &comparison{vars: vars, loose: loose}
	if want.Status != a.Status && !c.isLoose("/status") {
		return fmt.Errorf("status: want %d, got %d %s", want.Status, a.Status, a.Body)
	}
	if err := compareHeaders(c, want, a.Header); err != nil {
		return err
	}
	switch {
	case c.isLoose("/body") || c.isLoose("/text"):
	case want.Body != nil:
		w, err := decode(want.Body)
		if err != nil {
			return err
		}
		g, err := decode(a.Body)
		if err != nil {
			return fmt.Errorf("body is no JSON: %q", a.Body)
		}
		return compareThen(vars, loose, "/body", w, g, next)
	case want.Text != nil:
		if !vars.matchText(*want.Text, string(a.Body)) {
			return fmt.Errorf("text: want %q, got %q", *want.Text, a.Body)
		}
	case len(a.Body) > 0:
		return fmt.Errorf("body: want none, got %q", a.Body)
	}
	if !next() {
		return c.failed()
	}
	return nil
}

func compareHeaders(c *comparison, want recordedResponse, got http.Header) error {
	listed := map[string]string{}
	for k, v := range want.Headers {
		listed[http.CanonicalHeaderKey(k)] = v
	}
	if _, ok := listed["Content-Type"]; !ok && want.Body != nil {
		listed["Content-Type"] = "application/json"
	}
	for k, v := range listed {
		if !c.isLoose("/headers/"+k) && !c.vars.matchText(v, got.Get(k)) {
			return fmt.Errorf("header %s: want %s, got %q", k, c.showBound(v), got.Get(k))
		}
	}
	for _, k := range keptHeaders {
		if _, ok := listed[http.CanonicalHeaderKey(k)]; !ok && got.Get(k) != "" && !c.isLoose("/headers/"+k) {
			return fmt.Errorf("header %s: want none, got %q", k, got.Get(k))
		}
	}
	return nil
}
