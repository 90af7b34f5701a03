package memory

import "testing"

// TestResizedPagesKeepWhatBothHave: longer and shorter, and are counted.
func TestResizedPagesKeepWhatBothHave(t *testing.T) {
	const size = 1 << 20
	before := mappedSlabs.Load()
	b, err := mapPages(size)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		b[i] = byte(i / 4096)
	}
	for _, n := range []int64{3 * size, size / 2, 5 * size} {
		if b = resizePages(b, n); int64(len(b)) != n || mappedSlabs.Load() != before+n {
			t.Fatalf("resized to %d: %d bytes, %d counted", n, len(b), mappedSlabs.Load()-before)
		}
		for i := range size / 2 {
			if b[i] != byte(i/4096) {
				t.Fatalf("resized to %d: byte %d is %d", n, i, b[i])
			}
		}
		if n > size {
			b[n-1] = 1
		}
	}
	unmapPages(b)
	if n := mappedSlabs.Load(); n != before {
		t.Errorf("%d bytes are still counted", n-before)
	}
}
