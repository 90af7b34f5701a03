package mltest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A TransformerSubject is one transformer, with data it can learn from and
// transform. Rows must be at least 3; block-sized pieces of any number of
// rows are cut from Frame.
type TransformerSubject struct {
	Name   string
	Params map[string]any
	Schema feature.Schema
	Frame  *feature.Frame
}

// pieces cuts the frame as canonical blocks would, only shorter.
func (s TransformerSubject) pieces() []*feature.Frame {
	var out []*feature.Frame
	step := max(1, s.Frame.N/5)
	for lo := 0; lo < s.Frame.N; lo += step {
		out = append(out, s.Frame.Slice(lo, min(lo+step, s.Frame.N)))
	}
	return out
}

func (s TransformerSubject) fresh(t *testing.T) ml.Transformer {
	t.Helper()
	tr, ok := build(t, s.Name, s.Params).(ml.Transformer)
	if !ok {
		t.Fatalf("%s is no ml.Transformer", s.Name)
	}
	if _, err := tr.Bind(s.Schema); err != nil {
		if _, exact := tr.(ml.Exact); !exact || !errors.Is(err, ml.ErrNotFitted) {
			t.Fatalf("Bind: %v", err)
		}
	}
	return tr
}

// merge adds blocks to e.
func merge(t *testing.T, e ml.Exact, blocks []*feature.Frame) {
	t.Helper()
	for _, f := range blocks {
		p, err := e.Part(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Merge(p); err != nil {
			t.Fatal(err)
		}
	}
}

// ready is a fitted transformer and the schema it makes.
func (s TransformerSubject) ready(t *testing.T) (ml.Transformer, feature.Schema) {
	t.Helper()
	tr := s.fresh(t)
	if e, ok := tr.(ml.Exact); ok {
		merge(t, e, s.pieces())
		if err := e.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := tr.Bind(s.Schema)
	if err != nil {
		t.Fatalf("Bind after Finish: %v", err)
	}
	return tr, out
}

func (s TransformerSubject) apply(t *testing.T, tr ml.Transformer, f *feature.Frame, scratch *ml.Scratch) *feature.Frame {
	t.Helper()
	g, err := tr.Transform(f, scratch)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Transformer runs the suite on one transformer.
func Transformer(t *testing.T, s TransformerSubject) {
	t.Run("transform", s.transform)
	t.Run("concurrent", s.concurrent)
	t.Run("save and load", s.saveLoad)
	t.Run("bind", s.bind)
	if _, ok := s.fresh(t).(ml.Exact); ok {
		t.Run("exact", s.exact)
	}
}

func (s TransformerSubject) transform(t *testing.T) {
	tr, out := s.ready(t)
	before := written(s.Frame)
	g := s.apply(t, tr, s.Frame, nil)
	if written(s.Frame) != before {
		t.Error("Transform changed its input")
	}
	want := written(g)
	checkSchema(t, out, g)
	if g.N != s.Frame.N || g.First != s.Frame.First || !sameBits(g.W, s.Frame.W) {
		t.Error("Transform changed the number of rows, the first row or the weights")
	}
	scratch := new(ml.Scratch)
	for range 2 { // memory that is used again
		if got := written(s.apply(t, tr, s.Frame, scratch)); got != want {
			t.Error("Transform with scratch differs from Transform without")
		}
		s.apply(t, tr, s.Frame.Slice(1, s.Frame.N), scratch)
	}
	for _, f := range []*feature.Frame{s.Frame.Slice(1, 3), s.Frame.Slice(s.Frame.N-1, s.Frame.N), s.Frame.Slice(2, 2)} {
		lo := int(f.First - s.Frame.First)
		if got, want := written(s.apply(t, tr, f, scratch)), written(g.Slice(lo, lo+f.N)); got != want {
			t.Errorf("Transform of rows %d to %d is not those rows of Transform:\n got %s\nwant %s", lo, lo+f.N, got, want)
		}
	}
}

// checkSchema compares the parts of a frame with the schema it should have.
func checkSchema(t *testing.T, out feature.Schema, f *feature.Frame) {
	t.Helper()
	n, d := f.N, 0
	if f.X != nil {
		n, d = f.X.Dims()
	}
	if n != f.N || d != len(out.Of(feature.Number)) || len(f.Text) != len(out.Of(feature.Text)) || len(f.Time) != len(out.Of(feature.Time)) {
		t.Errorf("frame of %d rows, %d×%d numbers, %d text, %d time; Bind said %v", f.N, n, d, len(f.Text), len(f.Time), out.Names())
	}
	names := out.Names()
	slices.Sort(names)
	if len(slices.Compact(names)) != len(out.Fields) {
		t.Errorf("Bind gives a name twice: %v", out.Names())
	}
}

func (s TransformerSubject) concurrent(t *testing.T) {
	tr, _ := s.ready(t)
	want := written(s.apply(t, tr, s.Frame, nil))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			scratch := new(ml.Scratch)
			for range 3 {
				g, err := tr.Transform(s.Frame, scratch)
				if err != nil || written(g) != want {
					t.Errorf("concurrent Transform differs (%v)", err)
				}
			}
		})
	}
	wg.Wait()
}

