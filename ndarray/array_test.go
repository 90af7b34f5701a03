package ndarray

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

// matrix stores 0, 1, 2, … as an n×m array in chunks of 3×4 and opens it.
func matrix(t testing.TB, s zarr.Store, path string, n, m int) Array[float64] {
	t.Helper()
	data := make([]float64, n*m)
	for i := range data {
		data[i] = float64(i)
	}
	d := Dense[float64]{Shape: []int{n, m}, Data: data}
	if err := d.Array().Save(context.Background(), engine(2), s, path, WithMeta(zarr.MetaOptions{Chunks: []uint64{3, 4}})); err != nil {
		t.Fatal(err)
	}
	x, err := Open[float64](context.Background(), s, path)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func compute[T Element](t testing.TB, a Array[T]) *Dense[T] {
	t.Helper()
	d, err := a.Compute(context.Background(), engine(2))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestViewsShowWhatIsWrittenAndKeepTheirSize(t *testing.T) {
	ctx, s := t.Context(), zarr.NewMem()
	x := matrix(t, s, "/x", 7, 9)
	view := x.Slice(R(1, 6).By(2), R(8, 0).By(-3))
	if err := Assign(ctx, engine(2), s, "/x", []Index{R(0, 4), All}, -1); err != nil {
		t.Fatal(err)
	}
	if got, want := compute(t, view).Data, []float64{-1, -1, -1, -1, -1, -1, 53, 50, 47}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := Resize(ctx, s, "/x", 5, 9); err != nil {
		t.Fatal(err)
	}
	if got, want := compute(t, view).Data, []float64{-1, -1, -1, -1, -1, -1, 0, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("after the resize: got %v, want %v", got, want)
	}
	if now, err := OpenAny(ctx, s, "x"); err != nil || !slices.Equal(now.Shape(), []int{5, 9}) {
		t.Errorf("%v, %v", now, err)
	}
}

func TestAppend(t *testing.T) {
	ctx, s := t.Context(), zarr.NewMem()
	x := matrix(t, s, "/x", 4, 5)
	// It may read the array itself, as far as it was there.
	if err := Append(ctx, engine(2), s, "/x", 0, x.Slice(R(1, 4)).Mul(Const(10.0))); err != nil {
		t.Fatal(err)
	}
	if y, err := Open[float64](ctx, s, "/x"); err != nil || !slices.Equal(compute(t, y.Slice(R(3, 6), At(1))).Data, []float64{16, 60, 110}) {
		t.Errorf("%v %v", y, err)
	}
	s = zarr.NewMem()
	matrix(t, s, "/x", 4, 5)
	more := Full(7.0, 4, 3)
	if err := Append(ctx, engine(2), s, "/x", -1, more); err != nil {
		t.Fatal(err)
	}
	y, err := Open[float64](ctx, s, "/x")
	if err != nil {
		t.Fatal(err)
	}
	d := compute(t, y)
	if !slices.Equal(d.Shape, []int{4, 8}) || d.At(3, 4) != 19 || d.At(0, 5) != 7 || d.At(3, 7) != 7 {
		t.Error(d)
	}
	for _, bad := range []any{Full(1.0, 3, 3), Full(1.0, 4), 1} {
		if err := Append(ctx, engine(2), s, "/x", 1, bad); !errors.Is(err, errs.Shape) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestAssignChecksWhatItReads(t *testing.T) {
	ctx, s := t.Context(), zarr.NewMem()
	x := matrix(t, s, "/x", 6, 6)
	shifted := x.Slice(R(0, 5))
	if err := Assign(ctx, engine(2), s, "/x", []Index{R(1, 6)}, shifted); !errors.Is(err, errs.Unsupported) {
		t.Errorf("overlap: %v", err)
	}
	// In place is fine where each element follows from itself, and from reductions.
	mean := x.Any().Mean()
	if err := Assign(ctx, engine(2), s, "/x", nil, x.Any().Sub(mean).Mul(2)); err != nil {
		t.Fatal(err)
	}
	if d := compute(t, x); d.At(0, 0) != -35 || d.At(5, 5) != 35 {
		t.Error(d.Data)
	}
	total, err := AssignChunks(ctx, s, "/x", nil)
	if err != nil || total != 4 {
		t.Fatalf("%d chunks, %v", total, err)
	}
	// In two parts, as a job that commits in between does.
	for _, part := range [][2]int64{{0, 3}, {3, 4}} {
		if err := Assign(ctx, engine(2), s, "/x", nil, x.Any().Add(1), OnlyChunks(part[0], part[1])); err != nil {
			t.Fatal(err)
		}
	}
	if d := compute(t, x); d.At(0, 0) != -34 || d.At(5, 5) != 36 {
		t.Error(d.Data)
	}
}

func TestMapChunksSeesWholeChunks(t *testing.T) {
	s := zarr.NewMem()
	x := matrix(t, s, "/x", 7, 9)
	sizes := MapChunks(x, func(dst []int32, src []float64) {
		for i := range dst {
			dst[i] = int32(len(src))
		}
	})
	d := compute(t, sizes)
	if d.At(0, 0) != 12 || d.At(6, 8) != 1 || d.At(6, 0) != 4 || d.At(0, 8) != 3 {
		t.Error(d.Data)
	}
	// A part of a map is that part of whole chunks.
	part := compute(t, sizes.Slice(R(5, 7), R(6, 9)))
	if !slices.Equal(part.Data, []int32{12, 12, 3, 4, 4, 1}) {
		t.Error(part.Data)
	}
}

func TestStatsAreOnePassOverAllOfThem(t *testing.T) {
	s := zarr.NewMem()
	x := matrix(t, s, "/x", 7, 9).Any()
	x = Where(x.Eq(20), math.NaN(), x)
	for _, over := range [][]ReduceOption{nil, {SkipNaN()}, {Axes(0), SkipNaN()}, {Axes(1), DDoF(1)}, {Axes(0), KeepDims()}} {
		got, err := x.Stats(t.Context(), engine(2), over)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			got  *Values
			want Any
		}{
			"min": {got.Min, x.Min(over...)}, "max": {got.Max, x.Max(over...)}, "mean": {got.Mean, x.Mean(over...)},
			"std": {got.Std, x.Std(over...)}, "sum": {got.Sum, x.Sum(over...)}, "nan": {got.NaN, x.CountNaN(over...)},
		} {
			want, err := c.want.Compute(t.Context(), engine(1))
			if err != nil {
				t.Fatal(err)
			}
			a, b := c.got.Float64(), want.Float64()
			if !slices.Equal(c.got.Shape, want.Shape) || c.got.Type != want.Type {
				t.Errorf("%s: %v %v, want %v %v", name, c.got.Type, c.got.Shape, want.Type, want.Shape)
			}
			for i := range a {
				if math.Abs(a[i]-b[i]) > 1e-12*math.Abs(b[i]) || (a[i] != a[i]) != (b[i] != b[i]) {
					t.Errorf("%s[%d] = %v, want %v", name, i, a[i], b[i])
				}
			}
		}
	}
	big, err := Full[int64](math.MaxInt64, 3).Any().Stats(t.Context(), engine(1), nil)
	if err != nil || view[int64](big.Sum.Data)[0] != math.MaxInt64-2 || view[int64](big.Max.Data)[0] != math.MaxInt64 {
		t.Errorf("%v, %v", big, err)
	}
}

func TestCacheGivesTheSame(t *testing.T) {
	ctx, s := t.Context(), zarr.NewMem()
	x := matrix(t, s, "/x", 17, 19)
	b, err := memory.New(memory.Options{Cap: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, budget := range []*memory.Budget{nil, b} {
		c, err := NewCache(ctx, budget, 20*memory.SlabSize(1))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			got, err := x.MatMul(x.Transpose()).Compute(ctx, metered(t), WithCache(c))
			if err != nil {
				t.Fatal(err)
			}
			if want := compute(t, x.MatMul(x.Transpose())); !slices.Equal(got.Data, want.Data) {
				t.Error("other values")
			}
		}
		if c.used > c.limit || len(c.byID) == 0 {
			t.Errorf("%d of %d bytes in %d entries", c.used, c.limit, len(c.byID))
		}
		c.Close()
		if c.used != 0 {
			t.Errorf("%d bytes after Close", c.used)
		}
	}
}

func TestAResultTooLargeIsRefused(t *testing.T) {
	b, err := memory.New(memory.Options{Cap: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for name, a := range map[string]Any{"whole": Full(1.0, 1000, 10000).Any(), "reduced": Full(1.0, 3, 10000000).Any().Sum(Axes(0))} {
		_, err = a.Compute(t.Context(), metered(t), WithBudget(b))
		var refused *memory.RefusedError
		if !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "--memory") || !errors.As(err, &refused) || refused.Need <= 64<<20 {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := Full(1.0, 3, 1000000).Any()
	if _, err := a.Stats(t.Context(), metered(t), []ReduceOption{Axes(0)}, WithBudget(b)); !errors.Is(err, errs.TooLarge) {
		t.Errorf("a summary of 48 MB: %v", err)
	}
}

func TestErrorsOfReadingNameTheChunk(t *testing.T) {
	ctx, s := t.Context(), zarr.NewMem()
	x := matrix(t, s, "/x", 7, 9)
	if err := s.PutChunk(ctx, "/x", []uint32{1, 2}, []byte("broken")); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Compute(ctx, engine(2)); !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "[1 2]") {
		t.Error(err)
	}
	if d := compute(t, x.Slice(R(0, 3))); d.At(2, 8) != 26 {
		t.Error("the rest is not readable")
	}
	if _, err := Open[float32](ctx, s, "/x"); !errors.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := OpenAny(ctx, s, "/nothing"); !errors.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := Full(1.0).Save(ctx, engine(1), s, "/x"); !errors.Is(err, errs.Exists) {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := x.Compute(ended, engine(2)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCastClosesWhatNumPyLeavesOpen(t *testing.T) {
	x := FromSlice([]float64{math.NaN(), math.Inf(1), math.Inf(-1), 300, -300, 1e30, 255.9, -0.9})
	if got := compute(t, Convert[uint8](x)).Data; !slices.Equal(got, []uint8{0, 255, 0, 255, 0, 255, 255, 0}) {
		t.Error(got)
	}
	if got := compute(t, Convert[int64](x)).Data; got[1] != math.MaxInt64 || got[2] != math.MinInt64 || got[0] != 0 || got[5] != math.MaxInt64 {
		t.Error(got)
	}
	if got := compute(t, Convert[int8](FromSlice([]int64{300, -129}))).Data; !slices.Equal(got, []int8{44, 127}) {
		t.Error(got)
	}
}

func TestExplain(t *testing.T) {
	s := zarr.NewMem()
	x, y := matrix(t, s, "/x", 70, 9).Any(), matrix(t, s, "/y", 9, 5).Any()
	var b strings.Builder
	for _, a := range []Any{
		x,
		x.Slice(R(10, 60).By(2), At(3)),
		Where(x.Gt(0), x.Mul(2).Sub(1), 0),
		x.Sub(x.Mean(Axes(0))).Abs().Max(),
		x.MatMul(y).Cast(dtype.Float32),
		x.MapRegistered(halve),
	} {
		text, err := a.Explain()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%v\n%s\n", a, text)
	}
	// What codecs take is theirs to say.
	got := regexp.MustCompile(`of up to [^,]*,`).ReplaceAllString(b.String(), "of up to N,")
	const file = "testdata/explain.txt"
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
