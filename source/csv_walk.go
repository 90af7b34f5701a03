package source

import (
	"bytes"
	"math/bits"
)

// fewRows are walked one by one: to look 64 bytes at a time looks further.
const fewRows = 64

// walkPlain is walk as far as every line has a delimiter, so that none is blank,
// and there are no quotes, 64 bytes at a time.
func (d *dialect) walkPlain(b []byte, limit int) (w walked) {
	s := separators{delim: d.delim, line: '\n', quote: d.quote}
	at := 0             // behind what is looked at
	begins := uint64(1) // a line that has had no delimiter up to at
	for words := 1; words > 0; {
		words = min(len(b)-at, stripBytes) / 64
		s.find(b[at : at+64*words])
		for k := range s.words[:words] {
			m := &s.words[k]
			n := bits.OnesCount64(m.lines)
			// One added where a line begins is carried through what separates
			// nothing to the next end of a field.
			next, carry := bits.Add64(m.lines<<1|begins, ^m.ends, 0)
			if next&m.lines != 0 || d.quotes && m.quotes != 0 || w.rows+n > limit {
				words = 0
				break
			}
			begins = m.lines>>63 | carry
			w.rows += n
			at += 64
		}
	}
	w.end = bytes.LastIndexByte(b[:at], '\n') + 1
	w.lines, w.blankEnd, w.blanks = w.rows, w.end, w.rows
	return w
}
