package ndarray

import (
	"github.com/outcore/outcore/dtype"
)

// A kernel computes one operation for a block: len(dst) / its element size
// elements of each argument it takes. dst is none of the arguments unless the
// sizes of the elements are equal.
type kernel func(dst, a, b, c []byte) error

// kernelOf finds the kernel of an elementwise node.
func kernelOf(n *node) kernel {
	in := n.args[0].typ
	switch classes[n.op] {
	case classCast:
		return castKernel(n.typ, in)
	case classSelection:
		return whereKernel(n.typ.Size())
	case classTruth:
		return truthKernel(n.op)
	case classCompare:
		if n.args[1].typ != in {
			return mixedCompareKernel(n.op, in)
		}
		if in == dtype.Bool {
			in = dtype.Uint8
		}
		return compareKernel(n.op, in)
	case classTest:
		return testKernel(n.op, in)
	case classBits:
		if in == dtype.Bool && n.op == opInvert {
			return truthKernel(opNot)
		}
	}
	return numberKernel(n.op, in)
}

// numberKernel is arithmetic in one type.
func numberKernel(o op, t dtype.Type) kernel {
	switch t {
	case dtype.Bool:
		return boolKernel(o)
	case dtype.Int8:
		return intKernel[int8](o)
	case dtype.Int16:
		return intKernel[int16](o)
	case dtype.Int32:
		return intKernel[int32](o)
	case dtype.Int64:
		return intKernel[int64](o)
	case dtype.Uint8:
		return intKernel[uint8](o)
	case dtype.Uint16:
		return intKernel[uint16](o)
	case dtype.Uint32:
		return intKernel[uint32](o)
	case dtype.Uint64:
		return intKernel[uint64](o)
	case dtype.Float32:
		return floatKernel[float32](o)
	case dtype.Float64:
		return floatKernel[float64](o)
	}
	panic("ndarray: no element type")
}

// one wraps a loop over one argument, two over two.
func one[D, S Element](f func(d []D, x []S)) kernel {
	return func(dst, a, _, _ []byte) error { f(view[D](dst), view[S](a)); return nil }
}

func two[D, S Element](f func(d []D, x, y []S)) kernel {
	return func(dst, a, b, _ []byte) error { f(view[D](dst), view[S](a), view[S](b)); return nil }
}

// boolKernel is arithmetic of bool: + is or, × is and.
func boolKernel(o op) kernel {
	switch o {
	case opAdd, opMax, opBitOr:
		return truthKernel(opOr)
	case opMul, opMin, opBitAnd:
		return truthKernel(opAnd)
	case opBitXor:
		return truthKernel(opXor)
	}
	panic("ndarray: " + string(o) + " of bool")
}

func truthKernel(o op) kernel {
	switch o {
	case opNot:
		return one(func(d, x []uint8) {
			x = x[:len(d)]
			for i := range d {
				d[i] = x[i] ^ 1
			}
		})
	case opAnd:
		return two(func(d, x, y []uint8) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] & y[i]
			}
		})
	case opOr:
		return two(func(d, x, y []uint8) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] | y[i]
			}
		})
	case opXor:
		return two(func(d, x, y []uint8) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] ^ y[i]
			}
		})
	}
	panic("ndarray: " + string(o) + " of truth values")
}

func whereKernel(size int) kernel {
	switch size {
	case 1:
		return where[uint8]
	case 2:
		return where[uint16]
	case 4:
		return where[uint32]
	}
	return where[uint64]
}

func where[T uint8 | uint16 | uint32 | uint64](dst, c, a, b []byte) error {
	d, x, y := view[T](dst), view[T](a), view[T](b)
	c, x, y = c[:len(d)], x[:len(d)], y[:len(d)]
	for i := range d {
		v := y[i]
		if c[i] != 0 {
			v = x[i]
		}
		d[i] = v
	}
	return nil
}
