package kafka

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/pflag"
)

const (
	metaFile   = "meta.properties"
	markerFile = "embedded-kafka.json"
	votersFile = "__cluster_metadata-0/voters.json"
)

// voter is one member of the controller quorum, as --initial-controllers or controller.quorum.voters names it.
type voter struct {
	ID       int32  `json:"id"`
	Endpoint string `json:"endpoint"`
	// Directory is the directory id of the voter's metadata directory; empty for a static quorum.
	Directory string `json:"directory,omitempty"`
}

// logDir is what a formatted log directory says of itself.
type logDir struct {
	Path      string `json:"path"`
	Cluster   string `json:"cluster"`
	Node      int32  `json:"node"`
	Directory string `json:"directory"`
	// Generation names the content that this directory has taken part in; empty when it was formatted and not used yet.
	Generation string `json:"generation,omitempty"`
}

// errUnformatted says that a directory carries no meta.properties.
var errUnformatted = errors.New("no readable meta.properties")

func readLogDir(path string) (logDir, error) {
	d := logDir{Path: path}
	props, err := readProperties(filepath.Join(path, metaFile))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return d, errUnformatted
		}
		return d, err
	}
	id, err := strconv.ParseInt(props["node.id"], 10, 32)
	if err != nil {
		return d, fmt.Errorf("%s: node.id %q is not a number", filepath.Join(path, metaFile), props["node.id"])
	}
	d.Node, d.Cluster, d.Directory = int32(id), props["cluster.id"], props["directory.id"]
	var m marker
	if text, err := os.ReadFile(filepath.Join(path, markerFile)); err == nil {
		if err := json.Unmarshal(text, &m); err != nil {
			return d, fmt.Errorf("%s: %w", filepath.Join(path, markerFile), err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	d.Generation = m.Generation
	return d, nil
}

// marker stands in a log directory for the content that the hub keeps on its behalf.
type marker struct {
	Generation string `json:"generation"`
	Comment    string `json:"comment"`
}

func writeMarker(dir, generation string) error {
	text, err := json.Marshal(marker{generation, "The records of this log directory are kept by the sandbox. Without this file they are gone, as they would be with the directory."})
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, markerFile), text)
}

// writeFile replaces a file in one step.
func writeFile(path string, text []byte) error {
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func readVoters(dirs []string) ([]voter, error) {
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, votersFile))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var voters []voter
		if err == nil {
			err = json.Unmarshal(text, &voters)
		}
		return voters, err
	}
	return nil, nil
}

func randomUUID() string {
	id := uuid.New()
	return base64.RawURLEncoding.EncodeToString(id[:])
}

// RunStorage is the embedded kafka-storage.sh (format, info, random-uuid). It returns the exit code.
func RunStorage(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		_, _ = fmt.Fprintln(stderr, "usage: kafka-storage [-h]\n                     {info,format,random-uuid}\n                     ...\nkafka-storage: error: too few arguments")
		return 1
	}
	var err error
	switch args[0] {
	case "random-uuid":
		_, _ = fmt.Fprintln(stdout, randomUUID())
	case "format":
		err = runFormat(args[1:], stdout)
	case "info":
		err = runInfo(args[1:], stdout)
	default:
		err = usageError("kafka-storage: error: argument command: invalid choice: '" + args[0] + "' (choose from 'info', 'format', 'random-uuid')")
	}
	var plain usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &plain):
		_, _ = fmt.Fprintln(stderr, err)
	default:
		_, _ = fmt.Fprintln(stderr, "Exception in thread \"main\" "+err.Error())
	}
	return 1
}

// usageError is printed as it is, as the real tool's TerseFailure.
type usageError string

func (e usageError) Error() string { return string(e) }

type formatFlags struct {
	cluster, config, initial string
	ignore, standalone, none bool
}

