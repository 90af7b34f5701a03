package chunk

import (
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A recordBytes measures the values of a record's rows: a number by its type, a
// truth value as a byte, a text as itself and four bytes more, whether or not a
// value is there and however it is stored. So the size of a row is the same in
// whatever record it comes.
type recordBytes struct {
	fixed int64 // a row
	texts []arrow.Array
}

func sizeOf(rec arrow.RecordBatch) (s recordBytes) {
	for _, c := range rec.Columns() {
		switch t := c.DataType().(type) {
		case *arrow.StringType, *arrow.DictionaryType:
			s.fixed += 4
			s.texts = append(s.texts, c)
		case arrow.FixedWidthDataType:
			s.fixed += int64(max(t.BitWidth()/8, 1))
		}
	}
	return s
}

// bytes is the size of rows lo to hi.
func (s *recordBytes) bytes(lo, hi int64) int64 {
	n := s.fixed * (hi - lo)
	for _, c := range s.texts {
		switch a := c.(type) {
		case *array.String:
			off := a.ValueOffsets()
			n += int64(off[hi]) - int64(off[lo])
			if a.NullN() == 0 {
				continue
			}
			valid, first := a.NullBitmapBytes(), a.Data().Offset()
			for i := lo; i < hi; {
				at := first + int(i)
				if at%8 == 0 && i+8 <= hi && valid[at/8] == 0xff {
					i += 8
					continue
				}
				if valid[at/8]>>(at%8)&1 == 0 {
					n -= int64(off[i+1] - off[i])
				}
				i++
			}
		case *array.Dictionary:
			d := a.Dictionary().(*array.String)
			for i := lo; i < hi; i++ {
				if a.IsValid(int(i)) {
					n += int64(d.ValueLen(a.GetValueIndex(int(i))))
				}
			}
		}
	}
	return n
}

// fit is how many of rows lo to hi have at most room bytes together, and how many.
func (s *recordBytes) fit(lo, hi, room int64) (rows, bytes int64) {
	if n := s.bytes(lo, hi); n <= room {
		return hi - lo, n
	}
	rows = int64(sort.Search(int(hi-lo), func(k int) bool { return s.bytes(lo, lo+int64(k)+1) > room }))
	return rows, s.bytes(lo, lo+rows)
}

// longest is the most bytes of a text in g; columns with less than a page of
// texts in a record are not looked at.
func (g *Group) longest() (most int64) {
	for _, rec := range g.Records {
		n := rec.NumRows()
		for _, c := range sizeOf(rec).texts {
			one := recordBytes{texts: []arrow.Array{c}}
			if one.bytes(0, n) <= max(most, 1<<20) {
				continue
			}
			for i := range n {
				most = max(most, one.bytes(i, i+1))
			}
		}
	}
	return most
}
