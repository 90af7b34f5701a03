package compose

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// The bounds of Auto's choices.
const (
	autoClasses    = 20   // different whole-number targets that are still classes
	autoCategories = 50   // columns made of one text column
	autoTexts      = 1000 // different values beyond which a text column is left out
	autoDateParts  = 6    // columns that dates makes of one
	autoRows       = 100  // rows without which nothing is taken for an id
)

// A Choice is a pipeline that Auto chose, and why, a line a decision.
type Choice struct {
	Pipeline *Pipeline
	Lines    []string
}

// Auto chooses a pipeline for columns and a sample of rows with their target
// (in Y, whatever it means, or Label). It is a fixed set of rules, not a search:
//
//   - left out are columns that are empty, always the same, ids (whole numbers
//     that rise from row to row, a column named id with no value twice, the
//     index that pandas stores), and texts of more than 1,000 values, or with
//     more values than half the rows;
//   - time columns become parts of dates;
//   - numbers that are missing in the sample, or may be in dates, become means,
//     and missing texts the text "missing";
//   - numbers are scaled, without subtracting the mean when they are sparse;
//   - text columns become at most 50 columns each, of zeros and ones: scaled,
//     rare ones would be so large that updates overshoot;
//   - the learner is sgd-classifier(loss=log_loss) when the target is text, or at
//     most 20 whole numbers with five rows each; else sgd-regressor. Its first
//     step is smaller the more columns there are, since |x|² grows with them.
//
// The sample decides, so give the same one to get the same pipeline: the first
// 10,000 rows, say.
func Auto(in feature.Schema, sample *feature.Frame) (Choice, error) {
	if sample.N == 0 {
		return Choice{}, errs.New(errs.Invalid, "there is no row to choose a pipeline by")
	}
	a := &chooser{in: in, f: sample}
	a.say("looked at %d columns of %d rows", len(in.Fields), sample.N)
	a.columns()
	var decls []Declaration
	add := func(step string, params map[string]any) {
		decls = append(decls, Declaration{Step: step, Params: params})
	}
	if len(a.drop) > 0 {
		add("drop", map[string]any{"columns": anys(a.drop)})
	}
	if len(a.times) > 0 {
		a.say("dates: %s, as year, month, day, weekday, hour and minute", strings.Join(a.times, ", "))
		add("dates", nil)
	}
	a.impute(add)
	switch {
	case a.sparse:
		a.say("scale: without subtracting the mean, so that sparse data stays sparse")
		add("standard-scaler", map[string]any{"with_mean": false})
	case a.numbers+len(a.times) > 0:
		a.say("scale: so that one step size fits all columns")
		add("standard-scaler", nil)
	}
	if len(a.texts) > 0 {
		a.say("one-hot: %s", strings.Join(a.said, ", "))
		add("one-hot", map[string]any{"max_categories": float64(autoCategories)})
	}
	if err := a.learner(add); err != nil {
		return Choice{}, err
	}
	p, err := New(decls)
	if err != nil {
		return Choice{}, err
	}
	return Choice{p, append(a.lines, "pipeline: "+p.String())}, p.Bind(in)
}

// A chooser gathers what Auto decides.
type chooser struct {
	in      feature.Schema
	f       *feature.Frame
	lines   []string
	drop    []string
	times   []string
	texts   []string // encoded, and what is said of each
	said    []string
	missing []string // number columns
	numbers int      // that stay
	sparse  bool
}

func (a *chooser) say(format string, args ...any) {
	a.lines = append(a.lines, fmt.Sprintf(format, args...))
}

func (a *chooser) leave(name, why string, args ...any) {
	a.drop = append(a.drop, name)
	a.say("leave out %s: %s", name, fmt.Sprintf(why, args...))
}

// columns looks at every column once.
func (a *chooser) columns() {
	switch a.f.X.(type) {
	case *feature.CSR[float32], *feature.CSR[float64]:
		a.sparse = true
	}
	var count [3]int
	for _, field := range a.in.Fields {
		j := count[field.Kind]
		count[field.Kind]++
		switch field.Kind {
		case feature.Number:
			a.number(field.Name, j)
		case feature.Text:
			a.text(field.Name, &a.f.Text[j])
		case feature.Time:
			a.time(field.Name, a.f.Time[j].Micros)
		}
	}
}

func (a *chooser) number(name string, j int) {
	if a.sparse { // columns of zeros are usual, and gaps are not stored
		a.numbers++
		return
	}
	if strings.HasPrefix(name, "__index_level_") || name == "Unnamed: 0" {
		a.leave(name, "it is the index that pandas stores")
		return
	}
	missing, whole, rising, same := 0, true, true, true
	seen := map[float64]bool{}
	last, first := math.Inf(-1), math.NaN()
	for i := range a.f.N {
		v := cell(a.f.X, i, j)
		if v != v {
			missing++
			continue
		}
		if len(seen) == 0 {
			first = v
		}
		seen[v] = true
		whole = whole && v == math.Trunc(v)
		rising = rising && v > last
		same = same && v == first
		last = v
	}
	there := a.f.N - missing
	unique := whole && len(seen) == there && there >= autoRows
	switch {
	case there == 0:
		a.leave(name, "it has no values")
	case same && missing == 0 && a.f.N > 1:
		a.leave(name, "it is always %g", first)
	case unique && missing == 0 && (rising || named(name, "id")):
		a.leave(name, "it looks like an id, a number of its own for each row")
	default:
		a.numbers++
		if missing > 0 {
			a.missing = append(a.missing, fmt.Sprintf("%s (%.1f %%)", name, 100*float64(missing)/float64(a.f.N)))
		}
	}
}