func parseFormatFlags(args []string) (formatFlags, error) {
	var f formatFlags
	set := pflag.NewFlagSet("format", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVarP(&f.cluster, "cluster-id", "t", "", "")
	set.StringVarP(&f.config, "config", "c", "", "")
	set.StringVarP(&f.initial, "initial-controllers", "I", "", "")
	set.BoolVarP(&f.ignore, "ignore-formatted", "g", false, "")
	set.BoolVarP(&f.standalone, "standalone", "s", false, "")
	set.BoolVarP(&f.none, "no-initial-controllers", "N", false, "")
	release := set.StringP("release-version", "r", "", "")
	if err := set.Parse(args); err != nil {
		return f, usageError("kafka-storage: error: " + err.Error())
	}
	_ = release // accepted: the embedded Kafka has one metadata version
	switch {
	case set.NArg() > 0:
		return f, usageError("kafka-storage: error: unrecognized arguments: " + strings.Join(set.Args(), " "))
	case f.config == "":
		return f, usageError("kafka-storage: error: argument --config/-c is required")
	case f.cluster == "":
		return f, usageError("kafka-storage: error: argument --cluster-id/-t is required")
	}
	return f, nil
}

func runFormat(args []string, stdout io.Writer) error {
	f, err := parseFormatFlags(args)
	if err != nil {
		return err
	}
	config, err := readServerConfig(f.config)
	if err != nil {
		return err
	}
	var voters []voter
	switch {
	case f.initial != "":
		if voters, err = parseInitialControllers(f.initial); err != nil {
			return err
		}
	case f.standalone:
		if !config.controller {
			return usageError("You can only use --standalone on a controller.")
		}
		voters = []voter{{ID: config.nodeID, Endpoint: config.quorum.addr(), Directory: randomUUID()}}
	case config.controller && len(config.staticVoters) == 0 && !f.none:
		return usageError("Because controller.quorum.voters is not set on this controller, you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers.")
	}
	if len(voters) > 0 && len(config.staticVoters) > 0 {
		return usageError("You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone.")
	}
	return format(config, f, voters, stdout)
}

func parseInitialControllers(text string) ([]voter, error) {
	illegal := func(why string) error {
		return &configError{"java.lang.IllegalArgumentException", why}
	}
	var out []voter
	for item := range splitList(text) {
		id, rest, ok := strings.Cut(item, "@")
		if !ok {
			return nil, illegal("No @ found in dynamic voter string.")
		}
		n, err := strconv.ParseInt(id, 10, 32)
		if err != nil {
			return nil, illegal("Failed to parse node id in dynamic voter string.")
		}
		cut := strings.LastIndex(rest, ":")
		if cut < 0 || !strings.Contains(rest[:cut], ":") {
			return nil, illegal("No colon following port could be found.")
		}
		directory := rest[cut+1:]
		if raw, err := base64.RawURLEncoding.DecodeString(directory); err != nil || len(raw) != 16 {
			return nil, illegal("Failed to parse directory ID in dynamic voter string.")
		}
		out = append(out, voter{ID: int32(n), Endpoint: rest[:cut], Directory: directory})
	}
	return out, nil
}

func format(config *serverConfig, f formatFlags, voters []voter, stdout io.Writer) error {
	var unformatted []string
	for _, path := range config.logDirs {
		d, err := readLogDir(path)
		switch {
		case errors.Is(err, errUnformatted):
			unformatted = append(unformatted, path)
			continue
		case err != nil:
			return err
		}
		if err := d.verify(config.nodeID, f.cluster); err != nil {
			return err
		}
		if !f.ignore {
			return usageError("Log directory " + path + " is already formatted. Use --ignore-formatted to ignore this directory and format the others.")
		}
	}
	if len(unformatted) == 0 {
		_, _ = fmt.Fprintln(stdout, "All of the log directories are already formatted.")
		return nil
	}
	if raw, err := base64.RawURLEncoding.DecodeString(f.cluster); err != nil || len(raw) != 16 {
		return usageError("Cluster ID string " + f.cluster + " does not appear to be a valid UUID.")
	}
	for _, path := range unformatted {
		directory, kind := randomUUID(), "metadata directory"
		if path != config.logDirs[0] {
			kind = "data directory"
		} else {
			for _, v := range voters {
				if v.ID == config.nodeID && config.controller {
					directory, kind = v.Directory, "dynamic metadata voter directory"
				}
			}
		}
		_, _ = fmt.Fprintf(stdout, "Formatting %s %s with metadata.version 4.3-IV0 (embedded Kafka of the sandbox).\n", kind, path)
		if err := writeLogDir(path, config.nodeID, f.cluster, directory, voters); err != nil {
			return err
		}
	}
	return nil
}

func writeLogDir(path string, node int32, cluster, directory string, voters []voter) error {
	if err := os.MkdirAll(filepath.Join(path, filepath.Dir(votersFile)), 0o750); err != nil {
		return err
	}
	if len(voters) > 0 {
		text, err := json.Marshal(voters)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(path, votersFile), text); err != nil {
			return err
		}
	}
	meta := fmt.Sprintf("#\nnode.id=%d\ndirectory.id=%s\nversion=1\ncluster.id=%s\n", node, directory, cluster)
	return writeFile(filepath.Join(path, metaFile), []byte(meta))
}

// verify is MetaPropertiesEnsemble.verify for one directory; an empty cluster accepts any.
func (d logDir) verify(node int32, cluster string) error {
	file := filepath.Join(d.Path, metaFile)
	if cluster != "" && d.Cluster != cluster {
		return fmt.Errorf("java.lang.RuntimeException: Invalid cluster.id in: %s. Expected %s, but read %s", file, cluster, d.Cluster)
	}
	if d.Node != node {
		return fmt.Errorf("java.lang.RuntimeException: Stored node id %d doesn't match previous node id %d in %s. If you moved your data, make sure your configured node id matches. If you intend to create a new node, you should remove all data in your data directories.", d.Node, node, file)
	}
	return nil
}

func runInfo(args []string, stdout io.Writer) error {
	set := pflag.NewFlagSet("info", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	path := set.StringP("config", "c", "", "")
	if err := set.Parse(args); err != nil {
		return usageError("kafka-storage: error: " + err.Error())
	}
	config, err := readServerConfig(*path)
	if err != nil {
		return err
	}
	for _, dir := range config.logDirs {
		d, err := readLogDir(dir)
		if errors.Is(err, errUnformatted) {
			return usageError("Found problem:\n  " + dir + " is not formatted.")
		}
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(stdout, "Found log directory:\n  %s\n\nFound metadata: {cluster.id=%s, directory.id=%s, node.id=%d, version=1}\n\n", dir, d.Cluster, d.Directory, d.Node)
	}
	return nil
}
