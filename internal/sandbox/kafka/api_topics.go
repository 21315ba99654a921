package kafka

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// refusal is an error for one item of a request, with the words for it; code 0 is none.
type refusal struct {
	code int16
	text string
}

func refuse(e *kerr.Error, format string, args ...any) refusal {
	return refusal{e.Code, fmt.Sprintf(format, args...)}
}

func (r refusal) message() *string {
	if r.text == "" {
		return nil
	}
	return &r.text
}

// handleCreateTopics lets kfake judge first (authorization, names that exist), then judges what kfake does not, then has
// kfake create topics of one replica and notes the replicas.
func handleCreateTopics(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.CreateTopicsRequest)
	resp := req.ResponseKind().(*kmsg.CreateTopicsResponse)
	if s.tooManyPartitions(req) {
		for _, t := range req.Topics {
			rt := kmsg.NewCreateTopicsResponseTopic()
			rt.Topic, rt.ErrorCode, rt.ErrorMessage = t.Topic, kerr.PolicyViolation.Code, ptr("Excessively large number of partitions per request.")
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil
	}
	count := map[string]int{}
	for _, t := range req.Topics {
		count[t.Topic]++
	}
	for _, t := range req.Topics {
		if count[t.Topic] == 0 {
			continue // a duplicate that was answered already
		}
		if count[t.Topic] > 1 {
			count[t.Topic] = 0
			rt := kmsg.NewCreateTopicsResponseTopic()
			rt.Topic, rt.ErrorCode, rt.ErrorMessage = t.Topic, kerr.InvalidRequest.Code, ptr("Duplicate topic name.")
			resp.Topics = append(resp.Topics, rt)
			continue
		}
		rt, err := s.createTopic(t, req.Version, req.ValidateOnly)
		if err != nil {
			return nil, err
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, nil
}

// maxPartitions is how many partitions one request may make (the controller's MAX_PARTITIONS_PER_BATCH, and its limit of
// records per operation).
const maxPartitions = 10_000

// tooManyPartitions is the controller's first look at a request, before that at any of its topics.
func (s *session) tooManyPartitions(req *kmsg.CreateTopicsRequest) bool {
	total := 0
	for _, t := range req.Topics {
		switch {
		case len(t.ReplicaAssignment) > 0:
			total += len(t.ReplicaAssignment)
		case t.NumPartitions == -1:
			total += settingInt(s.node.Props, "num.partitions")
		case t.NumPartitions > 0:
			total += int(t.NumPartitions)
		}
	}
	return total > maxPartitions
}

func (s *session) createTopic(t kmsg.CreateTopicsRequestTopic, version int16, validateOnly bool) (kmsg.CreateTopicsResponseTopic, error) {
	refused := func(r refusal) (kmsg.CreateTopicsResponseTopic, error) {
		rt := kmsg.NewCreateTopicsResponseTopic()
		rt.Topic, rt.ErrorCode, rt.ErrorMessage = t.Topic, r.code, r.message()
		rt.NumPartitions, rt.ReplicationFactor = -1, -1
		return rt, nil
	}
	first, err := s.kfakeCreate(t, 1, version, true)
	if err != nil {
		return first, err
	}
	s.c.mu.Lock()
	r := s.c.judgeTopic(t, first.ErrorCode)
	var replicas [][]int32
	if r.code == 0 {
		replicas, r = s.c.replicasFor(t, s.node.Props)
	}
	s.c.mu.Unlock()
	if r.code != 0 {
		return refused(r)
	}
	rt := first
	if !validateOnly {
		// Creating and placing is one step for everybody who looks at the cluster.
		s.c.mu.Lock()
		rt, err = s.kfakeCreate(t, len(replicas), version, false)
		if err == nil && rt.ErrorCode == 0 && s.c.kfake != nil {
			s.c.assign(t.Topic, s.c.kfake.TopicInfo(t.Topic).TopicID, replicas)
		}
		s.c.mu.Unlock()
		if err != nil {
			return rt, err
		}
		if rt.ErrorCode != 0 { // somebody was faster
			return refused(refusal{rt.ErrorCode, fmt.Sprintf("Topic '%s' already exists.", t.Topic)})
		}
	}
	rt.NumPartitions, rt.ReplicationFactor = int32(len(replicas)), int16(len(replicas[0])) //nolint:gosec // small
	rt.Configs = s.createdConfigs(t)
	return rt, nil
}

// kfakeCreate has kfake create, or judge, a topic of one replica.
func (s *session) kfakeCreate(t kmsg.CreateTopicsRequestTopic, partitions int, version int16, validateOnly bool) (kmsg.CreateTopicsResponseTopic, error) {
	req := kmsg.NewCreateTopicsRequest()
	req.Version, req.ValidateOnly, req.TimeoutMillis = max(version, 1), validateOnly, 30_000
	t.ReplicaAssignment, t.NumPartitions, t.ReplicationFactor = nil, int32(partitions), 1 //nolint:gosec // small
	req.Topics = append(req.Topics, t)
	kresp, err := s.ask(&req)
	if err != nil {
		return kmsg.CreateTopicsResponseTopic{}, err
	}
	resp := kresp.(*kmsg.CreateTopicsResponse)
	if len(resp.Topics) != 1 {
		return kmsg.CreateTopicsResponseTopic{}, kerr.UnknownServerError
	}
	return resp.Topics[0], nil
}

// judgeTopic gives kfake's verdict words and adds the controller's own checks. c.mu is held.
func (c *cluster) judgeTopic(t kmsg.CreateTopicsRequestTopic, verdict int16) refusal {
	if why := illegalTopic(t.Topic); why != "" {
		return refuse(kerr.InvalidTopicException, "%s", why)
	}
	switch verdict {
	case 0:
	case kerr.TopicAlreadyExists.Code:
		return refuse(kerr.TopicAlreadyExists, "Topic '%s' already exists.", t.Topic)
	case kerr.InvalidTopicException.Code:
		return refuse(kerr.InvalidTopicException, "Topic '%s' collides with existing topic: %s", t.Topic, c.collision(t.Topic))
	case kerr.TopicAuthorizationFailed.Code:
		return refuse(kerr.TopicAuthorizationFailed, "Authorization failed.")
	default:
		return refusal{verdict, ""}
	}
	for _, rc := range t.Configs {
		if rc.Value == nil {
			return refuse(kerr.InvalidConfig, "Null value not supported for topic configs: %s", rc.Name)
		}
		if why := badTopicConfig(rc.Name, *rc.Value); why != "" {
			return refuse(kerr.InvalidConfig, "%s", why)
		}
	}
	return refusal{}
}

// badTopicConfig is why a topic may not have this setting, or "".
func badTopicConfig(name, value string) string {
	def, ok := topicConfigs[name]
	if !ok {
		return "Unknown topic config name: " + name
	}
	return def.invalid(name, value)
}

// replicasFor places a new topic, by hand or by the placer. c.mu is held.
func (c *cluster) replicasFor(t kmsg.CreateTopicsRequestTopic, props map[string]string) ([][]int32, refusal) {
	if len(t.ReplicaAssignment) > 0 {
		if t.NumPartitions != -1 {
			return nil, refuse(kerr.InvalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
		}
		if t.ReplicationFactor != -1 {
			return nil, refuse(kerr.InvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.")
		}
		out := make([][]int32, len(t.ReplicaAssignment))
		for _, a := range t.ReplicaAssignment {
			if a.Partition < 0 || int(a.Partition) >= len(out) || out[a.Partition] != nil {
				return nil, refuse(kerr.InvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
			}
			if r := c.judgeReplicas(a.Replicas); r.code != 0 {
				return nil, r
			}
			out[a.Partition] = a.Replicas
		}
		for _, set := range out {
			if len(set) != len(out[0]) {
				return nil, refuse(kerr.InvalidReplicaAssignment, "The manual partition assignment includes a partition with %d replica(s), but this is not consistent with previous partitions, which have %d replica(s).", len(set), len(out[0]))
			}
		}
		return out, refusal{}
	}
	partitions, factor := int(t.NumPartitions), int(t.ReplicationFactor)
	if partitions == -1 {
		partitions = settingInt(props, "num.partitions")
	}
	if factor == -1 {
		factor = settingInt(props, "default.replication.factor")
	}
	switch {
	case partitions <= 0:
		return nil, refuse(kerr.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	case factor <= 0:
		return nil, refuse(kerr.InvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
	}
	out, why := c.place(partitions, factor)
	if why != "" {
		return nil, refuse(kerr.InvalidReplicationFactor, "%s", why)
	}
	return out, refusal{}
}

// judgeReplicas checks one partition's replicas given by hand. c.mu is held.
func (c *cluster) judgeReplicas(replicas []int32) refusal {
	if len(replicas) == 0 {
		return refuse(kerr.InvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.")
	}
	for i, id := range replicas {
		if slices.Contains(replicas[:i], id) {
			return refuse(kerr.InvalidReplicaAssignment, "The manual partition assignment includes the broker %d more than once.", id)
		}
		if c.state.Brokers[id] == nil {
			return refuse(kerr.InvalidReplicaAssignment, "The manual partition assignment includes broker %d, but no such broker is registered.", id)
		}
	}
	if !slices.ContainsFunc(replicas, c.unfenced) {
		return refuse(kerr.InvalidReplicaAssignment, "All brokers specified in the manual partition assignment for partition 0 are fenced or in controlled shutdown.")
	}
	return refusal{}
}

func (s *session) createdConfigs(t kmsg.CreateTopicsRequestTopic) []kmsg.CreateTopicsResponseTopicConfig {
	overrides := map[string]string{}
	for _, rc := range t.Configs {
		overrides[rc.Name] = deref(rc.Value)
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	var out []kmsg.CreateTopicsResponseTopicConfig
	for _, rc := range s.c.topicEntries(t.Topic, overrides, s.node.Props, s.id) {
		out = append(out, kmsg.CreateTopicsResponseTopicConfig{Name: rc.Name, Value: rc.Value, ReadOnly: rc.ReadOnly, Source: int8(rc.Source), IsSensitive: rc.IsSensitive})
	}
	return out
}

// autoCreate makes the topics of a metadata request that do not exist, where auto.create.topics.enable says so.
func (s *session) autoCreate(topics []kmsg.MetadataRequestTopic) error {
	if !settingBool(s.node.Props, "auto.create.topics.enable") {
		return nil
	}
	for _, t := range topics {
		if t.Topic == nil || t.TopicID != ([16]byte{}) || *t.Topic == offsetsTopic || *t.Topic == txnTopic {
			continue
		}
		s.c.mu.Lock()
		known, led := s.c.state.Topics[*t.Topic] != nil, s.c.leader != noLeader
		s.c.mu.Unlock()
		if known || !led {
			continue
		}
		rt := kmsg.NewCreateTopicsRequestTopic()
		rt.Topic, rt.NumPartitions, rt.ReplicationFactor = *t.Topic, -1, -1
		if _, err := s.createTopic(rt, 7, false); err != nil {
			return err
		}
	}
	return nil
}

func handleDeleteTopics(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.DeleteTopicsRequest)
	if !settingBool(s.node.Props, "delete.topic.enable") {
		resp := req.ResponseKind().(*kmsg.DeleteTopicsResponse)
		for _, name := range req.TopicNames {
			resp.Topics = append(resp.Topics, kmsg.DeleteTopicsResponseTopic{Topic: &name, ErrorCode: kerr.TopicDeletionDisabled.Code, ErrorMessage: ptr("Topic deletion is disabled.")})
		}
		for _, t := range req.Topics {
			resp.Topics = append(resp.Topics, kmsg.DeleteTopicsResponseTopic{Topic: t.Topic, TopicID: t.TopicID, ErrorCode: kerr.TopicDeletionDisabled.Code, ErrorMessage: ptr("Topic deletion is disabled.")})
		}
		return resp, nil
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	kresp, err := s.ask(req)
	if err != nil {
		return nil, err
	}
	resp := kresp.(*kmsg.DeleteTopicsResponse)
	for i := range resp.Topics {
		t := &resp.Topics[i]
		switch t.ErrorCode {
		case 0:
			delete(s.c.state.Topics, s.c.topicName(deref(t.Topic), t.TopicID))
		case kerr.UnknownTopicOrPartition.Code:
			t.ErrorMessage = ptr("This server does not host this topic-partition.")
		case kerr.TopicAuthorizationFailed.Code:
			t.ErrorMessage = ptr("Authorization failed.")
		}
	}
	s.c.notify()
	s.c.save()
	return resp, nil
}

func handleCreatePartitions(s *session, kreq kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	req := kreq.(*kmsg.CreatePartitionsRequest)
	resp := req.ResponseKind().(*kmsg.CreatePartitionsResponse)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	for _, t := range req.Topics {
		replicas, r := s.c.judgeGrowth(t)
		one := kmsg.NewCreatePartitionsRequest()
		one.Version, one.TimeoutMillis, one.ValidateOnly = req.Version, req.TimeoutMillis, req.ValidateOnly || r.code != 0
		inner := t
		inner.Assignment = nil
		one.Topics = append(one.Topics, inner)
		kresp, err := s.ask(&one)
		if err != nil {
			return nil, err
		}
		rt := kresp.(*kmsg.CreatePartitionsResponse).Topics[0]
		switch {
		case rt.ErrorCode == kerr.TopicAuthorizationFailed.Code:
			rt.ErrorMessage = ptr("Authorization failed.")
		case rt.ErrorCode == kerr.UnknownTopicOrPartition.Code:
			rt.ErrorMessage = ptr("This server does not host this topic-partition.")
		case r.code != 0:
			rt.ErrorCode, rt.ErrorMessage = r.code, r.message()
		case rt.ErrorCode == 0 && !req.ValidateOnly:
			s.c.assign(t.Topic, s.c.state.Topics[t.Topic].ID, replicas)
		}
		resp.Topics = append(resp.Topics, rt)
	}
	return resp, nil
}

// judgeGrowth places the partitions that a topic grows by. c.mu is held.
func (c *cluster) judgeGrowth(t kmsg.CreatePartitionsRequestTopic) ([][]int32, refusal) {
	topic := c.state.Topics[t.Topic]
	if topic == nil {
		return nil, refusal{}
	}
	have := int32(len(topic.Partitions)) //nolint:gosec // small
	switch {
	case t.Count == have:
		return nil, refuse(kerr.InvalidPartitions, "Topic already has %d partition(s).", have)
	case t.Count < have:
		return nil, refuse(kerr.InvalidPartitions, "The topic %s currently has %d partition(s); %d would not be an increase.", t.Topic, have, t.Count)
	}
	if t.Count-have > maxPartitions {
		return nil, refuse(kerr.PolicyViolation, "Unable to perform excessively large batch operation.")
	}
	factor := len(topic.Partitions[0].Replicas)
	if len(t.Assignment) > 0 {
		if len(t.Assignment) != int(t.Count-have) {
			return nil, refuse(kerr.InvalidReplicaAssignment, "Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", t.Count-have, len(t.Assignment))
		}
		var out [][]int32
		for _, a := range t.Assignment {
			if r := c.judgeReplicas(a.Replicas); r.code != 0 {
				return nil, r
			}
			out = append(out, a.Replicas)
		}
		return out, refusal{}
	}
	out, why := c.place(int(t.Count-have), factor)
	if why != "" {
		return nil, refuse(kerr.InvalidReplicationFactor, "%s", why)
	}
	return out, refusal{}
}
