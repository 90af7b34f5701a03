package train

import (
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/source"
)

// places is where the rows of a batch stand in the data. It outlives the
// batch's memory.
type places struct {
	first   int64
	numbers []int64 // nil when consecutive from first
	start   errs.Position
	lines   []int64 // nil when consecutive from start.Line
}

var _ feature.Locator = (*places)(nil)

func placesOf(b *source.Batch) *places {
	return &places{first: b.First, numbers: b.Numbers, start: b.Start, lines: b.Lines}
}

// Number is the number of a row in the data set.
func (p *places) Number(row int) int64 {
	if p.numbers != nil {
		return p.numbers[row]
	}
	return p.first + int64(row)
}

// Position is the file and the line of a row, or its number in the file where
// there are no lines.
func (p *places) Position(row int) errs.Position {
	at := p.start
	switch {
	case p.lines != nil:
		at.Line = p.lines[row]
	case at.Line > 0:
		at.Line += int64(row)
	}
	if at.Row > 0 {
		at.Row += int64(row)
	}
	return at
}
