package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/outcore/outcore/internal/memcap"
)

// above and below are how far the peak may lie from the prediction. It may lie lower
// where data come in slower than workers take them (gzip has one inflater), and
// where the kernel has fewer pages of the program file resident.
const above, below = 1.15, 0.65

// TestThePeakIsThePrediction runs the built program: a test binary has other
// pages. What is asked for is what a refusal says; given just that, the job
// lives under a limit of 1.1 times it, and given more it takes no more.
func TestThePeakIsThePrediction(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("it takes a while, and reads resident memory")
	}
	m := &measured{t: t, dir: t.TempDir()}
	m.build()
	m.write()
	const steps = "scale | one-hot | sgd-regressor"
	for _, c := range []struct{ data, pipeline string }{
		{"rows.csv", steps}, {"rows.csv.gz", steps}, {"rows.parquet", steps}, {"numbers", "scale | sgd-regressor"},
	} {
		train := []string{"train", "--data", m.many(c.data), "--target", "y", "--pipeline", c.pipeline, "-o", "model", "--overwrite", "--restart"}
		m.check(train...)
		plan, _, _ := m.run(8<<30, append(train, "--dry-run", "--jobs", "2", "--memory", "1GiB")...)
		m.within(plan.Result.NeedBytes, 1<<30, 2, train...)
		m.check("score", "--data", m.many(c.data), "--model", "model")
		m.check("predict", "--data", m.many(c.data), "--model", "model", "-o", "predictions.csv")
	}
}

// measured is a directory with a program and data.
type measured struct {
	t   *testing.T
	dir string
}

func (m *measured) build() {
	build := exec.Command("go", "build", "-o", filepath.Join(m.dir, "outcore"), ".")
	if out, err := build.CombinedOutput(); err != nil {
		m.t.Fatalf("go build: %v\n%s", err, out)
	}
}

// write makes a table of 5 MB as CSV, gzip and Parquet, and its numbers as npy.
func (m *measured) write() {
	rng := rand.New(rand.NewPCG(1, 2))
	var text, numbers, packed bytes.Buffer
	text.WriteString("a,b,place,y\n")
	numbers.WriteString("a,b,c,d,e,y\n")
	for i := range 200_000 {
		a, b := rng.NormFloat64(), rng.NormFloat64()
		fmt.Fprintf(&text, "%.5f,%.3f,p%d,%.4f\n", a, b, i%3, a+b)
		fmt.Fprintf(&numbers, "%.2f,%.1f,%d,%d,%d,%.2f\n", a, b, i%7, i%11, i%5, a+b)
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(text.Bytes()); err != nil || z.Close() != nil {
		m.t.Fatal(err)
	}
	for name, data := range map[string][]byte{"rows.csv": text.Bytes(), "rows.csv.gz": packed.Bytes(), "numbers.csv": numbers.Bytes()} {
		if err := os.WriteFile(filepath.Join(m.dir, name), data, 0o644); err != nil {
			m.t.Fatal(err)
		}
	}
	m.must("chunk", "rows.csv", "tables", "--layout", "parquet")
	m.must("chunk", "numbers.csv", "numbers", "--layout", "npz", "--dtype", "float32", "--compress", "none")
	found, _ := filepath.Glob(filepath.Join(m.dir, "tables", "*.parquet"))
	if len(found) == 0 || os.Rename(found[0], filepath.Join(m.dir, "rows.parquet")) != nil {
		m.t.Fatalf("chunk wrote no Parquet: %v", found)
	}
}

// many names data six times.
func (m *measured) many(data string) string {
	return strings.Join([]string{data, data, data, data, data, data}, ",")
}

// A told is the last line of stdout.
type told struct {
	NeedBytes int64  `json:"need_bytes"` // of a refusal
	Error     string `json:"error"`
	Result    struct {
		NeedBytes int64 `json:"need_bytes"` // of a dry run
	} `json:"result"`
}

// run runs the program under a limit and gives what --json told.
func (m *measured) run(limit int64, args ...string) (told, memcap.Result, error) {
	var out, errs strings.Builder
	cmd := exec.Command(filepath.Join(m.dir, "outcore"), append(args, "--json", "--quiet")...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.dir, &out, &errs
	cmd.Env = append(os.Environ(), "OUTCORE_HOME="+filepath.Join(m.dir, "home"))
	r, err := memcap.Run(context.Background(), limit, cmd)
	var s told
	if e := json.Unmarshal([]byte(out.String()), &s); e != nil {
		m.t.Fatalf("outcore %s: %v %s", strings.Join(args, " "), err, &errs)
	}
	return s, r, err
}

func (m *measured) must(args ...string) {
	if s, _, err := m.run(8<<30, args...); err != nil {
		m.t.Fatalf("outcore %s: %s", strings.Join(args, " "), s.Error)
	}
}

// check gives a verb just what it asks for when it is refused, which is for one
// worker, and one worker more.
func (m *measured) check(args ...string) {
	asked, _, _ := m.run(8<<30, append(args, "--memory", "1MiB")...)
	m.within(asked.NeedBytes, asked.NeedBytes, 2, args...)
	m.within(asked.NeedBytes, 1<<30, 1, args...)
}

// within compares the peak under a cap with what was predicted.
func (m *measured) within(need, limit int64, jobs int, args ...string) {
	if need == 0 {
		m.t.Fatalf("outcore %s: predicts nothing", strings.Join(args, " "))
	}
	s, r, err := m.run(limit*11/10, append(args, "--jobs", strconv.Itoa(jobs), "--memory", strconv.FormatInt(limit, 10))...)
	ratio := float64(r.Peak) / float64(need)
	m.t.Logf("%-7s %-12s jobs %d, --memory %4d MiB: needs %3d MiB, peak %3d (%.2f), %s",
		args[0], strings.SplitN(args[2], ",", 2)[0], jobs, limit>>20, need>>20, r.Peak>>20, ratio, r.Method)
	if err != nil || r.OOMKilled {
		m.t.Errorf("%v: %v %s", args, err, s.Error)
	}
	if ratio > above || ratio < below || r.Peak > limit*11/10 {
		m.t.Errorf("%v: a peak of %d MiB, %d were predicted", args, r.Peak>>20, need>>20)
	}
}
