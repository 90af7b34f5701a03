package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// resolve lists the files the addresses name: those of one address sorted by
// name, bytewise, the addresses in the order given.
func resolve(ctx context.Context, addresses []string, opt Options) (files []*handle, err error) {
	if len(addresses) == 0 {
		return nil, errs.New(errs.Invalid, "no data was named").WithFix("--data PATH, a glob, a directory, an URL, or - for standard input")
	}
	buckets := map[string]*bucketStore{}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll(files))
			for _, b := range buckets {
				err = errors.Join(err, b.close())
			}
		}
	}()
	for _, addr := range addresses {
		var found []*handle
		switch a, perr := blob.ParseAddress(addr); {
		case addr == "-":
			found = []*handle{{File: File{Address: "-", Size: -1}, key: "-", stdin: newStdin(opt)}}
		case isFile(addr):
			found, err = local(addr)
		case perr != nil:
			return files, perr
		case a.Node != "" || a.Ref != "" || a.Scheme == "model" || a.Scheme == "run":
			return files, errs.New(errs.Unsupported, "%q names a node, a version, a model or a run, not files of data", addr)
		case a.Local():
			found, err = local(a.Path)
		default:
			place := a.Scheme + "://" + a.Bucket
			if buckets[place] == nil {
				b, err := blob.Open(ctx, place)
				if err != nil {
					return files, err
				}
				buckets[place] = &bucketStore{b: b}
			}
			found, err = buckets[place].find(ctx, a)
		}
		if err != nil {
			return files, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func isFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular()
}

// local lists a path of this machine: a file, a directory, or a glob.
func local(p string) ([]*handle, error) {
	st, err := os.Stat(p)
	var paths []string
	switch {
	case err == nil && st.IsDir():
		if paths, err = walk(p); err != nil {
			return nil, ioError(p, err)
		}
		if len(paths) == 0 {
			return nil, noMatch(p, "a directory without data files (hidden files, *.json and *.md are not data)")
		}
	case err == nil:
		paths = []string{p}
	case strings.ContainsAny(p, "*?["):
		if paths, err = filepath.Glob(p); err != nil {
			return nil, badGlob(p)
		}
		paths = slices.DeleteFunc(paths, func(p string) bool { return !isFile(p) })
		if len(paths) == 0 {
			return nil, noMatch(p, "no file matches the glob in "+absolute(globDir(p)))
		}
		slices.Sort(paths)
	default:
		return nil, ioError(p, err)
	}
	files := make([]*handle, len(paths))
	for i, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			return nil, ioError(p, err)
		}
		files[i] = &handle{File: localFile(p, st), in: localStore{}, key: p}
	}
	return files, nil
}

// walk lists the data files below dir, sorted.
func walk(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case p != dir && hidden(d.Name()):
			if d.IsDir() {
				return fs.SkipDir
			}
		case isFile(p) && !note(d.Name()):
			paths = append(paths, p)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}

func hidden(name string) bool { return name[0] == '.' || name[0] == '_' }

// note reports whether a file in a directory of data is about it, not of it.
func note(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".json", ".md":
		return true
	}
	return false
}

// globDir is the part of a glob before its first wildcard's name.
func globDir(p string) string { return path.Dir(p[:strings.IndexAny(p, "*?[")] + "x") }

func absolute(p string) string {
	if abs, err := filepath.Abs(p); err == nil {
		return abs
	}
	return p
}

func noMatch(p, why string) error {
	return errs.New(errs.NotFound, "%s", why).At(errs.Position{File: p}).WithFix("check the path; a glob needs quotes when the shell must not expand it")
}

func badGlob(p string) error {
	return errs.New(errs.Invalid, "a glob with an unclosed [").At(errs.Position{File: p}).WithFix(`write \[ for the character itself`)
}
