package source

import (
	"bytes"
	"context"
	"slices"
	"strings"

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
// pairs, with one pair at least.
func looksSVMLight(head []byte) bool {
	pairs := 0
	for range 50 {
		line, rest, whole := bytes.Cut(head, []byte{'\n'})
		if !whole && len(head) > 0 && pairs > 0 && len(rest) == 0 && len(line) >= 1<<16 {
			return true // a line longer than the sample that began well
		}
		if i := bytes.IndexByte(line, '#'); i >= 0 {
			line = line[:i]
		}
		for i, f := range strings.Fields(string(line[:min(len(line), 1<<16)])) {
			if i == 0 {
				if strings.Trim(f, "0123456789+-.,eE") != "" {
					return false
				}
				continue
			}
			idx, _, colon := strings.Cut(f, ":")
			if !colon {
				return len(line) > 1<<16 && pairs > 0 // cut inside a pair
			}
			if idx != "qid" && strings.Trim(idx, "0123456789") != "" {
				return false
			}
			pairs++
		}
		if head = rest; len(head) == 0 {
			break
		}
	}
	return pairs > 0
}

// unknownFormat is the error for a file that sniff does not know.
func unknownFormat(h *handle, head []byte) error {
	return errs.New(errs.Unsupported, "found bytes % x, which is no format read here; have %s", head[:min(len(head), 8)], strings.Join(Formats(), ", ")).
		At(errs.Position{File: h.Address}).WithFix("name it with --format if the content is one of these")
}
