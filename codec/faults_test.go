package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"testing/iotest"
	"time"

	"github.com/outcore/outcore/codec/internal/bzip2"
	"github.com/outcore/outcore/errs"
)

func TestFlippedBitsAreFound(t *testing.T) {
	for name, s := range samples(t) {
		if name == "plain" || len(s[0]) > 1<<20 {
			continue
		}
		for i := 0; i < len(s[0]); i += len(s[0])/17 + 1 {
			stored := bytes.Clone(s[0])
			stored[i] ^= 0x10
			got, err := readAll(t, stored, Options{Format: Detect(s[0])})
			if err == nil && bytes.Equal(got, s[1]) {
				continue // a field nothing depends on, such as the time in a gzip header
			}
			if err == nil {
				t.Errorf("%s, byte %d flipped: other bytes and no error", name, i)
			} else if !errors.Is(err, errs.Corrupt) && !errors.Is(err, errs.TooLarge) && !errors.Is(err, errs.Unsupported) {
				t.Errorf("%s, byte %d flipped: %v", name, i, err)
			}
		}
	}
}

func TestErrorsOfTheReaderComeUnchanged(t *testing.T) {
	lost := errors.New("connection lost")
	for name, s := range samples(t) {
		cut := io.MultiReader(bytes.NewReader(s[0][:len(s[0])/2]), iotest.ErrReader(lost))
		r, err := OpenStream(context.Background(), cut, Options{Format: Detect(s[0])})
		if err != nil {
			t.Fatal(name, err)
		}
		got, err := io.ReadAll(r)
		if !errors.Is(err, lost) || !bytes.HasPrefix(s[1], got) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		r.Close()
	}
}

func TestCloseAndCancelEndTheGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for name, s := range samples(t) {
		for _, cancelled := range []bool{false, true} {
			ctx, cancel := context.WithCancel(context.Background())
			r, err := Open(ctx, bytes.NewReader(s[0]), int64(len(s[0])), Options{})
			if err != nil {
				t.Fatal(name, err)
			}
			if len(s[1]) > 0 {
				if _, err := io.ReadFull(r, make([]byte, 100)); err != nil {
					t.Fatal(name, err)
				}
			}
			if cancelled {
				cancel()
				if _, err := io.Copy(io.Discard, r); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s cancelled: %v", name, err)
				}
			}
			if err := r.Close(); err != nil {
				t.Errorf("%s: Close: %v", name, err)
			}
			cancel()
		}
	}
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func TestPositionsThatAreNoneAreRefused(t *testing.T) {
	for name, s := range samples(t) {
		if name == "plain" || len(s[1]) == 0 {
			continue
		}
		for _, at := range []Position{{Byte: 5}, {Byte: int64(len(s[0])) + 1}, {Inner: 1 << 40}, {Byte: int64(len(s[0]) / 2), Bit: 3}} {
			if _, err := readAll(t, s[0], Options{At: at}); !errors.Is(err, errs.Corrupt) {
				t.Errorf("%s at %+v: %v", name, at, err)
			}
		}
	}
	if _, err := readAll(t, []byte("abc"), Options{At: Position{Bit: 8}}); !errors.Is(err, errs.Invalid) {
		t.Errorf("bit 8: %v", err)
	}
	if _, err := readAll(t, []byte("abc"), Options{Format: "lz77"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("format lz77: %v", err)
	}
}

func TestBlockFullOfMagicsIsRefused(t *testing.T) {
	decoys := make([]uint64, 300)
	for i := range decoys {
		decoys[i] = bzip2.BlockMagic
	}
	var w bzipWriter
	w.header()
	w.block([]byte("first"))
	w.block(text(30_000, 1), decoys...)
	w.end()
	got, err := readAll(t, w.buf.Bytes(), Options{})
	if !errors.Is(err, errs.Corrupt) || string(got) != "first" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range samples(f) {
		if len(s[0]) < 70_000 && len(s[1]) < 200_000 {
			f.Add(s[0], int64(4), int64(10), byte(0))
		}
	}
	small := text(2000, 4)
	for _, stored := range [][]byte{gzipped(f, small, small), zstded(f, small, small), bzipped(700, small, small)} {
		f.Add(stored, int64(len(stored)/2), int64(3), byte(1))
	}
	f.Add([]byte("BZh"), int64(0), int64(0), byte(1))
	f.Fuzz(func(t *testing.T, stored []byte, at, inner int64, bit byte) {
		read := func(opt Options) (got []byte, mark Position, marked int, err error) {
			opt.MaxWindow = 1 << 20
			r, err := Open(context.Background(), bytes.NewReader(stored), int64(len(stored)), opt)
			if err != nil {
				return nil, mark, 0, err
			}
			defer r.Close()
			buf := make([]byte, 3000)
			for len(got) < 4<<20 {
				n, err := r.Read(buf)
				got = append(got, buf[:n]...)
				if err != nil {
					return got, mark, marked, err
				}
				if len(got) < 100_000 {
					mark, marked = r.Position(), len(got)
				}
			}
			return got, mark, marked, nil
		}
		got, mark, marked, err := read(Options{})
		again, _, _, err2 := read(Options{At: mark})
		if mark != (Position{}) && (err == io.EOF) && (err2 != io.EOF || !bytes.Equal(again, got[marked:])) {
			t.Fatalf("at %+v: %d bytes, %v; want %d", mark, len(again), err2, len(got)-marked)
		}
		_, _, _, _ = read(Options{At: Position{Byte: at, Bit: int(bit % 8), Inner: inner}})
		_ = Detect(stored)
	})
}
