package source

import "math/bits"

// notesSlack is how many entries behind the last one notes may write.
const notesSlack = 64

// notesGo writes the places of the ends in words, of which the first is that of
// the text from at on, to to, and returns how many they are. It writes eight at a
// time, as how many there are in a word cannot be foretold; what is too much is
// overwritten by the next.
func notesGo(to []uint32, at uint32, words []separatorWord) (n int) {
	for k := range words {
		m := words[k].ends
		for behind := n + bits.OnesCount64(m); ; n += 8 {
			to := to[n : n+8 : n+8]
			to[0] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[1] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[2] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[3] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[4] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[5] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[6] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			to[7] = at + uint32(bits.TrailingZeros64(m))
			m &= m - 1
			if m == 0 {
				n = behind
				break
			}
		}
		at += 64
	}
	return n
}
