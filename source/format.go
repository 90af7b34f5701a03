package source

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// An opener makes the Dataset of files of one format; opt is filled in.
// The Dataset closes the files (closeAll) when it is closed; an opener that
// fails leaves them to Open.
type opener func(ctx context.Context, files []*handle, opt Options) (Dataset, error)

// openers are the formats by name. Each format's file adds its own when the
// program starts, and nothing does after.
var openers = map[string]opener{}

func register(format string, open opener) { openers[format] = open }

// Formats lists what Options.Format takes.
func Formats() []string {
	var names []string
	for name := range openers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// sniff names the format of a file by its first bytes, decompressed; "" when
// they are none of ours.
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet"
	case bytes.HasPrefix(head, []byte("\x93NUMPY")):
		return "npy"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return "npz"
	case bytes.IndexByte(head[:min(len(head), 4096)], 0) >= 0:
		return ""
	case looksSVMLight(head):
		return "svmlight"
	}
	return "csv"
}

// looksSVMLight reports whether the first lines are labels and index:value
// pairs, with one pair at least: half of them at least, so that a bad row among
// few is told as one rather than read as a table.
func looksSVMLight(head []byte) bool {
	good, bad := 0, 0
	for range 50 {
		line, rest, _ := bytes.Cut(head, []byte{'\n'})
		if i := bytes.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		switch pairs, ok := svmlightPairs(line); {
		case !ok:
			bad++
		case pairs > 0:
			good++
		}
		if head = rest; len(head) == 0 {
			break
		}
	}
	return good > 0 && good >= bad
}

// labelsOnly reports whether the first lines are svmlight rows without a pair,
// which look like a table of one column.
func labelsOnly(head []byte) bool {
	for range 50 {
		line, rest, _ := bytes.Cut(head, []byte{'\n'})
		if i := bytes.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		if pairs, ok := svmlightPairs(line); !ok || pairs > 0 {
			return false
		}
		if head = rest; len(head) == 0 {
			break
		}
	}
	return true
}

// svmlightPairs counts the pairs of a line that has a label and nothing else.
// Of a very long line it looks at the beginning only.
func svmlightPairs(line []byte) (pairs int, ok bool) {
	const most = 1 << 16
	fields := strings.Fields(string(line[:min(len(line), most)]))
	if n := len(fields); len(line) > most && n > 0 && !strings.Contains(fields[n-1], ":") {
		fields = fields[:n-1] // cut inside a pair
	}
	for i, f := range fields {
		if i == 0 {
			if strings.Trim(f, "0123456789+-.,eE") != "" {
				return 0, false
			}
			continue
		}
		idx, value, colon := strings.Cut(f, ":")
		if !colon || idx != "qid" && strings.Trim(idx, "0123456789") != "" || strings.ContainsAny(value, ":,;|\"") { // a time, in a table
			return 0, false
		}
		pairs++
	}
	return pairs, true
}

// unknownFormat is the error for a file that sniff does not know.
func unknownFormat(h *handle, head []byte) error {
	if i := bytes.IndexByte(head, 0); i > 0 && utf8.Valid(head[:i]) && !slices.ContainsFunc(head[:i], func(b byte) bool { return b < '\t' || b > '\r' && b < ' ' }) {
		return errs.New(errs.Unsupported, "found byte 0 at place %d, expected text, or one of %s", i, strings.Join(Formats(), ", ")).
			At(errs.Position{File: h.Address}).WithFix("tr -d '\\000' < %s > clean, if the rest is text; or --format, to take it as one of these", h.name())
	}
	return errs.New(errs.Unsupported, "found bytes % x, which is no format read here; have %s", head[:min(len(head), 8)], strings.Join(Formats(), ", ")).
		At(errs.Position{File: h.Address}).WithFix("name it with --format if the content is one of these")
}
