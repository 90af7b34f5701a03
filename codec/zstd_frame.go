package codec

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// What a zstdFrame found next.
const (
	zstdEnd = iota
	zstdSkipped
	zstdData
)

// A zstdFrame reads one frame of br after another and stops with io.EOF behind
// each, so that a decoder given it stops there too and the next frame's first
// byte is known. It follows the lengths in the frame and block headers and
// looks at nothing else.
type zstdFrame struct {
	br       *bufio.Reader
	used     atomic.Int64 // bytes of br behind the reader
	unit     int          // bytes left of the current header, block or checksum
	last     bool         // no block follows the current unit
	checksum bool
	ended    bool
	failed   error // why the frame could not be read on
}

// cut reports whether err says that br ended too early.
func (f *zstdFrame) cut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// next goes to the next frame, passing over a skippable one.
func (f *zstdFrame) next() (int, error) {
	head, err := f.br.Peek(6)
	if len(head) == 0 && err == io.EOF {
		return zstdEnd, nil
	}
	if len(head) < 4 {
		return 0, err
	}
	magic := zstdMagic(head)
	if magic&^0xf == zstdSkipMagic {
		if head, err = f.br.Peek(8); err != nil {
			return 0, err
		}
		left := int64(zstdMagic(head[4:])) + 8
		n, err := io.CopyN(io.Discard, f.br, left)
		f.used.Add(n)
		return zstdSkipped, err
	}
	if magic != zstdFrameMagic {
		return 0, fmt.Errorf("bytes %x, expected those of a zstd frame, 28b52ffd", head[:4])
	}
	if len(head) < 6 {
		return 0, err
	}
	desc := head[4]
	single := desc&0x20 != 0
	f.unit = 5 + [4]int{0, 1, 2, 4}[desc&3] + [4]int{0, 2, 4, 8}[desc>>6]
	if !single || desc>>6 == 0 { // the window's size, or a content size of one byte
		f.unit++
	}
	f.checksum = desc&4 != 0
	f.last, f.ended, f.failed = false, false, nil
	return zstdData, nil
}

func (f *zstdFrame) Read(p []byte) (int, error) {
	for f.unit == 0 {
		if f.ended {
			return 0, io.EOF
		}
		if f.failed != nil {
			return 0, f.failed
		}
		if f.last {
			f.ended = true
			if f.checksum {
				f.unit = 4
			}
			continue
		}
		head, err := f.br.Peek(3)
		if err != nil {
			return 0, f.fail(err)
		}
		h := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
		f.last = h&1 != 0
		f.unit = 3 + h>>3
		if h>>1&3 == 1 { // one byte, repeated
			f.unit = 4
		}
	}
	n, err := f.br.Read(p[:min(len(p), f.unit)])
	f.unit -= n
	f.used.Add(int64(n))
	if err != nil {
		return n, f.fail(err)
	}
	return n, nil
}

func (f *zstdFrame) fail(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	f.failed = err
	return err
}
