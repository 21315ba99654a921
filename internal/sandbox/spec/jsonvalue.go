package spec

import (
	"bytes"
	"encoding/json"
	"strings"
)

// A value is parsed JSON that keeps the order of members and the spelling of numbers: Marathon quotes the offending
// object in its messages. encoding/json keeps neither, and its error texts are not Jackson's, which clients match.
type value struct {
	kind kind
	text string // of strings (decoded) and numbers (as written)
	list []value
	keys []string
	vals map[string]value
}

type kind int

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

// get is the member of an object; null and absent are told apart by ok.
func (v value) get(key string) (value, bool) {
	m, ok := v.vals[key]
	return m, ok
}

// compact prints the value as Marathon quotes it.
func (v value) compact() string {
	switch v.kind {
	case kindNull:
		return "null"
	case kindBool, kindNumber:
		return v.text
	case kindString:
		return quote(v.text)
	case kindArray:
		parts := make([]string, len(v.list))
		for i, e := range v.list {
			parts[i] = e.compact()
		}
		return "[" + strings.Join(parts, ",") + "]"
	default:
		parts := make([]string, len(v.keys))
		for i, k := range v.keys {
			parts[i] = quote(k) + ":" + v.vals[k].compact()
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
}

func quote(s string) string {
	b, err := marshal(s)
	if err != nil { // a string always encodes
		return `""`
	}
	return string(b)
}

// marshal is json.Marshal without the HTML escapes that Marathon does not make either.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
