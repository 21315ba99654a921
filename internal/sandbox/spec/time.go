package spec

import (
	"fmt"
	"time"
)

// TimeFormat is how Marathon prints instants (always UTC, three decimals).
const TimeFormat = "2006-01-02T15:04:05.000Z"

// ParseTime reads an instant as Marathon takes it (RFC 3339, fraction optional).
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("not an RFC 3339 instant: %w", err)
	}
	return t.UTC(), nil
}

// FormatTime prints an instant as Marathon does.
func FormatTime(t time.Time) string { return t.UTC().Format(TimeFormat) }
