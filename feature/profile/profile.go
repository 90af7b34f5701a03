// Package profile looks at data before anything is learned from it: count,
// missing, least, mean, greatest and standard deviation of each number column,
// and its correlation with the target.
//
// A Profile is exact in the sense of package ml: a Part summarises one
// canonical block in any worker, parts are merged in row order, and the bits
// do not depend on workers, files or chunks.
package profile

import (
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// A Column is what is known of one number column.
type Column struct {
	Name    string  `json:"name"`
	Count   int64   `json:"count"`   // values that are there
	Missing int64   `json:"missing"` // NaN
	Min     float64 `json:"min"`
	Max     float64 `json:"max"`
	Mean    float64 `json:"mean"`
	Std     float64 `json:"std"`         // population standard deviation
	Target  float64 `json:"correlation"` // Pearson's r with the target over rows where both are there; 0 when undefined
}

// moments are the sums of one column of one block or of all blocks so far.
// M2 and the co-moments are centred on the mean of the same rows.
type moments struct {
	n, missing int64
	min, max   float64
	mean, m2   float64

	pairs         int64 // rows where column and target are both there
	mx, my        float64
	sxx, syy, sxy float64
}

// A Part is the summary of one block.
type Part struct {
	rows int64
	cols []moments
}

// A Profile accumulates parts. The zero Profile is ready.
type Profile struct {
	names []string
	rows  int64
	cols  []moments
}

// New makes a Profile of the number columns of s.
func New(s feature.Schema) *Profile {
	p := &Profile{}
	for _, f := range s.Of(feature.Number) {
		p.names = append(p.names, f.Name)
		p.cols = append(p.cols, emptyMoments())
	}
	return p
}

func emptyMoments() moments { return moments{min: math.Inf(1), max: math.Inf(-1)} }

// Part summarises a block; f.Y, when there, is the target. Safe for concurrent use.
func (p *Profile) Part(f *feature.Frame) (*Part, error) {
	part := &Part{rows: int64(f.N), cols: make([]moments, len(p.cols))}
	for j := range part.cols {
		part.cols[j] = emptyMoments()
	}
	if len(p.cols) == 0 {
		return part, nil
	}
	_, d := f.X.Dims()
	if d != len(p.cols) {
		return nil, errs.New(errs.Shape, "profile: found %d number columns, expected %d", d, len(p.cols))
	}
	switch x := f.X.(type) {
	case *feature.Dense[float32]:
		dense(part.cols, x.Data, f.Y)
	case *feature.Dense[float64]:
		dense(part.cols, x.Data, f.Y)
	default:
		row := make([]float64, d)
		for i := range f.N {
			one(part.cols, f.X.Row(i, row), f.Y, i)
		}
		second(part.cols)
		for i := range f.N {
			centred(part.cols, f.X.Row(i, row), f.Y, i)
		}
	}
	return part, nil
}

// dense fills cols with the moments of row-major data in two passes over a
// block that fits the cache.
func dense[T float32 | float64](cols []moments, data []T, y []float64) {
	if whole(cols, data, y) {
		return
	}
	d := len(cols)
	for i := 0; i*d < len(data); i++ {
		one(cols, data[i*d:(i+1)*d], y, i)
	}
	second(cols)
	for i := 0; i*d < len(data); i++ {
		centred(cols, data[i*d:(i+1)*d], y, i)
	}
}

// one adds a row to counts, extremes and sums.
func one[T float32 | float64](cols []moments, row []T, y []float64, i int) {
	cols = cols[:len(row)]
	for j, v := range row {
		x, c := float64(v), &cols[j]
		if x != x {
			c.missing++
			continue
		}
		c.n++
		c.mean += x
		c.min = min(c.min, x)
		c.max = max(c.max, x)
		if y != nil && y[i] == y[i] {
			c.pairs++
			c.mx += x
			c.my += y[i]
		}
	}
}

// second turns the sums into means.
func second(cols []moments) {
	for j := range cols {
		c := &cols[j]
		if c.n > 0 {
			c.mean /= float64(c.n)
		}
		if c.pairs > 0 {
			c.mx /= float64(c.pairs)
			c.my /= float64(c.pairs)
		}
	}
}

// centred adds a row to the centred squares and products.
func centred[T float32 | float64](cols []moments, row []T, y []float64, i int) {
	cols = cols[:len(row)]
	for j, v := range row {
		x, c := float64(v), &cols[j]
		if x != x {
			continue
		}
		dx := x - c.mean
		c.m2 += float64(dx * dx)
		if y != nil && y[i] == y[i] {
			ex, ey := x-c.mx, y[i]-c.my
			c.sxx += float64(ex * ex)
			c.syy += float64(ey * ey)
			c.sxy += float64(ex * ey)
		}
	}
}

// Merge adds the part of the next block (Chan, Golub and LeVeque 1979).
func (p *Profile) Merge(part *Part) {
	p.rows += part.rows
	for j := range p.cols {
		a, b := &p.cols[j], part.cols[j]
		a.missing += b.missing
		a.min = min(a.min, b.min)
		a.max = max(a.max, b.max)
		if b.n > 0 {
			n := a.n + b.n
			delta := b.mean - a.mean
			share := float64(b.n) / float64(n)
			a.m2 += b.m2 + float64(float64(delta*delta)*float64(a.n))*share
			a.mean += float64(delta * share)
			a.n = n
		}
		if b.pairs > 0 {
			n := a.pairs + b.pairs
			dx, dy := b.mx-a.mx, b.my-a.my
			share := float64(b.pairs) / float64(n)
			weight := float64(float64(a.pairs) * share)
			a.sxx += b.sxx + float64(float64(dx*dx)*weight)
			a.syy += b.syy + float64(float64(dy*dy)*weight)
			a.sxy += b.sxy + float64(float64(dx*dy)*weight)
			a.mx += float64(dx * share)
			a.my += float64(dy * share)
			a.pairs = n
		}
	}
}

// Rows is the number of rows merged so far.
func (p *Profile) Rows() int64 { return p.rows }

// Columns gives what is known so far, in schema order.
func (p *Profile) Columns() []Column {
	out := make([]Column, len(p.cols))
	for j, c := range p.cols {
		out[j] = Column{Name: p.names[j], Count: c.n, Missing: c.missing}
		if c.n > 0 {
			out[j].Min, out[j].Max, out[j].Mean = c.min, c.max, c.mean
			out[j].Std = math.Sqrt(c.m2 / float64(c.n))
		}
		if c.sxx > 0 && c.syy > 0 {
			out[j].Target = c.sxy / math.Sqrt(c.sxx) / math.Sqrt(c.syy)
		}
	}
	return out
}

// Rows is the number of rows the part summarises.
func (p *Part) Rows() int64 { return p.rows }
