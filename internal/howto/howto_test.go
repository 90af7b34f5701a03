package howto

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write what the commands print into the pages")

const pages = "../../docs/how-to"

// build makes outcore once and returns the folder it is in.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	cmd := exec.Command("go", "build", "-o", bin, "../../cmd/outcore")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func TestPages(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(pages, "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages in %s: %v", pages, err)
	}
	bin := build(t)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".md"), func(t *testing.T) { runPage(t, file, bin) })
	}
}

// runPage runs the commands of one page in order.
func runPage(t *testing.T, file, bin string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page, err := Parse(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if len(page.Commands) == 0 {
		return
	}
	dir := t.TempDir()
	for _, name := range page.Data {
		if err := prepare(dir, name); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "OUTCORE_HOME="+t.TempDir(),
		"NO_COLOR=1", "TERM=dumb", "TZ=UTC", "LC_ALL=C")
	var printed []string
	for _, c := range page.Commands {
		out, err := runCommand(t.Context(), c.Text, dir, env)
		printed = append(printed, out)
		switch {
		case err != nil:
			t.Errorf("%s:%d: $ %s: %v\n%s", file, c.Line, c.Text, err, out)
		case !*rewrite && !c.Match(out):
			t.Errorf("%s:%d: $ %s\nprints:\n%s\nbut the page says (go test ./internal/howto -rewrite writes what it prints):\n%s",
				file, c.Line, c.Text, out, strings.Join(c.Output, "\n"))
		}
		if err != nil {
			return // what follows builds on it
		}
	}
	if now := page.Rewrite(printed); *rewrite && now != string(text) {
		if err := os.WriteFile(file, []byte(now), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// runCommand gives what sh printed, both streams as they came.
func runCommand(ctx context.Context, text, dir string, env []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", text)
	cmd.Dir, cmd.Env = dir, env
	cmd.WaitDelay = 5 * time.Second // a grandchild may hold the pipe
	out, err := cmd.CombinedOutput()
	return string(out), err
}
