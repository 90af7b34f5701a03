package ndarray

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/engine/subprocess"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

const smallChild = "NDARRAY_SMALL"

// TestMain is also the child of the engine of other processes, and of the tests
// that run under a memory limit.
func TestMain(m *testing.M) {
	if os.Getenv(smallChild) != "" {
		makeSmall()
	}
	subprocess.Main()
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if os.Getenv(capChild) != "" {
		os.Exit(capMain())
	}
	os.Exit(m.Run())
}

var halve = RegisterMap("test.halve", func(dst []float64, src []float32) {
	for i, v := range src {
		dst[i] = float64(v) / 2
	}
})

// repository makes a repository with a committed array /x of float32 (60, 50).
func repository(t *testing.T) (*icechunk.Repository, *icechunk.Session) {
	t.Helper()
	ctx := t.Context()
	b, err := blob.Open(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	x := Arange[float32](-700, 0.5, 3000)
	x = Typed[float32](reshape2(x, 60, 50))
	if err := x.Save(ctx, engine(2), s, "/x", WithMeta(zarr.MetaOptions{Chunks: []uint64{16, 50}})); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, "x"); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// reshape2 lays one axis out as two: there is no reshape, so by arithmetic.
func reshape2(x Array[float32], n, m int) Any {
	first := x.Any().Slice(R(0, n*m).By(m), NewAxis)
	return first.Add(x.Any().Slice(R(0, m)).Sub(x.Any().Slice(At(0))))
}

func TestPlansRunInOtherProcesses(t *testing.T) {
	ctx := t.Context()
	_, s := repository(t)
	other, err := subprocess.New(subprocess.Config{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	address, err := AddressOf(s)
	if err != nil {
		t.Fatal(err)
	}
	here, err := OpenAny(ctx, s, "/x")
	if err != nil {
		t.Fatal(err)
	}
	there, err := OpenAnyAt(ctx, address, "/x")
	if err != nil {
		t.Fatal(err)
	}
	small(t)
	t.Setenv(smallChild, "1") // how arrays are cut must be the same everywhere
	formula := func(x Any) Any {
		return Where(x.Gt(0), x.Slice(R(0, 60), R(0, 50)).Sub(x.Mean(Axes(0))), x.MapRegistered(halve)).MatMul(x.Transpose().Slice(All, R(0, 7)))
	}
	for name, f := range map[string]func(x Any) Any{
		"elementwise": func(x Any) Any { return x.Mul(2).Sub(1).Slice(R(50, 3).By(-2)) },
		"reduction":   func(x Any) Any { return x.Var(Axes(1)) },
		"argmax":      func(x Any) Any { return x.ArgMax() },
		"all":         formula,
	} {
		want, err := f(here).Compute(ctx, engine(1))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for where, run := range map[string]task.Runner{"local": engine(2), "subprocess": other} {
			got, err := f(there).Compute(ctx, run)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, where, err)
			}
			if !bytes.Equal(got.Data, want.Data) {
				t.Errorf("%s, %s: other bits", name, where)
			}
		}
	}
	// What other processes write is staged, and seen through the session.
	if err := formula(there).Save(ctx, other, s, "/there"); err != nil {
		t.Fatal(err)
	}
	if err := formula(here).Save(ctx, engine(2), s, "/here"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, "so that others see the array"); err != nil {
		t.Fatal(err)
	}
	if err := Assign(ctx, other, s, "/there", []Index{R(3, 20), All}, Full(5.0)); err != nil {
		t.Fatal(err)
	}
	if err := Assign(ctx, engine(2), s, "/here", []Index{R(3, 20), All}, 5); err != nil {
		t.Fatal(err)
	}
	var saved [2]*Values
	for i, path := range []string{"/here", "/there"} {
		a, err := OpenAny(ctx, s, path)
		if err != nil {
			t.Fatal(err)
		}
		if saved[i], err = a.Compute(ctx, engine(1)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(saved[0].Data, saved[1].Data) {
		t.Error("another process writes other bits")
	}
	if _, err := s.Commit(ctx, "both"); err != nil {
		t.Fatal(err)
	}
}

func TestSavesIntoAMemoryOfItsOwn(t *testing.T) {
	ctx := t.Context()
	r, err := icechunk.Create(ctx, blob.New(memblob.New(), "mem://own"), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := Arange(0.0, 1, 10).Save(ctx, engine(2), s, "/x"); err != nil {
		t.Fatal(err)
	}
}

// The references of tiny chunks hold their bytes, and are what a task gives back.
func TestTinyChunksAreStaged(t *testing.T) {
	ctx := t.Context()
	_, s := repository(t)
	x := Arange(0.5, 1, 160_000)
	err := x.Save(ctx, engine(2), s, "/tiny", WithMeta(zarr.MetaOptions{Chunks: []uint64{8}}))
	if err != nil {
		t.Fatal(err)
	}
	y, err := Open[float64](ctx, s, "/tiny")
	if err != nil {
		t.Fatal(err)
	}
	if d := compute(t, y); d.At(159_999) != 159_999.5 || d.At(8) != 8.5 {
		t.Errorf("found %v and %v", d.At(159_999), d.At(8))
	}
}

func TestWhatKeepsAPlanHere(t *testing.T) {
	ctx := t.Context()
	_, s := repository(t)
	x, err := Open[float32](ctx, s, "/x")
	if err != nil {
		t.Fatal(err)
	}
	if err := Assign(ctx, engine(1), s, "/x", []Index{At(0)}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := AddressOf(s); !errors.Is(err, errs.Unsupported) {
		t.Errorf("address of a session with changes: %v", err)
	}
	for _, c := range []struct {
		n    *node
		want string
	}{
		{x.n, "/x is read from a store that is open here"},
		{MapChunks(FromSlice(make([]float32, 3)), func(dst, src []float32) {}).n, "closure"},
		{FromSlice(make([]float64, maxPlanData)).n, "too many to send"},
		{FromSlice(make([]float64, 3)).Add(Const(2.0)).n, ""},
	} {
		if _, why := portable(c.n); !strings.Contains(why, c.want) || (why == "") != (c.want == "") {
			t.Errorf("%v: %q, want %q", c.n.name(), why, c.want)
		}
	}
	if _, err := OpenAnyAt(ctx, "icchunk:x", "/x"); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), `did you mean "icechunk"`) {
		t.Error(err)
	}
}

func FuzzPlan(f *testing.F) {
	good, why := portable(FromSlice([]float64{1, 2, 3}).Add(Const(2.0)).Slice(R(2, 0).By(-1)).n)
	if why != "" {
		f.Fatal(why)
	}
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, plan []byte) {
		n, err := parsePlan(t.Context(), plan) // no panic
		if err == nil && count(n.shape) < 1000 {
			_, _ = Any{n}.Compute(t.Context(), engine(1))
		}
	})
}
