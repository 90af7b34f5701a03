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

// notesAVX512 is notesGo of count words, at least one.
//
//go:noescape
func notesAVX512(to *uint32, at uint32, words *separatorWord, count int) (n int)

// notes writes the places of the ends in words, of which the first is that of the
// text from at on, to to, and returns how many they are. to has room for one for
// each byte, and notesSlack more.
func notes(to []uint32, at uint32, words []separatorWord) (n int) {
	if len(words) == 0 {
		return 0
	}
	if !cpu.X86.HasAVX512VBMI2 || !cpu.X86.HasAVX512BW {
		return notesGo(to, at, words)
	}
	return notesAVX512(&to[0], at, &words[0], len(words))
}
