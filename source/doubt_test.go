package source_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

// TestDamageIsNotBlamedOnARow flips a byte of compressed text: the row it is in
// makes no sense, but mending it is no cure.
func TestDamageIsNotBlamedOnARow(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("a,b\n")
	for i := range 50_000 {
		fmt.Fprintf(&text, "%d,%d\n", i, 2*i)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text.Bytes()); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.csv.gz")
	read := func(b []byte) error {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := readAll(t, source.Options{SegmentBytes: 64 << 10}, path)
		return err
	}
	sound := packed.Bytes()
	if err := read(sound); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sound)
	i := bytes.Index(flipped, []byte("\n40000,"))
	flipped[i+1] = 'x'
	err = read(flipped)
	if !errors.Is(err, errs.Corrupt) {
		t.Errorf("found %v, expected the damage", err)
	}
	wantError(t, err, "a.csv.gz", "checksum")

	// A bad row of a sound file is a bad row.
	var bad bytes.Buffer
	w = gzip.NewWriter(&bad)
	if _, err := w.Write(bytes.Replace(text.Bytes(), []byte("\n40000,"), []byte("\nx0000,"), 1)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	wantError(t, read(bad.Bytes()), "a.csv.gz", "x0000", "40002")
}
