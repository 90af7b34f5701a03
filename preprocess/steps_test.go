package preprocess

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

func words(values ...string) feature.TextColumn {
	c := feature.TextColumn{Offsets: []int32{0}}
	for _, v := range values {
		c.Valid = append(c.Valid, v != "?")
		c.Bytes = append(c.Bytes, v...)
		c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
	}
	return c
}

var one = feature.Schema{Fields: []feature.Field{{Name: "carrier", Kind: feature.Text}}}

func TestScalerBlockWithoutValuesKeepsTheColumn(t *testing.T) {
	nan := math.NaN()
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(2)); err != nil {
		t.Fatal(err)
	}
	for _, x := range [][]float64{{nan, 1, nan, 2}, {3, 5, 5, 6}, {nan, 7, nan, 8}} {
		p, err := s.Part(&feature.Frame{N: 2, X: &feature.Dense[float64]{N: 2, D: 2, Data: x}})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Mean()[0], 4.0; got != want {
		t.Errorf("mean %v, want %v", got, want)
	}
	if got, want := s.Scale()[0], 1.0; got != want { // of 3 and 5
		t.Errorf("scale %v, want %v", got, want)
	}
	if !slices.Equal(s.Count(), []float64{2, 6}) {
		t.Errorf("counts %v", s.Count())
	}
}

func TestScalerNamesTheInfiniteValue(t *testing.T) {
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(3)); err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 12)
	x[7] = float32(math.Inf(1))
	_, err := s.Part(&feature.Frame{N: 4, First: 100, X: &feature.Dense[float32]{N: 4, D: 3, Data: x}})
	if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "row 103: column x1") {
		t.Errorf("got %v", err)
	}
}

func TestScalerRefusesToFillSparseData(t *testing.T) {
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(1)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Part(&feature.Frame{N: 1, X: &feature.CSR[float32]{N: 1, D: 1, Indptr: []int64{0, 0}}})
	if !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "scale(with_mean=false)") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Bind(one); !errors.Is(err, errs.Invalid) {
		t.Errorf("Bind without numbers: %v", err)
	}
}

func TestScalerPartAllocatesOnlyItsSums(t *testing.T) {
	f := benchFrame(50)
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(50)); err != nil {
		t.Fatal(err)
	}
	p, err := s.Part(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Merge(p); err != nil {
		t.Fatal(err)
	}
	if err := s.Finish(); err != nil {
		t.Fatal(err)
	}
	scratch := new(ml.Scratch)
	if n := testing.AllocsPerRun(5, func() {
		if _, err := s.Transform(f, scratch); err != nil {
			t.Fatal(err)
		}
	}); n > 20 {
		t.Errorf("Transform: %v allocations a block of %d rows", n, f.N)
	}
}

func TestOneHotNamesColumnsByValue(t *testing.T) {
	for _, c := range []struct {
		p    OneHotParams
		want []string
	}{
		{OneHotParams{Unknown: "ignore", Missing: "category"}, []string{"carrier=AA", "carrier=UA", "carrier=ua", "carrier=(missing)"}},
		{OneHotParams{Unknown: "ignore", Missing: "ignore"}, []string{"carrier=AA", "carrier=UA", "carrier=ua"}},
		{OneHotParams{Unknown: "ignore", Missing: "ignore", MaxCategories: 2}, []string{"carrier=UA", "carrier=(infrequent)"}},
	} {
		o, err := NewOneHot(c.p)
		if err != nil {
			t.Fatal(err)
		}
		fit(t, o, one, &feature.Frame{N: 5, Text: []feature.TextColumn{words("UA", "AA", "?", "ua", "UA")}})
		out, err := o.Bind(one)
		if err != nil || !slices.Equal(out.Names(), c.want) {
			t.Errorf("%+v: got %q (%v), want %q", c.p, out.Names(), err, c.want)
		}
	}
}

