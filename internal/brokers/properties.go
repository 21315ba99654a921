package brokers

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/magiconair/properties"
)

// property is one line of server.properties.
type property struct{ key, value string }

func sorted(m map[string]string) []property {
	out := make([]property, 0, len(m))
	for k, v := range m {
		out = append(out, property{k, v})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].key < out[j].key })
	return out
}

// escapeValue writes a value so that java.util.Properties reads it back: one line of ASCII, whatever the value holds.
// magiconair/properties writes the upper half of Latin-1 as bytes, which an app definition (UTF-8) cannot carry.
func escapeValue(v string) string {
	var b strings.Builder
	for i, r := range v {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == ' ' && i == 0:
			b.WriteString(`\ `)
		case r >= 0x20 && r < 0x7f:
			b.WriteRune(r)
		default:
			for _, u := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, u)
			}
		}
	}
	return b.String()
}

// parseProperties reads lines that escapeValue wrote, or that somebody edited.
func parseProperties(text string) (map[string]string, error) {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	p, err := loader.LoadBytes([]byte(joinSurrogates(text)))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, p.Len())
	for _, k := range p.Keys() {
		out[k], _ = p.Get(k)
	}
	return out, nil
}

// joinSurrogates replaces escaped surrogate pairs by their character: the library decodes each half by itself, as Java's
// strings allow and Go's do not.
func joinSurrogates(text string) string {
	const escape = len(`\uXXXX`)
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			b.WriteByte(text[i])
			continue
		}
		if hi, ok := unicodeEscape(text[i:]); ok {
			if lo, ok := unicodeEscape(text[min(i+escape, len(text)):]); ok {
				if r := utf16.DecodeRune(hi, lo); r != '\uFFFD' {
					b.WriteRune(r)
					i += 2*escape - 1
					continue
				}
			}
		}
		b.WriteByte(text[i])
		if i+1 < len(text) { // the escaped character is no start of another escape
			i++
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

func unicodeEscape(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(v), err == nil
}
