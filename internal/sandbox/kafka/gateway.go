package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// session is one client's connection to one broker. It handles one request at a time, as a broker does.
type session struct {
	c      *cluster
	node   *node
	id     int32
	conn   net.Conn
	remote net.Addr
	user   string
	open   bool            // resources without any ACL are everybody's
	ctx    context.Context //nolint:containedctx // the connection's own life
	cancel context.CancelFunc
	inner  *innerConn
	// clientID is the current request's.
	clientID *string
}

// request is one frame from a client.
type request struct {
	frame    []byte
	corr     int32
	clientID *string
	kreq     kmsg.Request
}

// handler answers a request. It may ask kfake through the session; errPass hands the frame on as it is.
type handler func(s *session, req kmsg.Request) (kmsg.Response, error)

var (
	errPass = errors.New("pass the request on as it is")
	// errNoAnswer is for a produce request with acks=0.
	errNoAnswer = errors.New("the request has no answer")
)

// pass is the handler of requests that kfake answers as a broker does.
func pass(*session, kmsg.Request) (kmsg.Response, error) { return nil, errPass }

// api is what is offered of one API: the versions of Kafka 4.3.1, as far as kfake speaks them too.
type api struct {
	from, to int16
	handle   handler
}

// apis are the APIs that a broker of the sandbox offers. What is not here is not advertised.
var apis map[kmsg.Key]api

func init() {
	apis = map[kmsg.Key]api{
		kmsg.Produce:                      {3, 13, handleProduce},
		kmsg.Fetch:                        {4, 18, handleFetch},
		kmsg.ListOffsets:                  {1, 11, handleListOffsets},
		kmsg.Metadata:                     {0, 13, handleMetadata},
		kmsg.OffsetCommit:                 {2, 10, atCoordinator},
		kmsg.OffsetFetch:                  {1, 10, atCoordinator},
		kmsg.FindCoordinator:              {0, 6, handleFindCoordinator},
		kmsg.JoinGroup:                    {0, 9, atCoordinator},
		kmsg.Heartbeat:                    {0, 4, atCoordinator},
		kmsg.LeaveGroup:                   {0, 5, atCoordinator},
		kmsg.SyncGroup:                    {0, 5, atCoordinator},
		kmsg.DescribeGroups:               {0, 6, atCoordinator},
		kmsg.ListGroups:                   {0, 5, handleListGroups},
		kmsg.SASLHandshake:                {0, 1, handleSASLHandshake},
		kmsg.ApiVersions:                  {0, 4, handleAPIVersions},
		kmsg.CreateTopics:                 {2, 7, handleCreateTopics},
		kmsg.DeleteTopics:                 {1, 6, handleDeleteTopics},
		kmsg.DeleteRecords:                {0, 2, handleDeleteRecords},
		kmsg.InitProducerID:               {0, 5, atCoordinator},
		kmsg.OffsetForLeaderEpoch:         {2, 4, handleOffsetForLeaderEpoch},
		kmsg.AddPartitionsToTxn:           {0, 5, atCoordinator},
		kmsg.AddOffsetsToTxn:              {0, 4, atCoordinator},
		kmsg.EndTxn:                       {0, 5, atCoordinator},
		kmsg.TxnOffsetCommit:              {0, 5, atCoordinator},
		kmsg.DescribeACLs:                 {1, 3, handleDescribeACLs},
		kmsg.CreateACLs:                   {1, 3, handleCreateACLs},
		kmsg.DeleteACLs:                   {1, 3, handleDeleteACLs},
		kmsg.DescribeConfigs:              {1, 4, handleDescribeConfigs},
		kmsg.AlterConfigs:                 {0, 2, handleAlterConfigs},
		kmsg.DescribeLogDirs:              {1, 5, handleDescribeLogDirs},
		kmsg.CreatePartitions:             {0, 3, handleCreatePartitions},
		kmsg.DeleteGroups:                 {0, 2, atCoordinator},
		kmsg.ElectLeaders:                 {0, 2, handleElectLeaders},
		kmsg.IncrementalAlterConfigs:      {0, 1, handleIncrementalAlterConfigs},
		kmsg.AlterPartitionAssignments:    {0, 1, handleReassign},
		kmsg.ListPartitionReassignments:   {0, 0, handleListReassignments},
		kmsg.OffsetDelete:                 {0, 0, atCoordinator},
		kmsg.DescribeClientQuotas:         {0, 1, pass},
		kmsg.AlterClientQuotas:            {0, 1, atController},
		kmsg.DescribeUserSCRAMCredentials: {0, 0, pass},
		kmsg.AlterUserSCRAMCredentials:    {0, 0, atController},
		kmsg.DescribeQuorum:               {0, 2, handleDescribeQuorum},
		kmsg.UpdateFeatures:               {0, 2, atController},
		kmsg.DescribeCluster:              {0, 2, handleDescribeCluster},
		kmsg.DescribeProducers:            {0, 0, pass},
		kmsg.DescribeTransactions:         {0, 0, atCoordinator},
		kmsg.ListTransactions:             {0, 2, handleListTransactions},
		kmsg.ConsumerGroupHeartbeat:       {0, 1, atCoordinator},
		kmsg.ConsumerGroupDescribe:        {0, 1, atCoordinator},
		kmsg.DescribeTopicPartitions:      {0, 0, handleDescribeTopicPartitions},
	}
}

