package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/npy"
)

// catFormats are the formats array cat writes.
var catFormats = []string{"csv", "json", "npy"}

func (p *program) arrayCatCommand() *cobra.Command {
	var selection, to, out string
	cmd := &cobra.Command{
		Use:   "cat ADDRESS#/ARRAY",
		Short: "Write an array, or a part of one, as CSV, JSON or .npy",
		Long: `Write an array, or a part of one, to stdout or a file: csv has a line for every
row of the last axis, json nests as the axes do, npy is what numpy.load reads.
Any size: it is read and written piece by piece.

Times of a table are written as such; its nulls are nothing in csv and null in
json, its texts are in quotes where they need them.`,
		Example: "  outcore array cat 'data/lab#/mnist/X' --select '0:3,:'\n  outcore array cat 'data/lab@v1#/mnist/y' --to npy -o y.npy",
		Args:    exactly(1, "an array in a repository"),
		RunE: p.job(func(ctx context.Context, j *job, args []string) (any, error) {
			write, err := catWriter(to)
			if err != nil {
				return nil, err
			}
			from, err := j.reading(ctx, args[0], selection)
			if err != nil {
				return nil, err
			}
			defer from.Close()
			a := from.array
			o, err := createOutput(p.stdout, out)
			if err != nil {
				return nil, err
			}
			w := bufio.NewWriterSize(o, 1<<20)
			if from.plain() {
				err = write(w, a, func(part ndarray.Any) (*ndarray.Values, error) {
					return part.Compute(ctx, j.runner(), ndarray.WithBudget(j.budget))
				}, j.piece())
			} else {
				err = j.catColumn(ctx, w, from, to)
			}
			if err == nil {
				err = w.Flush()
			}
			if err != nil {
				o.abort() //nolint:errcheck // the first error is the one to tell
				return nil, inArray(err, args[0])
			}
			if from.texts != nil {
				return map[string]any{"shape": from.rows.Shape(), "dtype": from.texts.Meta().Type.Name}, o.commit()
			}
			return map[string]any{"shape": a.Shape(), "dtype": a.Type().String()}, o.commit()
		}),
	}
	f := cmd.Flags()
	f.StringVar(&selection, "select", "", "the part that is written, as Python selects: '0:3,:' (default: all)")
	f.StringVar(&to, "to", "csv", "csv, json or npy")
	f.StringVarP(&out, "output", "o", "", "write to this file instead of stdout")
	return cmd
}

// piece is how many bytes of an array are held at once while it is written.
func (j *job) piece() int { return int(min(64<<20, max(1<<20, j.budget.Room()/8))) }

// A catter writes an array in pieces of some bytes, each computed by compute.
type catter func(w *bufio.Writer, a ndarray.Any, compute func(ndarray.Any) (*ndarray.Values, error), piece int) error

func catWriter(to string) (catter, error) {
	switch to {
	case "csv":
		return catCSV, nil
	case "json":
		return catJSON, nil
	case "npy":
		return catNPY, nil
	}
	return nil, usage("--to: found %q, expected one of %v", to, catFormats)
}

// pieces computes a in runs along its first axes, in C order: at most piece
// bytes at a time, but at least one row of the last axis. A scalar is one piece.
func pieces(a ndarray.Any, compute func(ndarray.Any) (*ndarray.Values, error), piece int, each func(*ndarray.Values) error) error {
	shape := a.Shape()
	size := a.Type().Size()
	for _, d := range shape {
		size *= d
	}
	if len(shape) == 0 || size <= piece {
		v, err := compute(a)
		if err != nil {
			return err
		}
		return each(v)
	}
	row := size / shape[0]
	if row > piece && len(shape) > 1 {
		for i := range shape[0] {
			if err := pieces(a.Slice(ndarray.At(i)), compute, piece, each); err != nil {
				return err
			}
		}
		return nil
	}
	step := max(1, piece/max(1, row))
	for lo := 0; lo < shape[0]; lo += step {
		v, err := compute(a.Slice(ndarray.R(lo, min(lo+step, shape[0]))))
		if err != nil {
			return err
		}
		if err := each(v); err != nil {
			return err
		}
	}
	return nil
}

func catNPY(w *bufio.Writer, a ndarray.Any, compute func(ndarray.Any) (*ndarray.Values, error), piece int) error {
	var shape []int64
	for _, d := range a.Shape() {
		shape = append(shape, int64(d))
	}
	if _, err := w.Write(npy.AppendHeader(nil, a.Type().NPY(), shape)); err != nil {
		return err
	}
	return pieces(a, compute, piece, func(v *ndarray.Values) error {
		_, err := w.Write(v.Data)
		return err
	})
}

