package kafka

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeConfigs lets kfake say what exists and may be seen, and describes topics and brokers itself.
func handleDescribeConfigs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	req := kreq.(*kmsg.DescribeConfigsRequest)
	resp := req.ResponseKind().(*kmsg.DescribeConfigsResponse)
	for _, rr := range req.Resources {
		one := *req
		inner := rr
		if rr.ResourceType == kmsg.ConfigResourceTypeBroker {
			inner.ResourceName = ""
		}
		one.Resources = []kmsg.DescribeConfigsRequestResource{inner}
		kresp, err := s.ask(&one)
		if err != nil {
			return nil, err
		}
		r := kresp.(*kmsg.DescribeConfigsResponse).Resources[0]
		r.ResourceName = rr.ResourceName
		if r.ErrorCode == 0 {
			s.describeResource(&r, rr)
		} else {
			r.ErrorMessage = ptr(errorText(r.ErrorCode, rr.ResourceName))
		}
		if !req.IncludeSynonyms {
			for i := range r.Configs {
				r.Configs[i].ConfigSynonyms = nil
			}
		}
		resp.Resources = append(resp.Resources, r)
	}
	return resp, nil
}

func errorText(code int16, name string) string {
	switch code {
	case kerr.UnknownTopicOrPartition.Code:
		return fmt.Sprintf("The topic '%s' does not exist.", name)
	case kerr.TopicAuthorizationFailed.Code, kerr.ClusterAuthorizationFailed.Code, kerr.GroupAuthorizationFailed.Code:
		return "Authorization failed."
	}
	return kerr.ErrorForCode(code).Error()
}

func (s *session) describeResource(r *kmsg.DescribeConfigsResponseResource, rr kmsg.DescribeConfigsRequestResource) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	switch rr.ResourceType {
	case kmsg.ConfigResourceTypeTopic:
		r.Configs = s.c.topicEntries(rr.ResourceName, s.c.topicOverrides(rr.ResourceName), s.node.Props, s.id)
	case kmsg.ConfigResourceTypeBroker:
		id, bad := s.brokerResource(rr.ResourceName, "%d or empty string")
		if bad.code != 0 {
			r.ErrorCode, r.ErrorMessage, r.Configs = bad.code, bad.message(), nil
			return
		}
		r.Configs = s.c.brokerEntries(s.node.Props, id)
	default:
		return
	}
	if rr.ConfigNames != nil {
		r.Configs = slices.DeleteFunc(r.Configs, func(rc kmsg.DescribeConfigsResponseResourceConfig) bool {
			return !slices.Contains(rr.ConfigNames, rc.Name)
		})
	}
}

// brokerResource says which broker a config resource means: noLeader for the cluster-wide default. Another broker's own
// is refused, as a broker does.
func (s *session) brokerResource(name, expected string) (int32, refusal) {
	if name == "" {
		return noLeader, refusal{}
	}
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return 0, refuse(kerr.InvalidRequest, "Broker id must be an integer, but it is: %s", name)
	}
	if int32(id) != s.id {
		return 0, refuse(kerr.InvalidRequest, "Unexpected broker id, expected "+expected+", but received %s", s.id, name)
	}
	return int32(id), refusal{}
}

type configResource struct {
	kind kmsg.ConfigResourceType
	name string
}

func handleIncrementalAlterConfigs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.IncrementalAlterConfigsRequest)
	resp := req.ResponseKind().(*kmsg.IncrementalAlterConfigsResponse)
	for _, rr := range req.Resources {
		r, err := s.alterResource(rr, req.Version, req.ValidateOnly)
		if err != nil {
			return nil, err
		}
		resp.Resources = append(resp.Resources, kmsg.IncrementalAlterConfigsResponseResource{
			ErrorCode: r.code, ErrorMessage: r.message(), ResourceType: rr.ResourceType, ResourceName: rr.ResourceName,
		})
	}
	return resp, nil
}

func (s *session) alterResource(rr kmsg.IncrementalAlterConfigsRequestResource, version int16, validateOnly bool) (refusal, error) {
	forward := func(rr kmsg.IncrementalAlterConfigsRequestResource, validateOnly bool) (refusal, error) {
		req := kmsg.NewIncrementalAlterConfigsRequest()
		req.Version, req.ValidateOnly = version, validateOnly
		req.Resources = append(req.Resources, rr)
		kresp, err := s.ask(&req)
		if err != nil {
			return refusal{}, err
		}
		r := kresp.(*kmsg.IncrementalAlterConfigsResponse).Resources[0]
		if r.ErrorCode == 0 {
			return refusal{}, nil
		}
		return refusal{r.ErrorCode, errorText(r.ErrorCode, rr.ResourceName)}, nil
	}
	seen := map[string]bool{}
	for _, rc := range rr.Configs {
		if seen[rc.Name] {
			return refuse(kerr.InvalidRequest, "Error due to duplicate config keys"), nil
		}
		seen[rc.Name] = true
		if rc.Value == nil && rc.Op != kmsg.IncrementalAlterConfigOpDelete {
			return refuse(kerr.InvalidRequest, "Null value not supported for : %s", rc.Name), nil
		}
	}
	switch rr.ResourceType {
	case kmsg.ConfigResourceTypeTopic:
		probe := rr
		probe.Configs = nil // what exists and who may alter it, before what is wrong with the settings
		if r, err := forward(probe, true); err != nil || r.code != 0 {
			return r, err
		}
		s.c.mu.Lock()
		defer s.c.mu.Unlock()
		plain, r := s.c.resolveTopicOps(rr, s.node.Props)
		if r.code != 0 || validateOnly {
			return r, nil
		}
		s.c.dirty = true
		return forward(plain, false)
	case kmsg.ConfigResourceTypeBroker:
		probe := rr
		probe.Configs, probe.ResourceName = nil, ""
		if r, err := forward(probe, true); err != nil || r.code != 0 {
			return r, err
		}
		return s.alterBroker(rr, validateOnly), nil
	default:
		return forward(rr, validateOnly)
	}
}

