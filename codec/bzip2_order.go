package codec

import (
	"context"
	"errors"

	"github.com/outcore/outcore/codec/internal/bzip2"
)

// A bzipOrder puts decoded blocks in order. It knows the bit where the next
// block must start: spans before it began inside a block, at bits that only
// look like a magic, and a block such bits cut apart is decoded again with the
// bytes that follow.
type bzipOrder struct {
	ctx     context.Context
	src     *stored
	spans   <-chan *span
	coming  []*span // taken from spans, not yet looked at
	out     output
	next    int64  // bit where the next magic must be
	tracked bool   // sum covers the stream from its header on
	sum     uint32 // of the stream's blocks
}

func (o *bzipOrder) run() error {
	first := o.pull()
	if first == nil {
		return o.missing()
	}
	start := int(o.next/8 - first.base)
	switch rest := first.data[min(start, len(first.data)):]; {
	case o.next%8 == 0 && isBzip2Header(rest):
		o.header()
	case len(rest) == 0 && o.next > 0 && o.src.err.Load() == nil:
		return nil // to go on from behind the end
	}
	first.release()
	for {
		s := o.pull()
		switch {
		case s == nil:
			return o.missing()
		case s.start < o.next:
			o.drop(s)
			continue
		case s.start > o.next:
			return o.src.corrupt(o.next/8, "codec: no bzip2 block starts at bit %d of the byte, where one must; the next is at byte %d", o.next%8, s.start/8)
		}
		if s.magic == bzip2.EndMagic {
			if ended, err := o.end(s); ended || err != nil {
				return err
			}
			continue
		}
		if err := o.block(s); err != nil {
			return err
		}
	}
}

// pull gives the next span, nil at the end.
func (o *bzipOrder) pull() *span {
	if len(o.coming) > 0 {
		s := o.coming[0]
		o.coming = o.coming[1:]
		return s
	}
	return <-o.spans
}

// missing reports that the file ends where a magic must be.
func (o *bzipOrder) missing() error {
	if o.ctx.Err() != nil {
		return errGone
	}
	return o.src.cutShort("bzip2 stream", o.next/8)
}

// drop lets go of a span that is no block.
func (o *bzipOrder) drop(s *span) {
	if s.decoded != nil {
		select {
		case <-s.decoded:
			s.block.release()
		case <-o.ctx.Done():
			return
		}
	}
	s.release()
}

// maxJoined is the most spans taken together as one block. A magic occurs in
// one of 20 million blocks by chance; a file made to hold thousands in each
// would otherwise have as many decoded blocks waiting in memory.
const maxJoined = 16

// joined gives the bytes of s and of the spans after it, which stay where they
// are, at least size if there are that many and maxJoined allows.
func (o *bzipOrder) joined(s *span, size int) []byte {
	data := append([]byte(nil), s.data...)
	for i := 0; len(data) < size && i < maxJoined; i++ {
		if i == len(o.coming) {
			t := <-o.spans
			if t == nil {
				break
			}
			o.coming = append(o.coming, t)
		}
		t := o.coming[i]
		data = append(data[:t.base-s.base], t.data...)
	}
	return data
}

// block hands on the block that starts s.
func (o *bzipOrder) block(s *span) error {
	select {
	case <-s.decoded:
	case <-o.ctx.Done():
		return errGone
	}
	if s.block.err == bzip2.ErrShort {
		o.retry(s)
	}
	b := &s.block
	defer o.release(s)
	switch {
	case b.err == bzip2.ErrShort && o.src.err.Load() == nil && s.end() >= (o.src.base+o.src.n.Load())*8:
		return o.src.cutShort("bzip2 block", s.start/8)
	case b.err != nil:
		return o.src.corrupt(s.start/8, "codec: the bzip2 block at bit %d of the byte is damaged: %w", s.start%8, b.err)
	}
	o.next = b.end
	o.sum = (o.sum<<1 | o.sum>>31) ^ b.crc
	at := Position{Byte: s.start / 8, Bit: int(s.start % 8)}
	consumed := (b.end+7)/8 - o.src.base
	if b.text == nil {
		p := b.first
		b.first = piece{}
		p.at, p.consumed = at, consumed
		return o.out(p)
	}
	var runs bzip2.Runs
	for read := 0; read < len(b.text) || runs.Pending(); {
		p := newPiece()
		n, m := runs.Expand(p.data, b.text[read:])
		read += m
		p.data, p.at, p.consumed = p.data[:n], at, consumed
		if err := o.out(p); err != nil {
			return err
		}
		at.Inner += int64(n)
	}
	return nil
}

func (o *bzipOrder) release(s *span) {
	s.block.release()
	s.release()
}

// retry decodes the block of s with more and more of the bytes that follow.
func (o *bzipOrder) retry(s *span) {
	d := decoders.Get().(*bzip2.Decoder)
	defer decoders.Put(d)
	for errors.Is(s.block.err, bzip2.ErrShort) && len(s.data) < bzip2.MaxStored {
		data := o.joined(s, min(max(2*len(s.data), 1<<16), bzip2.MaxStored))
		if len(data) == len(s.data) {
			return // the file has no more
		}
		s.data = data
		s.decode(d)
	}
}

// end checks the end of a stream and goes to the next, if there is one.
func (o *bzipOrder) end(s *span) (last bool, err error) {
	const sumBits = 32
	data := s.data
	from := int(s.start-s.base*8) + bzip2.MagicBits
	behind := (from + sumBits + 7) / 8 // of data, the byte after the stream
	if need := behind + 4; len(data) < need {
		data = o.joined(s, need)
	}
	if len(data) < behind {
		return true, o.src.cutShort("bzip2 stream", s.start/8)
	}
	sum := uint32(0)
	for i := range sumBits {
		bit := from + i
		sum = sum<<1 | uint32(data[bit/8]>>(7-bit%8)&1)
	}
	if o.tracked && sum != o.sum {
		return true, o.src.corrupt(s.start/8, "codec: the checksum of the bzip2 stream is %08x, its blocks give %08x", sum, o.sum)
	}
	o.next = (s.base + int64(behind)) * 8
	rest := data[behind:]
	defer s.release()
	switch {
	case len(rest) == 0:
		return true, nil
	case !isBzip2Header(rest):
		return true, o.src.corrupt(o.next/8, "codec: bytes after the end of the bzip2 stream are not another")
	}
	o.header()
	return false, nil
}

// header passes over the header of a stream.
func (o *bzipOrder) header() {
	o.next += 4 * 8
	o.sum, o.tracked = 0, true
}

func isBzip2Header(p []byte) bool {
	return len(p) >= 4 && p[0] == 'B' && p[1] == 'Z' && p[2] == 'h' && p[3] >= '1' && p[3] <= '9'
}
