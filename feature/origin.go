package feature

import "github.com/outcore/outcore/errs"

// A Locator knows where the rows of a batch, as it was read, stand in the
// data. Rows count from 0 within the batch. It is safe for concurrent use.
type Locator interface {
	Number(row int) int64           // in the data set, counted from 0 with the rows that were left out
	Position(row int) errs.Position // file and line, or row of the file
}

// An Origin is where the rows of a frame come from: stretches of batches, one
// behind the other. The zero Origin is unknown.
type Origin struct{ parts []stretch }

// A stretch is n rows of one batch: those from lo on, or those picked.
type stretch struct {
	n      int
	batch  Locator // nil until Locate
	lo     int
	picked []int32 // nil for consecutive rows
}

// originOf is the origin of a batch of n rows that Locate will name.
func originOf(n int) Origin { return Origin{parts: []stretch{{n: n}}} }

// Known says whether Number and Position tell where rows stand.
func (o Origin) Known() bool { return len(o.parts) > 0 && o.parts[0].batch != nil }

// Number is the number in the data set, from 0, of row i of the frame; the
// Origin is Known.
func (o Origin) Number(i int) int64 {
	s, row := o.at(i)
	return s.batch.Number(row)
}

// at finds the stretch of row i, and the row within its batch.
func (o Origin) at(i int) (*stretch, int) {
	for k := range o.parts {
		s := &o.parts[k]
		if i >= s.n {
			i -= s.n
			continue
		}
		return s, s.row(i)
	}
	panic("feature: a row beyond the frame")
}

func (s *stretch) row(i int) int {
	if s.picked != nil {
		return int(s.picked[i])
	}
	return s.lo + i
}

// slice is the origin of rows lo to hi.
func (o Origin) slice(lo, hi int) (out Origin) {
	for _, s := range o.parts {
		from, to := max(lo, 0), min(hi, s.n)
		lo, hi = lo-s.n, hi-s.n
		if from >= to {
			continue
		}
		if s.n = to - from; s.picked != nil {
			s.picked = s.picked[from:to]
		} else {
			s.lo += from
		}
		out.parts = append(out.parts, s)
	}
	return out
}

// pick is the origin of the given rows, increasing. It may keep rows.
func (o Origin) pick(rows []int32) (out Origin) {
	var before int32
	for _, s := range o.parts {
		n := 0
		for n < len(rows) && int(rows[n]-before) < s.n {
			n++
		}
		if n > 0 {
			picked := rows[:n:n]
			if before > 0 || s.picked != nil || s.lo > 0 {
				picked = make([]int32, n)
				for i, r := range rows[:n] {
					picked[i] = int32(s.row(int(r - before)))
				}
			}
			out.parts = append(out.parts, stretch{n: n, batch: s.batch, picked: picked})
		}
		rows, before = rows[n:], before+int32(s.n)
	}
	return out
}

// Locate says which batch the rows of a frame that an Assembler made are of.
func (f *Frame) Locate(batch Locator) {
	if f.Origin.parts == nil {
		f.Origin = originOf(f.N)
	}
	for i := range f.Origin.parts {
		f.Origin.parts[i].batch = batch
	}
}

// Position is where row i stands in the data; when nobody said, its number in
// the pass.
func (f *Frame) Position(i int) errs.Position {
	if !f.Origin.Known() {
		return errs.Position{Row: f.First + int64(i) + 1}
	}
	s, row := f.Origin.at(i)
	return s.batch.Position(row)
}
