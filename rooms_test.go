package outcore

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/outcore/outcore/"

// rooms lists the packages from the ground up. A package may import its own
// children, internal leaves, and what stands before it.
var rooms = []string{
	"errs", "dtype", "event", "memory", "task",
	"codec", "blob", "stream", "npy",
	"source", "zarr", "icechunk", "table",
	"ndarray", "feature",
	"ml", "metric", "preprocess", "linear", "compose",
	"run", "chunk", "train",
	"engine/journal", "engine/sched", "engine/enginetest", "engine/local", "engine/subprocess",
	"plot", "report", "cmd/outcore",
}

// room is the index of the room pkg stands in, or -1.
func room(pkg string) int {
	for i, r := range rooms {
		if pkg == r || strings.HasPrefix(pkg, r+"/") {
			return i
		}
	}
	return -1
}

func TestRoomsLookDownOnly(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, ok := strings.CutPrefix(fields[0], module)
		if !ok { // the front page itself
			continue
		}
		inside := strings.HasPrefix(pkg, "internal/") || strings.HasPrefix(pkg, "bench")
		from := room(pkg)
		if from < 0 && !inside {
			t.Errorf("%s stands in no room: add it to the list", pkg)
		}
		for _, imp := range fields[1:] {
			to, ours := strings.CutPrefix(imp, module)
			switch {
			case !ours || inside && !strings.HasPrefix(pkg, "internal/"):
			case strings.HasPrefix(pkg, "internal/") && room(to) >= 0 && to != "errs":
				t.Errorf("%s imports %s: internal packages are leaves", pkg, to)
			case room(to) > from && from >= 0:
				t.Errorf("%s imports %s, a room above it", pkg, to)
			}
		}
	}
}

// forTests reports whether pkg only helps tests: its name, or that of a folder
// it is in, ends in "test"; or it is one of the leaves named here.
func forTests(pkg string) bool {
	for dir := range strings.SplitSeq(pkg, "/") {
		if strings.HasSuffix(dir, "test") {
			return true
		}
	}
	return pkg == "internal/torture"
}

func TestTestingStaysInTests(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		if forTests(pkg) {
			continue
		}
		for _, imp := range fields[1:] {
			if to, ours := strings.CutPrefix(imp, module); imp == "testing" || ours && forTests(to) {
				t.Errorf("%s imports %s, which is for tests only", pkg, imp)
			}
		}
	}
}
