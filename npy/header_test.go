package npy

import (
	"bytes"
	"slices"
	"testing"
)

func TestAppendHeader(t *testing.T) {
	many := slices.Repeat([]int64{1}, 64)
	for _, shape := range [][]int64{{}, {5}, {3, 4}, {2, 3, 4}, {0, 7}, {1 << 40}, many} {
		b := AppendHeader(nil, "<f4", shape)
		if len(b)%64 != 0 {
			t.Errorf("%d dimensions: %d bytes, expected a multiple of 64", len(shape), len(b))
		}
		h, err := readHeader(bytes.NewReader(b))
		if err != nil {
			t.Errorf("%d dimensions: %v", len(shape), err)
			continue
		}
		if h.Descr != "<f4" || int(h.Size) != len(b) || !slices.Equal(h.Shape, shape) {
			t.Errorf("%d dimensions: read %q, %d bytes, %d dimensions", len(shape), h.Descr, h.Size, len(h.Shape))
		}
	}
}
