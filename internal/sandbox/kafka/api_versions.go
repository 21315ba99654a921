package kafka

import (
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// versions are the version ranges of what is offered.
var versions = sync.OnceValue(func() map[kmsg.Key]kmsg.ApiVersionsResponseApiKey {
	out := map[kmsg.Key]kmsg.ApiVersionsResponseApiKey{}
	for _, k := range append(kfakeVersions(), kmsg.ApiVersionsResponseApiKey{ApiKey: int16(kmsg.DescribeQuorum), MaxVersion: 2}) {
		if a := apis[kmsg.Key(k.ApiKey)]; a.handle != nil {
			out[kmsg.Key(k.ApiKey)] = kmsg.ApiVersionsResponseApiKey{ApiKey: k.ApiKey, MinVersion: max(a.from, k.MinVersion), MaxVersion: min(a.to, k.MaxVersion)}
		}
	}
	return out
})

// kfakeVersions asks a kfake without data which ranges this build of it has.
func kfakeVersions() []kmsg.ApiVersionsResponseApiKey {
	inner := newPipeListener()
	probe, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(pipeListen(inner)))
	if err != nil {
		return nil // nothing is offered then, which every client notices at once
	}
	defer probe.Close()
	conn, err := inner.dial(inner.Addr())
	if err != nil {
		return nil
	}
	c := &innerConn{conn: conn}
	defer c.close()
	resp, err := c.ask(&kmsg.ApiVersionsRequest{}, nil)
	if err != nil {
		return nil
	}
	return resp.(*kmsg.ApiVersionsResponse).ApiKeys
}

func handleAPIVersions(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.ApiVersionsRequest)
	limit := versions()[kmsg.ApiVersions]
	if req.Version > limit.MaxVersion {
		resp := &kmsg.ApiVersionsResponse{ErrorCode: kerr.UnsupportedVersion.Code}
		resp.ApiKeys = []kmsg.ApiVersionsResponseApiKey{limit}
		return resp, nil
	}
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.ApiVersionsResponse)
	resp.ApiKeys = resp.ApiKeys[:0:0]
	for _, k := range versions() {
		resp.ApiKeys = append(resp.ApiKeys, k)
	}
	slices.SortFunc(resp.ApiKeys, func(a, b kmsg.ApiVersionsResponseApiKey) int { return int(a.ApiKey) - int(b.ApiKey) })
	return resp, nil
}
