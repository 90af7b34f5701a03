package codec

import (
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"

	codecbz "github.com/outcore/outcore/codec/internal/bzip2"
)

// text makes n bytes that look like svmlight rows.
func text(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for b.Len() < n {
		fmt.Fprintf(&b, "%d", r.IntN(10))
		for i := 1 + r.IntN(40); i < 784; i += 1 + r.IntN(40) {
			fmt.Fprintf(&b, " %d:%d", i, r.IntN(256))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()[:n]
}

func gzipped(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func zstded(t testing.TB, frames ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for i, f := range frames {
		if i > 0 { // a skippable frame between
			b.Write([]byte{0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'x', 'y', 'z'})
		}
		w, err := zstd.NewWriter(&b, zstd.WithEncoderCRC(i%2 == 0), zstd.WithWindowSize(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// bzipped writes each of streams as one stream of blocks of at most size bytes.
func bzipped(size int, streams ...[]byte) []byte {
	var w bzipWriter
	for _, s := range streams {
		w.header()
		for len(s) > 0 {
			n := min(size, len(s))
			w.block(s[:n])
			s = s[n:]
		}
		w.end()
	}
	return w.buf.Bytes()
}

func readAll(t testing.TB, stored []byte, opt Options) ([]byte, error) {
	t.Helper()
	r, err := Open(context.Background(), bytes.NewReader(stored), int64(len(stored)), opt)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// samples are files of every format and shape, with what they hold. They are
// made once and must not be changed.
func samples(t testing.TB) map[string][2][]byte {
	t.Helper()
	made.Do(func() { made.files = makeSamples(t) })
	return made.files
}

var made struct {
	sync.Once
	files map[string][2][]byte
}

func makeSamples(t testing.TB) map[string][2][]byte {
	a, b, c := text(70_000, 1), text(3, 2), text(300_000, 3)
	zeros := make([]byte, 300_000)
	all := join(a, b, c, zeros)
	var decoyed bzipWriter
	decoyed.header()
	decoyed.block(a, codecbz.BlockMagic, codecbz.EndMagic, codecbz.BlockMagic)
	decoyed.block(b, codecbz.EndMagic)
	decoyed.end()
	return map[string][2][]byte{
		"plain":                {a, a},
		"gzip":                 {gzipped(t, all), all},
		"gzip members":         {gzipped(t, a, nil, b, c, zeros), all},
		"zstd":                 {zstded(t, all), all},
		"zstd frames":          {zstded(t, a, b, c, zeros), all},
		"bzip2":                {bzipped(20_000, a), a},
		"bzip2 streams":        {bzipped(9_000, a, b, nil, a), join(a, b, a)},
		"bzip2 of nothing":     {bzipped(1), nil},
		"bzip2 long runs":      {bzipped(1<<30, join(zeros, a[:100], zeros, zeros, zeros)), join(zeros, a[:100], zeros, zeros, zeros)},
		"bzip2 magics in data": {decoyed.buf.Bytes(), join(a, b)},
	}
}

func join(ps ...[]byte) []byte { return bytes.Join(ps, nil) }

func TestTestWriterWritesBzip2(t *testing.T) {
	for name, s := range samples(t) {
		if strings.HasPrefix(name, "bzip2") && name != "bzip2 of nothing" {
			got, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(s[0])))
			if err != nil || !bytes.Equal(got, s[1]) {
				t.Errorf("%s: compress/bzip2 gives %d bytes, %v; want %d", name, len(got), err, len(s[1]))
			}
		}
	}
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	for name, s := range samples(t) {
		for _, workers := range []int{1, 3} {
			got, err := readAll(t, s[0], Options{Workers: workers})
			if err != nil || !bytes.Equal(got, s[1]) {
				t.Errorf("%s, %d workers: %d bytes, %v; want %d", name, workers, len(got), err, len(s[1]))
			}
		}
		r, err := OpenStream(context.Background(), bytes.NewReader(s[0]), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		var b bytes.Buffer
		if _, err := r.WriteTo(&b); err != nil || !bytes.Equal(b.Bytes(), s[1]) {
			t.Errorf("%s as a stream: %d bytes, %v; want %d", name, b.Len(), err, len(s[1]))
		}
		if r.Consumed() != int64(len(s[0])) {
			t.Errorf("%s: consumed %d of %d", name, r.Consumed(), len(s[0]))
		}
		r.Close()
	}
}

func TestOpenAtPositionGivesTheRest(t *testing.T) {
	for name, s := range samples(t) {
		r, err := Open(context.Background(), bytes.NewReader(s[0]), int64(len(s[0])), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		rng := rand.New(rand.NewPCG(7, 7))
		buf := make([]byte, len(s[1])/5+2)
		read := 0
		for {
			at := r.Position()
			more := rng.IntN(1000) // a place between two Reads, reached by adding to Inner
			at.Inner += int64(min(more, len(s[1])-read))
			rest, err := readAll(t, s[0], Options{At: at, Workers: 2})
			if want := s[1][min(read+more, len(s[1])):]; err != nil || !bytes.Equal(rest, want) {
				t.Fatalf("%s at %+v: %d bytes, %v; want %d", name, at, len(rest), err, len(want))
			}
			n, err := r.Read(buf[:1+rng.IntN(len(buf)-1)])
			read += n
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(name, err)
			}
		}
		r.Close()
	}
}

func TestCutFilesDeliverWhatTheyHoldAndSaySo(t *testing.T) {
	for name, s := range samples(t) {
		if name == "plain" {
			continue
		}
		for _, keep := range []int{len(s[0]) - 1, len(s[0]) - 5, len(s[0]) / 2, 14, 11} {
			if keep <= 10 || keep >= len(s[0]) {
				continue
			}
			got, err := readAll(t, s[0][:keep], Options{Name: "x"})
			if !bytes.HasPrefix(s[1], got) {
				t.Errorf("%s cut to %d: %d wrong bytes", name, keep, len(got))
			}
			if err == nil && strings.Contains(name, "bers") || err == nil && strings.Contains(name, "frames") {
				continue // may be cut between two
			}
			var e *errs.Error
			if !errors.As(err, &e) || e.Kind != errs.Corrupt || e.Pos.File != "x" || e.Pos.Byte <= 0 {
				t.Errorf("%s cut to %d: %v", name, keep, err)
			}
		}
	}
}

func TestExpansionIsCapped(t *testing.T) {
	zeros := make([]byte, 66<<20)
	for name, stored := range map[string][]byte{"zstd": zstded(t, zeros), "gzip": gzipped(t, zeros)} {
		for _, most := range []int64{500, -1} {
			r, err := Open(context.Background(), bytes.NewReader(stored), int64(len(stored)), Options{MaxExpansion: most})
			if err != nil {
				t.Fatal(name, err)
			}
			n, err := io.Copy(io.Discard, r)
			r.Close()
			capped := errors.Is(err, errs.TooLarge) && strings.Contains(err.Error(), "--max-expansion") && n > freeExpansion/2
			if most > 0 && !capped || most < 0 && (err != nil || n != int64(len(zeros))) {
				t.Errorf("%s, cap %d: %d bytes, %v", name, most, n, err)
			}
		}
	}
}
