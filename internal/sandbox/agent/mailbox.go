package agent

import "sync"

// mailbox delivers statuses one after another, in the order they were put, without ever holding up who puts them.
type mailbox struct {
	mu     sync.Mutex
	filled *sync.Cond
	queue  []Status
	closed bool
	done   chan struct{}
}

func newMailbox(deliver func(Status)) *mailbox {
	m := &mailbox{done: make(chan struct{})}
	m.filled = sync.NewCond(&m.mu)
	go m.run(deliver)
	return m
}

func (m *mailbox) put(s Status) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.queue = append(m.queue, s)
		m.filled.Signal()
	}
}

// close lets what is queued be delivered and takes nothing more.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.filled.Signal()
}

// drop forgets what is queued too.
func (m *mailbox) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.queue = true, nil
	m.filled.Signal()
}

func (m *mailbox) run(deliver func(Status)) {
	defer close(m.done)
	for {
		m.mu.Lock()
		for len(m.queue) == 0 && !m.closed {
			m.filled.Wait()
		}
		if len(m.queue) == 0 {
			m.mu.Unlock()
			return
		}
		s := m.queue[0]
		m.queue = m.queue[1:]
		m.mu.Unlock()
		deliver(s)
	}
}
