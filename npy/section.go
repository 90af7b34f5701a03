package npy

import (
	"hash/crc32"
	"io"

	"github.com/outcore/outcore/codec/deflate"
	"github.com/outcore/outcore/dtype"
)

// How much is deflated as one block: small enough that a reader of part of it
// wastes little, large enough that tables and match history are set up rarely.
const (
	blockBytes  = 1 << 20   // of matrices, which are read whole blocks at a time
	vectorBytes = 64 << 10  // of one-dimensional arrays: the labels of a few thousand rows
	sparseBytes = 256 << 10 // of the arrays of a CSR matrix, whose reads start anywhere
)

// A section is the bytes of one array on their way into a file: the .npy
// header, patched at the end, and the elements.
type section struct {
	f     io.WriterAt
	base  int64 // where the section starts in f
	end   int64 // where its next stored byte goes
	t     dtype.Type
	cols  int64 // -1: one dimension
	z     *deflate.Writer
	raw   int64 // bytes of elements
	block int64 // raw bytes a deflate block

	crc uint32 // of the elements; where they are compressed, known at the end
}

func newSection(f io.WriterAt, base int64, t dtype.Type, cols int64, opt Options) *section {
	s := &section{f: f, base: base, end: base + headerBytes, t: t, cols: cols, block: blockBytes}
	if opt.Compress == Fast || opt.Compress == Max {
		s.end += storedBlock
		if s.block = opt.block; s.block == 0 {
			s.block = blockFor(max(cols, 1) * int64(t.Size()))
		}
		level := deflate.Fast
		if opt.Compress == Max {
			level = deflate.Max
		}
		s.z = deflate.NewWriter((*sectionEnd)(s), deflate.Options{Level: level, BlockSize: int(s.block), Workers: opt.Workers, Buffers: opt.Buffers})
	}
	return s
}

// blockFor is the block size for rows of so many bytes: blockBytes rounded down
// to a power of two of rows, so that blocks and segments of rows end together;
// blockBytes itself for rows too long for that.
func blockFor(row int64) int64 {
	if row > blockBytes/2 {
		return blockBytes
	}
	n := row
	for n*2 <= blockBytes {
		n *= 2
	}
	return n
}

// sectionEnd appends to the file of a section.
type sectionEnd section

func (s *sectionEnd) Write(p []byte) (int, error) {
	n, err := s.f.WriteAt(p, s.end)
	s.end += int64(n)
	return n, err
}

// write appends elements.
func (s *section) write(p []byte) error {
	s.raw += int64(len(p))
	if s.z != nil {
		_, err := s.z.Write(p)
		return err
	}
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p)
	_, err := (*sectionEnd)(s).Write(p)
	return err
}

// close writes the header for rows rows and returns what the archive's
// directory says of the section, but its name and local header.
func (s *section) close(rows int64) (member, error) {
	m := member{raw: headerBytes + s.raw, data: s.base, method: stored}
	var head []byte
	if s.z != nil {
		if err := s.z.Close(); err != nil {
			return m, err
		}
		m.method = deflated
		// A stored block that is not the last: type 00, length and its complement.
		n := uint16(headerBytes)
		head = append(head, 0)
		head = le.AppendUint16(head, n)
		head = le.AppendUint16(head, ^n)
	}
	npy := appendHeader(nil, s.t.NPY(), rows, s.cols)
	if _, err := s.f.WriteAt(append(head, npy...), s.base); err != nil {
		return m, err
	}
	m.comp = s.end - s.base
	if s.z != nil {
		s.crc = s.z.CRC32()
		m.index = newIndex(s.block, s.raw, s.z.Blocks(), s.z.Checksums())
	}
	m.crc = deflate.CombineCRC32(crc32.ChecksumIEEE(npy), s.crc, s.raw)
	return m, nil
}

// abort ends the compressors; what they have left to write is lost with the rest.
func (s *section) abort() {
	if s.z != nil {
		s.z.Close()
	}
}

// Memory is the most bytes a Writer of rows of cols numbers with these options
// holds, when so large a part of a block is left after compression, 1 at most.
func (o Options) Memory(t dtype.Type, cols int, left float64) int64 {
	block := blockFor(int64(max(cols, 1) * t.Size()))
	if o.Vector {
		block = vectorBytes
	}
	return o.memory(block, left)
}

// MemoryCSR is the same of a CSRWriter, where all may be left.
func (o Options) MemoryCSR() int64 {
	return o.memory(sparseBytes, 1) + o.memory(sparseBytes, 0) + 256<<10 // two sections share blocks
}

func (o Options) memory(block int64, left float64) int64 {
	if o.Compress != Fast && o.Compress != Max {
		return 0
	}
	z := deflate.Options{BlockSize: int(block), Workers: o.Workers}
	if o.Compress == Max {
		z.Level = deflate.Max
	}
	return z.Memory(left)
}
