package profile

import (
	"math"

	"github.com/outcore/outcore/errs"
)

// A State is a Profile as a checkpoint stores it. Numbers are stored as their
// bits, since JSON has no infinities.
type State struct {
	Rows    int64      `json:"rows"`
	Columns [][]uint64 `json:"columns"` // of each: counts, then moments, in the order of moments
}

// State gives what was accumulated.
func (p *Profile) State() *State {
	s := &State{Rows: p.rows}
	for i := range p.cols {
		c := p.cols[i]
		row := []uint64{uint64(c.n), uint64(c.missing), uint64(c.pairs)}
		for _, v := range c.numbers() {
			row = append(row, math.Float64bits(*v))
		}
		s.Columns = append(s.Columns, row)
	}
	return s
}

// Restore makes p, a new Profile of the same columns, what State gave.
func (p *Profile) Restore(s *State) error {
	if len(s.Columns) != len(p.cols) {
		return errs.New(errs.Corrupt, "saved profile: %d columns, expected %d", len(s.Columns), len(p.cols))
	}
	for i, row := range s.Columns {
		c := &p.cols[i]
		numbers := c.numbers()
		if len(row) != 3+len(numbers) {
			return errs.New(errs.Corrupt, "saved profile: column %d has %d numbers, expected %d", i, len(row), 3+len(numbers))
		}
		c.n, c.missing, c.pairs = int64(row[0]), int64(row[1]), int64(row[2])
		for k, v := range numbers {
			*v = math.Float64frombits(row[3+k])
		}
	}
	p.rows = s.Rows
	return nil
}

// numbers lists the floating-point fields.
func (c *moments) numbers() []*float64 {
	return []*float64{&c.min, &c.max, &c.mean, &c.m2, &c.mx, &c.my, &c.sxx, &c.syy, &c.sxy}
}
