package format

import (
	"strings"

	"github.com/outcore/outcore/errs"
)

const (
	magic      = "ICE\U0001F9CACHUNK" // 12 bytes of UTF-8
	headerSize = 39
	maxProgram = 24

	specVersion = 2
	zstdFrame   = 1 // compression
	plain       = 0
)

// A FileType says what kind of object a file is.
type FileType uint8

// The types of file that this package reads and writes.
const (
	SnapshotFile       FileType = 1
	ManifestFile       FileType = 2
	TransactionLogFile FileType = 4
	RepoFile           FileType = 6
)

func (t FileType) String() string {
	switch t {
	case SnapshotFile:
		return "snapshot"
	case ManifestFile:
		return "manifest"
	case TransactionLogFile:
		return "transaction log"
	case RepoFile:
		return "repo"
	}
	return "file of unknown type"
}

// A Header is the first 39 bytes of every object but chunks.
type Header struct {
	Program     string // that wrote it, without the spaces behind
	Spec        uint8  // major version of the specification
	Type        FileType
	Compression uint8 // 0 none, 1 zstd
}

// ReadHeader reads the header of a file; errs.Corrupt when there is none. It
// does not judge what the header says.
func ReadHeader(file []byte) (Header, error) {
	if len(file) < headerSize || string(file[:len(magic)]) != magic {
		return Header{}, errs.New(errs.Corrupt, "icechunk: found %.12q and %d bytes, expected the header of an Icechunk file",
			file[:min(len(file), len(magic))], len(file))
	}
	return Header{
		Program:     strings.TrimRight(strings.ToValidUTF8(string(file[12:12+maxProgram]), "?"), " \x00"),
		Spec:        file[36],
		Type:        FileType(file[37]),
		Compression: file[38],
	}, nil
}

// append writes the header.
func (h Header) append(b []byte) []byte {
	b = append(b, magic...)
	b = append(b, h.Program...)
	b = append(b, strings.Repeat(" ", maxProgram-len(h.Program))...)
	return append(b, h.Spec, byte(h.Type), h.Compression)
}