// resolveTopicOps turns appends and subtractions into sets, and refuses what a broker refuses. c.mu is held.
func (c *cluster) resolveTopicOps(rr kmsg.IncrementalAlterConfigsRequestResource, props map[string]string) (kmsg.IncrementalAlterConfigsRequestResource, refusal) {
	overrides := c.topicOverrides(rr.ResourceName)
	out := rr
	out.Configs = nil
	for _, rc := range rr.Configs {
		def, known := topicConfigs[rc.Name]
		current := ""
		if known {
			current = c.topicConfig(overrides, rc.Name, props)
		}
		value, r := applyOp(rc, def, current)
		if r.code != 0 {
			return out, r
		}
		if value != nil {
			if why := badTopicConfig(rc.Name, *value); why != "" {
				return out, refuse(kerr.InvalidConfig, "%s", why)
			}
			rc.Op = kmsg.IncrementalAlterConfigOpSet
		}
		rc.Value = value
		out.Configs = append(out.Configs, rc)
	}
	return out, refusal{}
}

// applyOp is the value that one operation leads to; nil deletes.
func applyOp(rc kmsg.IncrementalAlterConfigsRequestResourceConfig, def configDef, current string) (*string, refusal) {
	isList := def.typ == kmsg.ConfigTypeList
	items := slices.Collect(splitList(current))
	switch rc.Op {
	case kmsg.IncrementalAlterConfigOpDelete:
		return nil, refusal{}
	case kmsg.IncrementalAlterConfigOpSet:
		return rc.Value, refusal{}
	case kmsg.IncrementalAlterConfigOpAppend:
		if !isList {
			return nil, refuse(kerr.InvalidConfig, "Can't APPEND to key %s because its type is not LIST.", rc.Name)
		}
		for item := range splitList(*rc.Value) {
			if !slices.Contains(items, item) {
				items = append(items, item)
			}
		}
	case kmsg.IncrementalAlterConfigOpSubtract:
		if !isList {
			return nil, refuse(kerr.InvalidConfig, "Can't SUBTRACT to key %s because its type is not LIST.", rc.Name)
		}
		for item := range splitList(*rc.Value) {
			items = slices.DeleteFunc(items, func(x string) bool { return x == item })
		}
	default:
		return nil, refuse(kerr.InvalidRequest, "Unknown operation type %d", rc.Op)
	}
	return ptr(strings.Join(items, ",")), refusal{}
}

func (s *session) alterBroker(rr kmsg.IncrementalAlterConfigsRequestResource, validateOnly bool) refusal {
	if _, bad := s.brokerResource(rr.ResourceName, "%d"); bad.code != 0 {
		return bad
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	next := maps.Clone(s.c.state.Configs[rr.ResourceName])
	if next == nil {
		next = map[string]string{}
	}
	for _, rc := range rr.Configs {
		if readOnlyConfigs[rc.Name] {
			return refuse(kerr.InvalidRequest, "Cannot update these configs dynamically: [%s]", rc.Name)
		}
		if rc.Name == "min.insync.replicas" && rr.ResourceName != "" {
			return refuse(kerr.InvalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
		}
		current := ""
		if chain := s.c.brokerChain(rc.Name, s.node.Props, s.id); len(chain) > 0 {
			current = chain[0].value
		}
		def, known := brokerConfigs[rc.Name]
		value, r := applyOp(rc, def, current)
		switch {
		case r.code != 0:
			return r
		case value == nil:
			delete(next, rc.Name)
			continue
		case known:
			if why := def.invalid(rc.Name, *value); why != "" {
				return refuse(kerr.InvalidRequest, "%s", why)
			}
		}
		next[rc.Name] = *value
	}
	if validateOnly {
		return refusal{}
	}
	s.c.state.Configs[rr.ResourceName] = next
	s.c.notify()
	s.c.save()
	return refusal{}
}

// handleAlterConfigs is the older call that replaces all of a resource's settings.
func handleAlterConfigs(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.AlterConfigsRequest)
	resp := req.ResponseKind().(*kmsg.AlterConfigsResponse)
	for _, rr := range req.Resources {
		inc := kmsg.IncrementalAlterConfigsRequestResource{ResourceType: rr.ResourceType, ResourceName: rr.ResourceName}
		for key := range s.current(configResource{rr.ResourceType, rr.ResourceName}) {
			if !slices.ContainsFunc(rr.Configs, func(rc kmsg.AlterConfigsRequestResourceConfig) bool { return rc.Name == key }) {
				inc.Configs = append(inc.Configs, kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: key, Op: kmsg.IncrementalAlterConfigOpDelete})
			}
		}
		for _, rc := range rr.Configs {
			inc.Configs = append(inc.Configs, kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: rc.Name, Value: rc.Value, Op: kmsg.IncrementalAlterConfigOpSet})
		}
		r, err := s.alterResource(inc, 1, req.ValidateOnly)
		if err != nil {
			return nil, err
		}
		resp.Resources = append(resp.Resources, kmsg.AlterConfigsResponseResource{ErrorCode: r.code, ErrorMessage: r.message(), ResourceType: rr.ResourceType, ResourceName: rr.ResourceName})
	}
	return resp, nil
}

func (s *session) current(r configResource) map[string]string {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if r.kind == kmsg.ConfigResourceTypeTopic {
		return s.c.topicOverrides(r.name)
	}
	return maps.Clone(s.c.state.Configs[r.name])
}
