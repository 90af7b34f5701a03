package compose

import (
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Rehearsal is what a pipeline takes, judged by a sample of rows.
type Rehearsal struct {
	RowBytes float64 // of what all transformers make of a row
	Columns  int     // that come out of the last transformer
	State    int64   // bytes of what steps count, such as categories
}

// Rehearse lets a copy of the pipeline learn from a sample, or the pipeline
// itself where it is fitted, and transforms it. rows is about how many the data
// have: what steps that count values have not met yet is estimated. The sample
// stays the caller's.
func (p *Pipeline) Rehearse(sample *feature.Frame, rows int64) (Rehearsal, error) {
	if sample.N == 0 {
		return Rehearsal{}, errs.New(errs.Invalid, "a sample of no rows")
	}
	q := p
	if !p.Fitted() {
		q = p.Clone()
		if err := q.Bind(p.in); err != nil {
			return Rehearsal{}, err
		}
	}
	cur := sample.Slice(0, sample.N)
	cur.Y, cur.Label, cur.W = nil, nil, nil
	var out Rehearsal
	wider := 0.0
	for i := range q.transformers() {
		s := &q.stages[i]
		if _, ok := s.step.(labeller); ok {
			continue
		}
		if err := q.learnSample(s, cur); err != nil {
			return out, err
		}
		if s.bound { // wide rows tell as much by a few
			width := max(1, len(s.out.Of(feature.Number)))
			cur = cur.Slice(0, min(cur.N, max(fewRows, rehearsalBytes/(8*width))))
		}
		var scratch ml.Scratch
		next, err := s.apply(cur, &scratch)
		if err != nil {
			return out, err
		}
		if g, ok := s.step.(ml.Grower); ok && q == p {
			out.State += g.Footprint()
		} else if ok {
			columns, bytes := g.Unseen(rows)
			out.State += g.Footprint() + bytes
			out.Columns += columns
			switch next.X.(type) {
			case *feature.Dense[float32], *feature.Dense[float64]:
				wider += float64(columns)
			}
		}
		out.RowBytes += float64(8*cap(scratch.F64)+4*cap(scratch.F32)+8*cap(scratch.I64)+4*cap(scratch.I32)) / float64(cur.N)
		if cap(scratch.F64)+cap(scratch.F32) > 0 { // the row was made anew
			out.RowBytes += 8 * min(wider, mostWider)
		}
		cur = next
	}
	if cur.X != nil {
		_, d := cur.X.Dims()
		out.Columns += d
	}
	return out, nil
}

// A step of a rehearsal transforms rows of so many bytes, or so few of them.
const (
	rehearsalBytes = 2 << 20
	fewRows        = 64
)

// mostWider is how many columns more than in the sample dense rows become at
// most: those of more are sparse (one-hot, output=auto).
const mostWider = 256

// learnSample fits s on f, unless it is fitted.
func (p *Pipeline) learnSample(s *stage, f *feature.Frame) error {
	e, exact := s.step.(ml.Exact)
	if s.fitted || !exact {
		return nil
	}
	part, err := e.Part(f)
	if err == nil {
		err = e.Merge(part)
	}
	if err == nil {
		err = e.Finish()
	}
	if err != nil {
		return s.fail(err)
	}
	s.fitted = true
	return p.rebind()
}

// Footprint is the bytes of what steps count now.
func (p *Pipeline) Footprint() (n int64) {
	for i := range p.stages {
		if g, ok := p.stages[i].step.(ml.Grower); ok {
			n += g.Footprint()
		}
	}
	return n
}

// Grows reports whether a step that is not fitted yet decides by the data how
// many columns there are.
func (p *Pipeline) Grows() bool {
	for i := range p.stages {
		if s := &p.stages[i]; s.grows && !s.fitted {
			return true
		}
	}
	return false
}
