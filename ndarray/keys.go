package ndarray

import (
	"math"
	"slices"

	"github.com/outcore/outcore/dtype"
)

// keysOf writes the keys of x: unsigned numbers in the order of the elements.
// NaN have none and are counted.
func keysOf[T number](dst []uint64, x []T) (keys []uint64, nan int64) {
	dst = dst[:0]
	lo, hi := extremes[T]()
	least, mask := uint64(lo), uint64(hi)-uint64(lo) // not of floats
	all := x
	switch x := any(x).(type) {
	case []float32:
		for _, v := range x {
			if v != v {
				nan++
				continue
			}
			b := math.Float32bits(v + 0) // −0 becomes 0
			dst = append(dst, uint64(b^(uint32(int32(b)>>31)|1<<31)))
		}
	case []float64:
		for _, v := range x {
			if v != v {
				nan++
				continue
			}
			b := math.Float64bits(v + 0)
			dst = append(dst, b^(uint64(int64(b)>>63)|1<<63))
		}
	default:
		for _, v := range all {
			dst = append(dst, (uint64(v)-least)&mask)
		}
	}
	return dst, nan
}

// valueOf is the element of t that has the key.
func valueOf(t dtype.Type, k uint64) float64 {
	switch t {
	case dtype.Float32:
		b := uint32(k)
		if b>>31 == 1 {
			return float64(math.Float32frombits(b &^ (1 << 31)))
		}
		return float64(math.Float32frombits(^b))
	case dtype.Float64:
		if k>>63 == 1 {
			return math.Float64frombits(k &^ (1 << 63))
		}
		return math.Float64frombits(^k)
	case dtype.Int8:
		return float64(int64(k) + math.MinInt8)
	case dtype.Int16:
		return float64(int64(k) + math.MinInt16)
	case dtype.Int32:
		return float64(int64(k) + math.MinInt32)
	case dtype.Int64:
		return float64(int64(k ^ 1<<63))
	}
	return float64(k)
}

// A keySink takes the keys of one output.
type keySink interface {
	take(out int, keys []uint64, nan int64)
	merge(other keySink)
}

// A keyAcc is an accumulator that hands keys on.
type keyAcc interface {
	accumulator
	sink() keySink
}

type keyed[T number] struct {
	to     keySink
	keys   []uint64
	column [pairwise]T
}

func newKeyAcc(t dtype.Type, s keySink) accumulator {
	switch t {
	case dtype.Bool, dtype.Uint8:
		return &keyed[uint8]{to: s}
	case dtype.Int8:
		return &keyed[int8]{to: s}
	case dtype.Int16:
		return &keyed[int16]{to: s}
	case dtype.Int32:
		return &keyed[int32]{to: s}
	case dtype.Int64:
		return &keyed[int64]{to: s}
	case dtype.Uint16:
		return &keyed[uint16]{to: s}
	case dtype.Uint32:
		return &keyed[uint32]{to: s}
	case dtype.Uint64:
		return &keyed[uint64]{to: s}
	case dtype.Float32:
		return &keyed[float32]{to: s}
	case dtype.Float64:
		return &keyed[float64]{to: s}
	}
	panic("ndarray: no element type")
}

func (k *keyed[T]) sink() keySink { return k.to }

func (k *keyed[T]) take(out int, x []T) {
	var nan int64
	k.keys, nan = keysOf(k.keys, x)
	k.to.take(out, k.keys, nan)
}

func (k *keyed[T]) run(out int, x []byte, _, _ int64) { k.take(out, view[T](x)) }

func (k *keyed[T]) panel(out int, b []byte, rows, cols, stride int, _, _ int64) {
	x := view[T](b)
	for j := range cols {
		for r := 0; r < rows; r += pairwise {
			n := min(pairwise, rows-r)
			for i := range n {
				k.column[i] = x[(r+i)*stride+j]
			}
			k.take(out+j, k.column[:n])
		}
	}
}

