// Package kafkaadmin is the provider's Kafka admin client: sarama's protocol
// behind types of our own.
//
// Reads of topics and ACLs are answered from a snapshot that is taken once per
// client and shared by concurrent callers; a write cuts the key it touched out
// of it. Writes that arrive together leave in one request, and every caller
// gets the answer for its own item. A write returns when every live broker
// shows it.
//
// Errors are *Error values that match the package's Err… sentinels with
// errors.Is. A broker that cannot be reached is never reported as an object
// that does not exist.
package kafkaadmin
