package agent

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/mholt/archives"
)

// archiveFormats are what Mesos's fetcher unpacks, told by the end of the file's name; longer ends first.
var archiveFormats = []struct {
	suffixes []string
	format   archives.Extractor
}{
	{[]string{".tar.gz", ".tgz"}, archives.CompressedArchive{Compression: archives.Gz{}, Extraction: archives.Tar{}}},
	{[]string{".tar.bz2", ".tbz2"}, archives.CompressedArchive{Compression: archives.Bz2{}, Extraction: archives.Tar{}}},
	{[]string{".tar.xz", ".txz"}, archives.CompressedArchive{Compression: archives.Xz{}, Extraction: archives.Tar{}}},
	{[]string{".tar"}, archives.Tar{}},
	{[]string{".zip"}, archives.Zip{}},
}

// extract unpacks file (named name) into dest when its name says that it is an archive. os.Root keeps entries such as
// ../x, and links that lead out, from writing anywhere else. It answers false for a name that is no archive's.
func extract(ctx context.Context, file *os.File, name string, dest *os.Root) (bool, error) {
	for _, f := range archiveFormats {
		for _, suffix := range f.suffixes {
			if !strings.HasSuffix(name, suffix) {
				continue
			}
			return true, f.format.Extract(ctx, file, func(_ context.Context, entry archives.FileInfo) error {
				if err := unpack(entry, dest); err != nil {
					return fmt.Errorf("%s: %w", entry.NameInArchive, err)
				}
				return nil
			})
		}
	}
	plain, ok := strings.CutSuffix(name, ".gz")
	if !ok {
		return false, nil
	}
	r, err := archives.Gz{}.OpenReader(file)
	if err != nil {
		return true, err
	}
	defer func() { _ = r.Close() }()
	return true, writeFile(dest, plain, r, 0o644)
}

func unpack(entry archives.FileInfo, dest *os.Root) error {
	name := path.Clean(entry.NameInArchive)
	if name == "." {
		return nil
	}
	if entry.IsDir() {
		return dest.MkdirAll(name, entry.Mode().Perm()|0o700)
	}
	if err := dest.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if h, ok := entry.Header.(*tar.Header); ok && h.Typeflag == tar.TypeLink {
		return replacing(dest, name, func() error { return dest.Link(path.Clean(entry.LinkTarget), name) })
	}
	switch {
	case entry.Mode()&fs.ModeSymlink != 0:
		return replacing(dest, name, func() error { return dest.Symlink(entry.LinkTarget, name) })
	case !entry.Mode().IsRegular():
		return nil // devices and the like: nothing that a task may make
	}
	r, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	return writeFile(dest, name, r, entry.Mode().Perm())
}

// replacing makes way for what create makes; a later entry of one name wins, as with tar.
func replacing(dest *os.Root, name string, create func() error) error {
	if err := dest.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return create()
}

func writeFile(dest *os.Root, name string, from io.Reader, mode fs.FileMode) error {
	return replacing(dest, name, func() error {
		f, err := dest.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, from)
		return errors.Join(err, f.Close())
	})
}
