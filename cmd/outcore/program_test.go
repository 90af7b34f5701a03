package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be the program, when it is set.
const asProgram = "OUTCORE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A shell is where a user types: a directory with files, and an environment.
type shell struct {
	t   *testing.T
	dir string
	env []string
	as  *syscall.Credential // nil: who runs the tests
}

// newShell makes an empty directory with a log of runs of its own beside it.
func newShell(t *testing.T) *shell {
	t.Helper()
	return &shell{t: t, dir: t.TempDir(), env: []string{"OUTCORE_HOME=" + t.TempDir()}}
}

// write puts a file into the directory, and those above it.
func (s *shell) write(name string, data []byte) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// command is the program with arguments, not started.
func (s *shell) command(ctx context.Context, args ...string) *exec.Cmd {
	s.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), asProgram+"=1", "NO_COLOR=1")
	cmd.Env = append(cmd.Env, s.env...)
	if s.as != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.as}
	}
	return cmd
}

// An outcome is how a command ended.
type outcome struct {
	exit           int // -1: killed
	stdout, stderr string
}

// run runs the program to its end.
func (s *shell) run(args ...string) outcome {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 5*time.Minute)
	defer cancel()
	return s.finish(s.command(ctx, args...))
}

// finish starts cmd, unless it is started, and waits for it.
func (s *shell) finish(cmd *exec.Cmd) outcome {
	s.t.Helper()
	var out, diag bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &diag
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), out.String(), diag.String()}
}

// must runs the program and wants it to succeed.
func (s *shell) must(args ...string) outcome {
	s.t.Helper()
	o := s.run(args...)
	if o.exit != 0 {
		s.t.Fatalf("outcore %s: exit %d\n%s", strings.Join(args, " "), o.exit, o.stderr)
	}
	return o
}

// tree gives all files below dir by name. Locks, which stay and name their last
// holder, count by name only.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.HasSuffix(name, "lock") {
			data = nil
		}
		files[name] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// differs says in which files two trees differ, "" when in none.
func differs(got, want map[string]string) string {
	var list []string
	for name, data := range want {
		if g, ok := got[name]; !ok {
			list = append(list, name+" is missing")
		} else if g != data {
			list = append(list, fmt.Sprintf("%s has other bytes (%d, expected %d)", name, len(g), len(data)))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			list = append(list, name+" is too much")
		}
	}
	return strings.Join(list, "; ")
}

// flights is a table of n rows: numbers of different sizes, some missing, a
// text column, a quantity and a class.
func flights(n int) []byte {
	rng := rand.New(rand.NewPCG(3, 5))
	var b bytes.Buffer
	b.WriteString("small,wide,hole,city,y,class\n")
	cities := []string{"Oslo", "Lima", `"Rome, IT"`}
	for i := range n {
		small, wide := rng.NormFloat64(), 1000+500*rng.NormFloat64()
		hole := fmt.Sprint(rng.IntN(100))
		if i%13 == 5 {
			hole = ""
		}
		y := 3*small + 0.01*wide
		class := "no"
		if y > 10 {
			class = "yes"
		}
		fmt.Fprintf(&b, "%.6f,%.3f,%s,%s,%.4f,%s\n", small, wide, hole, cities[rng.IntN(3)], y, class)
	}
	return b.Bytes()
}

// digits is n rows of svmlight: four classes, some of 200 features.
func digits(n int) []byte {
	rng := rand.New(rand.NewPCG(8, 9))
	var b bytes.Buffer
	for range n {
		fmt.Fprintf(&b, "%d", rng.IntN(4))
		for j := 1 + rng.IntN(18); j <= 200; j += 1 + rng.IntN(18) {
			fmt.Fprintf(&b, " %d:%.4f", j, rng.Float64())
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