func (k *keyed[T]) merge(other accumulator) { k.to.merge(other.(keyAcc).sink()) }

// The state of keys never leaves the process.
func (k *keyed[T]) fields() [][]byte     { return nil }
func (k *keyed[T]) finish([]byte, int64) {}

// gathered keeps all keys.
type gathered struct {
	values [][]uint64
	nan    []int64
}

func (g *gathered) take(out int, keys []uint64, nan int64) {
	g.values[out] = append(g.values[out], keys...)
	g.nan[out] += nan
}

func (g *gathered) merge(other keySink) {
	o := other.(*gathered)
	for i, v := range o.values {
		g.take(i, v, o.nan[i])
	}
}

// A histogram counts the next digit of the keys that begin as a target does.
// An output has one table in the first pass, then one a target.
type histogram struct {
	nan    []int64
	counts []int64
	tables int
	bits   int
	shift  int         // bits below the digit
	prefix []uint64    // of each table, the bits above the digit; nil in the first pass
	ends   [][2]uint64 // the least and the greatest key of each table
}

// newHistogram is for so many outputs; prefix as in histogram.
func newHistogram(outputs, tables, bits, shift int, prefix []uint64) *histogram {
	h := &histogram{nan: make([]int64, outputs), counts: make([]int64, outputs*tables<<bits),
		tables: tables, bits: bits, shift: shift, prefix: prefix, ends: make([][2]uint64, outputs*tables)}
	for i := range h.ends {
		h.ends[i] = [2]uint64{math.MaxUint64, 0}
	}
	return h
}

func (h *histogram) take(out int, keys []uint64, nan int64) {
	h.nan[out] += nan
	mask := uint64(1)<<h.bits - 1
	if h.prefix == nil {
		table := h.counts[out<<h.bits : (out+1)<<h.bits]
		least, most := h.ends[out][0], h.ends[out][1]
		for _, k := range keys {
			table[k>>h.shift&mask]++
			least, most = min(least, k), max(most, k)
		}
		h.ends[out] = [2]uint64{least, most}
		return
	}
	prefix := h.prefix[out*h.tables : (out+1)*h.tables]
	for _, k := range keys {
		above := k >> h.shift >> h.bits
		for t, p := range prefix {
			if p == above {
				at := out*h.tables + t
				h.counts[at<<h.bits|int(k>>h.shift&mask)]++
				h.ends[at] = [2]uint64{min(h.ends[at][0], k), max(h.ends[at][1], k)}
			}
		}
	}
}

func (h *histogram) merge(other keySink) {
	o := other.(*histogram)
	for i, n := range o.counts {
		h.counts[i] += n
	}
	for i, n := range o.nan {
		h.nan[i] += n
	}
	for i, e := range o.ends {
		h.ends[i] = [2]uint64{min(h.ends[i][0], e[0]), max(h.ends[i][1], e[1])}
	}
}

// find takes the digit of the element that has the rank in a table: key grows
// by it, and the rank is then that among the n elements with the same digits.
func (h *histogram) find(out, table int, key *uint64, rank *int64) (n int64) {
	counts := h.counts[(out*h.tables+table)<<h.bits:][:1<<h.bits]
	left := *rank
	for digit, n := range counts {
		if left < n {
			*key, *rank = *key<<h.bits|uint64(digit), left
			return n
		}
		left -= n
	}
	*key <<= h.bits // no element has the rank: all are NaN
	return 0
}

// picked keeps the keys that begin as a target does.
type picked struct {
	shift  int
	prefix [][]uint64 // of each output, each once
	values [][]uint64
}

func (p *picked) take(out int, keys []uint64, _ int64) {
	prefix := p.prefix[out]
	for _, k := range keys {
		if slices.Contains(prefix, k>>p.shift) {
			p.values[out] = append(p.values[out], k)
		}
	}
}

func (p *picked) merge(other keySink) {
	for i, v := range other.(*picked).values {
		p.values[i] = append(p.values[i], v...)
	}
}
