package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/internal/memcap"
)

// maxVersion is what the least command may take: the program's own pages.
const maxVersion = 40 << 20

func TestVersionIsSmall(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "outcore")
	build := exec.Command("go", "build", "-o", bin, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	var out strings.Builder
	cmd := exec.Command(bin, "version")
	cmd.Stdout = &out
	res, err := memcap.Run(context.Background(), maxVersion*11/10, cmd)
	if err != nil {
		t.Fatalf("under a limit of 44 MiB: %v (%+v)", err, res)
	}
	if !strings.HasPrefix(out.String(), "outcore "+version) {
		t.Errorf("it says %q", out.String())
	}
	t.Logf("peak %d KiB, rusage %d KiB, %s", res.Peak>>10, res.MaxRSS>>10, res.Method)
	if res.Peak > maxVersion {
		t.Errorf("peak resident %d MiB, at most 40 are wanted", res.Peak>>20)
	}
}
