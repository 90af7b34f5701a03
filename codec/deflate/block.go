package deflate

import (
	"bytes"

	"github.com/klauspost/compress/flate"
)

// A compressor holds what one goroutine needs to compress blocks.
type compressor struct {
	max  *flate.Writer
	buf  bytes.Buffer
	fast fastEncoder
}

// block appends raw as a block to dst. The last block of a stream closes it.
func (c *compressor) block(dst, raw []byte, level Level, final bool) ([]byte, error) {
	start := len(dst)
	dst = c.fast.encode(dst, raw, final)
	if level == Fast {
		return dst, nil
	}
	c.buf.Reset()
	if c.max == nil {
		w, err := flate.NewWriter(&c.buf, flate.BestCompression)
		if err != nil {
			return dst, err
		}
		c.max = w
	} else {
		c.max.Reset(&c.buf)
	}
	if _, err := c.max.Write(raw); err != nil {
		return dst, err
	}
	end := c.max.Flush
	if final {
		end = c.max.Close
	}
	if err := end(); err != nil {
		return dst, err
	}
	// Long runs of zeros may take less when nothing else is searched for.
	if c.buf.Len() < len(dst)-start {
		dst = append(dst[:start], c.buf.Bytes()...)
	}
	return dst, nil
}

const maxStored = 65535 // bytes of one stored block of the format

// AppendStored appends raw to dst uncompressed. What takes the place of raw in
// the result can be overwritten later with as many bytes: raw starts 5 bytes
// behind the start for raw of at most 65,535 bytes. final closes the stream.
func AppendStored(dst, raw []byte, final bool) []byte {
	for {
		n := min(len(raw), maxStored)
		last := byte(0)
		if final && n == len(raw) {
			last = 1
		}
		dst = append(dst, last, byte(n), byte(n>>8), byte(^n), byte(^n>>8))
		dst = append(dst, raw[:n]...)
		if raw = raw[n:]; len(raw) == 0 {
			return dst
		}
	}
}
