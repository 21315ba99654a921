package kafkaadmin

import (
	"context"
	"sync"

	"golang.org/x/sync/singleflight"
)

// Client is the admin client of one cluster. It is safe for concurrent use,
// and meant to be shared by everything in the process that talks to the
// cluster: that is what lets it answer from one snapshot and write in batches.
type Client struct {
	cfg  Config
	pool *pool

	// base ends with Close; work that serves several callers runs under it.
	base   context.Context
	cancel context.CancelFunc

	flight singleflight.Group

	mu   sync.Mutex
	view view

	snap *snapshot

	metas      *gather[string, string, topicMeta]
	configs    *gather[string, string, map[string]ConfigEntry]
	creates    *gather[string, NewTopic, struct{}]
	createTry  *gather[string, NewTopic, struct{}]
	grows      *gather[string, growth, struct{}]
	growTry    *gather[string, growth, struct{}]
	alters     *gather[string, alteration, struct{}]
	alterTry   *gather[string, alteration, struct{}]
	deletes    *gather[string, string, struct{}]
	aclCreates *gather[ACL, ACL, struct{}]
	aclDeletes *gather[ACL, ACL, struct{}]

	quorum quorumClient
}

// Open connects to the cluster and learns its brokers. It fails with an error
// that matches ErrUnreachable and names the cause per address when none of the
// bootstrap servers answers. The context bounds Open alone.
func Open(ctx context.Context, cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	sc, err := cfg.saramaConfig()
	if err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, pool: newPool(sc), snap: newSnapshot()}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.base, c.cancel = base, cancel
	c.metas = newGather(base, self[string], true, c.runMetas)
	c.configs = newGather(base, self[string], true, c.runConfigs)
	c.creates = newWriteGather(base, func(t NewTopic) string { return t.Name }, false, c.runCreates(false))
	c.createTry = newGather(base, func(t NewTopic) string { return t.Name }, false, c.runCreates(true))
	c.grows = newWriteGather(base, func(g growth) string { return g.name }, false, c.runGrows(false))
	c.growTry = newGather(base, func(g growth) string { return g.name }, false, c.runGrows(true))
	c.alters = newWriteGather(base, func(a alteration) string { return a.name }, false, c.runAlters(false))
	c.alterTry = newGather(base, func(a alteration) string { return a.name }, false, c.runAlters(true))
	c.deletes = newWriteGather(base, self[string], false, c.runDeletes)
	c.aclCreates = newWriteGather(base, self[ACL], true, c.runACLCreates)
	c.aclDeletes = newWriteGather(base, self[ACL], true, c.runACLDeletes)
	if err := c.refresh(ctx, "connect to Kafka", ""); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends every connection. Calls that are under way fail.
func (c *Client) Close() error {
	c.cancel()
	c.pool.close()
	c.quorum.close()
	return nil
}

func self[T any](t T) T { return t }
