package tour

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
)

func TestADirectoryOfOthersIsLeftAsItIs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	b, err := memory.New(memory.Options{Cap: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := Run(t.Context(), Config{Dir: dir, Budget: b, Jobs: 1, Listen: func(event.Sink) {}}); !errors.Is(err, errs.Exists) {
		t.Errorf("Run: %v", err)
	}
	if err := Clean(dir); !errors.Is(err, errs.Invalid) {
		t.Errorf("Clean: %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the directory holds %v, %v", entries, err)
	}
}

func TestTooSmallABudgetIsRefusedFirst(t *testing.T) {
	b, err := memory.New(memory.Options{Cap: smallest - 1<<20})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	dir := filepath.Join(t.TempDir(), "tour")
	var refused *memory.RefusedError
	if _, err := Run(t.Context(), Config{Dir: dir, Budget: b, Jobs: 1}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "--memory 96MiB") {
		t.Errorf("Run: %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it wrote something: %v", err)
	}
}

func TestRowsSetAsideAreNotTrainedOn(t *testing.T) {
	dir := t.TempDir()
	tr := &tour{paths: paths{train: filepath.Join(dir, "data", "train.csv"), test: filepath.Join(dir, "data", "test.csv")}}
	if err := tr.split(); err != nil {
		t.Fatal(err)
	}
	if tr.rows != 80_000 || tr.tested != 20_000 {
		t.Errorf("%d rows to learn from, %d set aside", tr.rows, tr.tested)
	}
	train, err := os.ReadFile(tr.paths.train)
	if err != nil {
		t.Fatal(err)
	}
	test, err := os.ReadFile(tr.paths.test)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := strings.Count(string(train), "\n"), strings.Count(string(test), "\n"); a != 80_001 || b != 20_001 {
		t.Errorf("%d and %d lines", a, b)
	}
	lines := func(b []byte) []string { return strings.Split(strings.TrimSpace(string(b)), "\n") }
	if !strings.HasPrefix(string(train), "month,") || lines(train)[0] != lines(test)[0] {
		t.Error("a file has no header")
	}
}
