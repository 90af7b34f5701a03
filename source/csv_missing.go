package source

// missing is the set of texts that mean no value.
type missing struct {
	texts   map[string]bool
	longest int
	first   [256]bool // first bytes of the texts
	empty   bool
}

func newMissing(texts []string) *missing {
	m := &missing{texts: map[string]bool{}}
	for _, s := range texts {
		m.texts[s] = true
		m.longest = max(m.longest, len(s))
		if s == "" {
			m.empty = true
		} else {
			m.first[s[0]] = true
		}
	}
	return m
}

// is reports whether s means no value. Most texts are told by their first byte.
func (m *missing) is(s []byte) bool {
	if len(s) == 0 {
		return m.empty
	}
	return m.first[s[0]] && len(s) <= m.longest && m.texts[string(s)]
}
