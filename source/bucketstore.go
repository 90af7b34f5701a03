package source

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// bucketStore is the objects of one bucket; its handles share it and the first
// that closes it closes it for all.
type bucketStore struct {
	b    *blob.Bucket
	once sync.Once
	err  error
}

func (s *bucketStore) open(ctx context.Context, key string) (readerAt, File, error) {
	r, info, err := s.b.ReaderAt(ctx, key)
	if err != nil {
		return nil, File{}, err
	}
	return r, s.file(info), nil
}

func (s *bucketStore) close() error {
	s.once.Do(func() { s.err = s.b.Close() })
	return s.err
}

func (s *bucketStore) file(info blob.Info) File {
	return File{Address: strings.TrimSuffix(s.b.Address(), "/") + "/" + info.Key, Size: info.Size, Version: info.Version}
}

// find lists what a.Path names: an object, a prefix that ends where a name
// ends, or a glob, whose wildcards do not match a slash.
func (s *bucketStore) find(ctx context.Context, a blob.Address) ([]*handle, error) {
	prefix, match := a.Path, func(key string) bool { return key == a.Path || below(key, a.Path) }
	if a.IsGlob() {
		if _, err := path.Match(a.Path, ""); err != nil {
			return nil, badGlob(a.String())
		}
		prefix = a.Path[:strings.IndexAny(a.Path, "*?[\\")]
		match = func(key string) bool { ok, _ := path.Match(a.Path, key); return ok }
	}
	var files []*handle
	for info, err := range s.b.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if !match(info.Key) {
			continue
		}
		if info.Key == a.Path {
			files = nil // the object itself goes before what lies below its name
		}
		if info.Version == "" {
			if info, err = s.b.Stat(ctx, info.Key); errors.Is(err, errs.NotFound) {
				continue // deleted since it was listed
			} else if err != nil {
				return nil, err
			}
		}
		files = append(files, &handle{File: s.file(info), in: s, key: info.Key})
		if info.Key == a.Path {
			break
		}
	}
	if len(files) == 0 {
		return nil, noMatch(a.String(), "no object has this name, lies below it or matches it")
	}
	return files, nil
}

// below reports whether key is a data file under the prefix dir.
func below(key, dir string) bool {
	rest := key
	if dir != "" {
		var ok bool
		if rest, ok = strings.CutPrefix(key, strings.TrimSuffix(dir, "/")+"/"); !ok {
			return false
		}
	}
	for part := range strings.SplitSeq(rest, "/") {
		if part == "" || hidden(part) {
			return false
		}
	}
	return !note(key)
}
