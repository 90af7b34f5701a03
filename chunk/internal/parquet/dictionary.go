package parquet

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

const (
	// maxDictionary is the most entries of a dictionary; codes have 16 bits.
	maxDictionary = 1 << 16
	// maxDictionaryBytes is the most of a dictionary of texts.
	maxDictionaryBytes = 4 * pageBytes
	// directRange is the largest span of whole numbers that are looked up in a
	// table by their value.
	directRange = 1 << 16
)

// dictionaryLimit is above how many different values of n a dictionary is
// given up: it would take more than it saves.
func dictionaryLimit(n int) int { return min(maxDictionary, n/2+16) }

// numbers builds the dictionary of a column of numbers, in the order in which
// they come. Its memory is used again.
type numbers[T uint32 | uint64] struct {
	values []T // the dictionary
	direct []uint32
	keys   []T
	codes  []uint32 // of keys, plus 1; 0 = free
}

// encode appends the codes of v to dst; false when there are too many values.
// whole says that v are whole numbers, order-preserving after ^bias.
func (d *numbers[T]) encode(dst []uint32, v []T, whole bool, bias T) ([]uint32, bool) {
	d.values = d.values[:0]
	if len(v) == 0 {
		return dst, false // a page of nulls alone needs none
	}
	if whole {
		lo, hi := span(v, bias)
		if uint64(hi-lo) < directRange {
			return d.lookUp(dst, v, lo, int(hi-lo)+1, bias)
		}
	}
	return d.hash(dst, v)
}

// span is the least and the greatest of v, which are compared after ^bias.
func span[T uint32 | uint64](v []T, bias T) (lo, hi T) {
	lo, hi = v[0]^bias, v[0]^bias
	lo2, hi2, lo3, hi3, lo4, hi4 := lo, hi, lo, hi, lo, hi
	for ; len(v) >= 4; v = v[4:] { // four that do not wait for each other
		a, b, c, d := v[0]^bias, v[1]^bias, v[2]^bias, v[3]^bias
		lo, hi = min(lo, a), max(hi, a)
		lo2, hi2 = min(lo2, b), max(hi2, b)
		lo3, hi3 = min(lo3, c), max(hi3, c)
		lo4, hi4 = min(lo4, d), max(hi4, d)
	}
	for _, x := range v {
		lo, hi = min(lo, x^bias), max(hi, x^bias)
	}
	return min(lo, lo2, lo3, lo4), max(hi, hi2, hi3, hi4)
}

// lookUp finds codes in a table indexed by value less lo.
func (d *numbers[T]) lookUp(dst []uint32, v []T, lo T, n int, bias T) ([]uint32, bool) {
	table := d.table(n)
	limit := dictionaryLimit(len(v))
	at := len(dst)
	dst = slices.Grow(dst, len(v))[:at+len(v)]
	codes := dst[at:][:len(v)]
	for k, x := range v {
		e := &table[(x^bias)-lo]
		if *e == 0 {
			if len(d.values) == limit {
				return dst, false
			}
			d.values = append(d.values, x)
			*e = uint32(len(d.values))
		}
		codes[k] = *e - 1
	}
	return dst, true
}

// table is a cleared table of n entries.
func (d *numbers[T]) table(n int) []uint32 {
	if cap(d.direct) < n {
		d.direct = make([]uint32, n)
	}
	table := d.direct[:n]
	clear(table)
	return table
}

