package source

import (
	"context"
	"io"

	"github.com/outcore/outcore/codec"
)

// DecoderMemory is the bytes that decompression holds while ds, which Open
// made, is read by workers: the most of its files, judged by the first of each
// name. It is 0 for files that are not compressed and for standard input.
func DecoderMemory(ctx context.Context, ds Dataset, workers int) (int64, error) {
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
			most = max(most, codec.Memory(format, workers, 0))
		}
	}
	return most, nil
}

// decoderFiles is how many files DecoderMemory looks at: more are seldom of
// another compression, and each costs a call to an object store.
const decoderFiles = 16
