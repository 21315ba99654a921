package session

import (
	"fmt"
	"strings"
)

// NotConfiguredError says that the provider lacks what the resource needs.
type NotConfiguredError struct {
	What     string // "Marathon" or "Kafka"
	Argument string // of the provider block
	Variable string // environment
	Instead  string // another way, may be empty
}

func (e *NotConfiguredError) Error() string {
	msg := fmt.Sprintf("the provider does not know how to reach %s: set %s in the provider block or the environment variable %s", e.What, e.Argument, e.Variable)
	if e.Instead != "" {
		msg += ", or " + e.Instead
	}
	return msg
}

// UnknownError says that the provider block holds a value that is only known after apply.
type UnknownError struct{ Argument string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the provider argument %q is not known before apply", e.Argument)
}

// ClusterNotFoundError says that Marathon answered, and no broker app is under that id.
type ClusterNotFoundError struct {
	ID  string
	Err error
}

func (e *ClusterNotFoundError) Error() string {
	return fmt.Sprintf("no Kafka cluster %q on this Marathon: the id of a cluster is the path of its group, such as /kafka/main (kafka_cluster.<name>.id)", e.ID)
}

func (e *ClusterNotFoundError) Unwrap() error { return e.Err }

// NoBrokersError says that the cluster's apps are there, but none of their tasks runs.
type NoBrokersError struct{ ID string }

func (e *NoBrokersError) Error() string {
	return fmt.Sprintf("no broker of Kafka cluster %q is running: look at its apps in Marathon (last task failure, launch queue), then apply again", e.ID)
}

// WrongClusterError says that another Kafka cluster answers at the addresses where this one's brokers should be.
type WrongClusterError struct {
	ID, Want, Got string
	Servers       []string
}

func (e *WrongClusterError) Error() string {
	return fmt.Sprintf("Kafka cluster %q has the cluster id %s, but at its brokers' addresses (%s) a cluster with the id %s answers: something else listens on the brokers' client port on that host; stop it, or give one of the two another client_port",
		e.ID, e.Want, strings.Join(e.Servers, ", "), e.Got)
}
