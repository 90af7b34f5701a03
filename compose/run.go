package compose

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// apply transforms f.
func (s *stage) apply(f *feature.Frame, scratch *ml.Scratch) (*feature.Frame, error) {
	out, err := s.step.(ml.Transformer).Transform(f, scratch)
	return out, s.fail(err)
}

// Transform carries f through all steps before the learner. It takes over f,
// also on error: releasing the result gives back f, and memory of the result
// that will be used again. Safe for concurrent use.
func (p *Pipeline) Transform(f *feature.Frame) (*feature.Frame, error) {
	return p.carry(f, func(s *stage, _ *feature.Frame) error {
		if !s.fitted || !s.bound {
			return s.fail(ml.ErrNotFitted)
		}
		return nil
	})
}

// carry calls before with every transformer and the frame it is about to
// transform.
func (p *Pipeline) carry(f *feature.Frame, before func(*stage, *feature.Frame) error) (*feature.Frame, error) {
	steps := p.transformers()
	if len(steps) == 0 {
		return f, nil
	}
	scratch := p.scratch.take(len(p.stages))
	made := []*feature.Frame{f}
	release := func() {
		for _, m := range made {
			m.Release()
		}
		p.scratch.put(scratch)
	}
	cur := f
	for i := range steps {
		s := &steps[i]
		err := before(s, cur)
		next := cur
		if err == nil {
			next, err = s.apply(cur, &(*scratch)[i])
		}
		if err != nil {
			release()
			return nil, err
		}
		if next != cur {
			made = append(made, next)
		}
		cur = next
	}
	out := cur.Slice(0, cur.N)
	out.Dropped = f.Dropped
	out.OnRelease(release)
	return out, nil
}

// PartialFit lets the learner learn from a batch that Transform gave. t stays
// the caller's.
func (p *Pipeline) PartialFit(t *feature.Frame) error {
	l := p.Learner()
	if l == nil {
		return errs.New(errs.Invalid, "the pipeline %s has no learner", p).WithFix("--pipeline '%s | sgd-regressor'", p)
	}
	if t.Y == nil {
		return p.noTarget(t)
	}
	if err := p.unknown(t); err != nil {
		return err
	}
	return p.last().fail(p.locate(t, l.PartialFit(ml.Batch{X: t.X, Y: t.Y, W: t.W})))
}

// locate makes of the row and the column of a learner's error about t, which
// knows their numbers in the batch only, the place in the data and the name.
func (p *Pipeline) locate(t *feature.Frame, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	in := p.last().in.Fields
	if k, conv := strconv.Atoi(e.Pos.Column); conv == nil && k >= 1 && k <= len(in) {
		e.Pos.Column = in[k-1].Name
	}
	if row := e.Pos.Row; row > 0 && row <= int64(t.N) && e.Pos.File == "" {
		column := e.Pos.Column
		e.Pos = t.Position(int(row - 1))
		e.Pos.Column = column
	}
	return err
}

// unknown is the error of the first row of t whose label is no class.
func (p *Pipeline) unknown(t *feature.Frame) error {
	if t.Label == nil || !p.Classifier() {
		return nil
	}
	for i, y := range t.Y {
		if v, _ := t.Label.At(i); y < 0 {
			classes := p.Classes()
			at := t.Position(i)
			at.Column = "target"
			return errs.New(errs.Invalid, "found the label %.40q, expected one of the %d classes %.10q", v, len(classes), classes[:min(len(classes), 10)]).
				At(at).WithFix("name all classes beforehand: --classes %s", flagOf(append(slices.Clone(classes), string(v))))
		}
	}
	return nil
}

// mostNamed is how many classes an error writes out.
const mostNamed = 20

// flagOf writes names as the value of a flag of a list, for a shell.
func flagOf(names []string) string {
	var b strings.Builder
	if n := len(names); n > mostNamed {
		names = append([]string{"…"}, names[n-mostNamed:]...)
	}
	for i, name := range names {
		if i > 0 {
			b.WriteByte(',')
		}
		if strings.ContainsAny(name, ",\"\n\r") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		b.WriteString(name)
	}
	if s := b.String(); !plain().MatchString(s) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return b.String()
}

