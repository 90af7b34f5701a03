package deflate

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/errs"
)

// digits makes n bytes of float32 rows like scaled pictures of digits: four of
// five values are zero, in runs, the others k/255 with many at the upper end.
func digits(n int) []byte {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 0, n+4)
	for len(b) < n {
		for range min(20+r.IntN(30), (n-len(b)+3)/4) {
			b = append(b, 0, 0, 0, 0)
		}
		for range 4 + r.IntN(10) {
			k := 1 + r.IntN(255)
			if r.IntN(3) == 0 {
				k = 252 + r.IntN(3)
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(k)/255))
		}
	}
	return b[:n]
}

func doubles(n int) []byte {
	r := rand.New(rand.NewPCG(5, 6))
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(r.NormFloat64()))
	}
	return b[:n]
}

// contents are what blocks may hold.
func contents() map[string][]byte {
	labels := make([]byte, 0, 80_000)
	steps := make([]byte, 0, 80_000)
	skewed := make([]byte, 0, 200_000) // Fibonacci counts make the deepest trees
	r := rand.New(rand.NewPCG(9, 9))
	for i := range 10_000 {
		labels = binary.LittleEndian.AppendUint64(labels, uint64(r.IntN(10)))
		steps = binary.LittleEndian.AppendUint64(steps, math.Float64bits(float64(i/7)+0.1))
	}
	for c, a, b := 1, 1, 1; a < 60_000; c, a, b = c+1, b, a+b {
		for range a {
			skewed = append(skewed, byte(c), byte(c*7))
		}
	}
	r.Shuffle(len(skewed)/2, func(i, j int) { skewed[2*i], skewed[2*j] = skewed[2*j], skewed[2*i] })
	return map[string][]byte{
		"nothing":         nil,
		"one byte":        {7},
		"one zero":        {0},
		"seven bytes":     []byte("\x00\x00\x00\x00abc"),
		"zeros":           make([]byte, 1<<17),
		"259 zeros":       make([]byte, 259),
		"260 zeros":       make([]byte, 260),
		"261 zeros":       make([]byte, 261),
		"digits":          digits(300_001),
		"doubles":         doubles(70_000),
		"labels":          labels,
		"steps":           steps,
		"skewed":          skewed,
		"text":            bytes.Repeat([]byte("a long text, again and again. "), 3000),
		"one word":        bytes.Repeat([]byte{1, 2, 3, 4}, 1000),
		"two blocks even": make([]byte, 2<<14),
	}
}

func compress(t testing.TB, raw []byte, opt Options) ([]byte, *Writer) {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b, opt)
	for p := raw; len(p) > 0; {
		n := min(len(p), 10_007)
		if _, err := w.Write(p[:n]); err != nil {
			t.Fatal(err)
		}
		p = p[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w
}

func TestStreamAndBlocksInflate(t *testing.T) {
	for name, raw := range contents() {
		for _, level := range []Level{Fast, Max} {
			opt := Options{Level: level, BlockSize: 1 << 14, Workers: 2}
			out, w := compress(t, raw, opt)
			r := flate.NewReader(bytes.NewReader(out))
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, raw) {
				t.Errorf("%s, level %d: the standard library inflates %d bytes, %v; want %d", name, level, len(got), err, len(raw))
				continue
			}
			if w.CRC32() != crc32.ChecksumIEEE(raw) || w.Size() != int64(len(raw)) || w.Stored() != int64(len(out)) {
				t.Errorf("%s: crc %x, size %d, stored %d", name, w.CRC32(), w.Size(), w.Stored())
			}
			if want := max(1, (len(raw)+opt.BlockSize-1)/opt.BlockSize); len(w.Blocks()) != want {
				t.Errorf("%s: %d blocks, want %d", name, len(w.Blocks()), want)
			}
			off, at := 0, 0
			for i, n := range w.Blocks() {
				dst := make([]byte, min(opt.BlockSize, len(raw)-at))
				if err := Inflate(dst, out[off:off+int(n)]); err != nil || !bytes.Equal(dst, raw[at:at+len(dst)]) {
					t.Errorf("%s, block %d: %v", name, i, err)
				}
				off, at = off+int(n), at+len(dst)
			}
			opt.Workers = 1
			if again, _ := compress(t, raw, opt); !bytes.Equal(again, out) {
				t.Errorf("%s: one worker writes other bytes than two", name)
			}
		}
	}
}

