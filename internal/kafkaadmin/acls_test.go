package kafkaadmin_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/kafkaadmin"
)

func readACL(topic string) kafkaadmin.ACL {
	return kafkaadmin.ACL{
		ResourceType: "Topic", ResourceName: topic, PatternType: "Literal",
		Principal: "User:alice", Host: "*", Operation: "Read", PermissionType: "Allow",
	}
}

func TestACLLife(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	a := readACL("orders")
	has, err := c.HasACL(ctx, a)
	must(t, err)
	if has {
		t.Fatal("there is one already")
	}
	must(t, c.CreateACL(ctx, a))
	must(t, c.CreateACL(ctx, a)) // the same thing
	prefixed := a
	prefixed.PatternType = "Prefixed"
	tx := kafkaadmin.ACL{ResourceType: "TransactionalID", ResourceName: "tx", PatternType: "Prefixed", Principal: "User:bob", Host: "10.0.0.1", Operation: "DescribeConfigs", PermissionType: "Deny"}
	must(t, c.CreateACL(ctx, prefixed))
	must(t, c.CreateACL(ctx, tx))
	got, err := c.ACLs(ctx)
	must(t, err)
	if d := cmp.Diff([]kafkaadmin.ACL{a, prefixed, tx}, got); d != "" {
		t.Error(d)
	}
	must(t, c.DeleteACL(ctx, a))
	must(t, c.DeleteACL(ctx, a)) // gone is gone
	for acl, want := range map[kafkaadmin.ACL]bool{a: false, prefixed: true, tx: true} {
		has, err := c.HasACL(ctx, acl)
		must(t, err)
		if has != want {
			t.Errorf("%s: %t, want %t", acl, has, want)
		}
		// And so says a client that was not there.
		has, err = open(t, fake.ListenAddrs()).HasACL(ctx, acl)
		must(t, err)
		if has != want {
			t.Errorf("from outside %s: %t, want %t", acl, has, want)
		}
	}
}

func TestACLWordsAreExact(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	for _, change := range []func(*kafkaadmin.ACL){
		func(a *kafkaadmin.ACL) { a.ResourceType = "topic" },
		func(a *kafkaadmin.ACL) { a.Operation = "READ" },
		func(a *kafkaadmin.ACL) { a.PermissionType = "" },
		func(a *kafkaadmin.ACL) { a.PatternType = "glob" },
	} {
		a := readACL("x")
		change(&a)
		mustBe(t, c.CreateACL(ctx, a), kafkaadmin.ErrInvalidRequest)
		mustBe(t, c.DeleteACL(ctx, a), kafkaadmin.ErrInvalidRequest)
		_, err := c.HasACL(ctx, a)
		mustBe(t, err, kafkaadmin.ErrInvalidRequest)
	}
}

func TestACLsAreBatchedAndReadOnce(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	const n = 40
	errs := make([]error, n)
	fake.count()
	together(n, func(i int) { errs[i] = c.CreateACL(ctx, readACL(fmt.Sprintf("t%d", i))) })
	must(t, errors.Join(errs...))
	got := fake.count()
	t.Logf("creating %d ACLs at once: %v", n, got)
	if got[kmsg.CreateACLs] > 3 || got[kmsg.DescribeACLs] > 9 {
		t.Errorf("requests %v", got)
	}
	fresh := open(t, fake.ListenAddrs())
	fake.count()
	together(n, func(i int) {
		has, err := fresh.HasACL(ctx, readACL(fmt.Sprintf("t%d", i)))
		if err == nil && !has {
			err = errors.New("missing")
		}
		errs[i] = err
	})
	must(t, errors.Join(errs...))
	if got := fake.count(); got[kmsg.DescribeACLs] != 1 {
		t.Errorf("reading %d ACLs: %v, want one DescribeACLs", n, got)
	}
	together(n, func(i int) { errs[i] = c.DeleteACL(ctx, readACL(fmt.Sprintf("t%d", i))) })
	must(t, errors.Join(errs...))
	if got := fake.count(); got[kmsg.DeleteACLs] > 3 {
		t.Errorf("requests %v", got)
	}
}

func TestACLErrors(t *testing.T) {
	fake := newCluster(t)
	c, ctx := open(t, fake.ListenAddrs()), testContext(t)
	for code, want := range map[*kerr.Error]error{
		kerr.SecurityDisabled:           kafkaadmin.ErrSecurityDisabled,
		kerr.ClusterAuthorizationFailed: kafkaadmin.ErrAuthorization,
	} {
		f := fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateACLs, kmsg.DeleteACLs, kmsg.DescribeACLs}, Err: code, Count: -1})
		mustBe(t, c.CreateACL(ctx, readACL("a")), want)
		mustBe(t, c.DeleteACL(ctx, readACL("a")), want)
		_, err := c.HasACL(ctx, readACL("a"))
		mustBe(t, err, want)
		_, err = c.ACLs(ctx)
		mustBe(t, err, want)
		if f.Hits() < 4 {
			t.Errorf("%d faults were met", f.Hits())
		}
		f.Remove()
	}
	// Items of a batch that fail do not fail their neighbours.
	fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateACLs}, Resource: "bad", Err: kerr.InvalidRequest})
	errs := make([]error, 2)
	together(2, func(i int) { errs[i] = c.CreateACL(ctx, readACL([]string{"good", "bad"}[i])) })
	must(t, errs[0])
	mustBe(t, errs[1], kafkaadmin.ErrInvalidRequest)
}