func TestOneHotUnknownValue(t *testing.T) {
	for unknown, want := range map[string][]float64{"ignore": {0, 0}, "infrequent": {0, 1}, "error": nil} {
		o, err := NewOneHot(OneHotParams{Unknown: unknown, Missing: "category", MinFrequency: 2, Output: "dense"})
		if err != nil {
			t.Fatal(err)
		}
		fit(t, o, one, &feature.Frame{N: 3, Text: []feature.TextColumn{words("UA", "AA", "UA")}})
		f, err := o.Transform(&feature.Frame{N: 1, First: 6, Text: []feature.TextColumn{words("XX")}}, nil)
		if want == nil {
			if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `row 7: column carrier: one-hot: "XX"`) {
				t.Errorf("error: got %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := f.X.Row(0, nil); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", unknown, got, want)
		}
	}
}

func TestOneHotRefusesWhatIsNoCategory(t *testing.T) {
	o, _ := NewOneHot(OneHotParams{Columns: []string{"x0"}, Unknown: "ignore", Missing: "category"})
	if _, err := o.Bind(numberSchema(1)); !errors.Is(err, ml.ErrNotFitted) {
		t.Fatal(err)
	}
	big := newTally(feature.Number)
	for i := range mostValues + 1 {
		big.number[float64(i)] = ptr(1)
	}
	if err := o.Merge([]*tally{big}); !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "drop(columns=[x0])") {
		t.Errorf("got %v", err)
	}
}

func TestImputerFills(t *testing.T) {
	schema := feature.Schema{Fields: []feature.Field{{Name: "x", Kind: feature.Number}, {Name: "carrier", Kind: feature.Text}, {Name: "empty", Kind: feature.Number}}}
	nan := math.NaN()
	f := &feature.Frame{N: 4, X: &feature.Dense[float32]{N: 4, D: 2, Data: []float32{1, float32(nan), 2, float32(nan), float32(nan), float32(nan), 6, float32(nan)}},
		Text: []feature.TextColumn{words("UA", "AA", "?", "AA")}}
	m, err := NewImputer(ImputerParams{Strategy: "mean", Text: "most-frequent", FillValue: -1, Indicator: true})
	if err != nil {
		t.Fatal(err)
	}
	fit(t, m, schema, f)
	out, err := m.Bind(schema)
	if want := []string{"x", "carrier", "empty", "x_missing", "carrier_missing", "empty_missing"}; err != nil || !slices.Equal(out.Names(), want) {
		t.Errorf("columns %q (%v), want %q", out.Names(), err, want)
	}
	g, err := m.Transform(f, new(ml.Scratch))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := g.X.Row(2, nil), []float64{3, -1, 1, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("row 3 is %v, want %v", got, want)
	}
	if v, ok := g.Text[0].At(2); string(v) != "AA" || !ok {
		t.Errorf("text of row 3 is %q", v)
	}
}

func TestDatePartsAreTimes(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	instants := []int64{0, -1, 951782400e6 - 1, 951782400e6, 4107542399999999, -62135596800e6, 253402300799e6}
	for range 2000 {
		instants = append(instants, r.Int64N(500e15)-250e15)
	}
	for _, m := range instants {
		u := time.UnixMicro(m).UTC()
		want := [6]float64{float64(u.Year()), float64(u.Month()), float64(u.Day()), float64((u.Weekday() + 6) % 7), float64(u.Hour()), float64(u.Minute())}
		if got := dateParts(m); got != want {
			t.Fatalf("%v: got %v, want %v", u, got, want)
		}
	}
	if got := dateParts(feature.Missing); got[0] == got[0] {
		t.Errorf("a missing time has the year %v", got[0])
	}
}

