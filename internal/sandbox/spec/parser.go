package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// parse reads one JSON document; the error is a *SyntaxError in Jackson's words.
func parse(body []byte) (value, error) {
	p := parser{src: body}
	p.space()
	if p.eof() {
		return value{}, &SyntaxError{
			Message: "Please specify data in JSON format",
			Details: fmt.Sprintf("No content to map due to end-of-input\n at [Source: (byte[])\"%s\"; line: 1, column: 0]", body),
		}
	}
	v, err := p.value(0)
	if err == nil {
		p.space()
		if !p.eof() {
			// Jackson looks for a further token and trips over what is none.
			if _, err = p.value(0); err == nil {
				err = p.fail("Trailing token found after the value")
			}
		}
	}
	if err != nil {
		return value{}, err
	}
	return v, nil
}

type parser struct {
	src []byte
	pos int
}

const maxDepth = 200 // deeper bodies are refused instead of growing the stack

func (p *parser) eof() bool { return p.pos >= len(p.src) }

func (p *parser) space() {
	for !p.eof() && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Message: "Invalid JSON", Details: fmt.Sprintf(format, args...)}
}

func (p *parser) unexpected(what string) error {
	r, _ := utf8.DecodeRune(p.src[p.pos:])
	if r == '/' {
		what = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
	}
	return p.fail("Unexpected character ('%c' (code %d)): %s", r, r, what)
}

// unclosed tells where the list or object began that the input ends in.
func (p *parser) unclosed(what string, start int) error {
	const most = 500 // of the source, that Jackson quotes
	source, cut := string(p.src), ""
	if len(source) > most {
		cut = fmt.Sprintf("[truncated %d bytes]", len(source)-most)
		source = source[:most]
	}
	before := p.src[:start]
	line := bytes.Count(before, []byte("\n")) + 1
	column := start - bytes.LastIndexByte(before, '\n')
	return p.fail("Unexpected end-of-input: expected close marker for %s (start marker at [Source: (byte[])\"%s\"%s; line: %d, column: %d])",
		what, source, cut, line, column)
}

func (p *parser) value(depth int) (value, error) {
	p.space()
	if p.eof() {
		return value{}, p.fail("Unexpected end-of-input")
	}
	if depth > maxDepth {
		return value{}, p.fail("nested too deeply")
	}
	switch c := p.src[p.pos]; {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.str()
		return value{kind: kindString, text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case isLetter(c):
		return p.word()
	default:
		return value{}, p.unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')")
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '$' }

func (p *parser) word() (value, error) {
	start := p.pos
	for !p.eof() && (isLetter(p.src[p.pos]) || p.src[p.pos] >= '0' && p.src[p.pos] <= '9') {
		p.pos++
	}
	switch w := string(p.src[start:p.pos]); w {
	case "null":
		return value{}, nil
	case "true", "false":
		return value{kind: kindBool, text: w}, nil
	case "NaN", "Infinity":
		return value{}, p.fail("Non-standard token '%s': enable JsonParser.Feature.ALLOW_NON_NUMERIC_NUMBERS to allow", w)
	default:
		return value{}, p.fail("Unrecognized token '%s': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", w)
	}
}

func (p *parser) number() (value, error) {
	start := p.pos
	for !p.eof() && strings.IndexByte("+-.eE0123456789", p.src[p.pos]) >= 0 {
		p.pos++
	}
	lit := string(p.src[start:p.pos])
	if !json.Valid([]byte(lit)) {
		return value{}, p.fail("Invalid numeric value: %s", lit)
	}
	return value{kind: kindNumber, text: lit}, nil
}

func (p *parser) str() (string, error) {
	start := p.pos
	for p.pos++; !p.eof(); p.pos++ {
		switch c := p.src[p.pos]; {
		case c == '\\':
			p.pos++
		case c == '"':
			p.pos++
			var s string
			if err := json.Unmarshal(p.src[start:p.pos], &s); err != nil {
				return "", p.fail("Unrecognized character escape")
			}
			return s, nil
		case c < 0x20:
			return "", p.fail("Illegal unquoted character ((CTRL-CHAR, code %d)): has to be escaped using backslash to be included in string value", c)
		}
	}
	return "", p.fail("Unexpected end-of-input: was expecting closing quote for a string value")
}

func (p *parser) array(depth int) (value, error) {
	v := value{kind: kindArray, list: []value{}}
	start := p.pos
	p.pos++
	for {
		p.space()
		if p.eof() {
			return value{}, p.unclosed("Array", start)
		}
		if p.src[p.pos] == ']' && len(v.list) == 0 {
			p.pos++
			return v, nil
		}
		e, err := p.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		v.list = append(v.list, e)
		done, err := p.next(']', "Array", start)
		if err != nil || done {
			return v, err
		}
	}
}

func (p *parser) object(depth int) (value, error) {
	v := value{kind: kindObject, vals: map[string]value{}}
	start := p.pos
	p.pos++
	for {
		p.space()
		if p.eof() {
			return value{}, p.unclosed("Object", start)
		}
		if p.src[p.pos] == '}' && len(v.keys) == 0 {
			p.pos++
			return v, nil
		}
		if p.src[p.pos] != '"' {
			return value{}, p.unexpected("was expecting double-quote to start field name")
		}
		key, err := p.str()
		if err != nil {
			return value{}, err
		}
		p.space()
		if p.eof() {
			return value{}, p.fail("Unexpected end-of-input within/between Object entries")
		}
		if p.src[p.pos] != ':' {
			return value{}, p.unexpected("was expecting a colon to separate field name and value")
		}
		p.pos++
		p.space()
		if p.eof() {
			return value{}, p.fail("Unexpected end-of-input within/between Object entries")
		}
		m, err := p.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		if _, dup := v.vals[key]; !dup { // the last of several wins
			v.keys = append(v.keys, key)
		}
		v.vals[key] = m
		done, err := p.next('}', "Object", start)
		if err != nil || done {
			return v, err
		}
	}
}

// next consumes the comma or the end after an element.
func (p *parser) next(end byte, what string, start int) (bool, error) {
	p.space()
	if p.eof() {
		return false, p.unclosed(what, start)
	}
	switch p.src[p.pos] {
	case end:
		p.pos++
		return true, nil
	case ',':
		p.pos++
		return false, nil
	default:
		return false, p.unexpected("was expecting comma to separate " + what + " entries")
	}
}
