package lock

import (
	"errors"
	"os"
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

func TestWhatIsInTheWay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Acquire(filepath.Join(file, ".outcore", "lock"))
	var e *errs.Error
	if !errors.Is(err, errs.Invalid) || !errors.As(err, &e) || e.Pos.File == "" || !strings.Contains(e.Fix, "a directory") {
		t.Errorf("below a file: %v", err)
	}
}
