package compose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/outcore/outcore/feature"
	_ "github.com/outcore/outcore/linear"
	"github.com/outcore/outcore/ml"
	_ "github.com/outcore/outcore/preprocess"
)

// flights is a made-up table with every kind of column, missing values too.
type flights struct {
	schema feature.Schema
	n      int
	class  bool
}

func newFlights(n int) flights {
	return flights{n: n, schema: feature.Schema{Fields: []feature.Field{
		{Name: "dep_delay"}, {Name: "carrier", Kind: feature.Text}, {Name: "distance"},
		{Name: "sched", Kind: feature.Time}, {Name: "origin", Kind: feature.Text},
	}}}
}

// rows makes rows lo to hi; a row is a function of its number.
func (s flights) rows(lo, hi int) *feature.Frame {
	f := &feature.Frame{N: hi - lo, First: int64(lo), W: nil}
	var x []float64
	text := [2]feature.TextColumn{{Offsets: []int32{0}}, {Offsets: []int32{0}}}
	label := feature.TextColumn{Offsets: []int32{0}}
	time := feature.TimeColumn{}
	for i := lo; i < hi; i++ {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		delay, distance := rng.NormFloat64()*40, float64(rng.IntN(4000))
		y := delay + distance/1000 + rng.NormFloat64()
		if rng.IntN(20) == 0 {
			delay = nan()
		}
		x = append(x, delay, distance)
		for j, words := range [][]string{{"AA", "UA", "DL", "WN"}, {"JFK", "LGA", "EWR"}} {
			c := &text[j]
			ok := rng.IntN(30) > 0
			if ok {
				c.Bytes = append(c.Bytes, words[rng.IntN(len(words))]...)
			}
			c.Offsets, c.Valid = append(c.Offsets, int32(len(c.Bytes))), append(c.Valid, ok)
		}
		time.Micros = append(time.Micros, 1_356_998_400_000_000+int64(i)*977_000_000)
		f.Y = append(f.Y, y)
		late := "on time"
		if y > 15 {
			late = "late"
		}
		label.Bytes = append(label.Bytes, late...)
		label.Offsets = append(label.Offsets, int32(len(label.Bytes)))
	}
	f.X = &feature.Dense[float64]{N: f.N, D: 2, Data: x}
	f.Text, f.Time = text[:], []feature.TimeColumn{time}
	if s.class {
		f.Y, f.Label = nil, &label
	}
	return f
}

func nan() float64 { var z float64; return z / z }

