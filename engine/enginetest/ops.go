package enginetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"net"
	"os"
	"strings"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// fastRetry keeps tests short.
var fastRetry = task.WithRetry(task.Retry{Attempts: 3, Wait: time.Millisecond, MaxWait: 4 * time.Millisecond})

// mix hashes its inputs: the ops of random graphs, where a result that came
// from elsewhere, or in another order, changes everything after it.
type mixArgs struct {
	Seed int64                 `json:"seed"`
	Ones []task.Input[uint64]  `json:"ones,omitempty"`
	Many []task.Inputs[uint64] `json:"many,omitempty"`
}

type mixRangeArgs struct {
	Index task.Index `json:"index"`
	Mix   mixArgs    `json:"mix"`
}

var (
	mix = task.Register("enginetest.mix/v1", func(_ context.Context, in mixArgs) (uint64, error) {
		return in.hash(-1), nil
	}, nil)
	mixRange = task.Register("enginetest.mix-range/v1", func(_ context.Context, in mixRangeArgs) (uint64, error) {
		return in.Mix.hash(int64(in.Index)), nil
	}, nil)
)

func (in mixArgs) hash(index int64) uint64 {
	h := fnv.New64a()
	fmt.Fprintln(h, in.Seed, index)
	for _, one := range in.Ones {
		fmt.Fprintln(h, one.Value)
	}
	for _, many := range in.Many {
		fmt.Fprintln(h, len(many.Values), many.Values)
	}
	return h.Sum64()
}

// square and sum are for ranges of any length.
type squareArgs struct{ I task.Index }

type sumArgs struct{ Parts task.Inputs[int64] }

var (
	square = task.Register("enginetest.square/v1", func(_ context.Context, in squareArgs) (int64, error) {
		return int64(in.I) * int64(in.I), nil
	}, nil)
	sum = task.Register("enginetest.sum/v1", func(_ context.Context, in sumArgs) (int64, error) {
		return add(in.Parts.Values), nil
	}, nil)
)

func add(values []int64) (sum int64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// trace appends its name and number to a log that processes share, so that
// tests see what ran, how often, in what order.
type traceArgs struct {
	Log   string
	Name  string
	Index task.Index
	In    task.Input[int64]
}

type traceOneArgs struct {
	Log  string
	Name string
	In   []task.Input[int64]
	All  task.Inputs[int64]
}

var (
	trace = task.Register("enginetest.trace/v1", func(_ context.Context, in traceArgs) (int64, error) {
		return int64(in.Index), appendLine(in.Log, fmt.Sprintf("%s/%d", in.Name, in.Index))
	}, nil)
	traceOne = task.Register("enginetest.trace-one/v1", func(_ context.Context, in traceOneArgs) (string, error) {
		return in.Name, appendLine(in.Log, in.Name)
	}, nil)
)

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		return err
	}
	return f.Close()
}

func readLines(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return strings.Fields(string(data)), err
}

// fault fails as told: task Index of its range, in the first Times attempts.
type faultArgs struct {
	Log   string // counts attempts
	Index task.Index
	At    int64 // -1: none
	Times int   // -1: always
	How   string
}

// The ways to fail.
const (
	howUnavailable = "unavailable"
	howInvalid     = "invalid"
	howExit        = "exit"
	howPanic       = "panic"
	howHuge        = "huge"
)

var fault = task.Register("enginetest.fault/v1", func(_ context.Context, in faultArgs) (string, error) {
	if err := appendLine(in.Log, fmt.Sprint(in.Index)); err != nil {
		return "", err
	}
	if int64(in.Index) != in.At {
		return "ok", nil
	}
	lines, err := readLines(in.Log)
	if err != nil {
		return "", err
	}
	attempts := 0
	for _, l := range lines {
		if l == fmt.Sprint(in.At) {
			attempts++
		}
	}
	if in.Times >= 0 && attempts > in.Times {
		return "ok", nil
	}
	switch in.How {
	case howUnavailable:
		return "", fmt.Errorf("reading part: %w", errs.New(errs.Unavailable, "the server is away"))
	case howInvalid:
		return "", errs.New(errs.Invalid, "found %q, expected a number", "x").At(errs.Position{File: "a.csv", Line: 7}).WithFix("--skip-bad-rows 1")
	case howExit:
		fmt.Fprintln(os.Stderr, "last words")
		os.Exit(3)
	case howPanic:
		panic("a bug in an op")
	case howHuge:
		return strings.Repeat("x", task.MaxResult), nil
	}
	return "", fs.ErrInvalid
}, nil, fastRetry)

// hold dials Addr, says which task it is, and waits for a line or for the end
// of its context: tests hold tasks where they want them, and see them end.
type holdArgs struct {
	Addr  string
	Index task.Index
}

var hold = task.Register("enginetest.hold/v1", func(ctx context.Context, in holdArgs) (int64, error) {
	c, err := net.Dial("tcp", in.Addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	fmt.Fprintln(c, in.Index)
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, err
	}
	return int64(in.Index), nil
}, nil)
