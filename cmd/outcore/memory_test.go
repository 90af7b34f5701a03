package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/memcap"
	"github.com/outcore/outcore/internal/torture"
	"github.com/outcore/outcore/memory"
)

// TestTheLeastMemoryDoes runs verbs with the least memory they say they need,
// on data four times larger, under a real limit of 1.1 times that. What they
// say is within 15 % of what they take. Some run again while others take the cores:
// a collector that gets none must not let garbage lie.
func TestTheLeastMemoryDoes(t *testing.T) {
	if os.Getenv("OUTCORE_TEST_MEMORY") == "later" {
		t.Skip("NOT MEASURED among other tests: ./test memory does it alone")
	}
	s := newShell(t)
	bin := filepath.Join(s.dir, "outcore")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const size = 256 << 20
	table, sparse := flights(40_000), digits(10_000)
	head := bytes.IndexByte(table, '\n') + 1
	s.write("few.csv", table)
	s.must(strings.Fields("train --data few.csv --target y --leave class --pipeline impute|scale|one-hot|sgd-regressor -o model --quiet")...)
	s.write("flights.csv", append(table[:head:head], bytes.Repeat(table[head:], size/len(table)+1)...))
	s.write("digits.svm", bytes.Repeat(sparse, size/len(sparse)+1))

	s.must("repo", "create", "lab", "--quiet")
	s.must(strings.Fields("chunk flights.csv lab#/rows --chunk-rows 16384 --quiet")...)
	for name, c := range map[string]struct {
		args  string
		often bool // also where no long tests were asked for
		busy  bool // runs again while the cores are taken
	}{
		"chunk a table":                    {"chunk flights.csv table --layout parquet --row-group 20000", true, false},
		"chunk svmlight":                   {"chunk digits.svm dense --features 200 --dtype float32", false, false},
		"chunk sparse":                     {"chunk digits.svm sparse --features 200 --layout npz-csr", false, false},
		"chunk into a repository":          {"chunk flights.csv lab#/flights --chunk-rows 16384", true, true},
		"chunk svmlight into a repository": {"chunk digits.svm lab#/digits --features 200 --dtype float32 --chunk-rows 2048", false, false},
		"train":                            {"train --data flights.csv --target y --leave class --pipeline impute|scale|one-hot|sgd-regressor -o m", true, false},
		"train online":                     {"train --data flights.csv --target y --use small,wide --online --holdout 0 --pipeline scale|sgd-regressor -o m1", false, false},
		"train classifier":                 {"train --data digits.svm --features 200 --pipeline sgd-classifier -o m2", false, false},
		"train on a node":                  {"train --data lab#/rows --target y --leave class --pipeline impute|scale|one-hot|sgd-regressor -o m3", true, false},
		"score on a node":                  {"score --model model --data lab#/rows", false, false},
		"transform a node":                 {"transform --model model --data lab#/rows numbers1", false, false},
		"score":                            {"score --model model --data flights.csv", false, false},
		"predict":                          {"predict --model model --data flights.csv -o p.csv", false, false},
		"transform":                        {"transform --model model --data flights.csv numbers", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.often && torture.Rounds(0, 1) == 0 {
				t.Skipf("NOT TESTED: a long test, see %s", torture.Env)
			}
			s := &shell{t: t, dir: s.dir, env: s.env}
			args := append(strings.Fields(c.args), "--quiet", "--json")
			var refused struct {
				NeedBytes int64 `json:"need_bytes"`
			}
			o := s.run(append(args, "--memory", "1MiB")...)
			if err := json.Unmarshal([]byte(o.stdout), &refused); err != nil || o.exit != exitRefused {
				t.Fatalf("exit %d, %v\n%s", o.exit, err, o.stderr)
			}
			limit := (refused.NeedBytes + 1<<20 - 1) >> 20 << 20
			if size < 4*limit {
				t.Errorf("the data are less than four times %s", memory.FormatSize(limit))
			}
			args = append(args, "--memory", strconv.FormatInt(limit, 10))
			run := func(how string) memcap.Result {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				cmd := exec.Command(bin, args...)
				cmd.Dir, cmd.Env = s.dir, append(os.Environ(), s.env...)
				var said bytes.Buffer
				cmd.Stderr = &said
				r, err := memcap.Run(ctx, limit*11/10, cmd)
				t.Logf("%s%s: peak %s (%s beside files) of %s in %v (%s)", name, how, memory.FormatSize(r.Peak), memory.FormatSize(r.Anon), memory.FormatSize(limit), r.Elapsed.Round(time.Millisecond), r.Method)
				if err != nil || r.OOMKilled || r.Peak > limit*11/10 {
					t.Errorf("%v, killed for memory %v, peak %s\n%s", err, r.OOMKilled, memory.FormatSize(r.Peak), &said)
				}
				return r
			}
			if r := run(""); r.Peak*115 < limit*100 {
				t.Errorf("it took %s, less than 1/1.15 of the %s it asked for", memory.FormatSize(r.Peak), memory.FormatSize(limit))
			}
			if c.busy {
				args = append(args, "--restart")
				defer takeCores()()
				run(", cores taken")
			}
		})
	}
}

