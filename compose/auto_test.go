package compose

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature"
)

func TestAutoOnATable(t *testing.T) {
	s := newFlights(1000)
	f := s.rows(0, 1000)
	in := feature.Schema{Fields: slices.Clone(s.schema.Fields)}
	// An id, a constant, an empty column and a free text beside.
	x := f.X.(*feature.Dense[float64])
	wide := &feature.Dense[float64]{N: f.N, D: 5}
	tail := feature.TextColumn{Offsets: []int32{0}}
	for i := range f.N {
		wide.Data = append(wide.Data, x.Data[2*i], x.Data[2*i+1], float64(100+i), 2013, nan())
		tail.Bytes = fmt.Appendf(tail.Bytes, "N%d", i)
		tail.Offsets = append(tail.Offsets, int32(len(tail.Bytes)))
	}
	f.X, f.Text = wide, append(f.Text, tail)
	in.Fields = append(in.Fields, feature.Field{Name: "flight_id"}, feature.Field{Name: "year"}, feature.Field{Name: "gate"}, feature.Field{Name: "tailnum", Kind: feature.Text})
	c, err := Auto(in, f)
	if err != nil {
		t.Fatal(err)
	}
	want := `looked at 9 columns of 1000 rows
leave out flight_id: it looks like an id, a number of its own for each row
leave out year: it is always 2013
leave out gate: it has no values
leave out tailnum: 1000 different texts in 1000 rows are no categories
dates: sched, as year, month, day, weekday, hour and minute
impute: the mean where a number is missing, as in dep_delay (5.2 %)
scale: so that one step size fits all columns
one-hot: carrier (4 values), origin (3 values)
sgd-regressor: the target is a quantity
pipeline: drop(columns=[flight_id, year, gate, tailnum]) | dates | imputer(text=constant) | standard-scaler | one-hot(max_categories=50) | sgd-regressor(eta0=0.002)`
	if got := strings.Join(c.Lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if names := fit(t, mustAuto(t, newFlights(5000)), newFlights(5000), 1000, 1); strings.Join(names, "; ") != "fit imputer; fit standard-scaler, one-hot; learn" {
		t.Errorf("passes: %v", names)
	}
}

func mustAuto(t *testing.T, s flights) *Pipeline {
	t.Helper()
	c, err := Auto(s.schema, s.rows(0, 1000))
	if err != nil {
		t.Fatal(err)
	}
	return c.Pipeline
}

func TestAutoChoosesTheLearnerByTheTarget(t *testing.T) {
	in := feature.Schema{Fields: []feature.Field{{Name: "a"}}}
	sample := func(y func(i int) float64) *feature.Frame {
		rng := rand.New(rand.NewPCG(1, 1))
		f := &feature.Frame{N: 200}
		var x []float64
		for i := range f.N {
			x = append(x, rng.Float64())
			f.Y = append(f.Y, y(i))
		}
		f.X = &feature.Dense[float64]{N: f.N, D: 1, Data: x}
		return f
	}
	words := sample(func(i int) float64 { return 0 })
	words.Y, words.Label = nil, &feature.TextColumn{Offsets: make([]int32, 201)}
	sparse := sample(func(i int) float64 { return float64(i % 10) })
	sparse.X = &feature.CSR[float64]{N: 200, D: 1, Indptr: make([]int64, 201)}
	for name, c := range map[string]struct {
		f    *feature.Frame
		want string
	}{
		"yes and no":      {sample(func(i int) float64 { return float64(i % 2) }), "standard-scaler | sgd-classifier(loss=log_loss, learning_rate=invscaling, eta0=0.1)"},
		"ten digits":      {sparse, "standard-scaler(with_mean=false) | sgd-classifier(loss=log_loss, learning_rate=invscaling, eta0=0.1)"},
		"21 values":       {sample(func(i int) float64 { return float64(i % 21) }), "standard-scaler | sgd-regressor(eta0=0.01)"},
		"halves":          {sample(func(i int) float64 { return float64(i%2) / 2 }), "standard-scaler | sgd-regressor(eta0=0.01)"},
		"a single value":  {sample(func(i int) float64 { return 1 }), "standard-scaler | sgd-regressor(eta0=0.01)"},
		"text":            {words, "standard-scaler | sgd-classifier(loss=log_loss, learning_rate=invscaling, eta0=0.1)"},
		"too few of each": {sample(func(i int) float64 { return float64(i) }).Slice(0, 15), "standard-scaler | sgd-regressor(eta0=0.01)"},
	} {
		choice, err := Auto(in, c.f)
		if err != nil || choice.Pipeline.String() != c.want {
			t.Errorf("%s: got %v, %v, want %s", name, choice.Pipeline, err, c.want)
		}
	}
	if _, err := Auto(in, &feature.Frame{}); err == nil {
		t.Error("no rows are enough to choose")
	}
}
