package acl

import (
	"context"
	"errors"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

// Admin is what the service needs of *kafkaadmin.Client.
type Admin interface {
	HasACL(ctx context.Context, a kafkaadmin.ACL) (bool, error)
	CreateACL(ctx context.Context, a kafkaadmin.ACL) error
	DeleteACL(ctx context.Context, a kafkaadmin.ACL) error
}

type service struct{ admin Admin }

// create makes the ACL. created is true also with an error when it exists now.
func (s service) create(ctx context.Context, a kafkaadmin.ACL) (created bool, err error) {
	err = s.admin.CreateACL(ctx, a)
	return err == nil || kafkaadmin.Accepted(err), err
}

// delete removes the ACL; one that is not there is removed already.
func (s service) delete(ctx context.Context, a kafkaadmin.ACL) error {
	err := s.admin.DeleteACL(ctx, a)
	if errors.Is(err, kafkaadmin.ErrNotFound) || kafkaadmin.Accepted(err) {
		return nil
	}
	return err
}
