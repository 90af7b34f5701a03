package npy

import (
	"bufio"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/outcore/outcore/codec/deflate"
	"github.com/outcore/outcore/errs"
)

// An Array is one array of a File. It is safe for concurrent use.
type Array struct {
	Header
	Name string // "" in a .npy file

	f *File
	m member

	scratch sync.Pool // *inflating
}

// inflating is what one ReadAt of deflated data needs.
type inflating struct{ stored, raw []byte }

// readHeader reads the .npy header and checks that the elements are all there.
func (a *Array) readHeader() error {
	r, err := a.member()
	if err != nil {
		return err
	}
	if a.Header, err = readHeader(r); err != nil {
		if a.m.method == deflated {
			err = a.inflateError(err)
		}
		return a.f.at(err, a.m.data)
	}
	if want := a.Size + a.Bytes(); want < 0 || want > a.m.raw {
		return a.f.at(corrupt(a.m.raw, "cut short: array of shape %v of %q has %d bytes, expected %d", a.Shape, a.Descr, a.m.raw-a.Size, a.Bytes()), a.m.data)
	}
	if x := a.m.index; x != nil && x.head != a.Size {
		a.m.index = nil
	}
	return nil
}

// member reads the array's file, header and all, inflated.
func (a *Array) member() (io.Reader, error) {
	s := io.NewSectionReader(a.f.r, a.m.data, a.m.comp)
	if a.m.method == stored {
		return s, nil
	}
	return flate.NewReader(bufio.NewReaderSize(s, 64<<10)), nil
}

// inflateError names what the inflater found, which knows no positions.
func (a *Array) inflateError(err error) error {
	if _, ours := err.(*errs.Error); ours {
		return err
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return corrupt(a.m.comp, "deflated array %q is cut short: %w", a.Name, io.ErrUnexpectedEOF)
	}
	if _, bad := err.(flate.CorruptInputError); bad {
		return corrupt(0, "deflated array %q is damaged: %w", a.Name, err)
	}
	return err
}

// Direct reports whether ReadAt works: the elements are stored plainly, or
// deflated in blocks with an index.
func (a *Array) Direct() bool { return a.m.method == stored || a.m.index != nil }

// Plain reports whether the elements are stored plainly.
func (a *Array) Plain() bool { return a.m.method == stored }

// Stored is the number of bytes the array takes in the file.
func (a *Array) Stored() int64 { return a.m.comp }

// Block is the number of raw bytes that are inflated together, 1 when the
// array is plain: reads cut at its multiples do no work twice.
func (a *Array) Block() int64 {
	if a.m.index != nil {
		return a.m.index.group
	}
	return 1
}

// ReadAt reads len(p) bytes of the elements from byte off on. The array must be
// Direct and the range inside Bytes(): anything else is a bug. Damaged data is
// errs.Corrupt where it can be told: plain data carries no checksum that a part
// of it could be held against.
func (a *Array) ReadAt(p []byte, off int64) error {
	if off < 0 || int64(len(p)) > a.Bytes()-off {
		panic("npy: read outside the array")
	}
	if a.m.method == stored {
		return a.f.at(readFull(a.f.r, p, a.m.data+a.Size+off), 0)
	}
	return a.f.at(a.inflate(p, off), 0)
}

// inflate reads from the groups of blocks that hold p.
func (a *Array) inflate(p []byte, off int64) error {
	x := a.m.index
	if x == nil {
		panic("npy: ReadAt of an array that is not Direct")
	}
	w, _ := a.scratch.Get().(*inflating)
	if w == nil {
		w = new(inflating)
	}
	defer a.scratch.Put(w)
	body := a.m.raw - x.head
	for len(p) > 0 {
		g := off / x.group
		lo := g * x.group
		n := min(x.group, body-lo) // raw bytes of this group
		dst := p
		whole := off == lo && int64(len(p)) >= n
		if whole {
			dst = p[:n]
		} else {
			dst = sized(&w.raw, int(n))
		}
		if err := a.group(int(g), dst, w); err != nil {
			return err
		}
		if !whole {
			n = int64(copy(p, dst[off-lo:]))
		}
		p = p[n:]
		off += n
	}
	return nil
}

// group inflates group g into dst, whose length is the group's.
func (a *Array) group(g int, dst []byte, w *inflating) error {
	x := a.m.index
	src := sized(&w.stored, int(x.sizes[g]))
	at := a.m.data + x.starts[g]
	if err := readFull(a.f.r, src, at); err != nil {
		return err
	}
	if err := deflate.Inflate(dst, src); err != nil {
		return corrupt(at, "deflated block %d of array %q is damaged: %w", g, a.Name, err)
	}
	if crc32.ChecksumIEEE(dst) != x.crcs[g] {
		return corrupt(at, "block %d of array %q has another checksum than when it was written", g, a.Name)
	}
	return nil
}

func sized(b *[]byte, n int) []byte {
	if cap(*b) < n {
		*b = make([]byte, n)
	}
	return (*b)[:n]
}
