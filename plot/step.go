package plot

import "math"

// A Step is a named stretch of the time that charts show, in seconds from
// their common beginning.
type Step struct {
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// sane are the steps whose times are finite and in order.
func sane(steps []Step) []Step {
	var out []Step
	for _, s := range steps {
		if finite(s.From) && finite(s.To) && s.To >= s.From {
			out = append(out, s)
		}
	}
	return out
}

// A vertex is a point of a line in pixels.
type vertex struct{ x, y float64 }

// polyline is the path through vs, which are in order of x. Where many fall on
// one column of pixels, only the first, highest, lowest and last are kept: the
// line looks the same and stays small.
func polyline(vs []vertex) string {
	var d []byte
	move := byte('M')
	put := func(v vertex) {
		d = append(append(d, move), point(v.x, v.y)...)
		move = 'L'
	}
	for i := 0; i < len(vs); {
		j, top, low := i, i, i
		for ; j < len(vs) && math.Floor(vs[j].x) == math.Floor(vs[i].x); j++ {
			if vs[j].y < vs[top].y {
				top = j
			}
			if vs[j].y > vs[low].y {
				low = j
			}
		}
		last := -1
		for _, k := range []int{i, min(top, low), max(top, low), j - 1} {
			if k != last {
				put(vs[k])
			}
			last = k
		}
		i = j
	}
	return string(d)
}

// A placed label takes pixels from…to of its row.
type placed struct{ from, to float64 }

// staggered finds the first of rows in which a label from…to has room, and
// takes it; -1 when none has.
func staggered(rows [][]placed, from, to float64) int {
next:
	for i, row := range rows {
		for _, p := range row {
			if from < p.to && to > p.from {
				continue next
			}
		}
		rows[i] = append(row, placed{from, to})
		return i
	}
	return -1
}

// spread moves the heights ys, sorted ascending, so that neighbours are apart
// by at least room and all stay within lo…hi where that is possible.
func spread(ys []float64, lo, hi, room float64) {
	for i := range ys {
		ys[i] = max(ys[i], lo)
		if i > 0 {
			ys[i] = max(ys[i], ys[i-1]+room)
		}
	}
	for i := len(ys) - 1; i >= 0; i-- {
		ys[i] = min(ys[i], hi-float64(len(ys)-1-i)*room)
	}
}