func TestInflateRefusesWrongLengths(t *testing.T) {
	raw := digits(1000)
	out, _ := compress(t, raw, Options{})
	for _, n := range []int{0, 1, 999, 1001} {
		if err := Inflate(make([]byte, n), out); !errors.Is(err, errs.Corrupt) {
			t.Errorf("to %d bytes: %v", n, err)
		}
	}
	if err := Inflate(make([]byte, 1000), out[:len(out)/2]); !errors.Is(err, errs.Corrupt) {
		t.Errorf("cut: %v", err)
	}
}

func TestStoredHeaderThenBlocks(t *testing.T) {
	header, rows := make([]byte, 128), digits(100_000)
	body, w := compress(t, rows, Options{BlockSize: 1 << 15})
	stream := AppendStored(nil, header, false)
	copy(stream[5:], bytes.Repeat([]byte("h"), len(header))) // patched once known
	want := append(bytes.Repeat([]byte("h"), len(header)), rows...)
	got, err := io.ReadAll(flate.NewReader(bytes.NewReader(append(stream, body...))))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
	crc := CombineCRC32(crc32.ChecksumIEEE(want[:len(header)]), w.CRC32(), w.Size())
	if crc != crc32.ChecksumIEEE(want) {
		t.Errorf("combined checksum %08x, want %08x", crc, crc32.ChecksumIEEE(want))
	}
}

type failing struct{ left int }

var errFull = errors.New("disk full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrorsComeBack(t *testing.T) {
	w := NewWriter(&failing{left: 50_000}, Options{BlockSize: 1 << 14})
	raw := doubles(1 << 16)
	var err error
	for i := 0; i < 1000 && err == nil; i++ {
		_, err = w.Write(raw)
	}
	if !errors.Is(err, errFull) {
		t.Errorf("Write: %v", err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
	if _, err := w.Write(raw); err == nil {
		t.Error("Write after Close succeeds")
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, raw := range contents() {
		f.Add(raw[:min(len(raw), 5000)], false)
	}
	f.Fuzz(func(t *testing.T, raw []byte, max bool) {
		opt := Options{BlockSize: 1 << 10, Workers: 2}
		if max {
			opt.Level = Max
		}
		out, _ := compress(t, raw, opt)
		got, err := io.ReadAll(flate.NewReader(bytes.NewReader(out)))
		if err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("%d bytes, %v; want %d", len(got), err, len(raw))
		}
	})
}

func FuzzInflate(f *testing.F) {
	out, _ := compress(f, digits(3000), Options{})
	f.Add(out, 3000)
	f.Fuzz(func(t *testing.T, src []byte, n int) {
		_ = Inflate(make([]byte, min(max(n, 0), 1<<16)), src)
	})
}

func BenchmarkFast(b *testing.B) {
	for name, raw := range map[string][]byte{"digits": digits(1 << 20), "doubles": doubles(1 << 20)} {
		b.Run(name, func(b *testing.B) {
			var c compressor
			var out []byte
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				out, _ = c.block(out[:0], raw, Fast, false)
			}
			b.ReportMetric(float64(len(raw))/float64(len(out)), "ratio")
		})
	}
}

func BenchmarkMax(b *testing.B) {
	raw := digits(1 << 20)
	var c compressor
	var out []byte
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		out, _ = c.block(out[:0], raw, Max, false)
	}
	b.ReportMetric(float64(len(raw))/float64(len(out)), "ratio")
}

func BenchmarkInflate(b *testing.B) {
	raw := digits(1 << 20)
	out, _ := compress(b, raw, Options{})
	dst := make([]byte, len(raw))
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if err := Inflate(dst, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	raw := digits(188 << 20)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		w := NewWriter(io.Discard, Options{})
		if _, err := w.Write(raw); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
