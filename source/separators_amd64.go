package source

import "golang.org/x/sys/cpu"

// separatorsAVX2 is findGo of words × 64 bytes, at least 64.
//
//go:noescape
func separatorsAVX2(s *separators, text *byte, words int)

// find fills in s.words for text, a multiple of 64 bytes, at most stripBytes.
func (s *separators) find(text []byte) {
	if len(text) == 0 {
		return
	}
	if !cpu.X86.HasAVX2 {
		s.findGo(text)
		return
	}
	separatorsAVX2(s, &text[0], len(text)/64)
}
