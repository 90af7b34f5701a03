package blosc

import (
	"testing"
	"unsafe"
)

// TestACoderIsSmall: what has a Coder and never compresses pays nothing for it.
func TestACoderIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Coder{}); n > 1<<10 {
		t.Errorf("a Coder takes %d bytes before it compresses", n)
	}
}
