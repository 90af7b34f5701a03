package codec

import (
	"context"
	"sync"

	"github.com/outcore/outcore/codec/internal/bzip2"
)

// A bzipBlock is a decoded block.
type bzipBlock struct {
	err   error
	end   int64 // bit of the file behind the block
	crc   uint32
	first piece  // the block's bytes, or the first of them
	text  []byte // the block before runs are expanded, when first is not all; owned
	whole *[]byte
}

// texts holds buffers of one block before runs are expanded.
var texts = sync.Pool{New: func() any { b := make([]byte, 0, bzip2.MaxBlock); return &b }}

// outputs holds buffers of one block's bytes. Only runs make a block longer; it
// is then expanded piece by piece by the goroutine that puts blocks in order,
// so that a block of 46 MB costs no more memory than any.
var outputs = sync.Pool{New: func() any { b := make([]byte, bzip2.MaxBlock*5/4); return &b }}

// decoders holds what the last reader worked with, for the next file.
var decoders = sync.Pool{New: func() any { return bzip2.NewDecoder() }}

// decode decodes the block that starts s, and checks it.
func (s *span) decode(d *bzip2.Decoder) {
	crc, end, err := d.Load(s.data, int(s.start-s.base*8))
	s.block = bzipBlock{err: err, crc: crc, end: s.base*8 + int64(end)}
	if err == nil {
		s.block.whole = texts.Get().(*[]byte)
		s.block.expand(d.Text(*s.block.whole))
	}
}

// expand makes the first piece from text and checks the sum of all.
func (b *bzipBlock) expand(text []byte) {
	out := outputs.Get().(*[]byte)
	b.first = piece{pool: &outputs, whole: out}
	var runs bzip2.Runs
	n, read := runs.Expand(*out, text)
	b.first.data = (*out)[:n]
	sum := bzip2.Checksum(0, b.first.data)
	if read == len(text) && !runs.Pending() {
		texts.Put(b.whole)
		b.whole = nil
	} else {
		for read < len(text) || runs.Pending() {
			k, m := runs.Expand(*out, text[read:])
			sum = bzip2.Checksum(sum, (*out)[:k])
			read += m
		}
		b.text = text
	}
	if sum != b.crc {
		b.release()
		b.err = bzip2.ErrChecksum
	}
}

func (b *bzipBlock) release() {
	b.first.release()
	if b.whole != nil {
		texts.Put(b.whole)
	}
	b.text, b.whole = nil, nil
}

// bunzip2 decodes the blocks of a bzip2 file: one goroutine cuts it at the
// magics, workers decode what starts with a block's, and this one puts them in
// order.
func bunzip2(ctx context.Context, src *stored, opt Options, out output) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ordered := make(chan *span, 2*opt.Workers+1)
	work := make(chan *span, opt.Workers)
	wg.Go(func() {
		defer close(ordered)
		defer close(work)
		// An error of src is kept there for whoever misses what follows.
		_ = scan(src, func(s *span) error {
			if s.magic == bzip2.BlockMagic {
				s.decoded = make(chan struct{})
			}
			select {
			case ordered <- s:
			case <-ctx.Done():
				return errGone
			}
			if s.decoded == nil {
				return nil
			}
			select {
			case work <- s:
				return nil
			case <-ctx.Done():
				return errGone
			}
		})
	})
	for range opt.Workers {
		wg.Go(func() {
			d := decoders.Get().(*bzip2.Decoder)
			defer decoders.Put(d)
			for s := range work {
				s.decode(d)
				close(s.decoded)
			}
		})
	}
	o := bzipOrder{ctx: ctx, src: src, spans: ordered, out: out, next: opt.At.Byte*8 + int64(opt.At.Bit)}
	return o.run()
}
