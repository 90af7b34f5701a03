package icechunk_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
)

// The official engine moved a group with an array in it.
func TestDiffTellsOfMoves(t *testing.T) {
	file, err := os.Open("testdata/golden/node-history.tar.gz")
	must(t, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	must(t, err)
	b := memory()
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if h.Typeflag != tar.TypeReg {
			continue
		}
		body, err := io.ReadAll(r)
		must(t, err)
		_, err = b.Put(ctx, h.Name, bytes.NewReader(body), int64(len(body)), blob.PutOptions{})
		must(t, err)
	}
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	for s, err := range r.Log(ctx, "") {
		must(t, err)
		d, err := r.Diff(ctx, s.Parent, s.ID)
		must(t, err)
		if want := []icechunk.Move{{From: "/g", To: "/h"}, {From: "/g/x", To: "/h/x", Array: true}}; s.Message == "move" && !slices.Equal(d.Moved, want) {
			t.Errorf("got %v, want %v", d.Moved, want)
		}
		if s.Message == "move" {
			return
		}
	}
	t.Error("there is no move")
}