// takeCores spins in four threads for each core, until what it gives is called.
func takeCores() (end func()) {
	const each = 4
	cores := runtime.NumCPU()
	was := runtime.GOMAXPROCS(each*cores + 1)
	var stop atomic.Bool
	var all sync.WaitGroup
	for range each * cores {
		all.Go(func() {
			for !stop.Load() { //nolint:revive // it is to take time
			}
		})
	}
	return func() {
		stop.Store(true)
		all.Wait()
		runtime.GOMAXPROCS(was)
	}
}

// TestTheNamedMemoryDoes gives a run the memory that it asked for when it had
// hardly any, where values are counted that nobody knows beforehand.
func TestTheNamedMemoryDoes(t *testing.T) {
	s := newShell(t)
	table := flights(30_000)
	for i, line := 0, 0; line < 30_000; line++ { // many cities
		i += bytes.IndexByte(table[i:], '\n') + 1
		if at := bytes.Index(table[i:], []byte(",Oslo,")); at >= 0 && line%2 == 0 {
			copy(table[i+at+1:], strconv.Itoa(1000+line*7919%8999))
		}
	}
	s.write("flights.csv", table)
	s.must("repo", "create", "lab", "--quiet")
	s.must(strings.Fields("chunk flights.csv lab#/rows --quiet")...)
	s.must(strings.Fields("chunk flights.csv rows --layout parquet --quiet")...)
	const steps = "impute|scale|one-hot|sgd-regressor"
	s.must("train", "--data", "flights.csv", "--target", "y", "--leave", "class", "--pipeline", steps, "-o", "model", "--quiet")
	for _, data := range []string{"flights.csv", "lab#/rows", "rows"} {
		for _, args := range [][]string{
			{"train", "--data", data, "--target", "y", "--leave", "class", "--pipeline", steps, "-o", "m", "--overwrite", "--restart"},
			{"score", "--model", "model", "--data", data},
		} {
			args = append(args, "--json", "--quiet", "--memory")
			var refused struct {
				NeedBytes int64 `json:"need_bytes"`
			}
			o := s.run(append(args, "1MiB")...)
			if err := json.Unmarshal([]byte(o.stdout), &refused); err != nil || o.exit != exitRefused {
				t.Fatalf("%s of %s: exit %d, %v\n%s", args[0], data, o.exit, err, o.stderr)
			}
			if o := s.run(append(args, strconv.FormatInt(refused.NeedBytes, 10))...); o.exit != 0 {
				t.Errorf("%s of %s with %s: exit %d\n%s", args[0], data, memory.FormatSize(refused.NeedBytes), o.exit, o.stderr)
			}
		}
	}
}
