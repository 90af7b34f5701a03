package train

import (
	"context"
	"iter"
	"slices"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// Transformed is a data set as a fitted pipeline's transformers give it:
// blocks of numbers, with the target as labels where there is one. It is a
// source.Dataset itself, so it can be chunked, and resumed, like any other.
type Transformed struct {
	source.Dataset
	feed     *feed
	pipeline *compose.Pipeline
	schema   *source.Schema
	shape    shape
}

// NewTransformed wraps ds, which it then owns and which was opened with pool (may
// be nil). Roles.Target may be "". What a segment takes is judged by the first,
// where that can be looked at within room bytes.
func NewTransformed(ds source.Dataset, p *compose.Pipeline, roles feature.Roles, pool *source.Pool, room int64) (*Transformed, error) {
	out, err := p.Output()
	if err != nil {
		return nil, err
	}
	roles.Inputs = p.Input().Fields
	roles.Labels = roles.Target == "" && ds.Schema().Labels
	roles.Classes = p.Classifier() && (roles.Labels || roles.Target != "")
	asm, err := feature.NewAssembler(columns(ds.Schema()), roles)
	if err != nil {
		return nil, err
	}
	t := &Transformed{Dataset: ds, feed: &feed{ds: ds, asm: asm}, pipeline: p, schema: &source.Schema{Labels: roles.Labels || roles.Target != ""}}
	for _, f := range out.Fields {
		if f.Kind != feature.Number {
			return nil, errs.New(errs.Unsupported, "column %s is still a %s after the pipeline; only numbers can be written as arrays", f.Name, f.Kind).
				WithFix("a step that makes numbers of it (one-hot, dates) or drop(columns=[%s])", f.Name)
		}
		t.schema.Fields = append(t.schema.Fields, source.Field{Name: f.Name, Kind: source.Number, Type: dtype.Float64})
	}
	t.shape = shapeOf(ds, asm, p, room)
	asm.Alloc = frames(pool)
	return t, nil
}

// Schema names the columns after the last transformer.
func (t *Transformed) Schema() *source.Schema { return t.schema }

// Cost is the most of what Gauge tells.
func (t *Transformed) Cost() int64 {
	decoding, decoded, _ := t.Gauge()
	return max(decoding, decoded)
}

// Gauge is the bytes of a segment while it is decoded and transformed, and while
// it waits to be written, and what the names of the columns take.
func (t *Transformed) Gauge() (decoding, decoded, base int64) {
	x, cost := t.shape, t.Dataset.Cost()
	base = x.model()/2 + x.state + x.outs*perField // twice what is counted, once of it garbage of reading the model
	if x.kept > 0 {
		made := x.seen * x.made
		decoding = memory.SlabSize(x.text) + x.batch + x.batch/4 + x.frame + made
		if isTable(t.Dataset) { // a column as it is stored
			decoding += x.batch / 4
		}
		return decoding, x.kept + made, base
	}
	rows := min(x.segment, x.rows)
	return cost + rows*x.made, min(cost, rows*x.row) + rows*x.made, base
}

// Base is the data set's.
func (t *Transformed) Base() int64 {
	if b, ok := t.Dataset.(source.Based); ok {
		return b.Base()
	}
	return 0
}

// Segments yields the segments of the data set; decoding one transforms it.
func (t *Transformed) Segments(ctx context.Context, c source.Cursor) iter.Seq2[source.Segment, error] {
	return func(yield func(source.Segment, error) bool) {
		for s, err := range t.Dataset.Segments(ctx, c) {
			if err == nil {
				s = transformedSegment{s, t}
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

type transformedSegment struct {
	source.Segment
	t *Transformed
}

// Decode decodes and transforms the rows of the segment.
func (s transformedSegment) Decode(ctx context.Context) (*source.Batch, error) {
	in, err := s.Segment.Decode(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.t.feed.frame(in)
	if err != nil {
		return nil, err
	}
	if f, err = s.t.pipeline.Transform(f); err != nil {
		return nil, within(err, in)
	}
	if names := strangers(f); len(names) > 0 { // no number stands for it
		at := f.Position(slices.IndexFunc(f.Y, func(y float64) bool { return y < 0 }))
		at.Column = "target"
		f.Release()
		return nil, errs.New(errs.Invalid, "found the label %.40q, which the model never learned", names[0]).At(at).
			WithFix("leave such rows out, or train on data that have them")
	}
	out := &source.Batch{Rows: f.N, Labels: f.Y, Start: in.Start, Next: in.Next, Bytes: in.Bytes, Bad: in.Bad, Lines: in.Lines}
	out.OnRelease(f.Release)
	switch x := f.X.(type) {
	case *feature.Dense[float32]:
		out.Block = dtype.NewDense(x.N, x.D, x.Data)
	case *feature.Dense[float64]:
		out.Block = dtype.NewDense(x.N, x.D, x.Data)
	case *feature.CSR[float32]:
		out.Block = dtype.NewCSR(x.N, x.D, x.Indptr, x.Indices, x.Values)
	case *feature.CSR[float64]:
		out.Block = dtype.NewCSR(x.N, x.D, x.Indptr, x.Indices, x.Values)
	default:
		f.Release()
		return nil, errs.New(errs.Unsupported, "rows of %T cannot be written", f.X)
	}
	return out, nil
}
