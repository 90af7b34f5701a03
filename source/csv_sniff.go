package source

import (
	"bytes"
)

// sniffRows is how many rows of the sample tell the delimiter.
const sniffRows = 200

// sniffDelimiter finds the delimiter in whole rows: of the candidates that are
// in each row the same number of times, outside of quotes, the most frequent;
// else the one that is so in nine of ten rows; else the comma.
func (d *dialect) sniffDelimiter(b []byte) {
	const candidates = ",;\t|"
	var counts [len(candidates)][]int
	d.eachRow(b, sniffRows, func(row []byte) {
		for k := range candidates {
			counts[k] = append(counts[k], d.countOutside(row, candidates[k]))
		}
	})
	d.delim = ','
	for _, share := range []float64{1, 0.9} {
		best := 0
		for k := range candidates {
			n, same := most(counts[k])
			if n > best && float64(same) >= share*float64(len(counts[k])) {
				d.delim, best = candidates[k], n
			}
		}
		if best > 0 {
			return
		}
	}
}

// eachRow calls f for the first n rows of b, without their line ends.
func (d *dialect) eachRow(b []byte, n int, f func(row []byte)) {
	for range n {
		w := d.walk(b, 1)
		if w.rows == 0 {
			return
		}
		row := bytes.TrimSuffix(bytes.TrimSuffix(b[:w.end], []byte{'\n'}), []byte{'\r'})
		for len(row) > 0 {
			line, rest, more := bytes.Cut(row, []byte{'\n'})
			if !more || !blank(line) {
				break
			}
			row = rest
		}
		f(row)
		b = b[w.end:]
	}
}

// countOutside counts c in row outside of quotes.
func (d *dialect) countOutside(row []byte, c byte) (n int) {
	inside := false
	for _, x := range row {
		switch {
		case d.quotes && x == d.quote:
			inside = !inside
		case x == c && !inside:
			n++
		}
	}
	return n
}

// most is the most frequent number above 0 and how often it is there.
func most(counts []int) (n, times int) {
	seen := map[int]int{}
	for _, c := range counts {
		if c == 0 {
			continue
		}
		seen[c]++
		if seen[c] > times || seen[c] == times && c > n {
			n, times = c, seen[c]
		}
	}
	return n, times
}

// sniffTrim reports whether every field behind a delimiter that holds anything
// begins with a space.
func (d *dialect) sniffTrim(b []byte) bool {
	n, spaced := 0, 0
	d.eachRow(b, sniffRows, func(row []byte) {
		inside := false
		for i, c := range row {
			switch {
			case d.quotes && c == d.quote:
				inside = !inside
			case c == d.delim && !inside && i+1 < len(row) && row[i+1] != d.delim:
				n++
				if row[i+1] == ' ' {
					spaced++
				}
			}
		}
	})
	return n > 0 && n == spaced && d.delim != '\t'
}