func (s TransformerSubject) saveLoad(t *testing.T) {
	tr, out := s.ready(t)
	want := written(s.apply(t, tr, s.Frame, nil))
	state := save(t, tr)
	again := build(t, s.Name, s.Params).(ml.Transformer)
	if err := again.Load(state.config, state.arrays); err != nil {
		t.Fatal(err)
	}
	got, err := again.Bind(s.Schema)
	if err != nil {
		t.Fatalf("Bind after Load: %v", err)
	}
	if !slices.Equal(got.Fields, out.Fields) {
		t.Errorf("schema after Load %v, want %v", got.Fields, out.Fields)
	}
	mustEqual(t, save(t, again), state, "saved, loaded and saved")
	if written(s.apply(t, again, s.Frame, nil)) != want {
		t.Error("Transform after Load differs")
	}
	if e, ok := tr.(ml.Exact); ok {
		s.resume(t, e)
		damaged(t, state, func(d saved) error {
			return build(t, s.Name, s.Params).Load(d.config, d.arrays)
		})
	}
}

// resume saves in the middle of the pass, loads and goes on.
func (s TransformerSubject) resume(t *testing.T, done ml.Exact) {
	t.Helper()
	blocks := s.pieces()
	for at := range len(blocks) {
		half := s.fresh(t).(ml.Exact)
		merge(t, half, blocks[:at])
		state := save(t, half)
		again := build(t, s.Name, s.Params).(ml.Exact)
		if err := again.Load(state.config, state.arrays); err != nil {
			t.Fatalf("Load after %d blocks: %v", at, err)
		}
		if _, err := again.Bind(s.Schema); err != nil && !errors.Is(err, ml.ErrNotFitted) {
			t.Fatal(err)
		}
		merge(t, again, blocks[at:])
		if err := again.Finish(); err != nil {
			t.Fatal(err)
		}
		mustEqual(t, save(t, again), save(t, done), fmt.Sprintf("saved after %d blocks, loaded and fitted on", at))
	}
}

func (s TransformerSubject) bind(t *testing.T) {
	tr, _ := s.ready(t)
	wrong := &feature.Frame{N: 1, X: &feature.Dense[float64]{N: 1, D: 99, Data: make([]float64, 99)}}
	if len(s.Schema.Fields) > 0 {
		if _, err := tr.Transform(wrong, nil); err != nil && !errorIs(err, errs.Shape) {
			t.Errorf("Transform of a frame of other columns: got %v, want errs.Shape", err)
		}
	}
	if cols, ok := s.Params["columns"]; ok {
		other := feature.Schema{Fields: []feature.Field{{Name: "something else", Kind: feature.Number}}}
		if _, err := build(t, s.Name, s.Params).(ml.Transformer).Bind(other); !errorIs(err, errs.NotFound) {
			t.Errorf("Bind without the columns %v: got %v, want errs.NotFound", cols, err)
		}
	}
}