// plain is what no shell touches.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN_.,:/@%+=…-]+$`) })

func (p *Pipeline) noTarget(t *feature.Frame) error {
	if t.Label != nil {
		return p.CheckTarget(feature.Column{Name: "column", Kind: feature.Text})
	}
	return errs.New(errs.Invalid, "no target to learn").WithFix("--target COLUMN")
}

// Predict writes one number a row of t, which Transform gave, into dst, grown
// if needed: the value, or the number of the class in Classes. Safe for
// concurrent use while nothing learns.
func (p *Pipeline) Predict(dst []float64, t *feature.Frame) ([]float64, error) {
	l, ok := p.last().step.(ml.Predictor)
	if !ok {
		return nil, errs.New(errs.Unsupported, "the pipeline %s predicts nothing", p)
	}
	out, err := l.Predict(dst, t.X)
	return out, p.last().fail(err)
}

// PredictProba writes the probabilities of the classes of each row of t, which
// Transform gave, into dst: n×k, row-major, columns as Classes.
func (p *Pipeline) PredictProba(dst []float64, t *feature.Frame) ([]float64, error) {
	l, ok := p.last().step.(ml.Classifier)
	if !ok || !p.Classifier() {
		return nil, errs.New(errs.Unsupported, "%s has no classes, so no probabilities", p.last().spec.Name)
	}
	out, err := l.PredictProba(dst, t.X)
	return out, p.last().fail(err)
}

// Online lets every step learn from one batch, transforms the batch by what it
// knows now, and lets the learner learn from the result: the whole pipeline in
// one pass. What decides columns and classes (the categories of a one-hot,
// the labels) is learned from the first batch only, since a learner's width
// is fixed by it; SetClasses gives classes beforehand. It takes over f and
// gives the transformed batch, which the caller releases.
func (p *Pipeline) Online(f *feature.Frame) (*feature.Frame, error) {
	t, err := p.carry(f, p.learnOnline)
	if err != nil {
		return nil, err
	}
	if !p.online {
		err = p.handClasses()
		p.online = err == nil
	}
	if err == nil && p.Learner() != nil {
		err = p.PartialFit(t)
	}
	if err != nil {
		t.Release()
		return nil, err
	}
	return t, nil
}

// learnOnline lets s learn from f, unless what it gives is settled.
func (p *Pipeline) learnOnline(s *stage, f *feature.Frame) error {
	e, exact := s.step.(ml.Exact)
	_, labels := s.step.(labeller)
	if !exact || p.online && (s.grows || labels) || labels && s.fitted {
		return nil
	}
	part, err := e.Part(f)
	if err == nil {
		err = e.Merge(part)
	}
	if err == nil {
		err = e.Finish()
	}
	var said *errs.Error
	if labels && errors.As(err, &said) {
		said.Msg += " (online, the classes are those of the first batch)"
	}
	if err != nil {
		return s.fail(err)
	}
	s.fitted = true
	if p.online {
		return nil
	}
	return p.rebind()
}

// SetClasses fixes the names of the classes before any label was seen. Their
// order is the label encoder's.
func (p *Pipeline) SetClasses(names []string) error {
	if !p.Classifier() {
		return errs.New(errs.Invalid, "%s has no classes", p.last().spec.Name)
	}
	f := &feature.Frame{N: len(names), X: &feature.Dense[float64]{N: len(names)}, Label: &feature.TextColumn{Offsets: []int32{0}}}
	for _, name := range names {
		f.Label.Bytes = append(f.Label.Bytes, name...)
		f.Label.Offsets = append(f.Label.Offsets, int32(len(f.Label.Bytes)))
	}
	for i := range p.transformers() {
		s := &p.stages[i]
		if _, ok := s.step.(labeller); !ok {
			continue
		}
		e := s.step.(ml.Exact)
		part, err := e.Part(f)
		if err == nil {
			err = e.Merge(part)
		}
		if err == nil {
			err = e.Finish()
		}
		if err != nil {
			return s.fail(err)
		}
		s.fitted = true
	}
	return p.handClasses()
}
