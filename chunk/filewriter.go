package chunk

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// A FileWriter writes one chunk file from what an encoder made of batches. The
// file is the caller's: staged, empty at the start, and synced, renamed and
// closed by him after Close. A FileWriter serves one goroutine; after an error
// only Abort is allowed. The bytes of the file depend on the rows and the
// options alone.
type FileWriter[T any] interface {
	// Write appends encoded rows. It keeps nothing of them.
	Write(T) error
	// Rows is the number of rows written.
	Rows() int64
	// Close completes the file.
	Close() (Stats, error)
	// Abort ends the writer's goroutines and removes what it staged. After
	// Close it does nothing.
	Abort()
}

// Stats is what the manifest says of a finished file.
type Stats struct {
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// readBacks are the buffers of statsOf.
var readBacks = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// statsOf reads back the first size bytes of f: a file that is patched at its
// start cannot be hashed while it is written. They are in the page cache.
func statsOf(f *os.File, rows, size int64) (Stats, error) {
	b := readBacks.Get().(*[64 << 10]byte)
	defer readBacks.Put(b)
	h := sha256.New()
	if _, err := io.CopyBuffer(h, io.NewSectionReader(f, 0, size), b[:]); err != nil {
		return Stats{}, err
	}
	return Stats{Rows: rows, Bytes: size, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// scratch makes a file without a name beside f, for what must be staged until
// f's end. The name is fixed and goes at once, so a kill leaves at most one.
func scratch(f *os.File, part string) (*os.File, error) {
	name := f.Name() + "." + part
	s, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(name); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}
