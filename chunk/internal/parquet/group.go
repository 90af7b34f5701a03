package parquet

import (
	"encoding/binary"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// An Encoder makes row groups of records of one schema. It is safe for
// concurrent use.
type Encoder struct {
	columns []column
	codec   Codec
	workers int
	parts   []int // columns at which the parts of a row group begin, and the end

	mu    sync.Mutex
	free  []*scratch // as many as parts were encoded at once
	room  []room     // of each part
	using chan struct{}
}

// A room is the memory of a part of a row group.
type room struct {
	spare [][]byte // of row groups that are written
	most  int      // bytes
	first float64  // bytes of a row in the first row group
}

// scratch is what encoding a part of a row group needs and the next uses again.
type scratch struct {
	pages
	levels levels
	v32    []uint32
	v64    []uint64
	codes  []uint32
	d32    numbers[uint32]
	d64    numbers[uint64]
	texts  *texts
	plain  []byte // a dictionary of texts as it is stored
	pieces []arrow.Array
}

// NewEncoder checks that every column of the schema can be written: numbers,
// booleans, times in microseconds UTC, texts, texts by dictionary.
func NewEncoder(schema *arrow.Schema, codec Codec) (*Encoder, error) {
	e := &Encoder{codec: codec}
	for _, f := range schema.Fields() {
		c, err := columnOf(f)
		if err != nil {
			return nil, err
		}
		e.columns = append(e.columns, c)
	}
	if len(e.columns) == 0 {
		return nil, errs.New(errs.Invalid, "a table without columns cannot be written")
	}
	e.Workers(1)
	return e, nil
}

// partsOfWorker is how many parts a row group has for each worker: columns do not
// take the same time.
const partsOfWorker = 4

// Workers says how many columns are encoded at once, of one row group or of
// several; at first it is one. It is called while nothing is encoded.
func (e *Encoder) Workers(n int) {
	if n = max(n, 1); n == e.workers {
		return
	}
	e.workers = n
	e.free = e.free[:min(n, len(e.free))]
	parts := 1
	if e.workers > 1 {
		parts = min(len(e.columns), partsOfWorker*e.workers)
	}
	e.parts = e.parts[:0]
	for i := range parts + 1 {
		e.parts = append(e.parts, i*len(e.columns)/parts)
	}
	e.room = make([]room, parts)
	e.using = make(chan struct{}, e.workers)
}

// A RowGroup is an encoded row group. Offsets count from its start.
type RowGroup struct {
	Rows  int64
	parts [][]byte
	chunk []columnChunk
}

// Bytes is its size.
func (g *RowGroup) Bytes() (n int) {
	for _, b := range g.parts {
		n += len(b)
	}
	return n
}

// A columnChunk is what the footer says of one column of a row group.
type columnChunk struct {
	start, data, end int64 // of the first page, the first data page, the end
	dictionary       bool
	raw              int64
	stats            statistics
	present          bool // stats has extremes
}

// column writes the pages of one column chunk.
func (s *scratch) column(c *column) columnChunk {
	s.levels.gather(s.pieces)
	s.codes = slices.Grow(s.codes[:0], s.levels.rows)
	s.total = 0
	k := columnChunk{start: int64(len(s.out)), data: -1}
	k.stats.nulls = int64(s.levels.nulls)
	k.present = s.levels.nulls < s.levels.rows
	switch c.phys {
	case physInt32, physFloat:
		s.v32 = gather32(slices.Grow(s.v32[:0], s.levels.rows), s.pieces)
		s.numbers32(c, &k)
	case physInt64, physDouble:
		s.v64 = gather64(slices.Grow(s.v64[:0], s.levels.rows), s.pieces)
		s.numbers64(c, &k)
	case physBoolean:
		s.booleans(&k)
	case physByteArray:
		s.text(&k)
	}
	k.end = int64(len(s.out))
	k.raw = s.total
	if c.order == floating && len(k.stats.min) == 0 {
		k.present = false // nothing but NaN
	}
	return k
}

func (s *scratch) numbers32(c *column, k *columnChunk) {
	bias := uint32(0)
	if c.order == signed {
		bias = 1 << 31
	}
	var ok bool
	if s.codes, ok = s.d32.encode(s.codes[:0], s.v32, c.order != floating, bias); ok {
		k.stats.ofNumbers32(s.d32.values, c.order)
		s.dictionary(k, dtype.Bytes(s.d32.values), len(s.d32.values))
		return
	}
	k.stats.ofNumbers32(s.v32, c.order)
	k.data = int64(len(s.out))
	s.inPages(&s.levels, pageBytes/4, func(lo, hi int) { s.raw = append(s.raw, dtype.Bytes(s.v32[lo:hi])...) }, encodingPlain)
}

func (s *scratch) numbers64(c *column, k *columnChunk) {
	bias := uint64(0)
	if c.order == signed {
		bias = 1 << 63
	}
	var ok bool
	if c.order == floating {
		s.codes, ok = encodeFloats(&s.d64, s.codes[:0], s.v64)
	} else {
		s.codes, ok = s.d64.encode(s.codes[:0], s.v64, true, bias)
	}
	if ok {
		k.stats.ofNumbers64(s.d64.values, c.order)
		s.dictionary(k, dtype.Bytes(s.d64.values), len(s.d64.values))
		return
	}
	k.stats.ofNumbers64(s.v64, c.order)
	k.data = int64(len(s.out))
	s.inPages(&s.levels, pageBytes/8, func(lo, hi int) { s.raw = append(s.raw, dtype.Bytes(s.v64[lo:hi])...) }, encodingPlain)
}

// dictionary writes the dictionary page, of n plain values, and the data pages.
func (s *scratch) dictionary(k *columnChunk, values []byte, n int) {
	s.raw = append(s.raw[:0], values...)
	s.add(pageDictionary, n, encodingPlain)
	k.dictionary = true
	k.data = int64(len(s.out))
	s.coded(&s.levels, s.codes, n)
}

// booleans packs values of one bit; there is no dictionary of two.
func (s *scratch) booleans(k *columnChunk) {
	s.v32 = gatherBits(s.v32[:0], s.pieces)
	lo, hi := byte(1), byte(0)
	for _, v := range s.v32 {
		lo, hi = min(lo, byte(v)), max(hi, byte(v))
	}
	k.stats.min, k.stats.max = []byte{lo}, []byte{hi}
	k.data = int64(len(s.out))
	s.inPages(&s.levels, pageBytes, func(lo, hi int) {
		var b byte
		for i, v := range s.v32[lo:hi] {
			b |= byte(v) << (i % 8)
			if i%8 == 7 || lo+i == hi-1 {
				s.raw = append(s.raw, b)
				b = 0
			}
		}
	}, encodingPlain)
}

// text writes texts by dictionary, or plain when they are too many or too long.
func (s *scratch) text(k *columnChunk) {
	present := s.levels.rows - s.levels.nulls
	limit := dictionaryLimit(present)
	d := s.texts
	d.reset()
	s.codes = s.codes[:0]
	ok := present > 0
	for _, p := range s.pieces {
		if ok {
			s.codes, ok = d.codes(s.codes, p, limit)
		}
	}
	if ok {
		for i := range d.ends {
			k.stats.ofText(d.at(i), i == 0)
		}
		s.plain = s.plain[:0]
		for i := range d.ends {
			s.plain = appendText(s.plain, d.at(i))
		}
		s.dictionary(k, s.plain, len(d.ends))
		return
	}
	s.plainText(k, present)
}

func (s *scratch) plainText(k *columnChunk, present int) {
	var v [][]byte
	size := 0
	for _, p := range s.pieces {
		eachText(p, func(b []byte) bool {
			k.stats.ofText(b, len(v) == 0)
			v = append(v, b)
			size += len(b) + 4
			return true
		})
	}
	k.data = int64(len(s.out))
	s.inPages(&s.levels, pageBytes/(size/max(present, 1)+1), func(lo, hi int) {
		for _, b := range v[lo:hi] {
			s.raw = appendText(s.raw, b)
		}
	}, encodingPlain)
}

func appendText(dst, b []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(b)))
	return append(dst, b...)
}
