package icechunk

import (
	"context"
	"testing"
	"time"
)

// TestAPanicLeavesNoEntry: what could not be loaded once is loaded again.
func TestAPanicLeavesNoEntry(t *testing.T) {
	c := newCache(10)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic got lost")
			}
		}()
		_, _ = cached(t.Context(), c, cacheKey{}, func() (int, int64, error) { panic("a bug") })
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if v, err := cached(ctx, c, cacheKey{}, func() (int, int64, error) { return 7, 1, nil }); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
}
