package source

import (
	"bytes"
	"context"
	"errors"
	"path"
	"strings"

	"github.com/outcore/outcore/errs"
)

// Open reads what the addresses name as one Dataset: paths, globs, directories
// (every file below, hidden ones and notes left out), "-" for standard input,
// and URLs of object stores, plain or compressed by gzip, zstd or bzip2. The
// files of one address are in the order of their names, bytewise; the
// addresses stay in the order given. All must be of one format, which is told
// by content unless opt names it.
//
// Open reads the start of the first file and of some others, and for svmlight without
// opt.Features all of the data. The caller closes the Dataset.
func Open(ctx context.Context, addresses []string, opt Options) (Dataset, error) {
	if err := opt.fill(); err != nil {
		return nil, err
	}
	files, err := resolve(ctx, addresses, opt)
	if err != nil {
		return nil, err
	}
	format := opt.Format
	if format == "" {
		if format, err = formatOf(ctx, files, opt); err != nil {
			return nil, errors.Join(err, closeAll(files))
		}
	}
	open := openers[format]
	if open == nil {
		err := errs.New(errs.Invalid, "--format is %q%s, expected one of %s", format, errs.Suggest(format, Formats()), strings.Join(Formats(), ", "))
		return nil, errors.Join(err, closeAll(files))
	}
	ds, err := open(ctx, files, opt)
	for _, h := range files {
		h.start, h.whole = nil, false
	}
	if err != nil {
		return nil, errors.Join(err, closeAll(files))
	}
	return ds, nil
}

// formatOf is the format of the first file that has bytes.
func formatOf(ctx context.Context, files []*handle, opt Options) (string, error) {
	for _, h := range files {
		head, _, err := h.head(ctx, sampleBytes, opt)
		if err != nil {
			return "", err
		}
		if len(bytes.TrimSpace(head)) == 0 {
			continue
		}
		format := sniff(head)
		if format == "" {
			return "", unknownFormat(h, head)
		}
		return format, oneFormat(ctx, h, format, files, opt)
	}
	return "", errs.New(errs.Invalid, "found no data: %s", emptyNames(files)).
		At(errs.Position{File: files[0].Address}).WithFix("check how the file was made; it holds no row")
}

const (
	sniffed    = 8        // files looked into for their format: of few all, of many one of each extension
	sniffBytes = 64 << 10 // of each
)

// oneFormat refuses files of another format than that of first. A file that
// cannot be read says so when its turn comes.
func oneFormat(ctx context.Context, first *handle, format string, files []*handle, opt Options) error {
	seen := map[string]bool{first.key: true}
	endings := map[string]bool{ending(first.key): true}
	for _, h := range files {
		if h.stdin != nil || seen[h.key] || endings[ending(h.key)] && len(seen) >= sniffed || len(endings) >= 2*sniffed {
			continue
		}
		seen[h.key], endings[ending(h.key)] = true, true
		head, _, err := h.head(ctx, sniffBytes, opt)
		if err != nil || len(bytes.TrimSpace(head)) == 0 {
			continue
		}
		other := sniff(head)
		if other == "" || other == format || arraysOf(other) && arraysOf(format) || format == "svmlight" && labelsOnly(head) {
			continue
		}
		return errs.New(errs.Invalid, "files of two formats: %s (%s), %s (%s)", format, first.name(), other, h.name()).
			At(errs.Position{File: h.Address}).WithFix("read files of one format at a time, or --format %s if both are", format)
	}
	return nil
}

// arraysOf reports whether a format is read beside the other of NumPy's.
func arraysOf(format string) bool { return format == "npy" || format == "npz" }

// ending is the extension of a name, without that of its compression.
func ending(name string) string {
	ext := strings.ToLower(path.Ext(name))
	switch ext {
	case ".gz", ".bz2", ".zst", ".zstd":
		return strings.ToLower(path.Ext(strings.TrimSuffix(name, path.Ext(name))))
	}
	return ext
}

func emptyNames(files []*handle) string {
	if len(files) == 1 {
		return "the file is empty"
	}
	return "all files are empty"
}

// closeAll gives back what files hold open: standard input and buckets.
func closeAll(files []*handle) error {
	var all []error
	for _, h := range files {
		if h.stdin != nil {
			all = append(all, h.stdin.close())
		} else {
			all = append(all, h.in.close())
		}
	}
	return errors.Join(all...)
}
