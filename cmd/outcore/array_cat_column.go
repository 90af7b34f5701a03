package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/npy"
)

// catColumn writes texts, times, and columns with nulls: a null is nothing in CSV,
// null in JSON, and in .npy what is stored, which of times NumPy takes for NaT.
func (j *job) catColumn(ctx context.Context, w *bufio.Writer, o *arrayPart, to string) error {
	if to == "npy" {
		return j.catTimes(ctx, w, o)
	}
	asJSON := to == "json"
	part := o.array
	read := newTextReader(o.texts)
	if o.texts != nil {
		part = o.rows
		r, err := j.budget.Reserve(ctx, textsRoom, "texts")
		if err != nil {
			return err
		}
		defer r.Release()
	}
	parts := []ndarray.Any{part}
	if o.nulls() {
		parts = append(parts, o.valid)
	}
	list := asJSON && part.Dims() > 0
	first := true
	if list {
		w.WriteByte('[')
	}
	err := eachPiece(ctx, j, j.piece()/16, func(v []*ndarray.Values) error {
		var cell []byte
		for i := range len(v[0].Data) / v[0].Type.Size() {
			b := v[0].Data[i*v[0].Type.Size():]
			cell = cell[:0]
			if list && !first {
				cell = append(cell, ',')
			}
			first = false
			switch {
			case len(v) > 1 && v[1].Data[i] == 0:
				if asJSON {
					cell = append(cell, "null"...)
				}
			case o.texts != nil:
				text, err := read.text(ctx, dtype.View[int64](b[:8])[0])
				if err != nil {
					return err
				}
				cell = appendText(cell, text, asJSON)
			case o.time() && asJSON:
				cell = append(appendTime(append(cell, '"'), dtype.View[int64](b[:8])[0]), '"')
			case o.time():
				cell = appendTime(cell, dtype.View[int64](b[:8])[0])
			case asJSON:
				cell = appendJSON(cell, v[0].Type, b)
			default:
				cell = appendElement(cell, v[0].Type, b)
			}
			if !asJSON {
				cell = append(cell, '\n')
			}
			if _, err := w.Write(cell); err != nil {
				return err
			}
		}
		return nil
	}, parts...)
	if err != nil {
		return err
	}
	if list {
		w.WriteByte(']')
	}
	if asJSON {
		return w.WriteByte('\n')
	}
	return nil
}

// appendText writes a text as a field of CSV, in quotes where it needs them, or
// as JSON.
func appendText(dst, text []byte, asJSON bool) []byte {
	if asJSON {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(string(text)) // of a string, into memory: never fails
		return append(dst, bytes.TrimSuffix(b.Bytes(), []byte{'\n'})...)
	}
	if len(text) > 0 && !bytes.ContainsAny(text, ",\"\r\n") && text[0] != ' ' && text[len(text)-1] != ' ' {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, bytes.ReplaceAll(text, []byte{'"'}, []byte{'"', '"'})...)
	return append(dst, '"')
}

// catTimes is catNPY of a column: times are NumPy's.
func (j *job) catTimes(ctx context.Context, w *bufio.Writer, o *arrayPart) error {
	if o.texts != nil {
		return errs.New(errs.Unsupported, "texts are written as csv or json, not as npy").WithFix("--to csv")
	}
	descr := o.array.Type().NPY()
	if o.time() {
		descr = "<M8[us]"
	}
	var shape []int64
	if o.array.Dims() > 0 {
		shape = append(shape, int64(o.array.Size()))
	}
	if _, err := w.Write(npy.AppendHeader(nil, descr, shape)); err != nil {
		return err
	}
	return eachPiece(ctx, j, j.piece()/8, func(v []*ndarray.Values) error {
		_, err := w.Write(v[0].Data)
		return err
	}, o.array)
}
