package streamsapp

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Environment variables of an instance.
const (
	EnvPrefix           = "STREAMS_"
	EnvApplicationID    = "STREAMS_APPLICATION_ID"
	EnvBootstrapServers = "STREAMS_BOOTSTRAP_SERVERS"
	EnvThreads          = "STREAMS_NUM_STREAM_THREADS"
	EnvGuarantee        = "STREAMS_PROCESSING_GUARANTEE"
	EnvInputTopics      = "INPUT_TOPICS"
	EnvOutputTopics     = "OUTPUT_TOPICS"
	EnvInputTopic       = "INPUT_TOPIC"
	EnvOutputTopic      = "OUTPUT_TOPIC"
	// EnvHeap is read by the java launcher itself (JDK 9 and newer), so the heap holds whatever the command looks like.
	// JAVA_TOOL_OPTIONS stays free for agents and for the sandbox, JAVA_OPTS for the user.
	EnvHeap = "JDK_JAVA_OPTIONS"
)

// Keys of Kafka Streams that an attribute may set as well.
const (
	keyThreads   = "num.stream.threads"
	keyGuarantee = "processing.guarantee"
)

// Variable is the environment variable of a configuration key: dots and dashes become '_', in upper case, after EnvPrefix.
func Variable(key string) string {
	return EnvPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// key is Kafka's usual spelling of a variable: lower case with dots. Not an inverse for every key; see LabelConfigKeys.
func key(variable string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable, EnvPrefix), "_", "."))
}

// environment is everything an instance gets, the user's own variables last.
func (s Spec) environment() map[string]string {
	env := map[string]string{EnvApplicationID: s.ApplicationID, EnvBootstrapServers: s.BootstrapServers}
	for k, v := range s.Config {
		env[Variable(k)] = v
	}
	if s.Threads > 0 {
		env[EnvThreads] = strconv.Itoa(s.Threads)
	}
	if s.ProcessingGuarantee != "" {
		env[EnvGuarantee] = s.ProcessingGuarantee
	}
	if s.HeapMiB > 0 {
		env[EnvHeap] = heapOptions(s.HeapMiB)
	}
	topics(env, EnvInputTopics, EnvInputTopic, s.InputTopics)
	topics(env, EnvOutputTopics, EnvOutputTopic, s.OutputTopics)
	maps.Copy(env, s.Env)
	return env
}

// topics writes a list, sorted as its order means nothing, and the single name where there is just one.
func topics(env map[string]string, many, one string, names []string) {
	if len(names) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(names))
	env[many] = strings.Join(sorted, ",")
	if len(sorted) == 1 {
		env[one] = sorted[0]
	}
}

func heapOptions(mib int) string { return fmt.Sprintf("-Xms%dm -Xmx%dm", mib, mib) }

// parseHeap reads what heapOptions wrote; anything else is somebody's own text.
func parseHeap(value string) (int, bool) {
	var low, high int
	if n, err := fmt.Sscanf(value, "-Xms%dm -Xmx%dm", &low, &high); err != nil || n != 2 {
		return 0, false
	}
	return low, low > 0 && heapOptions(low) == value
}

// spelledKeys are the configuration keys that a read could not tell from their variables: those with another spelling
// than lower case and dots, and those that would be taken for an attribute's.
func (s Spec) spelledKeys() []string {
	var out []string
	for k := range s.Config {
		if key(Variable(k)) != k || k == keyThreads || k == keyGuarantee {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// readEnvironment fills in what the environment says. spelled are configuration keys whose spelling is known.
func (s *Spec) readEnvironment(env map[string]string, spelled []string) {
	rest := maps.Clone(env)
	delete(rest, EnvApplicationID) // its identity is the label's; residue below tells where the two differ
	s.BootstrapServers = rest[EnvBootstrapServers]
	delete(rest, EnvBootstrapServers)

	s.Config = map[string]string{}
	for _, k := range spelled {
		if value, ok := rest[Variable(k)]; ok {
			s.Config[k] = value
			delete(rest, Variable(k))
		}
	}
	if n, err := strconv.Atoi(rest[EnvThreads]); err == nil && n > 0 {
		s.Threads = n
		delete(rest, EnvThreads)
	}
	if slices.Contains(Guarantees, rest[EnvGuarantee]) {
		s.ProcessingGuarantee = rest[EnvGuarantee]
		delete(rest, EnvGuarantee)
	}
	if n, ok := parseHeap(rest[EnvHeap]); ok {
		s.HeapMiB = n
		delete(rest, EnvHeap)
	}
	s.InputTopics = readTopics(rest, EnvInputTopics)
	s.OutputTopics = readTopics(rest, EnvOutputTopics)
	for variable, value := range rest {
		if strings.HasPrefix(variable, EnvPrefix) && checkKey(key(variable)) == nil {
			s.Config[key(variable)] = value
		}
	}
	s.Env = residue(env, s.environment())
}

func readTopics(rest map[string]string, many string) []string {
	list, ok := rest[many]
	delete(rest, many)
	if !ok || list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

// residue is what a map holds beyond, or other than, what we would have written; a missing entry of ours shows as "".
// So every change made outside ends up at some attribute, and mending it is an ordinary update.
func residue(found, written map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range found {
		if w, ok := written[k]; !ok || w != v {
			out[k] = v
		}
	}
	for k := range written {
		if _, ok := found[k]; !ok {
			out[k] = ""
		}
	}
	return out
}
