package source

import "encoding/binary"

// stripBytes is how much text is looked through for separators at a time: the
// first-level cache holds it with what is found.
const stripBytes = 16 << 10

// separators is where fields end in a strip of text, a bit for each byte. The
// assembler knows its layout.
type separators struct {
	delim, line, quote byte // line is '\n'; quote is line where there are no quotes
	_                  [5]byte
	words              [stripBytes / 64]separatorWord
}

// A separatorWord is that of 64 bytes.
type separatorWord struct {
	ends   uint64 // of fields: delimiters and line ends
	lines  uint64 // line ends
	quotes uint64
}

// findGo is find without vectors: eight bytes at a time.
func (s *separators) findGo(text []byte) {
	for k := 0; len(text) >= 64; k, text = k+1, text[64:] {
		w := &s.words[k]
		*w = separatorWord{}
		for i := 0; i < 64; i += 8 {
			x := binary.LittleEndian.Uint64(text[i:])
			lines := equalBytes(x, s.line)
			w.ends |= (equalBytes(x, s.delim) | lines) << i
			w.lines |= lines << i
			w.quotes |= equalBytes(x, s.quote) << i
		}
	}
}

// equalBytes has a bit for each byte of x, 1 where it is c.
func equalBytes(x uint64, c byte) uint64 {
	const ones = 0x0101010101010101
	x ^= uint64(c) * ones
	x = ^((x&(0x7f*ones) + 0x7f*ones) | x | 0x7f*ones) >> 7 // 1 in the bytes that are zero
	return x * 0x0102040810204080 >> 56                     // brought together in the highest byte
}
