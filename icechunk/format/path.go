package format

import (
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// CheckPath says why path cannot be a node's: it starts with a slash and ends
// with none, except the root, "/"; its segments are UTF-8 and none is empty,
// "." or "..". The error is errs.Invalid.
func CheckPath(path string) error {
	if path == "/" {
		return nil
	}
	if !strings.HasPrefix(path, "/") || !utf8.ValidString(path) {
		return errs.New(errs.Invalid, "icechunk: path %.80q does not begin with a slash, or is not UTF-8", path)
	}
	for seg := range strings.SplitSeq(path[1:], "/") {
		if seg == "" || seg == "." || seg == ".." {
			return errs.New(errs.Invalid, "icechunk: path %.80q has a segment %q", path, seg)
		}
	}
	return nil
}

// ComparePaths orders paths segment by segment: /a, /a/b, /a-b. The moves of a
// transaction log are in this order; the nodes of a snapshot are in that of bytes.
func ComparePaths(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		switch {
		case a[i] == b[i]:
		case a[i] == '/':
			return -1
		case b[i] == '/':
			return 1
		default:
			return strings.Compare(a[i:i+1], b[i:i+1])
		}
	}
	return len(a) - len(b)
}
