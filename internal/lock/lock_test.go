package lock

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".outcore", "lock")
	first, err := Acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(path); !errors.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "process") {
		t.Fatalf("second: %v", err)
	}
	first.Release()
	first.Release()
	second, err := Acquire(path)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	second.Release()
}
