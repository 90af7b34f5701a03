package format

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
)

// What a file may decode to: 16 MiB, or 256 times what it is stored in if that
// is more, up to what a FlatBuffer can be. Chunk references compress to a tenth
// or a twentieth; 256 is more than files of a repository come to.
const (
	freeSize  = 16 << 20
	maxRatio  = 256
	maxObject = 1<<31 - 1
)

// An Option changes how an object is encoded.
type Option func(*encoding)

type encoding struct{ program string }

// WithProgram names the program in the header: at most 24 bytes, longer names
// are cut. The default is "outcore".
func WithProgram(name string) Option {
	return func(e *encoding) { e.program = name[:min(len(name), maxProgram)] }
}

// encoders[i] have a window of 1<<i bytes: an encoder holds as much from its first
// large object on, and those of a few MiB need not take 16.
var encoders [windowLog + 1]sync.Pool

const windowLog, leastWindowLog = 23, 17 // of level 3; of a block

// encode appends a frame at level 3 with a checksum, as zstd calls the level. It
// may be called concurrently, and gives equal bytes for equal bytes.
func encode(dst, body []byte) []byte {
	i := min(max(bits.Len(uint(len(body))), leastWindowLog), windowLog)
	w, _ := encoders[i].Get().(*zstd.Encoder)
	if w == nil {
		var err error
		w, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1),
			// With little memory what slides through the window is moved at each block.
			zstd.WithWindowSize(1<<i), zstd.WithLowerEncoderMem(i < windowLog))
		if err != nil {
			panic(err) // of the options above
		}
	}
	defer encoders[i].Put(w)
	return w.EncodeAll(body, dst)
}

// decoders[i] decodes to at most 1<<i bytes; made when first needed.
var decoders [32]struct {
	once sync.Once
	dec  *zstd.Decoder
}

// decoder decodes to at least limit bytes and at most twice as many.
func decoder(limit int) *zstd.Decoder {
	i := bits.Len(uint(limit - 1))
	d := &decoders[i]
	d.once.Do(func() {
		var err error
		d.dec, err = zstd.NewReader(nil, zstd.WithDecoderMaxMemory(1<<i), zstd.WithDecoderConcurrency(0))
		if err != nil {
			panic(err) // of the options above
		}
	})
	return d.dec
}

// wrap puts a header and a frame around a FlatBuffer; nil is one that was too
// large to build.
func wrap(t FileType, body []byte, opts []Option) ([]byte, error) {
	e := encoding{program: "outcore"}
	for _, o := range opts {
		o(&e)
	}
	if body == nil {
		return nil, errs.New(errs.TooLarge, "icechunk: a %s takes more than 2 GiB, which no reader opens", t).
			WithFix("split manifests into smaller ones, or commit more often")
	}
	h := Header{Program: e.program, Spec: specVersion, Type: t, Compression: zstdFrame}
	file := encode(h.append(make([]byte, 0, headerSize+len(body)/2)), body)
	if len(body) > sizeLimit(len(file)-headerSize) {
		// So regular that readers, ours too, would take it for a bomb.
		file = appendRaw(h.append(make([]byte, 0, headerSize+len(body)+len(body)>>10)), body)
	}
	return file, nil
}

// appendRaw writes a frame of blocks that are not compressed (RFC 8878, 3.1.1):
// a window of 128 KiB, the size in 4 bytes, no checksum.
func appendRaw(dst, body []byte) []byte {
	const block = 128 << 10
	dst = append(dst, 0x28, 0xb5, 0x2f, 0xfd, 2<<6, (17-10)<<3)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(body)))
	for last := uint32(0); last == 0; {
		n := min(len(body), block)
		if n == len(body) {
			last = 1
		}
		head := uint32(n)<<3 | last
		dst = append(dst, byte(head), byte(head>>8), byte(head>>16))
		dst = append(dst, body[:n]...)
		body = body[n:]
	}
	return dst
}

// sizeLimit is what stored bytes may decode to.
func sizeLimit(stored int) int {
	return min(max(freeSize, maxRatio*stored), maxObject)
}

// unwrap checks the header of a file and decodes what follows.
func unwrap(t FileType, file []byte) ([]byte, error) {
	h, err := ReadHeader(file)
	if err != nil {
		return nil, err
	}
	switch {
	case h.Spec == 1:
		return nil, errs.New(errs.Unsupported, "icechunk: found a %s of specification 1 (by %q), expected 2", h.Type, h.Program).
			WithFix("upgrade the repository: python -c 'import icechunk; icechunk.upgrade_icechunk_repository(…)', then rewrite its manifests")
	case h.Spec != specVersion:
		return nil, errs.New(errs.Unsupported, "icechunk: found a %s of specification %d (by %q), expected 2", h.Type, h.Spec, h.Program)
	case h.Type != t:
		return nil, errs.New(errs.Corrupt, "icechunk: found a %s (type %d), expected a %s", h.Type, uint8(h.Type), t)
	case h.Compression == plain:
		return file[headerSize:], nil
	case h.Compression != zstdFrame:
		return nil, errs.New(errs.Unsupported, "icechunk: found compression %d in a %s, expected 1 (zstd)", h.Compression, t)
	}
	frame := file[headerSize:]
	limit := sizeLimit(len(frame))
	var start []byte
	var z zstd.Header
	if z.Decode(frame) == nil && !z.HasFCS {
		// The official engine does not write the size of larger objects. They
		// are about four times what is stored; growing copies.
		start = make([]byte, 0, min(limit, 4*len(frame)+1<<10))
	}
	body, err := decoder(limit).DecodeAll(frame, start)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return nil, errs.New(errs.TooLarge, "icechunk: a %s of %d bytes decodes to more than %d", t, len(file), limit)
	}
	if err != nil {
		return nil, errs.New(errs.Corrupt, "icechunk: a %s does not decode: %w", t, err)
	}
	return body, nil
}
