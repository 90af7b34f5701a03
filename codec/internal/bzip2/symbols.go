package bzip2

import "encoding/binary"

const (
	shortRun    = 8  // bytes of a run that one store writes
	columnSlack = 16 // bytes behind a column that may be written
)

// symbols decodes the symbols up to the end of the block and undoes
// move-to-front: what is left is the last column of the transform, of n bytes.
func (d *Decoder) symbols(b *bitReader) (n int, err error) {
	alphabet, used, selectors, err := d.tables(b)
	if err != nil {
		return 0, err
	}
	clear(d.counts[:])
	column := d.column[:MaxBlock+columnSlack]
	end := uint32(used + 1)
	// The bytes in order of their last use: of 16 two words, so that the usual
	// ones are moved to the front without a loop.
	lo, hi := binary.LittleEndian.Uint64(alphabet[:]), binary.LittleEndian.Uint64(alphabet[8:])
	run, digits := 0, uint32(0) // of RUNA and RUNB: digits 1 and 2 in base 2
	// The fields of b in registers.
	data, pos, acc, have := b.data, b.pos, b.acc, b.n
	err = ErrSymbol
read:
	for group := range selectors {
		if pos*8-int(have) > len(data)*8 {
			err = ErrShort
			break
		}
		t := &d.trees[d.selectors[group]]
		for left := uint32(groupLen); left > 0; {
			if pos+8 <= len(data) {
				acc |= binary.BigEndian.Uint64(data[pos:]) >> (have & 63)
				k := (63 - have) >> 3
				pos += int(k)
				have += k << 3
			} else if have < maxLen {
				r := bitReader{data, pos, acc, have}
				r.fill()
				pos, acc, have = r.pos, r.acc, r.n
			}
			e := t.units[acc>>(64-unitBits)]
			if e == 0 || e.symbols() > left {
				if e = t.one(acc); e == 0 {
					break read
				}
			}
			acc <<= e.length()
			have -= uint(e.length())
			left -= e.symbols()
			run += int(e.run()) << (digits & 31)
			if digits += e.digits(); digits > maxDigits {
				err = ErrLength
				break read
			}
			sym := e.last()
			if sym == 0 {
				continue
			}
			front := byte(lo)
			if run <= shortRun {
				binary.LittleEndian.PutUint64(column[n:], uint64(front)*0x0101010101010101)
			} else {
				if run > MaxBlock-n {
					err = ErrLength
					break read
				}
				repeat(column[n:n+run], front)
			}
			n += run
			d.counts[front] += int32(run)
			run, digits = 0, 0
			if sym == end && n <= MaxBlock {
				err = nil
				break read
			}
			if n >= MaxBlock {
				err = ErrLength
				break read
			}
			p := sym - 1 // place of the byte
			var c uint64
			if p < 8 {
				c = lo >> (8 * p & 63) & 255
				moved := uint64(2)<<((8*p+7)&63) - 1
				lo = lo&^moved | lo<<8&moved | c
			} else if p < 16 {
				c = hi >> (8 * (p - 8) & 63) & 255
				moved := uint64(2)<<((8*(p-8)+7)&63) - 1
				hi = hi&^moved | hi<<8&moved | lo>>56
				lo = lo<<8 | c
			} else {
				p &= 255
				c = uint64(alphabet[p])
				copy(alphabet[17:p+1], alphabet[16:p])
				alphabet[16] = byte(hi >> 56)
				hi = hi<<8 | lo>>56
				lo = lo<<8 | c
			}
			column[n] = byte(c)
			d.counts[c]++
			n++
		}
	}
	b.pos, b.acc, b.n = pos, acc, have
	return n, err
}

// repeat fills p with c.
func repeat(p []byte, c byte) {
	for i := range p {
		p[i] = c
	}
}