// serveClient is a client's connection, from its broker's process.
func (h *Hub) serveClient(ctx context.Context, hi hello, conn net.Conn) {
	h.mu.Lock()
	c := h.clusters[hi.Cluster]
	h.mu.Unlock()
	if c == nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &session{c: c, id: hi.NodeID, conn: conn, remote: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, ctx: ctx, cancel: cancel}
	if addr, err := net.ResolveTCPAddr("tcp", hi.Remote); err == nil {
		s.remote = addr
	}
	if !c.attach(s, hi.Incarnation) {
		return
	}
	defer c.detach(s)
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := s.run(); err != nil {
		c.log.Debug("a client's connection ended", "broker", s.id, "client", hi.Remote, "error", err)
	}
}

// attach counts a client in, if its broker is the registered one.
func (c *cluster) attach(s *session, incarnation string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.nodes[s.id]
	if n == nil || !n.registered || n.Incarnation != incarnation || c.kfake == nil || c.closed {
		return false
	}
	s.node = n
	s.user = userHub
	if authorizer(n.Props) && !superUser(n.Props) {
		s.user, s.open = userAnonymous, everyoneIfNoACL(n.Props)
	}
	c.sessions[s] = true
	return true
}

func (c *cluster) detach(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.sessions, s)
	if s.inner != nil {
		s.inner.close()
	}
}

// end cuts the session from outside; the run loop then returns.
func (s *session) end() { s.cancel() }

func (s *session) run() error {
	inner, err := dialInner(s.c.innerListener(), s.remote, s.user)
	if err != nil {
		return err
	}
	defer inner.close()
	defer context.AfterFunc(s.ctx, inner.close)()
	s.c.mu.Lock()
	s.inner = inner
	s.c.mu.Unlock()

	// The reader runs ahead by one frame, so that a client that leaves while its request waits is noticed.
	frames := make(chan []byte)
	go func() {
		defer s.cancel()
		for {
			frame, err := readFrame(s.conn)
			if err != nil {
				return
			}
			select {
			case frames <- frame:
			case <-s.ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-s.ctx.Done():
			return nil
		case frame := <-frames:
			answer, err := s.handle(frame)
			if errors.Is(err, errNoAnswer) {
				continue
			}
			if err != nil {
				return err
			}
			out := binary.BigEndian.AppendUint32(make([]byte, 0, len(answer)+4), uint32(len(answer))) //nolint:gosec // below frameLimit
			if _, err := s.conn.Write(append(out, answer...)); err != nil {
				return err
			}
		}
	}
}

func (c *cluster) innerListener() *pipeListener {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		l := newPipeListener()
		_ = l.Close()
		return l
	}
	return c.inner
}

