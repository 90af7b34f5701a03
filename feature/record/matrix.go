package record

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// tileBytes is the part of the result written column by column before going
// on: it stays in the first-level cache with the columns read (32–48 KiB).
const tileBytes = 24 << 10

// matrix gathers the given columns row by row, in tiles of rows.
func matrix[T float32 | float64](g *gatherer, cols []int) (feature.Matrix, error) {
	n, d := g.frame.N, len(cols)
	data, err := feature.Take[T](g.frame, g.a.Alloc, n*d)
	if err != nil {
		return nil, err
	}
	rows := min(max(tileBytes/(8*max(d, 1)), 16), 1024)
	for lo := 0; lo < n; lo += rows {
		hi := min(lo+rows, n)
		for k, j := range cols {
			col := g.rec.Column(j)
			if err := gather(data[lo*d+k:hi*d], d, col, lo, hi); err != nil {
				return nil, g.gather(func(arrow.Array) error { return err }, j)
			}
		}
	}
	return &feature.Dense[T]{N: n, D: d, Data: data}, nil
}

// gather writes rows lo to hi of col to dst[0], dst[stride], …
func gather[T float32 | float64](dst []T, stride int, col arrow.Array, lo, hi int) error {
	if lo == hi {
		return nil
	}
	switch c := col.(type) {
	case *array.Float64:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Float32:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Int8:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Int16:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Int32:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Int64:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Uint8:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Uint16:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Uint32:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Uint64:
		spread(dst, stride, c.Values()[lo:hi])
	case *array.Float16:
		for i, v := range c.Values()[lo:hi] {
			dst[i*stride] = T(v.Float32())
		}
	case *array.Boolean:
		at := c.Data().Offset() + lo
		bits := c.Data().Buffers()[1].Bytes()
		for i := range hi - lo {
			dst[i*stride] = 0
			if bitutil.BitIsSet(bits, at+i) {
				dst[i*stride] = 1
			}
		}
	case *array.Null:
		for i := range hi - lo {
			dst[i*stride] = T(math.NaN())
		}
		return nil
	default:
		return errs.New(errs.Unsupported, "%s is not a number", col.DataType())
	}
	if col.NullN() > 0 {
		valid, at := col.NullBitmapBytes(), col.Data().Offset()+lo
		for i := range hi - lo {
			if !bitutil.BitIsSet(valid, at+i) {
				dst[i*stride] = T(math.NaN())
			}
		}
	}
	return nil
}

type number interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64
}

func spread[T float32 | float64, S number](dst []T, stride int, src []S) {
	if stride == 1 {
		dst = dst[:len(src)]
		for i, v := range src {
			dst[i] = T(v)
		}
		return
	}
	at := 0
	for _, v := range src {
		dst[at] = T(v)
		at += stride
	}
}
