// Package deflate writes a raw deflate stream (RFC 1951) as blocks of fixed
// size, compressed by several goroutines, and reads any one of them alone.
//
// A block is some bytes compressed without looking back at the bytes before;
// all but the last end at a byte with an empty stored block, as a sync flush
// does. So the stream as a whole is what every zip reader inflates, and a reader
// that knows where blocks start inflates one without the others. The bytes
// written depend on the data, the level and the block size only.
//
//	w := deflate.NewWriter(file, deflate.Options{Level: deflate.Fast})
//	w.Write(rows)
//	err := w.Close()
//	index := w.Blocks() // stored bytes of each block
//
// The package does not write zip or gzip headers.
package deflate

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"sync"

	"github.com/outcore/outcore/memory"
)

// A Level is how much time goes into compressing.
type Level int

// The levels.
const (
	// Fast is for binary numbers: it finds runs of zeros and of equal 4- and
	// 8-byte words and codes the other bytes by how frequent they are, at
	// several hundred MB/s a core. It does not look for repeated text.
	Fast Level = iota
	// Max searches for repetitions as long as zlib's level 9 does.
	Max
)

// DefaultBlockSize is the bytes of a block.
const DefaultBlockSize = 1 << 20

// Options say how to compress. The zero value is Fast, in blocks of
// DefaultBlockSize, with as many workers as cores.
type Options struct {
	Level     Level
	BlockSize int      // bytes of a block before compression, at most 64 MiB; a multiple of 8 keeps words whole
	Workers   int      // goroutines that compress
	Buffers   *Buffers // shared with other Writers; nil = the Writer has its own
}

// Memory is the most bytes a Writer with these options holds, when so large a part
// of a block is left after compression, 1 at most.
func (o Options) Memory(left float64) int64 {
	o = o.withDefaults()
	perWorker := int64(o.BlockSize/4*3 + o.BlockSize/8) // sequences of runs, and marks
	if o.Level == Max {
		perWorker = 2 << 20
	}
	packed := int64(left * float64(o.BlockSize))
	return int64(o.inFlight()+1)*(memory.SlabSize(int64(o.BlockSize))+packed+packed/4) + int64(o.Workers)*perWorker // of Go heap, where garbage needs room too
}

// inFlight is two blocks a worker, one being compressed and one waiting to be
// written, and one that waits to be compressed. One more is being filled.
func (o Options) inFlight() int { return 2*o.Workers + 1 }

func (o Options) withDefaults() Options {
	if o.BlockSize <= 0 {
		o.BlockSize = DefaultBlockSize
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Level != Fast && o.Level != Max || o.BlockSize > 64<<20 {
		panic(fmt.Sprintf("deflate: level %d, block size %d", o.Level, o.BlockSize))
	}
	return o
}

// A Writer compresses what is written to it. It serves one goroutine.
type Writer struct {
	opt    Options
	block  *job          // being filled
	work   chan *job     // to the compressors
	order  chan *job     // to the goroutine that writes, in order
	failed chan struct{} // closed when err is set
	err    error
	wg     sync.WaitGroup
	closed bool
	result error // of Close

	size   int64
	stored int64
	blocks []uint32
	crcs   []uint32
}

// A job is one block on its way.
type job struct {
	raw   []byte
	out   []byte
	crc   uint32
	err   error
	final bool
	done  chan struct{}

	release func() // of the memory under raw; nil on the Go heap
}

var errClosed = errors.New("deflate: write after Close")

// NewWriter makes a Writer to w, with Options.Workers goroutines that Close
// ends. It panics for a Level or BlockSize that does not exist.
func NewWriter(w io.Writer, opt Options) *Writer {
	opt = opt.withDefaults()
	if opt.Buffers == nil {
		opt.Buffers = new(Buffers)
	}
	opt.Buffers.fill(opt.BlockSize, 1)
	z := &Writer{
		opt:    opt,
		work:   make(chan *job, opt.inFlight()),
		order:  make(chan *job, opt.inFlight()),
		failed: make(chan struct{}),
	}
	for range opt.Workers {
		z.wg.Go(z.compress)
	}
	z.wg.Go(func() { z.put(w) })
	return z
}

// compress works on blocks until there are no more.
func (z *Writer) compress() {
	for j := range z.work {
		j.crc = crc32.ChecksumIEEE(j.raw)
		c := z.opt.Buffers.compressor(z.opt.Workers)
		j.out, j.err = c.block(j.out[:0], j.raw, z.opt.Level, j.final)
		z.opt.Buffers.put(c)
		j.done <- struct{}{}
	}
}

// put writes blocks in order.
func (z *Writer) put(w io.Writer) {
	for j := range z.order {
		<-j.done
		if z.err == nil {
			err := j.err
			if err == nil {
				_, err = w.Write(j.out)
			}
			if err != nil {
				z.err = err
				close(z.failed)
			} else {
				z.blocks = append(z.blocks, uint32(len(j.out)))
				z.crcs = append(z.crcs, j.crc)
				z.stored += int64(len(j.out))
			}
		}
		z.opt.Buffers.give(j)
	}
}

// Write compresses p as blocks fill up. It keeps nothing of p. An error is that
// of an earlier write to the underlying writer.
func (z *Writer) Write(p []byte) (int, error) {
	if z.closed {
		return 0, errClosed
	}
	total := len(p)
	for len(p) > 0 {
		select {
		case <-z.failed:
			return total - len(p), z.err
		default:
		}
		// A full block goes on only now, when it is known not to be the last.
		if z.block != nil && len(z.block.raw) == z.opt.BlockSize {
			z.send(false)
		}
		if z.block == nil {
			z.block = z.take()
		}
		n := min(len(p), z.opt.BlockSize-len(z.block.raw))
		z.block.raw = append(z.block.raw, p[:n]...)
		z.size += int64(n)
		p = p[n:]
	}
	return total, nil
}

func (z *Writer) take() *job { return z.opt.Buffers.take(z.opt.BlockSize, z.opt.inFlight()+1) }

func (z *Writer) send(final bool) {
	j := z.block
	z.block = nil
	j.final = final
	z.order <- j
	z.work <- j
}

// Close compresses the last block, waits until all is written and ends the
// goroutines. Without bytes written the stream is one block of none.
func (z *Writer) Close() error {
	if z.closed {
		return z.result
	}
	z.closed = true
	if z.block == nil {
		z.block = z.take()
	}
	z.opt.Buffers.fill(z.opt.BlockSize, -1)
	z.send(true)
	close(z.work)
	close(z.order)
	z.wg.Wait()
	z.result = z.err
	return z.result
}

// Blocks is the stored size of every block, in order; all hold BlockSize bytes
// but the last. Call it after Close.
func (z *Writer) Blocks() []uint32 { return z.blocks }

// Checksums is the IEEE CRC-32 of the bytes of every block, in order. Call it
// after Close.
func (z *Writer) Checksums() []uint32 { return z.crcs }

// CRC32 is the IEEE checksum of all bytes. Call it after Close.
func (z *Writer) CRC32() (crc uint32) {
	left := z.size
	for _, c := range z.crcs {
		n := min(left, int64(z.opt.BlockSize))
		crc = CombineCRC32(crc, c, n)
		left -= n
	}
	return crc
}

// Size is the number of bytes written so far.
func (z *Writer) Size() int64 { return z.size }

// Stored is the number of bytes they take compressed. Call it after Close.
func (z *Writer) Stored() int64 { return z.stored }
