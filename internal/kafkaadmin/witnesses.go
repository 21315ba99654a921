package kafkaadmin

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// witnesses are the brokers that say that a topic does not exist. What is
// believed on too few of them would be taken out of Terraform's state, and made
// again.
type witnesses struct {
	answered map[string]bool  // addresses
	silent   map[string]error // by address, why it could not be asked
}

// witnesses lists the brokers whose word counts: those that serve, or all where
// none does. A fenced one that is cut off from the controllers tells the past.
func (v view) witnesses() []Broker {
	if live := v.live(); len(live) > 0 {
		return live
	}
	return v.brokers
}

func (w witnesses) heard(b Broker) bool { return w.answered[b.addr()] }

// count gives how many different brokers have answered for certain. An address
// that no broker advertises, such as a bootstrap server's other name, may be any
// of them: it is somebody, but nobody new.
func (w witnesses) count(v view) int {
	n := 0
	for _, b := range v.witnesses() {
		if w.heard(b) {
			n++
		}
	}
	if n > 0 {
		return n
	}
	advertised := map[string]bool{}
	for _, b := range v.brokers {
		advertised[b.addr()] = true
	}
	for addr := range w.answered {
		if !advertised[addr] {
			return 1
		}
	}
	return 0
}

func (w witnesses) suffice(v view) bool {
	return w.count(v) >= max(1, min(proof, len(v.witnesses())))
}

func (w witnesses) unproven(op, object string) error {
	errs := []error{ErrUnreachable}
	var texts []string
	for _, addr := range slices.Sorted(maps.Keys(w.silent)) {
		err := w.silent[addr]
		var at *AddressError
		if !errors.As(err, &at) {
			at = &AddressError{Address: addr, Err: err}
		}
		errs = append(errs, at)
		texts = append(texts, at.Error())
	}
	msg := "one broker says that the topic does not exist, which a broker that has lost touch with the cluster says too, and no other one could be asked"
	if len(texts) > 0 {
		msg += " (" + strings.Join(texts, "; ") + ")"
	}
	return &Error{Op: op, Object: object, Message: msg, Err: errors.Join(errs...)}
}