func (s TransformerSubject) exact(t *testing.T) {
	serial := s.fresh(t).(ml.Exact)
	if _, err := serial.Transform(s.Frame, nil); !errors.Is(err, ml.ErrNotFitted) {
		t.Errorf("Transform before Finish: got %v, want ErrNotFitted", err)
	}
	blocks := s.pieces()
	untouched := save(t, serial)
	if _, err := serial.Part(blocks[0]); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, save(t, serial), untouched, "Part")
	merge(t, serial, blocks)
	if err := serial.Finish(); err != nil {
		t.Fatal(err)
	}

	// Parts from several workers, merged in order.
	parallel := s.fresh(t).(ml.Exact)
	parts := make([]ml.Part, len(blocks))
	var wg sync.WaitGroup
	for i, f := range blocks {
		wg.Go(func() {
			var err error
			if parts[i], err = parallel.Part(copied(f)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, p := range parts {
		if err := parallel.Merge(p); err != nil {
			t.Fatal(err)
		}
		if i == len(parts)/2 { // Finish in between, as online learning does
			if err := parallel.Finish(); err != nil && !errorIs(err, errs.Invalid) {
				t.Fatal(err)
			}
		}
	}
	if err := parallel.Finish(); err != nil {
		t.Fatal(err)
	}
	mustEqual(t, save(t, parallel), save(t, serial), "parts from eight workers over copies of the rows")

	if err := s.fresh(t).(ml.Exact).Finish(); err != nil && !errorIs(err, errs.Invalid) {
		t.Errorf("Finish without a row: %v is not errs.Invalid", err)
	}
}

// copied is f in memory of its own, so that where a block was cut from cannot
// matter.
func copied(f *feature.Frame) *feature.Frame {
	g := &feature.Frame{N: f.N, First: f.First, Y: slices.Clone(f.Y), W: slices.Clone(f.W)}
	switch x := f.X.(type) {
	case *feature.Dense[float32]:
		g.X = &feature.Dense[float32]{N: x.N, D: x.D, Data: slices.Clone(x.Data)}
	case *feature.Dense[float64]:
		g.X = &feature.Dense[float64]{N: x.N, D: x.D, Data: slices.Clone(x.Data)}
	default:
		g.X = f.X
	}
	text := func(c feature.TextColumn) feature.TextColumn {
		out := feature.TextColumn{Offsets: []int32{0}}
		for i := range f.N {
			v, ok := c.At(i)
			out.Bytes = append(out.Bytes, v...)
			out.Offsets = append(out.Offsets, int32(len(out.Bytes)))
			out.Valid = append(out.Valid, ok)
		}
		return out
	}
	for _, c := range f.Text {
		g.Text = append(g.Text, text(c))
	}
	for _, c := range f.Time {
		g.Time = append(g.Time, feature.TimeColumn{Micros: slices.Clone(c.Micros)})
	}
	if f.Label != nil {
		c := text(*f.Label)
		g.Label = &c
	}
	return g
}

// written is all of a frame as text, numbers with all their digits.
func written(f *feature.Frame) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d rows from %d\nX %v\nY %v\nW %v\n", f.N, f.First, rows(f.X), f.Y, f.W)
	text := func(c feature.TextColumn) {
		for i := range f.N {
			v, ok := c.At(i)
			fmt.Fprintf(&b, "%q %v ", v, ok)
		}
		b.WriteByte('\n')
	}
	for _, c := range f.Text {
		text(c)
	}
	for _, c := range f.Time {
		fmt.Fprintln(&b, c.Micros)
	}
	if f.Label != nil {
		text(*f.Label)
	}
	return b.String()
}
