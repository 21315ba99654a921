package kafkaadmin

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/IBM/sarama"
)

// kind is what a broker's error code means to a user of the provider.
type kind struct {
	err  error
	text string // cause and remedy
}

// Codes that sarama has no name for.
const (
	codeResourceNotFound  sarama.KError = 91
	codeDuplicateResource sarama.KError = 92
)

// kinds follows Kafka's protocol guide; where Kafka 3.9 and 4.x brokers use a
// code for more than one thing, the text says both.
var kinds = map[sarama.KError]kind{
	sarama.ErrUnknown:                            {nil, "the broker failed with an internal error; its log says why"},
	sarama.ErrUnknownTopicOrPartition:            {ErrNotFound, "the topic does not exist"},
	sarama.ErrRequestTimedOut:                    {ErrTimeout, "the controller did not finish in time; the change may still happen, so look again before repeating it"},
	sarama.ErrInvalidTopic:                       {ErrInvalidName, "the name is not legal: 1 to 249 letters, digits, '.', '_' or '-', not '.' or '..', and no other topic may differ from it only by '.' and '_'"},
	sarama.ErrTopicAuthorizationFailed:           {ErrAuthorization, "the principal that the provider connects as may not do this to the topic; grant it the operation on the topic (Describe, DescribeConfigs, Create, Alter, AlterConfigs, Delete) with an ACL"},
	sarama.ErrGroupAuthorizationFailed:           {ErrAuthorization, "the principal that the provider connects as may not do this to the group; grant it Describe on the group with an ACL"},
	sarama.ErrClusterAuthorizationFailed:         {ErrAuthorization, "the principal that the provider connects as may not do this on the cluster; grant it the operation (Describe, Alter, AlterConfigs, Create) on the resource type Cluster with an ACL, or make it a super user"},
	sarama.ErrTransactionalIDAuthorizationFailed: {ErrAuthorization, "the principal that the provider connects as has no right on the transactional id"},
	sarama.ErrSASLAuthenticationFailed:           {ErrAuthorization, "the broker refused the credentials; check user, password and mechanism"},
	sarama.ErrUnsupportedSASLMechanism:           {ErrAuthorization, "the broker does not offer this SASL mechanism on this listener"},
	sarama.ErrUnsupportedVersion:                 {ErrUnsupported, "the brokers do not offer this API; it needs a newer Kafka"},
	sarama.ErrTopicAlreadyExists:                 {ErrExists, "a topic of this name exists already"},
	sarama.ErrInvalidPartitions:                  {ErrInvalidPartitions, "the number of partitions is not possible: at least 1, and a topic can only grow"},
	sarama.ErrInvalidReplicationFactor:           {ErrInvalidReplicationFactor, "the replication factor is not possible: at least 1 and not more than the number of usable brokers"},
	sarama.ErrInvalidReplicaAssignment:           {ErrInvalidRequest, "the replica assignment names a broker that does not exist or is not consistent"},
	sarama.ErrInvalidConfig:                      {ErrInvalidConfig, "the broker refuses this configuration: an unknown key or a value that it cannot take"},
	sarama.ErrNotController:                      {ErrUnreachable, "no broker accepted the request as the controller; the cluster is electing one, try again"},
	sarama.ErrInvalidRequest:                     {ErrInvalidRequest, "the broker refuses the request as it is: a key that cannot be changed at run time, a value that does not parse, a principal without a type (User:name) or a cluster resource that is not named kafka-cluster"},
	sarama.ErrPolicyViolation:                    {ErrPolicy, "a policy of the cluster forbids this (create.topic.policy.class.name or alter.config.policy.class.name)"},
	sarama.ErrSecurityDisabled:                   {ErrSecurityDisabled, "the brokers have no authorizer, so there are no ACLs; set authorizer.class.name on the brokers"},
	sarama.ErrReassignmentInProgress:             {ErrInvalidRequest, "partitions of the topic are being reassigned; try again when that is done"},
	sarama.ErrInvalidPrincipalType:               {ErrInvalidRequest, "the broker's authorizer does not know this type of principal; write User:name"},
	sarama.ErrGroupIDNotFound:                    {ErrNotFound, "the group does not exist"},
	sarama.ErrInvalidGroupId:                     {ErrInvalidName, "the group id is not legal"},
	sarama.ErrTopicDeletionDisabled:              {ErrPolicy, "the brokers forbid deleting topics (delete.topic.enable=false)"},
	sarama.ErrThrottlingQuotaExceeded:            {ErrTimeout, "the controller's mutation quota of this client is used up; try again later or raise controller_mutation_rate"},
	sarama.ErrInvalidUpdateVersion:               {ErrInvalidRequest, "the broker cannot take this feature level"},
	sarama.ErrUnsupportedForMessageFormat:        {ErrUnsupported, "the topic's message format does not support this"},
	codeResourceNotFound:                         {ErrNotFound, "the resource does not exist"},
	codeDuplicateResource:                        {ErrInvalidRequest, "the request names one resource twice"},
}

// denies says whether a code means a missing right or wrong credentials.
func denies(code sarama.KError) bool { return errors.Is(kinds[code].err, ErrAuthorization) }

// patient holds the codes that ask the client to look again: the cluster is
// changing, and the same request can succeed a moment later.
var patient = map[sarama.KError]bool{
	sarama.ErrLeaderNotAvailable:              true,
	sarama.ErrNotLeaderForPartition:           true,
	sarama.ErrRequestTimedOut:                 true,
	sarama.ErrBrokerNotAvailable:              true,
	sarama.ErrNetworkException:                true,
	sarama.ErrOffsetsLoadInProgress:           true,
	sarama.ErrConsumerCoordinatorNotAvailable: true,
	sarama.ErrNotCoordinatorForConsumer:       true,
	sarama.ErrNotController:                   true,
	sarama.ErrThrottlingQuotaExceeded:         true,
}

// dialCause says in words what a transport error means.
func dialCause(err error) string {
	var dns *net.DNSError
	var ne net.Error
	var decode sarama.PacketDecodingError
	switch {
	case errors.As(err, &dns):
		return "the host name does not resolve"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused, nothing listens there"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the other side closed the connection (a broker that stops, or a listener that wants TLS or SASL)"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "no route to the host"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.As(err, &ne) && ne.Timeout():
		return "no answer in time"
	case errors.As(err, &decode):
		return "what answers there does not speak Kafka's protocol"
	case err == nil || err.Error() == "":
		return "failed without a reason"
	default:
		return err.Error()
	}
}