func parseRequest(frame []byte) (*request, error) {
	r := kbin.Reader{Src: frame}
	key, version := r.Int16(), r.Int16()
	req := &request{frame: frame, corr: r.Int32(), clientID: r.NullableString()}
	if !r.Ok() {
		return nil, errors.New("a request without a whole header")
	}
	if apis[kmsg.Key(key)].handle == nil {
		return nil, fmt.Errorf("request %s is not offered", kmsg.NameForKey(key))
	}
	req.kreq = kmsg.RequestForKey(key)
	req.kreq.SetVersion(version)
	limit, ok := versions()[kmsg.Key(key)]
	if version < limit.MinVersion || version > limit.MaxVersion || !ok {
		if kmsg.Key(key) == kmsg.ApiVersions {
			return req, nil // answered with version 0; the body cannot be read
		}
		return nil, fmt.Errorf("%s version %d is not offered", kmsg.NameForKey(key), version)
	}
	if req.kreq.IsFlexible() {
		kmsg.SkipTags(&r)
	}
	if err := req.kreq.ReadFrom(r.Src); err != nil {
		return nil, fmt.Errorf("%s version %d: %w", kmsg.NameForKey(key), version, err)
	}
	return req, nil
}

// handle answers one frame with one frame.
func (s *session) handle(frame []byte) ([]byte, error) {
	req, err := parseRequest(frame)
	if err != nil {
		return nil, err
	}
	s.clientID = req.clientID
	if s.open {
		if err := s.allowUnlisted(req.kreq); err != nil {
			return nil, err
		}
	}
	resp, err := apis[kmsg.Key(req.kreq.Key())].handle(s, req.kreq)
	if errors.Is(err, errPass) {
		return s.inner.pass(req.frame, true)
	}
	if err != nil {
		return nil, err
	}
	answer := binary.BigEndian.AppendUint32(nil, uint32(req.corr)) //nolint:gosec // the same bits
	if resp.IsFlexible() && kmsg.Key(resp.Key()) != kmsg.ApiVersions {
		answer = append(answer, 0)
	}
	return resp.AppendTo(answer), nil
}

// ask sends a request that a handler made or changed to kfake, as the client.
func (s *session) ask(req kmsg.Request) (kmsg.Response, error) { return s.inner.ask(req, s.clientID) }

// controllerTimeout is how long a broker tries to reach a controller (request.timeout.ms).
const controllerTimeout = 30 * time.Second

// quorum waits for a controller. Without one the client gets no answer, and after controllerTimeout its connection ends.
func (s *session) quorum() error {
	ctx, cancel := context.WithTimeout(s.ctx, controllerTimeout)
	defer cancel()
	if err := s.c.await(ctx, func() bool { return s.c.leader != noLeader }); err != nil {
		return fmt.Errorf("no controller: %w", err)
	}
	return nil
}

// atController is for what kfake answers well, but only with a controller.
func atController(s *session, _ kmsg.Request) (kmsg.Response, error) {
	if err := s.quorum(); err != nil {
		return nil, err
	}
	return nil, errPass
}

func handleSASLHandshake(_ *session, kreq kmsg.Request) (kmsg.Response, error) {
	resp := kreq.ResponseKind().(*kmsg.SASLHandshakeResponse)
	resp.ErrorCode = 34 // ILLEGAL_SASL_STATE: the listener is PLAINTEXT
	return resp, nil
}

func ptr[T any](v T) *T { return &v }

// each keeps of items those for which the broker has no error; the others are answered by refuse.
func each[T any](items []T, refusal func(*T) int16, refuse func(*T, int16)) []T {
	return slices.DeleteFunc(items, func(item T) bool {
		code := refusal(&item)
		if code != 0 {
			refuse(&item, code)
		}
		return code != 0
	})
}
