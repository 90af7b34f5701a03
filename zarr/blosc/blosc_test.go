package blosc

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func golden(t testing.TB) map[string][]byte {
	t.Helper()
	f, err := os.Open("testdata/numcodecs.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadsWhatCBloscWrote(t *testing.T) {
	files := golden(t)
	var c Coder
	for name, chunk := range files {
		if !strings.HasSuffix(name, ".blosc") {
			continue
		}
		data, _, _ := strings.Cut(name, "-")
		want := files[data+".bin"]
		n, err := DecodedLen(chunk)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := make([]byte, n)
		if err := c.Decode(got, chunk); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got, want[:n]) || len(want)-n >= 17 {
			t.Errorf("%s: decodes to other bytes", name)
		}
	}
}

// written calls f with the data of the archive in all ways of writing.
func written(t *testing.T, f func(name string, raw, chunk []byte)) {
	var c Coder
	for name, raw := range golden(t) {
		raw = append([]byte(nil), raw...)
		data, ok := strings.CutSuffix(name, ".bin")
		if !ok {
			continue
		}
		for i, cname := range Names {
			for shuffle := range BitShuffle + 1 {
				for _, size := range []int{1, 2, 3, 4, 8, 16, 17, 300} {
					for _, block := range []int{0, 1000} {
						p := Params{Codec: Codec(i), Level: 5, Shuffle: shuffle, TypeSize: size, BlockSize: block}
						chunk, err := c.Encode(nil, raw, p)
						if err != nil {
							t.Fatal(err)
						}
						f(fmt.Sprintf("%s-%s-%d-%d-%d", data, cname, shuffle, size, block), raw, chunk)
					}
				}
			}
		}
	}
}

func TestReadsWhatItWrote(t *testing.T) {
	var c Coder
	written(t, func(name string, raw, chunk []byte) {
		got := make([]byte, len(raw))
		if err := c.Decode(got, chunk); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s: %v", name, err)
		}
		if len(chunk) > Bound(len(raw)) {
			t.Errorf("%s: %d bytes for %d", name, len(chunk), len(raw))
		}
	})
}

func TestNumcodecsReadsWhatWeWrote(t *testing.T) {
	python := os.Getenv("OUTCORE_ORACLE_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: OUTCORE_ORACLE_PYTHON names no Python with numcodecs; `.ci/tools.sh oracle` makes one")
	}
	dir := t.TempDir()
	written(t, func(name string, _, chunk []byte) {
		if strings.Contains(name, "snappy") {
			return // the wheels of numcodecs have none
		}
		if err := os.WriteFile(filepath.Join(dir, name+".blosc"), chunk, 0o644); err != nil {
			t.Fatal(err)
		}
	})
	out, err := exec.Command(python, "testdata/golden.py", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestShufflesByTheirDefinition compares the fast ways with one byte, one bit at
// a time.
func TestShufflesByTheirDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{1, 2, 3, 4, 5, 8, 16} {
		for _, n := range []int{0, 1, 7, 8, 15, 16, 17, 64, 1000, 1001} {
			src := make([]byte, n*size+size/2)
			for i := range src {
				src[i] = byte(r.Uint32())
			}
			want, got, back := make([]byte, len(src)), make([]byte, len(src)), make([]byte, len(src))
			copy(want, src)
			for i := range n * size {
				want[i%size*n+i/size] = src[i]
			}
			shuffle(got, src, size)
			unshuffle(back, got, size)
			if !bytes.Equal(got, want) || !bytes.Equal(back, src) {
				t.Errorf("shuffle of %d × %d bytes", n, size)
			}
			clear(got[:n*size])
			clear(back[:n*size])
			shuffleFrom(got, src, size, n, 0) // without assembly
			unshuffleFrom(back, got, size, n, 0)
			if !bytes.Equal(got, want) || !bytes.Equal(back, src) {
				t.Errorf("portable shuffle of %d × %d bytes", n, size)
			}
			copy(want, src)
			if n%8 == 0 {
				clear(want[:n*size])
				for i := range 8 * n * size {
					bit := src[i/8] >> (i % 8) & 1
					to := i%(8*size)*n + i/(8*size)
					want[to/8] |= bit << (to % 8)
				}
			}
			bitShuffle(got, src, make([]byte, len(src)), size)
			bitUnshuffle(back, got, make([]byte, len(src)), size)
			if !bytes.Equal(got, want) || !bytes.Equal(back, src) {
				t.Errorf("bit shuffle of %d × %d bytes", n, size)
			}
		}
	}
}

// TestBoundsWhatAHeaderClaims gives small chunks that claim to be large.
func TestBoundsWhatAHeaderClaims(t *testing.T) {
	var c Coder
	chunk, err := c.Encode(nil, bytes.Repeat([]byte("ab"), 5000), Params{Codec: LZ4, Level: 5, TypeSize: 2})
	if err != nil {
		t.Fatal(err)
	}
	for at, v := range map[int]uint32{8: 1, 12: 1 << 30, 16: 1 << 31, 4: 9999} {
		bad := bytes.Clone(chunk)
		binary.LittleEndian.PutUint32(bad[at:], v)
		dst := make([]byte, 10000)
		if at == 4 {
			dst = dst[:9999]
		}
		if err := c.Decode(dst, bad); !errors.Is(err, errs.Corrupt) {
			t.Errorf("%d at %d: %v", v, at, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for name, chunk := range golden(f) {
		if strings.Contains(name, "short") || strings.Contains(name, "runs") {
			f.Add(chunk)
		}
	}
	var c Coder
	f.Fuzz(func(t *testing.T, src []byte) {
		n, err := DecodedLen(src)
		if err != nil || n > 1<<20 {
			return
		}
		_ = c.Decode(make([]byte, n), src)
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("abcabcabc"), 1, 1, 2)
	f.Fuzz(func(t *testing.T, raw []byte, codec, shuffle, size int) {
		var c Coder
		chunk, err := c.Encode(nil, raw, Params{Codec: Codec(codec % 6), Level: 5, Shuffle: Shuffle(shuffle % 3), TypeSize: size})
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(raw))
		if err := c.Decode(got, chunk); err != nil || !bytes.Equal(got, raw) {
			t.Fatalf("%v: got %x, want %x", err, got, raw)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := make([]byte, 4<<20)
	for i := range len(raw) / 4 {
		binary.LittleEndian.PutUint32(raw[4*i:], uint32(i*i/1000))
	}
	for _, p := range []Params{{LZ4, 5, ByteRanks, 4, 0}, {LZ4, 5, ByteRanks, 8, 0}, {LZ4, 5, BitShuffle, 4, 0}, {Zstd, 5, ByteRanks, 4, 0}} {
		var c Coder
		chunk, err := c.Encode(nil, raw, p)
		if err != nil {
			b.Fatal(err)
		}
		name := fmt.Sprintf("%s-%d-%d", Names[p.Codec], p.Shuffle, p.TypeSize)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			dst := make([]byte, len(raw))
			for b.Loop() {
				if err := c.Decode(dst, chunk); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(raw))/float64(len(chunk)), "ratio")
		})
		b.Run("write/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if chunk, err = c.Encode(chunk, raw, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
