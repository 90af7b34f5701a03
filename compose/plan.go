package compose

import (
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Pass is what one pass over the rows does: fit exact steps, or learn.
type Pass struct {
	Learn bool // transform and learn, batch after batch
	name  string
	fit   []int // stages
}

// Name says what the pass does: "fit imputer, one-hot", "learn".
func (p Pass) Name() string { return p.name }

// Plan lists the passes that are left, in order. A pass fits the first step
// that is not fitted, and those after it that do not depend on it: the steps
// between leave the columns as they are, by name and place, and touch others
// (ml.Toucher). Passes after the first may turn out to be fewer, since what a
// step gives can be known only after fitting; call Plan again after Finish.
// The plan is a function of the steps and of what is fitted, nothing else. The
// last pass is the learner's; it can be made any number of times.
func (p *Pipeline) Plan() []Pass {
	done := make([]bool, len(p.stages))
	for i := range p.stages {
		done[i] = p.stages[i].fitted
	}
	var plan []Pass
	for {
		pass := Pass{name: "fit "}
		for i := range p.stages {
			if done[i] {
				continue
			}
			if !p.joins(pass.fit, i) {
				break
			}
			pass.fit = append(pass.fit, i)
		}
		if len(pass.fit) == 0 {
			break
		}
		var names []string
		for _, i := range pass.fit {
			done[i] = true
			names = append(names, p.stages[i].spec.Name)
		}
		pass.name += strings.Join(names, ", ")
		plan = append(plan, pass)
	}
	if p.Learner() != nil {
		plan = append(plan, Pass{Learn: true, name: "learn"})
	}
	return plan
}

// joins reports whether stage i can be fitted in the pass that fits the
// earlier stages of fit.
func (p *Pipeline) joins(fit []int, i int) bool {
	for _, k := range fit {
		s := &p.stages[k]
		toucher, ok := s.step.(ml.Toucher)
		if !ok || !s.bound || !p.stages[i].entered || !slices.Equal(s.in.Fields, s.out.Fields) {
			return false
		}
		touched := map[string]bool{}
		for _, name := range toucher.Touches(s.in) {
			touched[name] = true
		}
		if len(touched) == 0 {
			continue
		}
		for m := k + 1; m <= i; m++ {
			other, ok := p.stages[m].step.(ml.Toucher)
			if !ok || !p.stages[m].entered {
				return false
			}
			for _, name := range other.Touches(p.stages[m].in) {
				if touched[name] {
					return false
				}
			}
		}
	}
	return true
}

// Parts are the summaries of one block, one for each step that a pass fits.
type Parts []ml.Part

// Part summarises a canonical block of ml.BlockRows rows (the last one may be
// shorter) for the steps of pass: it carries f through the steps before them.
// It takes over f. Safe for concurrent use.
func (p *Pipeline) Part(pass Pass, f *feature.Frame) (Parts, error) {
	defer f.Release()
	scratch := p.scratch.take(len(p.stages))
	defer p.scratch.put(scratch)
	parts := make(Parts, 0, len(pass.fit))
	cur := f
	for i := 0; len(parts) < len(pass.fit); i++ {
		s := &p.stages[i]
		if i == pass.fit[len(parts)] {
			part, err := s.step.(ml.Exact).Part(cur)
			if err != nil {
				return nil, s.fail(err)
			}
			parts = append(parts, part)
			continue // what comes behind it in this pass does not look at what it changes
		}
		if !s.fitted { // fitted in this pass: see above
			continue
		}
		next, err := s.apply(cur, &(*scratch)[i])
		if err != nil {
			return nil, err
		}
		if next != cur && next != f {
			defer next.Release()
		}
		cur = next
	}
	return parts, nil
}

// Merge adds the summaries of the next block, in order.
func (p *Pipeline) Merge(pass Pass, parts Parts) error {
	if len(parts) != len(pass.fit) {
		return errs.New(errs.Invalid, "%d summaries for %d steps", len(parts), len(pass.fit))
	}
	for k, i := range pass.fit {
		s := &p.stages[i]
		if err := s.step.(ml.Exact).Merge(parts[k]); err != nil {
			return s.fail(err)
		}
	}
	return nil
}

// Finish ends a pass that fits: its steps are fitted, and the schema is
// carried on through them.
func (p *Pipeline) Finish(pass Pass) error {
	for _, i := range pass.fit {
		s := &p.stages[i]
		if err := s.step.(ml.Exact).Finish(); err != nil {
			return s.fail(err)
		}
		s.fitted = true
	}
	if err := p.rebind(); err != nil {
		return err
	}
	return p.handClasses()
}

// A labeller is a step that makes class numbers of labels.
type labeller interface{ Classes() []string }

// labels is the fitted step that makes class numbers, or nil.
func (p *Pipeline) labels() labeller {
	for i := range p.transformers() {
		if l, ok := p.stages[i].step.(labeller); ok && p.stages[i].fitted {
			return l
		}
	}
	return nil
}

// handClasses tells the classifier its classes, once they are known.
func (p *Pipeline) handClasses() error {
	c, ok := p.last().step.(ml.Classifier)
	l := p.labels()
	if !ok || !p.Classifier() || l == nil || len(c.Classes()) > 0 {
		return nil
	}
	if n := len(l.Classes()); n < 2 {
		return errs.New(errs.Invalid, "the target has %d class%s, expected two or more: %s", n, plural(n, "es"), strings.Join(l.Classes(), ", "))
	}
	return p.last().fail(c.SetClasses(l.Classes()))
}

func plural(n int, ending string) string {
	if n == 1 {
		return ""
	}
	return ending
}

// Classes are the names of the classes, in the order of their numbers; nil
// when there are none or they are not known yet.
func (p *Pipeline) Classes() []string {
	if c, ok := p.last().step.(ml.Classifier); ok && p.Classifier() {
		return c.Classes()
	}
	return nil
}
