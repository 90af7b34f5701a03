// Package record makes frames of Arrow record batches: the door where tables
// become numbers.
//
// It stands apart from package feature so that a program which only loads a
// model and predicts does not link Arrow.
package record

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// Frame makes a frame of rec by a, which is bound to rec's columns; first is
// the number of rec's first row in the data set. Numbers are gathered row by
// row into memory of the frame, nulls as NaN. Texts are not copied, unless they
// are dictionaries, views or have 64-bit offsets: the frame is then Borrowed
// and looks into rec. Instants become microseconds; one beyond their range
// becomes missing. Safe for concurrent use.
//
// A record whose columns are not those a was bound to is errs.Shape; a type
// that cannot be learned from is errs.Unsupported and names the column.
func Frame(a *feature.Assembler, rec arrow.RecordBatch, first int64) (*feature.Frame, error) {
	cols := a.Columns()
	if int(rec.NumCols()) != len(cols) {
		return nil, errs.New(errs.Shape, "a record has %d columns, expected %d", rec.NumCols(), len(cols))
	}
	for i, c := range cols {
		if rec.ColumnName(i) != c.Name {
			return nil, errs.New(errs.Shape, "column %d of a record is %q, expected %q", i+1, rec.ColumnName(i), c.Name)
		}
	}
	f := &feature.Frame{N: int(rec.NumRows()), First: first}
	g := gatherer{a: a, rec: rec, frame: f}
	if err := g.run(); err != nil {
		f.Release()
		return nil, err
	}
	return a.Finish(f)
}

// A gatherer fills one frame from one record.
type gatherer struct {
	a     *feature.Assembler
	rec   arrow.RecordBatch
	frame *feature.Frame
}

func (g *gatherer) run() (err error) {
	f := g.frame
	numbers := g.a.Sources(feature.Number)
	if g.a.Single() {
		f.X, err = matrix[float32](g, numbers)
	} else {
		f.X, err = matrix[float64](g, numbers)
	}
	if err != nil {
		return err
	}
	for _, j := range g.a.Sources(feature.Text) {
		c, err := g.text(j)
		if err != nil {
			return err
		}
		f.Text = append(f.Text, *c)
	}
	for _, j := range g.a.Sources(feature.Time) {
		c, err := g.time(j)
		if err != nil {
			return err
		}
		f.Time = append(f.Time, c)
	}
	target, weight := g.a.Special()
	if target >= 0 {
		if g.a.Columns()[target].Kind == feature.Text {
			f.Label, err = g.text(target)
		} else {
			f.Y, err = g.column(target)
		}
	}
	if err == nil && weight >= 0 {
		f.W, err = g.column(weight)
	}
	return err
}

// column gives one number column as float64.
func (g *gatherer) column(j int) ([]float64, error) {
	dst, err := feature.Take[float64](g.frame, g.a.Alloc, g.frame.N)
	if err == nil {
		err = g.gather(func(col arrow.Array) error { return gather(dst, 1, col, 0, g.frame.N) }, j)
	}
	return dst, err
}

// gather calls fn with column j and adds its name to an error.
func (g *gatherer) gather(fn func(arrow.Array) error, j int) error {
	if err := fn(g.rec.Column(j)); err != nil {
		return errs.New(errs.Unsupported, "column %s: %w", g.rec.ColumnName(j), err).
			WithFix("--leave %s", g.rec.ColumnName(j))
	}
	return nil
}

func (g *gatherer) time(j int) (c feature.TimeColumn, err error) {
	if c.Micros, err = feature.Take[int64](g.frame, g.a.Alloc, g.frame.N); err != nil {
		return c, err
	}
	return c, g.gather(func(col arrow.Array) error { return micros(c.Micros, col) }, j)
}

// micros writes the instants of col.
func micros(dst []int64, col arrow.Array) error {
	switch c := col.(type) {
	case *array.Timestamp:
		switch c.DataType().(*arrow.TimestampType).Unit {
		case arrow.Second:
			scaleUp(dst, c.Values(), 1e6)
		case arrow.Millisecond:
			scaleUp(dst, c.Values(), 1e3)
		case arrow.Microsecond:
			scaleUp(dst, c.Values(), 1)
		case arrow.Nanosecond:
			for i, v := range c.Values() {
				dst[i] = floorDiv(int64(v), 1000)
			}
		}
	case *array.Date32:
		scaleUp(dst, c.Values(), 86400e6)
	case *array.Date64:
		scaleUp(dst, c.Values(), 1e3)
	case *array.Null:
	default:
		return errs.New(errs.Unsupported, "%s is not a time", col.DataType())
	}
	if col.NullN() > 0 {
		for i := range dst {
			if col.IsNull(i) {
				dst[i] = feature.Missing
			}
		}
	}
	return nil
}

func scaleUp[T ~int32 | ~int64](dst []int64, src []T, by int64) {
	limit := math.MaxInt64 / by
	for i, v := range src {
		if x := int64(v); x <= limit && x >= -limit {
			dst[i] = x * by
		} else {
			dst[i] = feature.Missing
		}
	}
}

// floorDiv divides towards minus infinity, so that instants before 1970 stay
// in their microsecond.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