func TestLabelsInOrder(t *testing.T) {
	for _, c := range []struct{ labels, want []string }{
		{[]string{"10", "9", "-1", "9"}, []string{"-1", "9", "10"}},
		{[]string{"b", "10", "9", "B"}, []string{"10", "9", "B", "b"}},
		{[]string{"1e1", "2", "0x1p4"}, []string{"2", "1e1", "0x1p4"}},
	} {
		l, _ := NewLabelEncoder(LabelParams{MaxClasses: 10})
		label := words(c.labels...)
		f := &feature.Frame{N: len(c.labels), Label: &label}
		fit(t, l, one, f)
		if !slices.Equal(l.Classes(), c.want) {
			t.Errorf("%q: classes %q, want %q", c.labels, l.Classes(), c.want)
		}
		g, err := l.Transform(f, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range g.Y {
			if c.want[int(y)] != c.labels[i] {
				t.Errorf("label %q is class %v", c.labels[i], y)
			}
		}
	}
}

func TestLabelErrors(t *testing.T) {
	l, _ := NewLabelEncoder(LabelParams{MaxClasses: 3})
	if _, err := l.Part(&feature.Frame{N: 1}); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "--target") {
		t.Errorf("no target: %v", err)
	}
	many := &feature.Frame{N: 4, Y: []float64{1, 2, 3, 4}}
	p, err := l.Part(many)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Merge(p); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "more than 3 different values") {
		t.Errorf("four classes: %v", err)
	}
	l, _ = NewLabelEncoder(LabelParams{MaxClasses: 3})
	fit(t, l, one, &feature.Frame{N: 3, Y: []float64{1, 2, 2}})
	_, err = l.Transform(&feature.Frame{N: 1, First: 4, Y: []float64{math.NaN()}}, nil)
	if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "found no value") || !strings.Contains(err.Error(), "row 5") {
		t.Errorf("no label: %v", err)
	}
	if f, err := l.Transform(&feature.Frame{N: 2}, nil); err != nil || f.Y != nil {
		t.Errorf("a frame without a target: %v", err)
	}
}

func TestALabelNeverSeenIsNoClass(t *testing.T) {
	label := words("b", "c", "a")
	for name, frames := range map[string][2]*feature.Frame{
		"text":    {{N: 2, Label: ptrTo(words("a", "b"))}, {N: 3, Label: &label}},
		"numbers": {{N: 2, Y: []float64{1, 2}}, {N: 3, Y: []float64{2, 3.5, 1}}},
	} {
		l, _ := NewLabelEncoder(LabelParams{MaxClasses: 10})
		fit(t, l, one, frames[0])
		f, err := l.Transform(frames[0], nil)
		if err != nil || f.Label != nil {
			t.Errorf("%s, labels that were seen: %v, %v", name, f, err)
		}
		f, err = l.Transform(frames[1], nil)
		if err != nil || !slices.Equal(f.Y, []float64{1, -1, 0}) || f.Label == nil {
			t.Fatalf("%s: %+v, %v", name, f, err)
		}
		if v, ok := f.Label.At(1); !ok || string(v) != map[string]string{"text": "c", "numbers": "3.5"}[name] {
			t.Errorf("%s: the unseen label is %q", name, v)
		}
	}
}

func ptrTo[T any](v T) *T { return &v }

