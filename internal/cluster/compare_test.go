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

// differ wants two values of state to be different.
type differ struct{}

func (differ) CompareValues(values ...any) error {
	for i, v := range values[1:] {
		if reflect.DeepEqual(values[i], v) {
			return fmt.Errorf("%v came twice", v)
		}
	}
	return nil
}
