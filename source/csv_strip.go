package source

import (
	"bytes"
	"math/bits"

	"github.com/outcore/outcore/source/internal/number"
)

// A strip is rows of plain fields, none of them quoted, as many as the text has
// columns, that are parsed column by column: where their fields end is found for
// many bytes at once, and what a column's fields must be is asked once.
type strip struct {
	separators
	cols  int
	rows  int
	known months
	ends  [1 + stripBytes + notesSlack]uint32 // of the fields of all rows; the first is before the first row
}

// newStrip makes a strip for the table's rows, nil when it would have none.
func (c *csv) newStrip() *strip {
	if len(c.columns) < 2 { // a line of one empty field holds no row
		return nil
	}
	s, _ := c.strips.Get().(*strip)
	if s == nil {
		s = new(strip)
	}
	s.delim, s.line, s.quote = c.delim, '\n', c.quote
	s.cols = len(c.columns)
	return s
}

// cut finds the rows that begin at b[i], at most limit of them. looked is the
// end of the text it has looked at, 0 unless there is something else there.
func (s *strip) cut(b []byte, i, limit int, quotes bool) (looked int) {
	words := min(len(b)-i, stripBytes) / 64
	s.find(b[i : i+64*words])
	s.ends[0] = uint32(i) - 1
	n := 1         // of ends
	noted := words // the words that they are in
	line := s.cols // the place in ends of the next line end
	s.rows = 0
	for k := range s.words[:words] {
		w := &s.words[k]
		lines := w.lines
		if quotes && w.quotes != 0 {
			lines &= w.quotes&-w.quotes - 1
			looked = i + 64*words
		}
		for ; lines != 0; lines &= lines - 1 {
			if n+bits.OnesCount64(w.ends&(lines&-lines-1)) != line {
				looked = i + 64*words
				break
			}
			line += s.cols
			s.rows++
		}
		if looked > 0 {
			noted = k + 1
			break
		}
		n += bits.OnesCount64(w.ends)
	}
	notes(s.ends[1:], uint32(i), s.words[:noted])
	s.rows = min(s.rows, limit)
	return looked
}

// strip parses the rows of s as rows t.rows and on. It reports false when one of
// them is bad: nothing is kept of them then, for row to find out which and why.
func (t *table) strip(s *strip, b []byte) (ok bool) {
	last := s.cols - 1
	for j := range t.cols {
		if j == last {
			s.dropCR(b)
		}
		if !t.column(s, b, j) {
			for r := range s.rows {
				t.undo(t.rows + r)
			}
			return false
		}
	}
	return true
}

// end is behind the last row.
func (s *strip) end() int { return int(s.ends[s.rows*s.cols] + 1) }

// dropCR moves the ends of the last column before the carriage returns that
// belong to line ends. Another column must not be read after.
func (s *strip) dropCR(b []byte) {
	for r := 1; r <= s.rows; r++ {
		end := &s.ends[r*s.cols]
		if *end > s.ends[r*s.cols-1]+1 && b[*end-1] == '\r' {
			*end--
		}
	}
}

// column parses column j of the rows of s.
func (t *table) column(s *strip, b []byte, j int) (ok bool) {
	col := &t.cols[j]
	ends, row := s.ends[j:], t.rows
	switch col.kind {
	case skipColumn:
		return true
	case textColumn:
		t.texts(s, b, j)
		return true
	}
	for r := 0; r < s.rows; r++ {
		from := ends[r*s.cols:]
		switch lo, hi := row+r, row+s.rows; col.kind {
		case intColumn:
			r += number.Ints(col.ints[lo:hi], b, from, s.cols)
		case floatColumn:
			r += number.Floats(col.floats[lo:hi], b, from, s.cols)
		case float32Column:
			r += number.Floats(col.singles[lo:hi], b, from, s.cols)
		case timeColumn:
			r += times(col.ints[lo:hi], b, from, s.cols, t.c.na, &s.known)
		}
		if r == s.rows {
			break
		}
		lo := int(ends[r*s.cols] + 1)
		if lo == int(ends[r*s.cols+1]) && t.c.na.empty {
			col.null(row + r)
			continue
		}
		t.rows = row + r // slow writes there
		_, _, bad := t.slow(b, lo, j, 0)
		t.rows = row
		if bad != nil {
			return false
		}
	}
	return true
}

// texts notes where the fields of text column j are.
func (t *table) texts(s *strip, b []byte, j int) {
	c, col := t.c, &t.cols[j]
	los, ns := col.lo[t.rows:t.rows+s.rows], col.n[t.rows:t.rows+s.rows]
	ends := s.ends[j:]
	for r := range los {
		lo, hi := ends[0]+1, ends[1]
		ends = ends[s.cols:]
		if c.trim {
			lo += uint32(len(b[lo:hi]) - len(bytes.TrimLeft(b[lo:hi], " ")))
		}
		n := hi - lo
		los[r], ns[r] = lo, n
		if n == 0 && !c.na.empty || n != 0 && c.na.sizes[b[lo]]>>(min(n, 63)&63)&1 == 0 {
			continue
		}
		if c.na.is(b[lo:hi]) {
			col.null(t.rows + r)
		}
	}
}
