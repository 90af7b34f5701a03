package local

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/task"
)

type numberArgs struct {
	I  task.Index        `json:"i"`
	In task.Input[int64] `json:"in"`
}

type totalArgs struct{ All task.Inputs[int64] }

var (
	number = task.Register("localtest.number/v1", func(_ context.Context, in numberArgs) (int64, error) {
		return int64(in.I) + in.In.Value, nil
	}, nil)
	total = task.Register("localtest.total/v1", func(_ context.Context, in totalArgs) (sum int64, err error) {
		for _, v := range in.All.Values {
			sum += v
		}
		return sum, nil
	}, nil)
)

// shapes are graphs of at least n small tasks.
var shapes = []struct {
	name  string
	build func(g *task.Graph, n int64)
}{
	{"range", func(g *task.Graph, n int64) { number.Range(g, "part", n, numberArgs{}) }},
	{"chained ranges", func(g *task.Graph, n int64) {
		a := number.Range(g, "a", n/2, numberArgs{})
		number.Range(g, "b", n/2, numberArgs{In: a.Each()})
	}},
	{"range and total", func(g *task.Graph, n int64) {
		a := number.Range(g, "a", n, numberArgs{})
		total.Add(g, "total", totalArgs{All: a.All()})
	}},
	{"single tasks", func(g *task.Graph, n int64) {
		for i := range n / 2 {
			a := number.Range(g, task.Key("a"+strconv.FormatInt(i, 10)), 1, numberArgs{})
			number.Range(g, task.Key("b"+strconv.FormatInt(i, 10)), 1, numberArgs{In: a.At(0)})
		}
	}},
}

// BenchmarkTasks reports small tasks a second, the work of building, planning
// and yielding included.
func BenchmarkTasks(b *testing.B) {
	const n = 200_000
	for _, s := range shapes {
		for _, journal := range []bool{false, true} {
			name := s.name
			if journal {
				name += ", journal"
			}
			b.Run(name, func(b *testing.B) {
				for i := range b.N {
					var g task.Graph
					s.build(&g, n)
					o := task.RunOptions{}
					if journal {
						o.Journal = fmt.Sprintf("%s/%d", b.TempDir(), i)
					}
					for _, err := range New(Config{}).Run(context.Background(), &g, o) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "tasks/s")
			})
		}
	}
}

const millionEnv = "OUTCORE_LOCALTEST_MILLION"

// A range of a million tasks, and one whose million results are reduced at
// once, run in 64 MiB of resident memory and in 10 µs of CPU a task: that is
// 100,000 a second on one core. (The time of the wall is BenchmarkTasks'.)
func TestMillionTasks(t *testing.T) {
	if name := os.Getenv(millionEnv); name != "" {
		for _, s := range shapes {
			if s.name == name {
				runMillion(t, s.build)
			}
		}
		return
	}
	if raceEnabled {
		t.Skip("memory and time are not the program's own under the race detector")
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the peak of resident memory is read from /proc/self/status, which is not here")
	}
	const n = 1_000_000
	for _, name := range []string{"range", "range and total"} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestMillionTasks$")
			cmd.Env = append(os.Environ(), millionEnv+"="+name)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, rest, _ := bytes.Cut(out, []byte("peak KiB "))
			peak, err := strconv.Atoi(strings.Fields(string(rest))[0])
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			cpu := (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()) / n
			t.Logf("peak %d MiB, %v of CPU a task", peak>>10, cpu)
			if limit := 64 << 10; peak > limit {
				t.Errorf("peak %d KiB, want at most %d", peak, limit)
			}
			if limit := 10 * time.Microsecond; cpu > limit {
				t.Errorf("%v of CPU a task, want at most %v", cpu, limit)
			}
		})
	}
}

func runMillion(t *testing.T, build func(*task.Graph, int64)) {
	var g task.Graph
	build(&g, 1_000_000)
	n := 0
	for _, err := range New(Config{}).Run(context.Background(), &g, task.RunOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Println("peak KiB", strings.Fields(rest)[0], "results", n)
}
