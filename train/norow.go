package train

import (
	"fmt"

	"github.com/outcore/outcore/errs"
)

// noRow says why there was nothing to learn from: rows reached the end of the
// feed, of which this many were not held out.
func (f *feed) noRow(rows int64) error {
	pos := errs.Position{}
	if files := f.ds.Files(); len(files) > 0 {
		pos.File = files[0].Address
	}
	switch {
	case rows > 0:
		return errs.New(errs.Invalid, "found %s, all held out for the score", inRows(rows)).At(pos).WithFix("--holdout 0, or more rows")
	case f.end.Dropped > 0:
		return errs.New(errs.Invalid, "found %s, none with a target", inRows(f.end.Dropped)).At(pos).WithFix("--target with a column that has values")
	}
	return errs.New(errs.Invalid, "found no row to learn from").At(pos).WithFix("check how the data were made; a header alone is no row")
}

// inRows is n rows, in words.
func inRows(n int64) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
