package source

import "github.com/outcore/outcore/source/internal/number"

// missing is the set of texts that mean no value.
type missing struct {
	texts   map[string]bool
	sizes   [256]uint64 // by the first byte, a bit for each length; the last for all from 63 on
	empty   bool
	numbers bool // some of them are numbers
}

func newMissing(texts []string) *missing {
	m := &missing{texts: map[string]bool{}}
	for _, s := range texts {
		m.texts[s] = true
		if _, end, ok := number.Float([]byte(s+"\n"), 0); ok && end == len(s) {
			m.numbers = true
		}
		if s == "" {
			m.empty = true
		} else {
			m.sizes[s[0]] |= 1 << min(len(s), 63)
		}
	}
	return m
}

// is reports whether s means no value.
func (m *missing) is(s []byte) bool {
	return m.maybe(s) && m.texts[string(s)]
}

// maybe reports whether s can be in the set, by its first byte and its length.
func (m *missing) maybe(s []byte) bool {
	if len(s) == 0 {
		return m.empty
	}
	return m.sizes[s[0]]>>(min(len(s), 63)&63)&1 != 0
}
