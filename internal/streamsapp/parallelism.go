package streamsapp

import "strconv"

// OneAtATime is the upgrade strategy under which Marathon replaces one of n instances after the other: it keeps
// ceil(n × share) of them healthy, so the share is (n-1)/n, rounded down to two decimals (0.67 of 3 would be 3 again, and
// Marathon would start a fourth). A single instance is stopped before its successor starts. Beyond 100 instances two
// decimals are no longer enough, and more than one is replaced at a time.
func OneAtATime(n int) Upgrade {
	if n < 1 {
		return Upgrade{}
	}
	return Upgrade{MinimumHealthCapacity: float64((n-1)*100/n) / 100}
}

// IsOneAtATime says whether u is what OneAtATime answers for some number of instances.
func (u Upgrade) IsOneAtATime() bool {
	for n := 1; n <= 100; n++ {
		if OneAtATime(n) == u {
			return true
		}
	}
	return false
}

// ThreadsPerInstance is what each instance runs: the threads argument, the configuration's, or Kafka Streams' default.
func (s Spec) ThreadsPerInstance() int {
	if s.Threads > 0 {
		return s.Threads
	}
	for k, v := range s.Config {
		if Variable(k) == EnvThreads {
			if n, err := strconv.Atoi(v); err == nil && n > 0 {
				return n
			}
		}
	}
	return 1
}

// StreamsProtocol says whether the application asks for KIP-1071's group protocol, which the classic description of a
// consumer group does not show.
func (s Spec) StreamsProtocol() bool {
	for k, v := range s.Config {
		if Variable(k) == Variable("group.protocol") {
			return v == "streams"
		}
	}
	return false
}

// Members is how many members the consumer group has when all is running: every stream thread is one.
func (s Spec) Members() int { return s.Instances * s.ThreadsPerInstance() }

// Parallelism compares the threads of an application with what its inputs can occupy.
type Parallelism struct {
	Threads         int // instances × threads each
	Partitions      int // of the input with the most
	UsefulInstances int // ceil(partitions ÷ threads per instance)
}

// Idle is the number of threads that one sub-topology leaves without a task.
func (p Parallelism) Idle() int { return max(0, p.Threads-p.Partitions) }

// ParallelismOver computes the arithmetic for inputs of the given partition counts. A sub-topology has as many tasks as
// its widest source; several sub-topologies (repartitioning, inputs read apart) have more in sum, which only the
// application knows.
func (s Spec) ParallelismOver(partitions map[string]int) Parallelism {
	p := Parallelism{Threads: s.Members()}
	for _, n := range partitions {
		p.Partitions = max(p.Partitions, n)
	}
	each := s.ThreadsPerInstance()
	p.UsefulInstances = (p.Partitions + each - 1) / each
	return p
}
