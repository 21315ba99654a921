package cluster_test

import (
	"fmt"
	"reflect"
)

// same compares two values of state.
type same struct{}

func (same) CompareValues(values ...any) error {
	for _, v := range values[1:] {
		if !reflect.DeepEqual(values[0], v) {
			return fmt.Errorf("%v and %v differ", values[0], v)
		}
	}
	return nil
}