// cell is row i, column j of a dense matrix.
func cell(m feature.Matrix, i, j int) float64 {
	switch m := m.(type) {
	case *feature.Dense[float32]:
		return float64(m.Data[i*m.D+j])
	case *feature.Dense[float64]:
		return m.Data[i*m.D+j]
	}
	return m.Row(i, nil)[j]
}

// named reports whether name is word, or ends in it as a word of its own.
func named(name, word string) bool {
	name = strings.ToLower(name)
	return name == word || strings.HasSuffix(name, "_"+word) || strings.HasSuffix(name, "-"+word)
}

func (a *chooser) text(name string, c *feature.TextColumn) {
	values, missing := distinct(c, a.f.N)
	switch {
	case missing == a.f.N:
		a.leave(name, "it has no values")
	case values == 1 && missing == 0 && a.f.N > 1:
		v, _ := c.At(0)
		a.leave(name, "it is always %q", v)
	case values > autoTexts || a.f.N >= autoRows && values > a.f.N/2:
		a.leave(name, "%d different texts in %d rows are no categories", values, a.f.N)
	default:
		a.texts = append(a.texts, name)
		a.said = append(a.said, fmt.Sprintf("%s (%d values)", name, values))
	}
}

func distinct(c *feature.TextColumn, n int) (values, missing int) {
	seen := map[string]bool{}
	for i := range n {
		if v, ok := c.At(i); ok {
			seen[string(v)] = true
		} else {
			missing++
		}
	}
	return len(seen), missing
}

func (a *chooser) time(name string, micros []int64) {
	for _, t := range micros {
		if t != feature.Missing {
			a.times = append(a.times, name)
			return
		}
	}
	a.leave(name, "it has no values")
}

// impute adds the imputer when numbers miss, or may.
func (a *chooser) impute(add func(string, map[string]any)) {
	switch {
	case len(a.missing) > 0:
		a.say("impute: the mean where a number is missing, as in %s", strings.Join(a.missing, ", "))
	case len(a.times) > 0:
		a.say("impute: the mean where a date is missing")
	default:
		a.say("no impute: the sample has all its numbers")
		return
	}
	var params map[string]any
	if len(a.texts) > 0 {
		params = map[string]any{"text": "constant"}
	}
	add("imputer", params)
}

// step is the first step of a learner: most, or less when |x|², about one for
// every column of numbers and one for every text, is large. It is a power of
// ten times 1, 2 or 5.
func (a *chooser) step(most, over float64) float64 {
	d := a.numbers + autoDateParts*len(a.times) + len(a.texts)
	want := min(most, over/float64(max(d, 1)))
	best := most
	for exp := -9; exp <= 0; exp++ {
		for _, digit := range []string{"1", "2", "5"} {
			v, err := strconv.ParseFloat(digit+"e"+strconv.Itoa(exp), 64)
			if err == nil && v <= want {
				best = v
			}
		}
	}
	return best
}

func (a *chooser) learner(add func(string, map[string]any)) error {
	classifier := func() {
		add("sgd-classifier", map[string]any{"loss": "log_loss", "learning_rate": "invscaling", "eta0": a.step(0.1, 3)})
	}
	switch {
	case a.f.Label != nil:
		values, _ := distinct(a.f.Label, a.f.N)
		a.say("sgd-classifier: the target is text, %d classes in the sample", values)
		classifier()
		return nil
	case a.f.Y == nil:
		return errs.New(errs.Invalid, "no target to choose a learner by").WithFix("--target COLUMN")
	}
	seen := map[float64]bool{}
	whole := true
	for _, y := range a.f.Y {
		whole = whole && y == math.Trunc(y)
		if seen[y] = true; len(seen) > autoClasses || !whole {
			break
		}
	}
	if whole && len(seen) > 1 && len(seen) <= autoClasses && a.f.N >= 5*len(seen) {
		a.say("sgd-classifier: the target has only %d values, all whole numbers; for a quantity say sgd-regressor", len(seen))
		classifier()
		return nil
	}
	a.say("sgd-regressor: the target is a quantity")
	add("sgd-regressor", map[string]any{"eta0": a.step(0.01, 0.03)})
	return nil
}

func anys(names []string) []any {
	out := make([]any, len(names))
	for i, n := range names {
		out[i] = n
	}
	return out
}
