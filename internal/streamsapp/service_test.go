package streamsapp_test

import (
	"context"
	"errors"
	"testing"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/marathon"
	"github.com/kafka-mesos/terraform-provider-kafka/internal/streamsapp"
)

// occupied is a Marathon that answers what it was asked for an app, and loses the answers to creates.
type occupied struct {
	streamsapp.Marathon
	look    error
	creates int
}

func (o *occupied) App(context.Context, string) (marathon.App, error) {
	return marathon.App{}, o.look
}

func (o *occupied) CreateApp(context.Context, marathon.App) (marathon.Change, error) {
	o.creates++
	return marathon.Change{}, &marathon.Error{Kind: marathon.Unreachable, Unknown: true}
}

type noGroups struct{ streamsapp.Kafka }

func (noGroups) Group(context.Context, string) (kafkaadmin.Group, error) {
	return kafkaadmin.Group{}, nil
}

// A create whose outcome is not known goes into the state: that must never be somebody else's app.
func TestCreateIsUnknownOnlyWhereTheIdWasFree(t *testing.T) {
	for name, tc := range map[string]struct {
		look, err error
		creates   int
	}{
		"taken":       {nil, marathon.ErrExists, 0},
		"cannot tell": {&marathon.Error{Kind: marathon.Server}, marathon.ErrServer, 0},
		"free":        {&marathon.Error{Kind: marathon.NotFound}, marathon.ErrUnreachable, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := &occupied{look: tc.look}
			_, err := streamsapp.Service{Marathon: m}.Create(t.Context(), noGroups{}, wordcount())
			var e *marathon.Error
			if !errors.Is(err, tc.err) || !errors.As(err, &e) || e.Unknown != (tc.creates > 0) || m.creates != tc.creates {
				t.Errorf("%d creates, %v", m.creates, err)
			}
		})
	}
}
