package kafkaadmin

import (
	"math/big"
	"strings"
)

// SameConfigValue says whether two configuration values mean the same to a
// broker, which answers with the parsed value: 0604800000 comes back as
// 604800000, "compact, delete" as "compact,delete".
func SameConfigValue(a, b string) bool {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	if a == b {
		return true
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x.Cmp(y) == 0
	}
	if strings.Contains(a, ",") || strings.Contains(b, ",") {
		return strings.Join(list(a), ",") == strings.Join(list(b), ",")
	}
	return boolean(a) && boolean(b) && strings.EqualFold(a, b)
}

// number takes plain decimal numbers only: Kafka knows no hexadecimal, and
// big.Rat's fractions ("1/2") are none of its either.
func number(s string) (*big.Rat, bool) {
	if s == "" || len(s) > 64 || strings.Trim(s, "+-.0123456789eE") != "" || !strings.ContainsAny(s, "0123456789") {
		return nil, false
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(s)-i > 4 {
		return nil, false // an exponent of a size that only costs memory
	}
	return new(big.Rat).SetString(s)
}

func boolean(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func list(s string) []string {
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
