package source

import (
	"context"
	"io"

	"github.com/outcore/outcore/codec"
)

// DecoderMemory is the bytes that are held beside the segments while ds, which
// Open made, is read: by decompression, the most of its files, judged by the first
// of each name, or by the readers of Parquet and of nodes. It is 0 for text that is
// not compressed and for standard input.
func DecoderMemory(ctx context.Context, ds Dataset) (int64, error) {
	switch ds.(type) {
	case *parquetData:
		return ParquetMemory, nil
	case Counted:
		return NodeMemory, nil
	}
	t, ok := ds.(*text)
	if !ok {
		return 0, nil
	}
	var most int64
	seen := map[string]bool{}
	for _, h := range t.files {
		if h.stdin != nil || seen[h.key] || len(seen) >= decoderFiles {
			continue
		}
		seen[h.key] = true
		f, err := h.open(ctx)
		if err != nil {
			return 0, err
		}
		head := make([]byte, codec.DetectLen)
		n, err := f.ReadAt(head, 0)
		f.Close() // it was only read
		if err != nil && err != io.EOF {
			return 0, err
		}
		if format := codec.Detect(head[:n]); format != codec.None {
			most = max(most, codec.Memory(format, t.opt.Workers, 0))
		}
	}
	return most, nil
}

// What reading Parquet, or nodes of a repository, takes beside segments: more of the
// program's pages than other formats, in bytes.
const (
	ParquetMemory = 4 << 20
	NodeMemory    = 3 << 20
)

// decoderFiles is how many files DecoderMemory looks at: more are seldom of
// another compression, and each costs a call to an object store.
const decoderFiles = 16
