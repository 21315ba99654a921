package marathon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// deploymentHeader names the deployment that a mutation started.
const deploymentHeader = "Marathon-Deployment-Id"

// errorBody is Marathon's error answer. Details is a list of rules, or a string on a 400.
type errorBody struct {
	Message     *string         `json:"message"`
	Details     json.RawMessage `json:"details"`
	Deployments []struct {
		ID string `json:"id"`
	} `json:"deployments"`
}

// failure turns an answer that is no success into an *Error; nil for 2xx.
func (c *Client) failure(r request, a *answer) *Error {
	if a.status >= 200 && a.status < 300 {
		return nil
	}
	e := &Error{Op: r.op, Target: r.target, Status: a.status}
	var body errorBody
	ours := json.Unmarshal(a.body, &body) == nil && body.Message != nil
	if ours {
		e.Message = c.scrub(*body.Message)
	} else {
		e.Message = c.scrub(fmt.Sprintf("%s answers with %s", a.base, seen(a)))
	}
	switch {
	case a.status == http.StatusUnauthorized:
		e.Kind = Unauthorized
	case a.status == http.StatusForbidden && ours && tooMany.MatchString(*body.Message):
		e.Kind = TooManyDeployments
	case a.status == http.StatusForbidden:
		e.Kind = Forbidden
	case a.status >= 500 || a.status == http.StatusTooManyRequests:
		e.Kind = Server
	case a.status >= 300 && a.status < 400:
		e.Message = fmt.Sprintf("%s redirects to %s: use the address it redirects to as Marathon's URL", a.base, location(a))
	case !ours:
		e.Kind = NotMarathon // a 404 page of a proxy must never read as "gone"
	case a.status == http.StatusNotFound:
		e.Kind = NotFound
	case a.status == http.StatusConflict && len(body.Deployments) > 0:
		e.Kind = Locked
		for _, d := range body.Deployments {
			e.Deployments = append(e.Deployments, d.ID)
		}
	case a.status == http.StatusConflict:
		e.Kind = Exists
	case a.status == http.StatusBadRequest || a.status == http.StatusUnprocessableEntity:
		e.Kind = Invalid
		e.Details = c.details(body.Details)
	}
	return e
}

// tooMany tells Marathon's two uses of 403 apart; there is nothing but the text to go by.
var tooMany = regexp.MustCompile(`(?i)max_running_deployments|running deployments`)

// details reads both shapes. A parser's text quotes the body ("[Source: …]"), which may hold secrets: it is cut there.
func (c *Client) details(raw json.RawMessage) []Detail {
	var rules []Detail
	if json.Unmarshal(raw, &rules) == nil {
		for i := range rules {
			for j := range rules[i].Errors {
				rules[i].Errors[j] = c.scrub(rules[i].Errors[j])
			}
		}
		return rules
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && text != "" {
		text, _, _ = strings.Cut(text, "[Source:")
		return []Detail{{Path: "/", Errors: []string{c.scrub(strings.TrimSpace(text))}}}
	}
	return nil
}

var title = regexp.MustCompile(`(?is)<title[^>]*>\s*(.*?)\s*</title>`)

// seen describes an answer that is not what Marathon sends, in a few words.
func seen(a *answer) string {
	text := strings.TrimSpace(string(a.body))
	switch kind, _, _ := mime.ParseMediaType(a.header.Get("Content-Type")); {
	case text == "":
		return "an empty body"
	case strings.HasPrefix(text, "<") || kind == "text/html":
		if m := title.FindStringSubmatch(text); m != nil {
			return fmt.Sprintf("an HTML page titled %q", short(m[1]))
		}
		return "an HTML page"
	default:
		return fmt.Sprintf("%q", short(text))
	}
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func location(a *answer) string {
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil || u.String() == "" {
		return "an unnamed place"
	}
	u.User, u.RawQuery = nil, "" // a login redirect may carry tokens
	return u.String()
}

// decode reads a 2xx body into v; numbers keep their digits.
func (c *Client) decode(r request, a *answer, v any) error {
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); errors.Is(more, io.EOF) {
			return nil
		}
		err = errors.New("more than one JSON value")
	}
	e := &Error{Kind: Server, Op: r.op, Target: r.target, Status: a.status}
	if !json.Valid(a.body) && !looksLikeJSON(a.body) {
		e.Kind = NotMarathon
		e.Message = c.scrub(fmt.Sprintf("%s answers with %s instead of Marathon's JSON", a.base, seen(a)))
		return e
	}
	e.Message = c.scrub(fmt.Sprintf("the answer of %s cannot be read", a.base))
	e.Err = unreadable(err)
	return e
}

func looksLikeJSON(b []byte) bool {
	b = bytes.TrimSpace(b)
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

// unreadable keeps what a decoder's error says about place and type, never the text it quotes.
func unreadable(err error) error {
	var (
		syntax *json.SyntaxError
		typ    *json.UnmarshalTypeError
	)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends in the middle of the JSON")
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON at byte %d", syntax.Offset)
	case errors.As(err, &typ):
		return fmt.Errorf("unexpected %s at %q", typ.Value, typ.Field)
	}
	return errors.New("not the expected JSON")
}
