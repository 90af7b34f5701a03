package parquet

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// A Codec is how pages are compressed, by its number in the format.
type Codec int32

// The codecs.
const (
	Uncompressed Codec = 0
	Snappy       Codec = 1
	Zstd         Codec = 6
)

const (
	pageData       = 0
	pageDictionary = 2

	encodingPlain      = 0
	encodingRLE        = 3
	encodingDictionary = 8
)

// pageBytes is about how large plain pages are.
const pageBytes = 1 << 20

// pages appends the pages of one column chunk.
type pages struct {
	codec  Codec
	zstd   *zstd.Encoder
	out    []byte // of the row group
	raw    []byte // content of the page being made
	packed []byte
	head   thrift
	total  int64 // of the column chunk, uncompressed, headers included
}

// add compresses p.raw and appends it as a page of n values.
func (p *pages) add(kind int32, n int, encoding int32) {
	body := p.raw
	switch p.codec {
	case Snappy:
		p.packed = s2.EncodeSnappy(p.packed[:cap(p.packed)], p.raw)
		body = p.packed
	case Zstd:
		p.packed = p.zstd.EncodeAll(p.raw, p.packed[:0])
		body = p.packed
	}
	t := &p.head
	t.b = t.b[:0]
	t.begin()
	t.i32(1, kind)
	t.i32(2, int32(len(p.raw)))
	t.i32(3, int32(len(body)))
	t.i32(4, int32(crc32.ChecksumIEEE(body)))
	if kind == pageDictionary {
		t.open(7)
		t.i32(1, int32(n))
		t.i32(2, encoding)
		t.end()
	} else {
		t.open(5)
		t.i32(1, int32(n))
		t.i32(2, encoding)
		t.i32(3, encodingRLE)
		t.i32(4, encodingRLE)
		t.end()
	}
	t.end()
	p.total += int64(len(t.b) + len(p.raw))
	p.out = append(append(p.out, t.b...), body...)
}

// start begins a data page with the levels of rows lo to hi; lo is a multiple
// of 8.
func (p *pages) start(l *levels, lo, hi int) {
	p.raw = append(p.raw[:0], 0, 0, 0, 0)
	n := hi - lo
	if present := l.values(lo, hi); present == n || present == 0 {
		p.raw = appendRun(p.raw, uint32(present/max(n, 1)), n, 1)
	} else {
		// Arrow's bitmap is what the format packs levels of one bit to.
		groups := (n + 7) / 8
		p.raw = binary.AppendUvarint(p.raw, uint64(groups)<<1|1)
		p.raw = append(p.raw, l.valid[lo/8:lo/8+groups]...)
	}
	binary.LittleEndian.PutUint32(p.raw, uint32(len(p.raw)-4))
}

// coded writes the data pages of a column chunk with a dictionary of n entries.
func (p *pages) coded(l *levels, codes []uint32, n int) {
	width := widthFor(n)
	p.inPages(l, max(8, pageBytes*8/width), func(lo, hi int) {
		p.raw = append(p.raw, byte(width))
		p.raw = appendHybrid(p.raw, codes[lo:hi], width)
	}, encodingDictionary)
}

// inPages cuts rows into pages of so many rows and calls values with the values
// of each, to append them to p.raw.
func (p *pages) inPages(l *levels, rows int, values func(lo, hi int), encoding int32) {
	rows = max(8, rows&^7)
	at := 0
	for lo := 0; lo < l.rows; lo += rows {
		hi := min(lo+rows, l.rows)
		p.start(l, lo, hi)
		n := l.values(lo, hi)
		values(at, at+n)
		at += n
		p.add(pageData, hi-lo, encoding)
	}
}
