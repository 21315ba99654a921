package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/go-cleanhttp"

	"github.com/kafka-mesos/terraform-provider-kafka/internal/sandbox/spec"
)

// fetcher is the stand-in for Mesos's: artifacts into the task's folder before it starts.
type fetcher struct {
	cacheDir string
	client   *http.Client

	mu    sync.Mutex
	locks map[string]*sync.Mutex // one download per cached address at a time
}

func newFetcher(cacheDir string) *fetcher {
	return &fetcher{cacheDir: cacheDir, client: cleanhttp.DefaultPooledClient(), locks: map[string]*sync.Mutex{}}
}

// fetch brings all artifacts in order; the first failure ends it.
func (f *fetcher) fetch(ctx context.Context, items []spec.Fetch, runDir string) error {
	for _, item := range items {
		if err := f.fetchOne(ctx, item, runDir); err != nil {
			return fmt.Errorf("failed to fetch '%s': %w", withoutSecrets(item.URI), err)
		}
	}
	return nil
}

func (f *fetcher) fetchOne(ctx context.Context, item spec.Fetch, runDir string) error {
	name, err := baseName(item.URI)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(runDir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	dest := name
	if item.DestPath != nil && *item.DestPath != "" {
		// The last element is the file's new name, as with Mesos's output_file.
		dest = path.Clean(*item.DestPath)
		if err := root.MkdirAll(path.Dir(dest), 0o755); err != nil {
			return fmt.Errorf("destPath %s: %w", *item.DestPath, err)
		}
	}
	unpacking := item.Extract && !item.Executable
	if !item.Cache {
		if err := f.into(ctx, item.URI, root, dest); err != nil {
			return err
		}
		if item.Executable {
			return root.Chmod(dest, 0o755)
		}
		if !unpacking {
			return nil
		}
		file, err := root.Open(dest)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		_, err = extract(ctx, file, path.Base(dest), root)
		return err
	}

	cached, err := f.cached(ctx, item.URI, name)
	if err != nil {
		return err
	}
	file, err := os.Open(cached)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if unpacking {
		// From the cache only the contents appear.
		if done, err := extract(ctx, file, path.Base(dest), root); done || err != nil {
			return err
		}
	}
	mode := os.FileMode(0o644)
	if item.Executable {
		mode = 0o755
	}
	return writeFile(root, dest, file, mode)
}

// cached answers the path of the artifact in the cache. As with Mesos an address that is cached is never asked again.
func (f *fetcher) cached(ctx context.Context, uri, name string) (string, error) {
	sum := sha256.Sum256([]byte(uri))
	key := hex.EncodeToString(sum[:16])
	f.mu.Lock()
	lock := f.locks[key]
	if lock == nil {
		lock = &sync.Mutex{}
		f.locks[key] = lock
	}
	f.mu.Unlock()
	lock.Lock()
	defer lock.Unlock()

	dir := filepath.Join(f.cacheDir, key)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	final := filepath.Join(dir, name)
	if _, err := os.Stat(final); err == nil {
		return final, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	if err := f.into(ctx, uri, root, name+".part"); err != nil {
		return "", err
	}
	return final, root.Rename(name+".part", name)
}

// into copies what is behind the address to a file below root.
func (f *fetcher) into(ctx context.Context, uri string, root *os.Root, name string) error {
	from, err := f.open(ctx, uri)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	return writeFile(root, name, from, 0o644)
}

func (f *fetcher) open(ctx context.Context, uri string) (io.ReadCloser, error) {
	if local, ok := localPath(uri); ok {
		file, err := os.Open(local)
		if err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err != nil || info.IsDir() {
			_ = file.Close()
			return nil, errors.Join(err, fmt.Errorf("%s is a folder", local))
		}
		return &cancelled{ctx, file}, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
	if err != nil {
		return nil, errors.New("malformed address")
	}
	resp, err := f.client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err // its text would repeat the address with its password
		}
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("the server answered %s", resp.Status)
	}
	return resp.Body, nil
}

// cancelled ends a copy of a local file when the task is killed meanwhile.
type cancelled struct {
	ctx context.Context //nolint:containedctx // lives for one copy
	io.ReadCloser
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.ReadCloser.Read(p)
}

func localPath(uri string) (string, bool) {
	if filepath.IsAbs(uri) {
		return uri, true
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	return u.Path, true
}

// baseName is the file's name in the task's folder, and the place where addresses of other kinds are refused.
func baseName(uri string) (string, error) {
	p, local := localPath(uri)
	if !local {
		u, err := url.Parse(uri)
		if err != nil {
			return "", errors.New("malformed address")
		}
		switch strings.ToLower(u.Scheme) {
		case "http", "https":
		case "":
			return "", errors.New("a relative path needs an agent's --frameworks_home, which the sandbox does not have; use an absolute path or an address")
		default:
			return "", fmt.Errorf("the sandbox fetches http, https and file, not %s", u.Scheme)
		}
		p = u.Path
	}
	name := path.Base(p)
	if name == "." || name == "/" || name == ".." {
		return "", errors.New("the address ends without a file name")
	}
	return name, nil
}

// withoutSecrets is an address as it may appear in messages: without password and query.
func withoutSecrets(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return "…" // where its password is cannot be told
	}
	if u.Scheme == "" || u.Scheme == "file" {
		return uri
	}
	u.RawQuery = ""
	return u.Redacted()
}
