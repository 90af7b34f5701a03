package ndarray

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/internal/memcap"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

const (
	capChild = "NDARRAY_CHILD"
	testCap  = 72 << 20
	capElems = 50 * testCap / 8 // of float64
)

// synthetic is a store whose array /x has 0, 1, 2, … modulo 1,024: all chunks
// are the stored bytes of one. What is written is counted and dropped.
type synthetic struct {
	*zarr.Mem
	one     zarr.Chunk
	written atomic.Int64
}

// newSynthetic makes /x of the given rows of 1,024 columns, in chunks of 1 MiB.
func newSynthetic(ctx context.Context, rows int) (*synthetic, error) {
	s := &synthetic{Mem: zarr.NewMem()}
	pattern := Arange[float64](0, 1, 1024).BroadcastTo(128, 1024)
	chunks := WithMeta(zarr.MetaOptions{Chunks: []uint64{128, 1024}})
	if err := pattern.Save(ctx, engine(1), s.Mem, "/x", chunks); err != nil {
		return nil, err
	}
	var err error
	if s.one, _, err = s.Mem.Chunk(ctx, "/x", []uint32{0, 0}); err != nil {
		return nil, err
	}
	return s, Resize(ctx, s.Mem, "/x", rows, 1024)
}

func (s *synthetic) Chunk(_ context.Context, path string, _ []uint32) (zarr.Chunk, bool, error) {
	return s.one, path == "/x", nil
}

func (s *synthetic) PutChunk(_ context.Context, _ string, _ []uint32, data []byte) error {
	s.written.Add(int64(len(data)))
	return nil
}

func (s *synthetic) DeleteChunk(context.Context, string, []uint32) error { return nil }

// capMain works on an array 50 times as large as its memory.
func capMain() int {
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx := context.Background()
	b, err := memory.New(memory.Options{Cap: testCap})
	if err != nil {
		return fail(err)
	}
	defer b.Close()
	run := local.New(local.Config{Workers: 2, Reserve: local.Admission(b)})
	const rows = capElems / 1024
	s, err := newSynthetic(ctx, rows)
	if err != nil {
		return fail(err)
	}
	x, err := OpenAny(ctx, s, "/x")
	if err != nil {
		return fail(err)
	}
	switch os.Getenv(capChild) {
	case "summary":
		sum, err := x.Stats(ctx, run, nil, WithBudget(b))
		if err != nil {
			return fail(err)
		}
		if got := sum.Mean.Float64()[0]; math.Abs(got-511.5) > 1e-9 {
			return fail(fmt.Errorf("the mean is %v", got))
		}
	case "columns and a slice saved":
		z := x.Sub(x.Mean(Axes(0))).Cast(TypeOf[float32]()).Slice(R(rows/3, rows/3+rows/8))
		if err := z.Save(ctx, run, s, "/z", WithBudget(b)); err != nil {
			return fail(err)
		}
	case "quantiles":
		q, err := x.Slice(R(0, rows/4)).Quantiles(ctx, run, []float64{0.5}, nil, WithBudget(b))
		if err != nil {
			return fail(err)
		}
		if got := q.Float64()[0]; got != 511.5 {
			return fail(fmt.Errorf("the median is %v", got))
		}
	}
	return 0
}

func TestAnArrayFiftyTimesTheMemory(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("needs seconds, and no shadow memory of the race detector")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"summary", "columns and a slice saved", "quantiles"} {
		t.Run(what, func(t *testing.T) {
			cmd := exec.Command(exe)
			cmd.Env = append(os.Environ(), capChild+"="+what)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			r, err := memcap.Run(ctx, testCap*11/10, cmd)
			t.Logf("%s: peak %s of %s in %v", r.Method, memory.FormatSize(r.Peak), memory.FormatSize(testCap), r.Elapsed)
			if err != nil || r.Peak > testCap*11/10 {
				t.Errorf("peak %s: %v %s", memory.FormatSize(r.Peak), err, &stderr)
			}
		})
	}
}
