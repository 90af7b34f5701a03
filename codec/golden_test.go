package codec

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func golden(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rows are what testdata/make.sh puts into its files.
func rows(seed, n int) (b []byte) {
	x := seed
	for r := range n {
		b = append(b, byte('0'+r%10))
		for i := 1; i < 200; i += 1 + x%23 {
			x = x * 16807 % 2147483647
			b = append(b, ' ')
			b = strconv.AppendInt(b, int64(i), 10)
			b = append(b, ':')
			b = strconv.AppendInt(b, int64(x%256), 10)
		}
		b = append(b, '\n')
	}
	return b
}

func TestFilesOfOtherCompressors(t *testing.T) {
	short := rows(2, 5)
	for name, want := range map[string][]byte{
		"rows-streams.bz2": join(rows(1, 4000), short),
		"rows-padded.gz":   join(rows(1, 300), short),
		"rows-frames.zst":  join(rows(1, 300), short),
	} {
		got, err := readAll(t, golden(t, name), Options{})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
}

func TestBzip2OfZerosIsCappedAndStreams(t *testing.T) {
	stored := golden(t, "zeros-70MB.bz2")
	for max, want := range map[int64]int64{0: freeExpansion, 10_000_000: 70_000_000} {
		r, err := Open(context.Background(), bytes.NewReader(stored), int64(len(stored)), Options{MaxExpansion: max})
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(onlyZeros{}, struct{ io.Reader }{r})
		r.Close()
		if max == 0 && errors.Is(err, errs.TooLarge) && n <= want && n > want/2 {
			continue
		}
		if err != nil || n != want {
			t.Errorf("cap %d: %d bytes, %v; want %d", max, n, err, want)
		}
	}
}

type onlyZeros struct{}

func (onlyZeros) Write(p []byte) (int, error) {
	if len(bytes.TrimLeft(p, "\x00")) > 0 {
		return 0, errors.New("not all zeros")
	}
	return len(p), nil
}

func TestWindowIsCapped(t *testing.T) {
	stored := golden(t, "window-1GB.zst")
	_, err := readAll(t, stored, Options{})
	if !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "--long") {
		t.Errorf("a window of 1 GiB: %v", err)
	}
}

// TestSharedFiles reads the real data sets beside the repository.
func TestSharedFiles(t *testing.T) {
	files, _ := filepath.Glob("../../shared/data/*.gz")
	if len(files) == 0 {
		t.Skip("no data sets in ../../shared/data")
	}
	for _, f := range files {
		stored, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(stored) > 1<<20 {
			continue // the small ones say as much
		}
		zr, err := gzip.NewReader(bytes.NewReader(stored))
		if err != nil {
			t.Fatal(f, err)
		}
		want, err := io.ReadAll(zr)
		if err != nil {
			t.Fatal(f, err)
		}
		if got, err := readAll(t, stored, Options{}); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v; want %d", f, len(got), err, len(want))
		}
	}
}

// FuzzBzip2 compares with the standard library: what it reads, Open reads.
func FuzzBzip2(f *testing.F) {
	f.Add(golden(f, "rows-streams.bz2"))
	for name, s := range samples(f) {
		if strings.HasPrefix(name, "bzip2") && len(s[0]) < 70_000 && len(s[1]) < 200_000 {
			f.Add(s[0])
		}
	}
	f.Fuzz(func(t *testing.T, stored []byte) {
		want, wantErr := io.ReadAll(io.LimitReader(bzip2.NewReader(bytes.NewReader(stored)), 4<<20))
		r, err := Open(context.Background(), bytes.NewReader(stored), int64(len(stored)), Options{Format: Bzip2, Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(io.LimitReader(r, 4<<20))
		if wantErr == nil && err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, the standard library gives %d", len(got), len(want))
		}
	})
}
