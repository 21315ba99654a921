// Package kafka is the sandbox's embedded Kafka: clusters of broker processes without a JVM, for laptops and tests.
//
// # How it is built
//
// Every broker is a process of its own, started by the two scripts that WriteHome writes, from the same server.properties
// that real Kafka would read. The process binds its listeners, registers with the Hub of the sandbox and hands every
// client's connection on to it over a unix socket; killing it cuts them. The hub keeps, per cluster id, what a KRaft
// controller keeps (registrations, sessions, where replicas are, leaders and in-sync replicas, dynamic configs, ACLs) and
// one kfake cluster of a single node (franz-go's fake broker) for records, groups and transactions. Between the two stands
// a gateway: it reads each request, answers itself what concerns the cluster, and passes on the rest; apis lists all.
// Versions are those of Kafka 4.3.1.
//
// # What behaves as in Kafka 4.3.1
//
// Format and start-up checks with Kafka's words; a majority of controllers is needed to register, to fence and to change
// anything, and without one DescribeQuorum never answers while Metadata goes on showing the last state; a killed broker
// stays in every ISR until broker.session.timeout.ms is over, and its successor cannot register before; SIGTERM moves
// leaders first; ISR and eligible leader replicas, min.insync.replicas; racks; __consumer_offsets and
// __transaction_state with their own replication factors, whose leaders are the coordinators; topic names, configs,
// replication factors, assignments and partition counts are refused with the codes and words of a broker; the
// values, sources and synonyms of topic configs; auto.create.topics.enable, delete.topic.enable, auto.leader.rebalance.enable.
//
// Content belongs to the log directories, although the bytes are the hub's: each directory carries a marker
// (embedded-kafka.json). A partition whose only complete replica comes back with an empty directory is emptied; a cluster
// whose whole quorum comes back empty is a new one; when the last directory of a cluster is gone its data are removed.
//
// # Limits
//
//   - One PLAINTEXT listener for clients (inter.broker.listener.name) and one for the controller, which accepts and closes
//     connections only. TLS and SASL listeners are refused at start. An empty or wildcard listener host is bound to the
//     advertised address, not to all, so that agents on 127.0.0.2, .3 … may use one port; nothing but loopback is bound.
//   - There is no replication traffic: a broker that comes back is in sync after 0.3 s, reassignments are finished at once,
//     throttles do nothing. acks=1 and acks=0 lose nothing when a leader dies.
//   - A partition that is emptied keeps its offsets (its log start moves to its end); in Kafka it would start at 0 again.
//     Transactional ids of a lost __transaction_state partition are not forgotten.
//   - A broker with several log.dirs counts as empty as soon as one of them is, and shows all replicas in the first.
//   - Group and transaction settings of the brokers are read when the cluster's records are opened (the first start after
//     the sandbox's); group.initial.rebalance.delay.ms is not honoured: classic groups form as kfake forms them.
//   - Dynamic broker configs are stored, described and used for topic defaults; they change nothing else. Client quotas are
//     stored and not enforced. Compaction runs hourly, whatever the settings.
//   - Authorization: StandardAuthorizer is enforced by kfake for User:ANONYMOUS, which is everybody on PLAINTEXT, with
//     super.users and allow.everyone.if.no.acl.found. Another authorizer.class.name is taken for StandardAuthorizer.
//   - Absent, and not advertised: share groups, streams groups, delegation tokens, UnregisterBroker, changes of the voter
//     set, moves between log directories, telemetry, tiered storage, fetch sessions (as with a full session cache) and
//     fetching from followers.
//   - SIGKILL of the sandbox loses no acknowledged record, offset or topic (each is written before it is answered, though
//     not fsynced). Transactions that were open are aborted. If the kill hits the very moment at which a commit is written
//     to several partitions, that transaction can end up partly committed: kfake has no transaction log. What an
//     idempotent producer without transactions retries over such a kill may be written twice.
package kafka