// frames cuts the rows into frames of the given size, then into batches.
func (s flights) batches(t testing.TB, piece, batch int) []*feature.Frame {
	in := func(yield func(*feature.Frame, error) bool) {
		for lo := 0; lo < s.n; lo += piece {
			if !yield(s.rows(lo, min(lo+piece, s.n)), nil) {
				return
			}
		}
	}
	var out []*feature.Frame
	for f, err := range (feature.Cutter{Rows: batch}).Frames(in) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// fit drives p through its plan as train does, with parts made in jobs
// goroutines, and gives the names of the passes.
func fit(t testing.TB, p *Pipeline, s flights, piece, jobs int) []string {
	t.Helper()
	if err := p.Bind(s.schema); err != nil {
		t.Fatal(err)
	}
	var names []string
	for {
		pass := p.Plan()[0]
		names = append(names, pass.Name())
		if pass.Learn {
			break
		}
		blocks := s.batches(t, piece, ml.BlockRows)
		parts := make([]Parts, len(blocks))
		errors := make([]error, len(blocks))
		var group sync.WaitGroup
		for job := range jobs {
			group.Go(func() {
				for i := job; i < len(blocks); i += jobs {
					parts[i], errors[i] = p.Part(pass, blocks[i])
				}
			})
		}
		group.Wait()
		for i := range parts {
			if errors[i] != nil {
				t.Fatal(errors[i])
			}
			if err := p.Merge(pass, parts[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Finish(pass); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range s.batches(t, piece, 1000) {
		learn(t, p, f)
	}
	return names
}

func learn(t testing.TB, p *Pipeline, f *feature.Frame) {
	t.Helper()
	b, err := p.Transform(f)
	if err == nil {
		err = p.PartialFit(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.Release()
}

func predict(t testing.TB, p *Pipeline, f *feature.Frame) []float64 {
	t.Helper()
	b, err := p.Transform(f)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	out, err := p.Predict(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parsed(t testing.TB, text string) *Pipeline {
	t.Helper()
	p, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const real = "dates | imputer(text=constant) | one-hot | scale | sgd-regressor(eta0=0.001)"

func TestSameModelForAnyPiecesAndWorkers(t *testing.T) {
	s := newFlights(12_000)
	for _, text := range []string{real, "dates | one-hot | impute | scale | sgd-classifier(loss=log_loss)"} {
		s.class = strings.Contains(text, "classifier")
		want := ""
		for _, c := range []struct{ piece, jobs int }{{12_000, 1}, {777, 2}, {4096, 7}} {
			p := parsed(t, text)
			fit(t, p, s, c.piece, c.jobs)
			got, err := (&Model{Pipeline: p}).Digest()
			if err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s: pieces of %d, %d jobs: model %s, was %s", text, c.piece, c.jobs, ShortDigest(got), ShortDigest(want))
			}
		}
	}
}

func TestPassesOfARealPipeline(t *testing.T) {
	s := newFlights(5000)
	for text, want := range map[string]string{
		"drop(columns=[carrier, origin, sched]) | impute | sgd-regressor(eta0=1e-9)":                   "fit imputer; learn",
		"dates | imputer(columns=[dep_delay, distance]) | one-hot | scale | sgd-regressor(eta0=0.001)": "fit imputer, one-hot; fit standard-scaler; learn",
		"dates | impute | one-hot | scale | sgd-regressor(eta0=0.001)":                                 "fit imputer; fit one-hot; fit standard-scaler; learn",
		"dates | one-hot | impute | scale | sgd-classifier(loss=log_loss)":                             "fit label-encoder, one-hot; fit imputer; fit standard-scaler; learn",
	} {
		s.class = strings.Contains(text, "classifier")
		if got := strings.Join(fit(t, parsed(t, text), s, 1000, 2), "; "); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestColumnsWithoutAStep(t *testing.T) {
	s := newFlights(1)
	for text, want := range map[string]string{
		"scale | sgd-regressor": "sgd-regressor learns from numbers, but these columns reach it as they are (text: carrier, origin; time: sched) " +
			"(fix: --pipeline 'dates | standard-scaler | one-hot(max_categories=20) | sgd-regressor')",
		"one-hot(columns=[carrier]) | dates | scale | sgd-regressor": "sgd-regressor learns from numbers, but these columns reach it as they are (text: origin) " +
			"(fix: --pipeline 'drop(columns=[origin]) | one-hot(columns=[carrier]) | dates | standard-scaler | sgd-regressor')",
		"one-hot | scale | sgd-classifier": "sgd-classifier learns from numbers, but these columns reach it as they are (time: sched) " +
			"(fix: --pipeline 'dates | one-hot | standard-scaler | sgd-classifier')",
		"drop(columns=[carier]) | sgd-regressor": `drop: no column "carier" (did you mean "carrier"?); have dep_delay, carrier, distance, sched, origin`,
	} {
		err := parsed(t, text).Bind(s.schema)
		if err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", text, err, want)
		}
	}
	if err := parsed(t, real).Bind(s.schema); err != nil {
		t.Errorf("%s: %v", real, err)
	}
}

func TestCheckTarget(t *testing.T) {
	for _, c := range []struct {
		text string
		kind feature.Kind
		ok   bool
	}{
		{"scale | sgd-regressor", feature.Number, true},
		{"scale | sgd-regressor", feature.Text, false},
		{"scale | sgd-classifier", feature.Text, true},
		{"scale | sgd-classifier", feature.Time, false},
		{"scale", feature.Time, true},
	} {
		if err := parsed(t, c.text).CheckTarget(feature.Column{Name: "y", Kind: c.kind}); (err == nil) != c.ok {
			t.Errorf("%s, a %v: %v", c.text, c.kind, err)
		}
	}
}

func TestOnlineLearnsInOnePass(t *testing.T) {
	s := newFlights(20_000)
	for _, text := range []string{"dates | one-hot | impute | scale | sgd-regressor(eta0=0.001)", "dates | one-hot | impute | scale | sgd-classifier(loss=log_loss)"} {
		s.class = strings.Contains(text, "classifier")
		p := parsed(t, text)
		if err := p.Bind(s.schema); err != nil {
			t.Fatal(err)
		}
		if s.class {
			if err := p.SetClasses([]string{"on time", "late"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, f := range s.batches(t, 999, 1000) {
			b, err := p.Online(f)
			if err != nil {
				t.Fatal(err)
			}
			b.Release()
		}
		test := newFlights(0)
		truth := test.rows(50_000, 51_000).Y
		unseen := test.rows(50_000, 51_000)
		unseen.Y = nil
		var wrong, wrongGuess float64
		for i, v := range predict(t, p, unseen) {
			if s.class {
				late := 0.0 // "late" sorts first
				if truth[i] <= 15 {
					late = 1
				}
				wrong += (v - late) * (v - late)
				wrongGuess += 0.3
				continue
			}
			wrong += (v - truth[i]) * (v - truth[i])
			wrongGuess += truth[i] * truth[i]
		}
		if !(wrong < wrongGuess/2) {
			t.Errorf("%s: squared error %.4g, guessing has %.4g", text, wrong, wrongGuess)
		}
	}
}

func TestTransformAndPredictFromManyGoroutines(t *testing.T) {
	s := newFlights(6000)
	p := parsed(t, real)
	fit(t, p, s, 1000, 2)
	whole := predict(t, p, s.rows(0, 6000))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for lo := g * 100; lo < 6000; lo += 800 {
				b, err := p.Transform(s.rows(lo, lo+100))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := p.Predict(nil, b)
				b.Release()
				if err != nil || !slices.Equal(got, whole[lo:lo+100]) {
					t.Errorf("rows from %d differ from those of the whole, %v", lo, err)
				}
			}
		})
	}
	group.Wait()
}

func TestTransformAllocatesLittle(t *testing.T) {
	s := newFlights(4096)
	s.schema = feature.Schema{Fields: []feature.Field{{Name: "a"}, {Name: "b"}}}
	p := parsed(t, "scale | sgd-regressor(eta0=0.001)")
	if err := p.Bind(s.schema); err != nil {
		t.Fatal(err)
	}
	whole := s.rows(0, 4096)
	f := &feature.Frame{N: whole.N, X: &feature.Dense[float64]{N: whole.N, D: 2, Data: slices.Repeat([]float64{1, 2, 3, 5}, whole.N/2)}, Y: whole.Y}
	pass := p.Plan()[0]
	part, err := p.Part(pass, f.Slice(0, f.N))
	if err == nil {
		err = p.Merge(pass, part)
	}
	if err == nil {
		err = p.Finish(pass)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(50, func() { learn(t, p, f.Slice(0, f.N)) }); n > 25 {
		t.Errorf("%v allocations a batch", n)
	}
}

func ExamplePipeline() {
	p, err := Parse("scale | sgd-regressor(eta0=0.1)")
	if err == nil {
		err = p.Bind(feature.Schema{Fields: []feature.Field{{Name: "hour"}}})
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := func() *feature.Frame {
		return &feature.Frame{N: 4, X: &feature.Dense[float64]{N: 4, D: 1, Data: []float64{6, 12, 18, 24}}, Y: []float64{1, 2, 3, 4}}
	}
	for _, pass := range p.Plan() {
		fmt.Println(pass.Name())
		for epoch := 0; pass.Learn && epoch < 50; epoch++ {
			t, err := p.Transform(rows())
			if err == nil {
				err = p.PartialFit(t)
			}
			if err != nil {
				fmt.Println(err)
				return
			}
			t.Release()
		}
		if !pass.Learn {
			part, err := p.Part(pass, rows())
			if err == nil {
				err = p.Merge(pass, part)
			}
			if err == nil {
				err = p.Finish(pass)
			}
			if err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	t, err := p.Transform(&feature.Frame{N: 1, X: &feature.Dense[float64]{N: 1, D: 1, Data: []float64{15}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Release()
	y, err := p.Predict(nil, t)
	fmt.Printf("%.1f %v\n", y, err)
	// Output:
	// fit standard-scaler
	// learn
	// [2.5] <nil>
}

func ExampleParse() {
	p, err := Parse("impute | one-hot(max_categories=20) | scale | sgd-regressor(alpha=1e-5, penalty=l1)")
	fmt.Println(p, err)
	_, err = Parse("impute | scal | sgd-regressor")
	fmt.Println(err)
	// Output:
	// imputer | one-hot(max_categories=20) | standard-scaler | sgd-regressor(penalty=l1, alpha=1e-05) <nil>
	// pipeline: column 10: no step "scal" (did you mean "scale"?)
	//   impute | scal | sgd-regressor
	//            ^ (fix: outcore train --list)
}
