// Package bzip2 decodes single blocks of bzip2 files and finds where blocks
// start. Blocks do not depend on each other, so several can be decoded at once;
// putting them in order, and the checks over a whole stream, are the caller's.
//
// The package does not compress and does not read streams.
package bzip2

import "errors"

// Marks of 48 bits before a block and before the end of a stream.
const (
	BlockMagic = 0x314159265359
	EndMagic   = 0x177245385090
	MagicBits  = 48
)

// MaxBlock is the most bytes a block holds before runs are expanded.
const MaxBlock = 900_000

// MaxStored is more bytes than any block takes in a file: 900,001 symbols of
// 20 bits, 18,002 selectors of 6 bits and the tables.
const MaxStored = 900_001*20/8 + 18_002*6/8 + 8<<10

// Faults of a block. ErrShort means that the data ended first.
var (
	ErrShort    = errors.New("block goes on behind the end of the data")
	ErrMagic    = errors.New("no block starts here")
	ErrTables   = errors.New("code tables are impossible")
	ErrSymbol   = errors.New("bits are no Huffman code")
	ErrLength   = errors.New("block holds more than 900,000 bytes")
	ErrOrigin   = errors.New("origin pointer is outside the block")
	ErrChecksum = errors.New("checksum does not match")
	ErrRandom   = errors.New("block is randomised, as only bzip2 before 0.9.5 wrote")
)

const (
	groupLen     = 50 // symbols under one selector
	maxSelectors = 18_002
)

// A Decoder decodes blocks. It holds 6 MB and serves one goroutine.
type Decoder struct {
	column    []byte     // last of the transform; behind it room for what is written eight bytes at a time
	counts    [256]int32 // of the bytes of column
	n         int        // bytes of the loaded block
	origin    int        // index of the link of its first byte
	walker    walker
	selectors [maxSelectors]uint8
	trees     [6]tree
}

// NewDecoder makes a Decoder.
func NewDecoder() *Decoder {
	return &Decoder{column: make([]byte, MaxBlock+columnSlack), walker: newWalker()}
}

// Load decodes the block whose magic starts at bit start of data, up to the
// text, which Text then gives. end is the bit behind the block and crc
// what the block says the checksum of its bytes is once runs are expanded.
func (d *Decoder) Load(data []byte, start int) (crc uint32, end int, err error) {
	b := newBitReader(data, start)
	if uint64(b.take(24))<<24|uint64(b.take(24)) != BlockMagic {
		return 0, 0, orShort(&b, ErrMagic)
	}
	crc = b.take(32)
	if b.take(1) != 0 {
		return 0, 0, orShort(&b, ErrRandom)
	}
	d.origin = int(b.take(24))
	d.n, err = d.symbols(&b)
	if err != nil {
		return 0, 0, orShort(&b, err)
	}
	if b.over() {
		return 0, 0, ErrShort
	}
	if d.origin >= d.n {
		return 0, 0, ErrOrigin
	}
	d.walker.link(d.column[:d.n], &d.counts, d.origin)
	return crc, b.at(), nil
}

// orShort is ErrShort instead of err when the data ended before the fault: the
// zeros behind the end may be its cause.
func orShort(b *bitReader, err error) error {
	if b.over() {
		return ErrShort
	}
	return err
}

// tables reads the alphabet, the selectors and the code lengths.
func (d *Decoder) tables(b *bitReader) (alphabet [256]uint8, used, selectors int, err error) {
	for ranges, i := b.take(16), 0; i < 16; i++ {
		if ranges>>(15-i)&1 == 0 {
			continue
		}
		set := b.take(16)
		for j := range 16 {
			if set>>(15-j)&1 != 0 {
				alphabet[used] = uint8(i*16 + j)
				used++
			}
		}
	}
	trees := int(b.take(3))
	selectors = int(b.take(15))
	if used == 0 || trees < 2 || trees > 6 || selectors == 0 {
		return alphabet, 0, 0, ErrTables
	}
	order := [6]uint8{0, 1, 2, 3, 4, 5}
	for i := range selectors {
		j := 0
		for b.take(1) != 0 {
			if j++; j >= trees {
				return alphabet, 0, 0, ErrTables
			}
		}
		s := order[j]
		copy(order[1:j+1], order[:j])
		order[0] = s
		if i < maxSelectors { // some compressors write more than can be used
			d.selectors[i] = s
		}
	}
	var lens [maxAlpha]uint8
	for t := range trees {
		l := int(b.take(5))
		for s := range used + 2 {
			for {
				if l < 1 || l > maxLen {
					return alphabet, 0, 0, ErrTables
				}
				if b.take(1) == 0 {
					break
				}
				l += 1 - 2*int(b.take(1))
			}
			lens[s] = uint8(l)
		}
		if !d.trees[t].build(lens[:used+2]) {
			return alphabet, 0, 0, ErrTables
		}
	}
	return alphabet, used, min(selectors, maxSelectors), nil
}

// Text writes the loaded block's bytes, before runs are expanded, to dst, which
// must have room for MaxBlock, and gives them back.
func (d *Decoder) Text(dst []byte) []byte {
	dst = dst[:d.n]
	d.walker.text(dst)
	return dst
}
