package zarr

import (
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// CheckPath reports a path that is no node's: climbing out, empty segments,
// names that Zarr forbids.
func CheckPath(path string) error {
	if path == "/" {
		return nil
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return errs.New(errs.Invalid, "zarr: path %q does not start with /", path)
	}
	if !utf8.ValidString(path) {
		return errs.New(errs.Invalid, "zarr: path %q is not UTF-8", path)
	}
	for name := range strings.SplitSeq(rest, "/") {
		switch {
		case name == "":
			return errs.New(errs.Invalid, "zarr: path %q has an empty name", path)
		case strings.Trim(name, ".") == "":
			return errs.New(errs.Invalid, "zarr: path %q has the name %q, of dots alone", path, name)
		case strings.HasPrefix(name, "__"):
			return errs.New(errs.Invalid, "zarr: path %q has the name %q: names starting with __ are reserved", path, name)
		case name == "zarr.json":
			return errs.New(errs.Invalid, "zarr: path %q has the name %q, which is reserved", path, name)
		}
	}
	return nil
}

// parent is the path of the group above path, which is not the root.
func parent(path string) string {
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		return path[:i]
	}
	return "/"
}
