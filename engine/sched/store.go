package sched

// pageTasks is the number of tasks whose results share one buffer, freed when
// the last of them is dropped.
const pageTasks = 256

// bigValue is the size from which a result is kept apart, so that it is freed
// at once when it is dropped.
const bigValue = 1 << 10

// A store holds the results of a step: small ones packed, because a million
// results of a few bytes must not cost a million allocations.
type store struct {
	pages map[int64]*page
}

type page struct {
	buf  []byte
	at   []slot // by task, up to the highest that came
	big  map[int64][]byte
	live int
}

// A slot is a result in page.buf: offset and length, or length -1 in page.big.
// The zero slot is no result: no JSON is empty.
type slot struct{ off, n int32 }

// put copies value, or keeps it when it is big; it must not be changed after.
func (s *store) put(i int64, value []byte) {
	if s.pages == nil {
		s.pages = map[int64]*page{}
	}
	p := s.pages[i/pageTasks]
	if p == nil {
		p = &page{}
		s.pages[i/pageTasks] = p
	}
	p.live++
	k := i % pageTasks
	if n := int64(len(p.at)); n <= k {
		if k == 0 {
			n = 1 // a single task, as likely as not
		} else {
			n = pageTasks
		}
		p.at = append(p.at, make([]slot, n-int64(len(p.at)))...)
	}
	if len(value) >= bigValue {
		if p.big == nil {
			p.big = map[int64][]byte{}
		}
		p.big[k] = value
		p.at[k].n = -1
		return
	}
	p.at[k] = slot{int32(len(p.buf)), int32(len(value))}
	p.buf = append(p.buf, value...)
}

// get is the result of task i; it panics when it is not held, which is a bug.
func (s *store) get(i int64) []byte {
	p, k := s.pages[i/pageTasks], i%pageTasks
	if !p.holds(k) {
		panic("sched: a result is needed that is not held")
	}
	if p.at[k].n < 0 {
		return p.big[k]
	}
	return p.buf[p.at[k].off : p.at[k].off+p.at[k].n]
}

// drop forgets the result of task i if it is held.
func (s *store) drop(i int64) {
	p, k := s.pages[i/pageTasks], i%pageTasks
	if !p.holds(k) {
		return
	}
	if p.at[k].n < 0 {
		delete(p.big, k)
	}
	p.at[k] = slot{}
	if p.live--; p.live == 0 {
		delete(s.pages, i/pageTasks)
	}
}

func (p *page) holds(k int64) bool {
	return p != nil && k < int64(len(p.at)) && p.at[k].n != 0
}

// held is the number of results in the store.
func (s *store) held() (n int) {
	for _, p := range s.pages {
		n += p.live
	}
	return n
}