func TestColumnErrorsNameTheNearest(t *testing.T) {
	for _, name := range []string{"select", "drop", "one-hot", "imputer", "standard-scaler", "dates"} {
		s, err := ml.Make(name, map[string]any{"columns": []string{"carier"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.(ml.Transformer).Bind(one); !errors.Is(err, errs.NotFound) || !strings.Contains(err.Error(), `did you mean "carrier"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"standard-scaler", "dates"} {
		s, err := ml.Make(name, map[string]any{"columns": []string{"carrier"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.(ml.Transformer).Bind(one); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s of a text column: %v", name, err)
		}
	}
	if _, err := ml.Make("drop", nil); !errors.Is(err, errs.Invalid) {
		t.Errorf("drop of nothing: %v", err)
	}
	if _, err := ml.Make("dates", map[string]any{"parts": []string{"minuet"}}); err == nil || !strings.Contains(err.Error(), `"minute"`) {
		t.Errorf("unknown part: %v", err)
	}
}

// FuzzLoad gives damaged states to every exact step; none may panic, and what
// loads must save as something that loads.
func FuzzLoad(f *testing.F) {
	schema, all := everything()
	names := []string{"standard-scaler", "one-hot", "imputer", "label-encoder"}
	saved := make(map[string][]dtype.Named)
	for i, name := range names {
		s, err := ml.Make(name, nil)
		if err != nil {
			f.Fatal(err)
		}
		e := s.(ml.Exact)
		if _, err := e.Bind(schema); err != nil && !errors.Is(err, ml.ErrNotFitted) {
			f.Fatal(err)
		}
		p, err := e.Part(all)
		if err != nil {
			f.Fatal(err)
		}
		if err := e.Merge(p); err != nil {
			f.Fatal(err)
		}
		if err := e.Finish(); err != nil {
			f.Fatal(err)
		}
		config, arrays := e.Save()
		saved[name] = arrays
		raw, err := json.Marshal(config)
		if err != nil {
			f.Fatal(err)
		}
		for k, a := range arrays {
			f.Add(byte(i), raw, byte(k), a.Data, a.Shape[0])
		}
	}
	f.Fuzz(func(t *testing.T, which byte, config []byte, k byte, data []byte, size int) {
		name := names[int(which)%len(names)]
		s, err := ml.Make(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		arrays := slices.Clone(saved[name])
		a := &arrays[int(k)%len(arrays)]
		a.Data, a.Shape = data, slices.Clone(a.Shape)
		a.Shape[0] = size
		if err := s.Load(config, arrays); err != nil {
			return
		}
		c, again := s.Save()
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := ml.Make(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := fresh.Load(raw, again); err != nil {
			t.Fatalf("%s: loaded, saved, and then: %v", name, err)
		}
		if c2, _ := fresh.Save(); !reflect.DeepEqual(c, c2) {
			t.Fatalf("%s: %v became %v", name, c, c2)
		}
	})
}

func ExampleScaler() {
	s, err := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if err != nil {
		panic(err)
	}
	schema := feature.Schema{Fields: []feature.Field{{Name: "distance", Kind: feature.Number}}}
	if _, err := s.Bind(schema); err != nil {
		panic(err)
	}
	f := &feature.Frame{N: 4, X: &feature.Dense[float32]{N: 4, D: 1, Data: []float32{0, 0, 2, 2}}}
	p, err := s.Part(f)
	if err != nil {
		panic(err)
	}
	if err := s.Merge(p); err != nil {
		panic(err)
	}
	if err := s.Finish(); err != nil {
		panic(err)
	}
	g, err := s.Transform(f, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(s.Mean(), s.Scale(), g.X.Row(3, nil))
	// Output: [1] [1] [1]
}

func ExampleOneHot() {
	o, err := NewOneHot(OneHotParams{Unknown: "ignore", Missing: "category"})
	if err != nil {
		panic(err)
	}
	schema := feature.Schema{Fields: []feature.Field{{Name: "carrier", Kind: feature.Text}}}
	if _, err := o.Bind(schema); !errors.Is(err, ml.ErrNotFitted) { // its columns depend on the data
		panic(err)
	}
	f := &feature.Frame{N: 3, Text: []feature.TextColumn{{Offsets: []int32{0, 2, 4, 6}, Bytes: []byte("UAAAUA")}}}
	p, err := o.Part(f)
	if err != nil {
		panic(err)
	}
	if err := o.Merge(p); err != nil {
		panic(err)
	}
	if err := o.Finish(); err != nil {
		panic(err)
	}
	out, err := o.Bind(schema)
	if err != nil {
		panic(err)
	}
	g, err := o.Transform(f, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(out.Names(), g.X.Row(0, nil), g.X.Row(1, nil))
	// Output: [carrier=AA carrier=UA] [0 1] [1 0]
}

// TestUnseenValuesAreForetold: by the formulas, and of values of which some are
// much rarer than others, where the first of them is short by a seventh.
func TestUnseenValuesAreForetold(t *testing.T) {
	few := newTally(feature.Number)
	for v, n := range []int64{1, 1, 1, 1, 2, 2, 3, 3, 4, 9} {
		few.number[float64(v)] = ptr(n)
	}
	// 4·3/2/(2+1) = 2 by Chao; and 3 came three times, once four: 2/4·(4 − 2·2/2) = 1.
	if n := few.unseen(1000); n != 3 {
		t.Errorf("foretold %d, want 3", n)
	}
	if n := few.unseen(27 + 2); n != 2 {
		t.Errorf("foretold %d in the two rows that are left", n)
	}
	const values = 60_000
	sample := newTally(feature.Number)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 27_000 {
		u := rng.Float64()
		v := math.Floor(values * u * u)
		if p := sample.number[v]; p != nil {
			*p++
		} else {
			sample.number[v] = ptr(1)
		}
	}
	if all := int64(len(sample.number)) + sample.unseen(1e7); all < values*9/10 || all > values*11/10 {
		t.Errorf("foretold %d values of %d", all, values)
	}
}
