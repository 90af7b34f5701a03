//go:build !amd64

package source

// find fills in s.words for text, a multiple of 64 bytes, at most stripBytes.
func (s *separators) find(text []byte) { s.findGo(text) }

// notes is notesGo.
func notes(to []uint32, at uint32, words []separatorWord) (n int) { return notesGo(to, at, words) }
