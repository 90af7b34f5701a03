package fileblob

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
)

// durably is the program whose system calls are looked at. What it prints
// stands between them.
func durably(dir string) error {
	ctx := context.Background()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		return err
	}
	put := func(key string, opts blob.PutOptions) error {
		_, err := b.Put(ctx, key, strings.NewReader("content"), 7, opts)
		return err
	}
	steps := []func() error{
		func() error { return put("durable", blob.PutOptions{}) },
		func() error { return put("folder/lazy1", blob.PutOptions{Lazy: true}) },
		func() error { return put("folder/lazy2", blob.PutOptions{Lazy: true}) },
		func() error {
			staged := filepath.Join(dir, "staged")
			if err := os.WriteFile(staged, []byte("content"), 0o644); err != nil {
				return err
			}
			_, err := b.PutFile(ctx, "lazy3", staged, blob.PutOptions{Lazy: true})
			return err
		},
		func() error { return b.Sync(ctx) },
		func() error { return b.Delete(ctx, "lazy3") },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			return err
		}
		fmt.Printf("done %d\n", i)
	}
	return b.Close()
}

// trace runs durably under strace and gives, for each step, the calls that were
// completed in it: "fsync PATH", "rename FROM TO", "mkdir PATH", "unlink PATH".
func trace(t *testing.T, dir string) [][]string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("NOT TESTED: the order of system calls; install strace")
	}
	log := filepath.Join(t.TempDir(), "strace")
	cmd := child(t, "durably", dir)
	cmd.Args = append([]string{strace, "-f", "-y", "-o", log, "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,mkdirat,unlinkat,write", cmd.Path}, cmd.Args[1:]...)
	cmd.Path = strace
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if strings.Contains(said.String(), "ptrace") {
			t.Skipf("NOT TESTED: the order of system calls; strace may not trace here: %s", &said)
		}
		t.Fatalf("%v: %s", err, &said)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return parseTrace(t, string(text), dir)
}

var (
	traceLine = regexp.MustCompile(`^(\d+) +(.*)$`)
	resumed   = regexp.MustCompile(`^<\.\.\. \w+ resumed>(.*)$`)
	quoted    = regexp.MustCompile(`"([^"]*)"`)
	ofFile    = regexp.MustCompile(`\(\d+<([^>]*)>`)
)

func parseTrace(t *testing.T, text, dir string) [][]string {
	t.Helper()
	steps := [][]string{nil}
	begun := map[string]string{} // by thread
	name := func(path string) string {
		rel, err := filepath.Rel(dir, path)
		if err != nil || strings.HasPrefix(rel, "..") {
			return path
		}
		if strings.HasPrefix(rel, ".outcore/tmp/put-") {
			return "TEMP"
		}
		return rel
	}
	for line := range strings.Lines(text) {
		m := traceLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		thread, call := m[1], m[2]
		if head, ok := strings.CutSuffix(call, " <unfinished ...>"); ok {
			begun[thread] = head
			continue
		}
		if r := resumed.FindStringSubmatch(call); r != nil {
			call = begun[thread] + r[1]
		}
		if !strings.Contains(call, "= ") || strings.Contains(call, "= -1") {
			continue
		}
		at := len(steps) - 1
		var names []string
		for _, q := range quoted.FindAllStringSubmatch(call, -1) {
			names = append(names, name(q[1]))
		}
		op, _, _ := strings.Cut(call, "(")
		switch {
		case op == "write" && strings.Contains(call, `"done `):
			steps = append(steps, nil)
		case strings.HasPrefix(op, "rename"):
			steps[at] = append(steps[at], "rename "+strings.Join(names, " "))
		case op == "mkdirat":
			steps[at] = append(steps[at], "mkdir "+names[0])
		case op == "unlinkat":
			steps[at] = append(steps[at], "unlink "+names[0])
		case op == "fsync" || op == "fdatasync":
			steps[at] = append(steps[at], "fsync "+name(ofFile.FindStringSubmatch(call)[1]))
		}
	}
	return steps
}

func TestOrderOfSystemCalls(t *testing.T) {
	dir := t.TempDir()
	steps := trace(t, dir)
	if len(steps) != 7 {
		t.Fatalf("traced %d steps: %q", len(steps), steps)
	}
	t.Logf("%q", steps)
	inOrder := func(step int, calls ...string) {
		t.Helper()
		at := -1
		for _, c := range calls {
			i := slices.Index(steps[step][at+1:], c)
			if i < 0 {
				t.Errorf("step %d: %q, want %q in this order", step, steps[step], calls)
				return
			}
			at += 1 + i
		}
	}
	inOrder(0, "fsync TEMP", "rename TEMP durable", "fsync .")
	inOrder(1, "mkdir folder", "fsync .", "rename TEMP folder/lazy1")
	inOrder(2, "rename TEMP folder/lazy2")
	inOrder(3, "rename staged lazy3")
	for step := 2; step <= 3; step++ {
		if slices.ContainsFunc(steps[step], func(c string) bool { return strings.HasPrefix(c, "fsync") }) {
			t.Errorf("a lazy put waits for the disk: %q", steps[step])
		}
	}
	for _, path := range []string{"folder/lazy1", "folder/lazy2", "lazy3", "folder", "."} {
		inOrder(4, "fsync "+path)
	}
	inOrder(5, "unlink lazy3", "fsync .")
}
