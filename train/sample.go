package train

import (
	"context"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// A sample is the first segment of a data set, decoded, and what it takes.
type sample struct {
	rows   int64
	text   int64 // bytes of its text, 0 where it is none
	batch  int64 // bytes decoded
	frame  int64 // bytes of its frame beside the batch
	kept   int64 // of both, while the frame lives
	stored int64 // bytes of the files it stands for
}

// mostSampled is the bytes up to which a segment is decoded only to be looked at.
const mostSampled = 64 << 20

// look decodes the first segment of ds, gives it to use as a frame of asm, and
// says what it took; ok is false when there is none, or it cannot be read
// twice. What is wrong with it the first pass says.
func look(ds source.Dataset, asm *feature.Assembler, use func(*feature.Frame, *sample)) (s sample, ok bool) {
	if size(ds) == 0 || ds.Cost() > mostSampled {
		return s, false
	}
	for seg, err := range ds.Segments(context.Background(), source.Cursor{}) {
		if err != nil {
			return s, false
		}
		if m, measured := seg.(source.Measured); measured {
			if _, text := ds.(source.Based); text {
				_, s.text = m.Extent()
			}
		}
		s.stored = seg.Bytes()
		b, err := seg.Decode(context.Background())
		if err != nil {
			return s, false
		}
		s.rows = int64(b.Rows)
		s.batch = decodedBytes(b)
		counted := *asm
		counted.Alloc = func(n int) ([]byte, func(), error) {
			s.frame += memory.SlabSize(int64(n))
			return feature.Recycled(n)
		}
		f, err := (&feed{ds: ds, asm: &counted}).frame(b)
		if err != nil {
			return s, false
		}
		defer f.Release()
		if s.kept = s.frame; f.Borrowed {
			s.kept += s.batch
		}
		if s.rows > 0 {
			use(f, &s)
		}
		return s, s.rows > 0
	}
	return s, false
}

// decodedBytes is the memory under a batch.
func decodedBytes(b *source.Batch) int64 {
	if b.Record != nil {
		var n uint64
		for _, c := range b.Record.Columns() {
			n += c.Data().SizeInBytes()
		}
		return int64(n)
	}
	x := b.Block
	if x == nil {
		return 0
	}
	return int64(len(x.Data)) + 8*int64(len(x.Indptr)) + 4*int64(len(x.Indices)) + 8*int64(len(b.Labels))
}

// look takes the bytes of a row and of a segment from the first one of ds, and
// rehearses p, which may be nil, on it.
func (x *shape) look(ds source.Dataset, asm *feature.Assembler, p *compose.Pipeline) {
	s, ok := look(ds, asm, func(f *feature.Frame, s *sample) {
		x.row = max(1, s.kept/s.rows)
		if ds.Rows() < 0 { // about as many for each stored byte
			x.rows = s.rows
			if s.stored < size(ds) {
				x.rows += int64(1.5 * float64(s.rows) * float64(size(ds)) / float64(max(s.stored, 1)))
			}
		}
		if p != nil {
			x.rehearse(p, f)
		}
	})
	if !ok {
		return
	}
	x.seen, x.text, x.batch, x.frame, x.kept = s.rows, s.text, s.batch, s.frame, s.kept
}

// rehearse fills in what p makes of rows such as those of f.
func (x *shape) rehearse(p *compose.Pipeline, f *feature.Frame) bool {
	r, err := p.Rehearse(f, x.rows)
	if err != nil { // such as a hole that the first pass will name
		return false
	}
	x.made, x.outs, x.state = int64(r.RowBytes), int64(r.Columns), r.State
	return true
}

// blank is rows of zeros, for what does not depend on the values.
func blank(asm *feature.Assembler) *feature.Frame {
	const n = 16
	d := len(asm.Schema().Of(feature.Number))
	f := &feature.Frame{N: n, X: &feature.Dense[float64]{N: n, D: d, Data: make([]float64, n*d)}}
	if asm.Single() {
		f.X = &feature.Dense[float32]{N: n, D: d, Data: make([]float32, n*d)}
	}
	for range asm.Schema().Of(feature.Text) {
		f.Text = append(f.Text, feature.TextColumn{Offsets: make([]int32, n+1)})
	}
	for range asm.Schema().Of(feature.Time) {
		f.Time = append(f.Time, feature.TimeColumn{Micros: make([]int64, n)})
	}
	return f
}
