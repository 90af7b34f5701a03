package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/ndarray"
)

// A factList is what is told of a column that is no array of numbers, or has
// nulls: names and values in order.
type factList []fact

type fact struct {
	name  string
	value any // int64, float64, string; nil = there is none
}

// statColumn summarises texts, times, and columns with nulls, which are left out.
func (j *job) statColumn(ctx context.Context, o *arrayPart, ddof int, skip bool, quantiles []float64) (factList, error) {
	if o.texts != nil {
		if len(quantiles) > 0 {
			return nil, errs.New(errs.Unsupported, "texts have no quantiles").WithFix("leave --quantile out")
		}
		return j.statTexts(ctx, o)
	}
	opts := []ndarray.RunOption{ndarray.WithBudget(j.budget), ndarray.WithEvents("stat", j.events)}
	over := []ndarray.ReduceOption{ndarray.DDoF(ddof)}
	x := o.array.Cast(dtype.Float64)
	total, present := int64(x.Size()), int64(x.Size())
	if o.nulls() {
		n, err := o.valid.CountNonzero().Compute(ctx, j.runner(), opts...)
		if err != nil {
			return nil, err
		}
		present = int64(n.Float64()[0])
		x = ndarray.Where(o.valid, x, math.NaN())
	}
	s, err := x.Stats(ctx, j.runner(), append(over, ndarray.SkipNaN()), opts...)
	if err != nil {
		return nil, err
	}
	nan := int64(s.NaN.Float64()[0]) - (total - present) // those that are no nulls
	q := make([]float64, len(quantiles))
	if len(q) > 0 {
		v, err := x.Quantiles(ctx, j.runner(), quantiles, append(over, ndarray.SkipNaN()), opts...)
		if err != nil {
			return nil, err
		}
		copy(q, v.Float64())
	}
	tell := func(v float64) any {
		if nan > 0 && !skip {
			v = math.NaN()
		}
		if o.time() && !math.IsNaN(v) {
			return string(appendTime(nil, int64(v)))
		}
		return v
	}
	ends := tell
	if o.array.Type() == dtype.Bool {
		ends = func(v float64) any {
			if present == 0 {
				return v
			}
			return strconv.FormatBool(v != 0)
		}
	}
	out := factList{{"count", present}, {"null", total - present},
		{"min", ends(s.Min.Float64()[0])}, {"mean", tell(s.Mean.Float64()[0])}, {"max", ends(s.Max.Float64()[0])}}
	if o.time() {
		out = append(out, fact{"std", s.Std.Float64()[0] / 1e6}) // seconds
	} else {
		out = append(out, fact{"std", tell(s.Std.Float64()[0])}, fact{"sum", tell(s.Sum.Float64()[0])}, fact{"nan", nan})
	}
	for i, p := range quantiles {
		out = append(out, fact{quantileName(p), tell(q[i])})
	}
	return out, nil
}

// statTexts reads all texts: least and greatest are by their bytes.
func (j *job) statTexts(ctx context.Context, o *arrayPart) (factList, error) {
	r, err := j.budget.Reserve(ctx, textsRoom, "texts")
	if err != nil {
		return nil, err
	}
	defer r.Release()
	parts := []ndarray.Any{o.rows}
	if o.nulls() {
		parts = append(parts, o.valid)
	}
	read := newTextReader(o.texts)
	var count, null, empty, longest, total int64
	var least, greatest []byte
	err = eachPiece(ctx, j, j.piece()/16, func(v []*ndarray.Values) error {
		for i, row := range dtype.View[int64](v[0].Data) {
			if len(v) > 1 && v[1].Data[i] == 0 {
				null++
				continue
			}
			text, err := read.text(ctx, row)
			if err != nil {
				return err
			}
			if len(text) == 0 {
				empty++
			}
			if count == 0 || bytes.Compare(text, least) < 0 {
				least = append(least[:0], text...)
			}
			if count == 0 || bytes.Compare(text, greatest) > 0 {
				greatest = append(greatest[:0], text...)
			}
			count, longest, total = count+1, max(longest, int64(len(text))), total+int64(len(text))
		}
		return nil
	}, parts...)
	if err != nil {
		return nil, err
	}
	out := factList{{"count", count}, {"null", null}, {"empty", empty}, {"min", nil}, {"max", nil}, {"longest", longest}, {"bytes", total}}
	if count > 0 {
		out[3].value, out[4].value = string(least), string(greatest)
	}
	return out, nil
}

// mostShown is how many bytes of a text are shown.
const mostShown = 80

// text is a value as it is shown.
func (f fact) text() string {
	switch v := f.value.(type) {
	case nil:
		return ""
	case string:
		if len(v) > mostShown {
			v = strings.ToValidUTF8(v[:mostShown], "") + "…"
		}
		return visible(v)
	case float64:
		return string(appendFloat(nil, v, 64))
	default:
		b, _ := json.Marshal(v) // an integer
		return string(b)
	}
}

// result is what --json tells.
func (l factList) result() map[string]any {
	m := map[string]any{}
	for _, f := range l {
		m[f.name] = f.value
		if v, ok := f.value.(float64); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			m[f.name] = strings.Replace(f.text(), "Inf", "Infinity", 1)
		}
	}
	return m
}

func (l factList) write(w io.Writer, to string) error {
	var b bytes.Buffer
	switch to {
	case "json":
		return json.NewEncoder(w).Encode(l.result())
	case "csv":
		var line []byte
		for i, f := range l {
			if i > 0 {
				b.WriteByte(',')
				line = append(line, ',')
			}
			b.WriteString(f.name)
			if s, ok := f.value.(string); ok {
				line = appendText(line, []byte(s), false)
			} else {
				line = append(line, f.text()...)
			}
		}
		b.WriteByte('\n')
		b.Write(append(line, '\n'))
	default:
		width := 0
		for _, f := range l {
			width = max(width, len(f.name))
		}
		for _, f := range l {
			b.WriteString(strings.TrimRight(f.name+strings.Repeat(" ", width-len(f.name)+2)+f.text(), " ") + "\n")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