// encodeFloats is encode of floats. Those that are all whole and near each
// other are looked up like whole numbers; negative zero is not whole here.
func encodeFloats(d *numbers[uint64], dst []uint32, v []uint64) ([]uint32, bool) {
	d.values = d.values[:0]
	if len(v) == 0 {
		return dst, false
	}
	at := len(dst)
	dst = slices.Grow(dst, len(v))[:at+len(v)]
	codes := dst[at:][:len(v)] // at first the numbers
	lo, hi := int32(math.MaxInt32), int32(math.MinInt32)
	for k, x := range v {
		i, ok := whole(x)
		if !ok {
			return d.hash(dst[:at], v)
		}
		codes[k] = uint32(i)
		lo, hi = min(lo, i), max(hi, i)
	}
	n := int64(hi) - int64(lo) + 1
	if n > directRange {
		return d.hash(dst[:at], v)
	}
	table := d.table(int(n))
	limit := dictionaryLimit(len(v))
	for k, i := range codes {
		e := &table[i-uint32(lo)]
		if *e == 0 {
			if len(d.values) == limit {
				return dst, false
			}
			d.values = append(d.values, v[k])
			*e = uint32(len(d.values))
		}
		codes[k] = *e - 1
	}
	return dst, true
}

// whole is the whole number below 2^31 that the bits of a float64 stand for.
func whole(x uint64) (i int32, ok bool) {
	i = int32(math.Float64frombits(x))
	return i, math.Float64bits(float64(i)) == x
}

// hash finds codes in a table with open addresses that grows when it is crowded.
func (d *numbers[T]) hash(dst []uint32, v []T) ([]uint32, bool) {
	d.resize(256)
	limit := dictionaryLimit(len(v))
	shift := 64 - bits.Len(uint(len(d.keys)-1))
	last, code := v[0]+1, uint32(0)
	for _, x := range v {
		if x == last {
			dst = append(dst, code)
			continue
		}
		i := int(mix(uint64(x)) >> shift)
		for {
			if e := d.codes[i]; e == 0 {
				if len(d.values) == limit {
					return dst, false
				}
				d.values = append(d.values, x)
				d.keys[i], d.codes[i] = x, uint32(len(d.values))
				code = uint32(len(d.values)) - 1
				if crowded(len(d.values), len(d.keys)) {
					d.rehash(4 * len(d.keys))
					shift -= 2
				}
				break
			} else if d.keys[i] == x {
				code = e - 1
				break
			}
			i = (i + 1) & (len(d.keys) - 1)
		}
		last = x
		dst = append(dst, code)
	}
	return dst, true
}

func (d *numbers[T]) resize(n int) {
	if cap(d.keys) < n {
		d.keys, d.codes = make([]T, n), make([]uint32, n)
	}
	d.keys, d.codes = d.keys[:n], d.codes[:n]
	clear(d.codes)
}

func (d *numbers[T]) rehash(n int) {
	d.resize(n)
	shift := 64 - bits.Len(uint(n-1))
	for k, x := range d.values {
		i := int(mix(uint64(x)) >> shift)
		for d.codes[i] != 0 {
			i = (i + 1) & (n - 1)
		}
		d.keys[i], d.codes[i] = x, uint32(k+1)
	}
}

// mix spreads x over the high bits: a multiplication by 2^64 over the golden
// ratio, after folding what floats keep in their high bits alone.
func mix(x uint64) uint64 { return (x ^ x>>32) * 0x9e3779b97f4a7c15 }

// texts builds the dictionary of a column of texts. Its memory is used again.
type texts struct {
	bytes []byte // the dictionary, one text behind the other
	ends  []int
	keys  []uint64 // textKey of each
	table []uint32 // codes plus 1; 0 = free
	shift int      // from a spread key to a place in table
	seed  maphash.Seed
}

func newTexts() *texts { return &texts{seed: maphash.MakeSeed()} }

func (d *texts) reset() {
	d.bytes, d.ends, d.keys = d.bytes[:0], d.ends[:0], d.keys[:0]
	d.size(256)
}

func (d *texts) size(n int) {
	if cap(d.table) < n {
		d.table = make([]uint32, n)
	}
	d.table = d.table[:n]
	d.shift = 64 - bits.Len(uint(n-1))
	clear(d.table)
}

// at is entry i of the dictionary.
func (d *texts) at(i int) []byte {
	lo := 0
	if i > 0 {
		lo = d.ends[i-1]
	}
	return d.bytes[lo:d.ends[i]]
}

