package compose

import (
	"errors"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// Bind fixes the columns that come in. It is called before anything else, and
// finds columns that steps miss, and columns without a step that would reach
// the learner as something else than numbers: all at once, and before any
// data is read, also when steps have still to learn what they give.
func (p *Pipeline) Bind(in feature.Schema) error {
	p.in = in
	if err := p.rebind(); err != nil {
		return err
	}
	for i := range p.stages {
		if s := &p.stages[i]; s.entered && !s.bound {
			s.grows = true
		}
	}
	if !p.last().entered && p.Learner() != nil {
		return p.rehearse()
	}
	return nil
}

// rebind carries the schema through the steps, as far as they know what they
// give.
func (p *Pipeline) rebind() error {
	for i := range p.stages {
		p.stages[i].entered, p.stages[i].bound = false, false
	}
	cur := p.in
	for i := range p.stages {
		s := &p.stages[i]
		s.in, s.entered = cur, true
		t, ok := s.step.(ml.Transformer)
		if !ok {
			s.bound = true
			return p.numeric(cur)
		}
		out, err := t.Bind(cur)
		if errors.Is(err, ml.ErrNotFitted) {
			return nil
		}
		if err != nil {
			return s.fail(err)
		}
		s.out, s.bound, cur = out, true, out
	}
	return nil
}

// numeric reports the columns of the learner's input that are not numbers.
func (p *Pipeline) numeric(in feature.Schema) error {
	texts, times := in.Of(feature.Text), in.Of(feature.Time)
	if len(texts)+len(times) == 0 {
		if len(in.Fields) == 0 {
			return errs.New(errs.Invalid, "%s has no columns to learn from", p.last().spec.Name)
		}
		return nil
	}
	var said []string
	fix := p.String()
	if len(texts) > 0 {
		said = append(said, "text: "+names(texts))
		fix = p.mend(fix, "one-hot", "one-hot(max_categories=20)", texts)
	}
	if len(times) > 0 {
		said = append(said, "time: "+names(times))
		fix = p.mend(fix, "dates", "dates", times)
	}
	return errs.New(errs.Invalid, "%s learns from numbers, but these columns reach it as they are (%s)", p.last().spec.Name, strings.Join(said, "; ")).
		WithFix("--pipeline '%s'", fix)
}

// mend puts step, called name, into a pipeline's text: dates in front, so that
// they are scaled; one-hot before the learner, since scaled indicators of rare
// values are huge. When p has such a step, which leaves these columns out, it
// is a drop.
func (p *Pipeline) mend(text, name, step string, fields []feature.Field) string {
	for i := range p.stages {
		if p.stages[i].spec.Name == name {
			columns := anys(feature.Schema{Fields: fields}.Names())
			return "drop(columns=" + valueText(columns) + ") | " + text
		}
	}
	at := 0
	if name == "one-hot" {
		at = strings.LastIndex(text, p.last().spec.Name)
	}
	return text[:at] + step + " | " + text[at:]
}

func names(fields []feature.Field) string {
	return feature.Schema{Fields: fields}.Brief()
}

// rehearse runs steps of the same kind on a single made-up row, only to learn
// which columns they would leave as texts and times. A made-up row cannot tell
// more, so any other trouble is left to the real pass to find.
func (p *Pipeline) rehearse() error {
	r := p.Clone()
	r.in = p.in
	f := madeUp(p.in)
	for i := range r.transformers() {
		s := &r.stages[i]
		if s.hidden {
			continue
		}
		_ = r.rebind()
		if !s.entered {
			return nil
		}
		if e, ok := s.step.(ml.Exact); ok {
			part, err := e.Part(f)
			if err != nil || e.Merge(part) != nil || e.Finish() != nil {
				return nil
			}
		}
		_ = r.rebind()
		if !s.bound {
			return nil
		}
		var err error
		if f, err = s.apply(f, nil); err != nil {
			return nil
		}
	}
	_ = r.rebind()
	if last := r.last(); last.entered {
		return r.numeric(last.in)
	}
	return nil
}

// madeUp is one row of a schema: ones, the text "a" and the start of 1970.
func madeUp(in feature.Schema) *feature.Frame {
	d := len(in.Of(feature.Number))
	row := make([]float64, d)
	for i := range row {
		row[i] = 1
	}
	f := &feature.Frame{N: 1, X: &feature.Dense[float64]{N: 1, D: d, Data: row}, Y: []float64{0}}
	for range in.Of(feature.Text) {
		f.Text = append(f.Text, feature.TextColumn{Offsets: []int32{0, 1}, Bytes: []byte("a")})
	}
	for range in.Of(feature.Time) {
		f.Time = append(f.Time, feature.TimeColumn{Micros: []int64{0}})
	}
	return f
}

// CheckTarget reports a target that the learner cannot learn, before any data
// is read: a text for a learner of numbers, or a time.
func (p *Pipeline) CheckTarget(c feature.Column) error {
	switch {
	case p.Learner() == nil || c.Kind == feature.Number || c.Kind == feature.Text && p.Classifier():
		return nil
	case c.Kind == feature.Text:
		return errs.New(errs.Invalid, "the target %s is text, and %s learns numbers", c.Name, p.last().spec.Name).
			WithFix("a classifier, as in --pipeline 'scale | sgd-classifier', or another --target")
	}
	return errs.New(errs.Unsupported, "the target %s is a time, expected a number or a text", c.Name)
}

// Input is the schema given to Bind.
func (p *Pipeline) Input() feature.Schema { return p.in }

// Output is the columns that Transform gives, once all steps know what they
// give; before, it is ml.ErrNotFitted.
func (p *Pipeline) Output() (feature.Schema, error) {
	ts := p.transformers()
	if len(ts) == 0 {
		return p.in, nil
	}
	if last := &ts[len(ts)-1]; last.bound {
		return last.out, nil
	}
	return feature.Schema{}, ml.ErrNotFitted
}