func catCSV(w *bufio.Writer, a ndarray.Any, compute func(ndarray.Any) (*ndarray.Values, error), piece int) error {
	width := 1 // elements of a line
	if shape := a.Shape(); len(shape) > 1 {
		width = shape[len(shape)-1]
	}
	at := 0 // elements of the line so far: a piece may end inside one
	var line []byte
	return pieces(a, compute, piece, func(v *ndarray.Values) error {
		for i := range len(v.Data) / v.Type.Size() {
			line = appendElement(line[:0], v.Type, v.Data[i*v.Type.Size():])
			at++
			if at == width {
				line, at = append(line, '\n'), 0
			} else {
				line = append(line, ',')
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// catJSON writes nested lists, NaN and infinities as strings.
func catJSON(w *bufio.Writer, a ndarray.Any, compute func(ndarray.Any) (*ndarray.Values, error), piece int) error {
	shape := a.Shape()
	n := int64(0) // elements written
	var line []byte
	err := pieces(a, compute, piece, func(v *ndarray.Values) error {
		for i := range len(v.Data) / v.Type.Size() {
			line = opened(line[:0], shape, n)
			line = appendJSON(line, v.Type, v.Data[i*v.Type.Size():])
			n++
			line = closed(line, shape, n)
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && n == 0 {
		_, err = io.WriteString(w, "[]")
	}
	if err == nil {
		err = w.WriteByte('\n')
	}
	return err
}

// opened writes what stands before element n: the brackets of the axes that
// begin with it.
func opened(dst []byte, shape []int, n int64) []byte {
	if n > 0 && len(shape) > 0 {
		dst = append(dst, ',')
	}
	below := int64(1)
	for k := len(shape) - 1; k >= 0; k-- {
		below *= int64(shape[k])
		if n%below != 0 {
			break
		}
		dst = append(dst, '[')
	}
	return dst
}

// closed writes what stands behind the first n elements.
func closed(dst []byte, shape []int, n int64) []byte {
	below := int64(1)
	for k := len(shape) - 1; k >= 0; k-- {
		below *= int64(shape[k])
		if n%below != 0 {
			break
		}
		dst = append(dst, ']')
	}
	return dst
}

// appendElement writes one element as text, floats in the shortest form that
// reads back as the same.
func appendElement(dst []byte, t dtype.Type, b []byte) []byte {
	switch t {
	case dtype.Bool:
		return strconv.AppendBool(dst, b[0] != 0)
	case dtype.Float32:
		return appendFloat(dst, float64(dtype.View[float32](b[:4])[0]), 32)
	case dtype.Float64:
		return appendFloat(dst, dtype.View[float64](b[:8])[0], 64)
	case dtype.Int8:
		return strconv.AppendInt(dst, int64(int8(b[0])), 10)
	case dtype.Int16:
		return strconv.AppendInt(dst, int64(dtype.View[int16](b[:2])[0]), 10)
	case dtype.Int32:
		return strconv.AppendInt(dst, int64(dtype.View[int32](b[:4])[0]), 10)
	case dtype.Int64:
		return strconv.AppendInt(dst, dtype.View[int64](b[:8])[0], 10)
	case dtype.Uint8:
		return strconv.AppendUint(dst, uint64(b[0]), 10)
	case dtype.Uint16:
		return strconv.AppendUint(dst, uint64(dtype.View[uint16](b[:2])[0]), 10)
	case dtype.Uint32:
		return strconv.AppendUint(dst, uint64(dtype.View[uint32](b[:4])[0]), 10)
	case dtype.Uint64:
		return strconv.AppendUint(dst, dtype.View[uint64](b[:8])[0], 10)
	}
	panic(fmt.Sprintf("element type %v", t))
}

// appendFloat writes v in the shortest form that reads back as the same, with an
// exponent only below 1e-4 and from 1e16 on, as Python does.
func appendFloat(dst []byte, v float64, bits int) []byte {
	form := byte('f')
	if a := math.Abs(v); a != 0 && a < 1e-4 || a >= 1e16 {
		form = 'e'
	}
	return strconv.AppendFloat(dst, v, form, -1, bits)
}

// appendJSON is appendElement for JSON, which has no NaN.
func appendJSON(dst []byte, t dtype.Type, b []byte) []byte {
	var v float64
	switch t {
	case dtype.Float32:
		v = float64(dtype.View[float32](b[:4])[0])
	case dtype.Float64:
		v = dtype.View[float64](b[:8])[0]
	}
	switch {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Infinity"`...)
	}
	return appendElement(dst, t, b)
}