// shortText is the most bytes of a text that is its own key.
const shortText = 7

// key is a number for s: of a short text its bytes and length, which no other
// text has; else a hash, with the highest byte above any length of those.
func (d *texts) key(s []byte) uint64 {
	n := len(s)
	switch {
	case n > shortText:
		return maphash.Bytes(d.seed, s) | 1<<63
	case n >= 4: // two halves, which may overlap
		return uint64(n)<<56 | uint64(binary.LittleEndian.Uint32(s)) | uint64(binary.LittleEndian.Uint32(s[n-4:]))<<(8*(n-4))
	case n >= 2:
		return uint64(n)<<56 | uint64(s[0]) | uint64(s[1])<<8 | uint64(s[n-1])<<(8*(n-1))
	case n == 1:
		return 1<<56 | uint64(s[0])
	}
	return 0
}

// code gives the code of s, which it adds when there is room below limit. The
// codes are those of first appearance: the hash, which differs from run to
// run, does not show.
func (d *texts) code(s []byte, limit int) (uint32, bool) {
	key := d.key(s)
	mask := len(d.table) - 1
	i := int(mix(key) >> d.shift)
	for d.table[i] != 0 {
		k := int(d.table[i] - 1)
		if d.keys[k] == key && (len(s) <= shortText || string(d.at(k)) == string(s)) {
			return uint32(k), true
		}
		i = (i + 1) & mask
	}
	if len(d.ends) == limit || len(d.bytes)+len(s) > maxDictionaryBytes {
		return 0, false
	}
	d.bytes = append(d.bytes, s...)
	d.ends = append(d.ends, len(d.bytes))
	d.keys = append(d.keys, key)
	d.table[i] = uint32(len(d.ends))
	if crowded(len(d.ends), len(d.table)) {
		d.size(4 * len(d.table))
		for k, key := range d.keys {
			i := int(mix(key) >> d.shift)
			for d.table[i] != 0 {
				i = (i + 1) & (len(d.table) - 1)
			}
			d.table[i] = uint32(k + 1)
		}
	}
	return uint32(len(d.ends) - 1), true
}

// crowded reports whether a table of so many places is too small for n values. In
// one an eighth full few have to go on to a second place, which no processor
// foretells; larger ones are half full, to stay in the cache.
func crowded(n, places int) bool {
	if places < 1<<16 {
		return 8*n > places
	}
	return 2*n > places
}

// codes appends the codes of the texts of a piece; false when there are too
// many, or too much of them.
func (d *texts) codes(dst []uint32, piece arrow.Array, limit int) ([]uint32, bool) {
	a, plain := piece.(*array.String)
	if !plain {
		ok := eachText(piece, func(s []byte) bool {
			code, ok := d.code(s, limit)
			dst = append(dst, code)
			return ok
		})
		return dst, ok
	}
	off, b := a.ValueOffsets(), a.ValueBytes()
	if len(off) == 0 {
		return dst, true
	}
	at := len(dst)
	dst = slices.Grow(dst, a.Len())[:at+a.Len()]
	nulls, valid, first := a.NullN() > 0, a.NullBitmapBytes(), uint(a.Data().Offset())
	for i, hi := range off[1 : a.Len()+1] {
		if bit := first + uint(i); nulls && valid[bit/8]>>(bit%8)&1 == 0 {
			continue
		}
		lo, hi := int(off[i]-off[0]), int(hi-off[0])
		if n := uint(hi - lo); n <= shortText && lo+8 <= len(b) {
			key := uint64(n)<<56 | binary.LittleEndian.Uint64(b[lo:])&(1<<(8*n&63)-1)
			if e := d.table[mix(key)>>(d.shift&63)]; e != 0 && d.keys[e-1] == key {
				dst[at] = e - 1
				at++
				continue
			}
		}
		code, ok := d.code(b[lo:hi], limit)
		if !ok {
			return dst[:at], false
		}
		dst[at] = code
		at++
	}
	return dst[:at], true
}
