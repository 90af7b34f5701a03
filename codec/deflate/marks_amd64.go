package deflate

import "golang.org/x/sys/cpu"

// marksAVX2 does for groups × 64 words, of which two lie before raw, what byOne
// does.
//
//go:noescape
func marksAVX2(zero, four, back *byte, raw *byte, groups int)

// findRuns is split by the means of this machine.
func (e *fastEncoder) findRuns(raw []byte) {
	if cpu.X86.HasAVX2 {
		e.splitMarked(raw, stripAVX2)
		return
	}
	e.split(raw)
}

// stripAVX2 marks whole groups, not the first.
func stripAVX2(m *marks, raw []byte, from, to int) {
	_ = raw[4*group*to-1]
	marksAVX2(&m.zero[8*from : 8*to][0], &m.four[8*from : 8*to][0], &m.back[8*from : 8*to][0], &raw[4*group*from], to-from)
}
